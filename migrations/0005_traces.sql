-- Why: what happened to a case (flow), and who saw or tried what (traces). Rows are only ever added.
CREATE TABLE flow (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    actor_id   TEXT NOT NULL REFERENCES people (id),
    actor_name TEXT NOT NULL,
    event      TEXT NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    reason     TEXT NOT NULL,
    evidence   TEXT NOT NULL,           -- JSON: documents by digest
    UNIQUE (case_id, seq)
);

CREATE TABLE traces (
    id         TEXT PRIMARY KEY,
    at         BIGINT NOT NULL,
    person_id  TEXT,
    action     TEXT NOT NULL,
    case_id    TEXT,
    digest     TEXT,
    detail     TEXT NOT NULL,
    remote     TEXT NOT NULL,
    request_id TEXT NOT NULL
);

CREATE INDEX traces_by_case ON traces (case_id, at);
CREATE INDEX traces_by_person ON traces (person_id, at);
