-- Why: professionals serve a case: what they did is kept by revision and never overwritten, and closing is
-- proposed by one person and decided by another.
CREATE TABLE closings (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    reason      TEXT NOT NULL CHECK (reason IN ('improved', 'back-to-school', 'resources-linked', 'left-school', 'other')),
    detail      TEXT NOT NULL,         -- the text of 其他
    summary     TEXT NOT NULL,
    proposed_by TEXT NOT NULL REFERENCES people (id),
    proposed_at BIGINT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('open', 'approved', 'sent-back')),
    decided_by  TEXT REFERENCES people (id),
    decided_at  BIGINT,
    remark      TEXT NOT NULL,
    CHECK ((outcome = 'open') = (decided_by IS NULL))
);

CREATE UNIQUE INDEX one_closing ON closings (case_id) WHERE outcome = 'open';
CREATE INDEX closings_by_case ON closings (case_id, proposed_at);

CREATE TABLE service_records (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    open_token TEXT NOT NULL UNIQUE,   -- one per opened page: a double click writes one record
    created_by TEXT NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL
);

CREATE INDEX service_records_by_case ON service_records (case_id, created_at);

CREATE TABLE record_revisions (
    record_id    TEXT NOT NULL REFERENCES service_records (id),
    revision     BIGINT NOT NULL CHECK (revision > 0),
    held_on      TEXT NOT NULL,        -- YYYY-MM-DD
    kind         TEXT NOT NULL,
    minutes      BIGINT NOT NULL CHECK (minutes > 0),
    participants TEXT NOT NULL,
    summary      TEXT NOT NULL,
    written_by   TEXT NOT NULL REFERENCES people (id),
    written_at   BIGINT NOT NULL,
    PRIMARY KEY (record_id, revision)
);

CREATE TABLE record_files (
    id          TEXT PRIMARY KEY,
    record_id   TEXT NOT NULL REFERENCES service_records (id),
    file_name   TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES documents (digest),
    uploaded_by TEXT NOT NULL REFERENCES people (id),
    uploaded_at BIGINT NOT NULL
);

CREATE INDEX record_files_by_record ON record_files (record_id);
CREATE INDEX record_files_by_digest ON record_files (digest);
