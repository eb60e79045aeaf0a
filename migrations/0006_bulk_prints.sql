-- Why: many forms are printed at once (列印所選案件). What was chosen and what came of each case stand here,
-- so that any node can tell how far it is, and a restart loses nothing but time: the joined PDF is made
-- from the kept revisions each time it is opened.
CREATE TABLE bulk_prints (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    state      TEXT NOT NULL CHECK (state IN ('chosen', 'printing', 'stopped', 'done')),
    created_at BIGINT NOT NULL,
    beat_at    BIGINT NOT NULL          -- the last sign of life of whoever prints
);

CREATE INDEX bulk_prints_by_person ON bulk_prints (person_id);
-- One at a time: whoever has one under way waits for it.
CREATE UNIQUE INDEX one_bulk_print ON bulk_prints (person_id) WHERE state = 'printing';

CREATE TABLE bulk_print_cases (
    bulk_id  TEXT NOT NULL REFERENCES bulk_prints (id),
    seq      BIGINT NOT NULL,
    case_id  TEXT NOT NULL REFERENCES cases (id),
    outcome  TEXT NOT NULL CHECK (outcome IN ('waiting', 'printed', 'refused')),
    revision BIGINT NOT NULL,           -- the one to be printed, or that was; 0: none
    fresh    BIGINT NOT NULL,           -- 1: a new revision; 0: the current one once more
    reason   TEXT NOT NULL,             -- why not, and what to do; empty unless refused
    PRIMARY KEY (bulk_id, seq),
    UNIQUE (bulk_id, case_id)
);
