-- Why: the signed forms of many cases are scanned as one stack. The file is kept as evidence of where each
-- case's pages came from; what each page is and what came of each case stand here, so that any node can tell
-- how far it is and go on where another broke off.
CREATE TABLE stacks (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    file_name  TEXT NOT NULL,
    digest     TEXT NOT NULL REFERENCES documents (digest),
    pages      BIGINT NOT NULL CHECK (pages > 0),
    state      TEXT NOT NULL CHECK (state IN ('reading', 'binding', 'stopped', 'done')),
    created_at BIGINT NOT NULL,
    beat_at    BIGINT NOT NULL          -- the last sign of life of whoever reads or binds
);

CREATE INDEX stacks_by_person ON stacks (person_id, created_at);
CREATE INDEX stacks_by_digest ON stacks (digest);
-- One at a time: whoever has one under way waits for it.
CREATE UNIQUE INDEX one_stack ON stacks (person_id) WHERE state IN ('reading', 'binding');

CREATE TABLE stack_pages (
    stack_id TEXT NOT NULL REFERENCES stacks (id),
    page     BIGINT NOT NULL CHECK (page > 0),
    kind     TEXT NOT NULL CHECK (kind IN ('form', 'blank', 'stray')),
    reason   TEXT NOT NULL,             -- why it belongs nowhere, and what to do; empty unless stray
    PRIMARY KEY (stack_id, page)
);

CREATE TABLE stack_cases (
    stack_id TEXT NOT NULL REFERENCES stacks (id),
    seq      BIGINT NOT NULL,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    pages    TEXT NOT NULL,             -- JSON: the pages of the file that bear its codes, from 1
    lent     TEXT NOT NULL,             -- JSON: pages beside them without a readable code that may be the missing ones
    outcome  TEXT NOT NULL CHECK (outcome IN ('waiting', 'bound', 'refused')),
    scan_id  TEXT REFERENCES scans (id),
    reason   TEXT NOT NULL,             -- why not, and what to do; empty unless refused
    PRIMARY KEY (stack_id, seq),
    UNIQUE (stack_id, case_id),
    CHECK ((outcome = 'bound') = (scan_id IS NOT NULL))
);
