-- Why: an archivist takes out the file of a stack, which is no case's own: for what is said of the file, and opens it to that
-- person for a while. Each case in it has the purpose among its traces.
CREATE TABLE stack_retrievals (
    id        TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    digest    TEXT NOT NULL REFERENCES documents (digest),
    purpose   TEXT NOT NULL,
    at        BIGINT NOT NULL,
    until     BIGINT NOT NULL
);

CREATE INDEX stack_retrievals_by_person ON stack_retrievals (person_id, digest, until);
CREATE INDEX stack_retrievals_by_digest ON stack_retrievals (digest);
