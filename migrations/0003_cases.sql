-- Why: the record. A row's version guards each step; the checks keep impossible rows out.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE cases (
    id            TEXT PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,
    reference     TEXT NOT NULL UNIQUE, -- opaque, on paper
    open_token    TEXT NOT NULL UNIQUE, -- one per opened page: a double click opens one case
    service       TEXT NOT NULL,
    school_code   TEXT NOT NULL REFERENCES schools (code),
    applicant_id  TEXT NOT NULL REFERENCES people (id),
    state         TEXT NOT NULL CHECK (state IN
        ('draft', 'sealing', 'submitted', 'supplement', 'received', 'in_service', 'closed', 'declined', 'withdrawn')),
    content       TEXT NOT NULL,        -- JSON: the content tab
    keywords      TEXT NOT NULL,        -- what a keyword finds, lower case
    bound_scan_id TEXT,
    opened_at     BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    version       BIGINT NOT NULL,
    CHECK (bound_scan_id IS NOT NULL OR state IN ('draft', 'sealing', 'withdrawn'))
);

CREATE INDEX cases_by_applicant ON cases (applicant_id, changed_at, id);
CREATE INDEX cases_by_change ON cases (changed_at, id);
CREATE INDEX cases_by_state ON cases (state, changed_at, id);
CREATE INDEX cases_by_school ON cases (school_code, changed_at, id);

CREATE TABLE subjects (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    answers    TEXT NOT NULL,           -- JSON
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT
);

CREATE INDEX subjects_by_case ON subjects (case_id);
-- One case, one subject: deleted ones are kept.
CREATE UNIQUE INDEX one_subject ON subjects (case_id) WHERE deleted_at IS NULL;

CREATE TABLE assignments (
    id        TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL REFERENCES cases (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    since     BIGINT NOT NULL,
    until     BIGINT
);

CREATE INDEX assignments_by_case ON assignments (case_id);
CREATE INDEX assignments_by_person ON assignments (person_id);

-- Half-typed forms, kept on the server because schools share machines.
CREATE TABLE drafts (
    person_id TEXT NOT NULL REFERENCES people (id),
    form      TEXT NOT NULL,
    body      TEXT NOT NULL,
    saved_at  BIGINT NOT NULL,
    PRIMARY KEY (person_id, form)
);
