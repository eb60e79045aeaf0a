-- Why: an archivist says for what originals of a case are taken out before anything goes out; what was said opens the
-- case's originals to that person for a while, on whichever node.
CREATE TABLE retrievals (
    id        TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    case_id   TEXT NOT NULL REFERENCES cases (id),
    purpose   TEXT NOT NULL,
    at        BIGINT NOT NULL,
    until     BIGINT NOT NULL
);

CREATE INDEX retrievals_by_person ON retrievals (person_id, case_id, until);

-- Printed forms are found by digest as scans and attachments are.
CREATE INDEX prints_by_digest ON prints (digest);
CREATE INDEX traces_by_digest ON traces (digest, at) WHERE digest IS NOT NULL;
