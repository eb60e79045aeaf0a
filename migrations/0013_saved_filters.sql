-- Why: people come back to the same filtered list; it is kept under a name, for its owner alone.
CREATE TABLE saved_filters (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    name       TEXT NOT NULL,
    query      TEXT NOT NULL,          -- the list's address after the question mark
    created_at BIGINT NOT NULL,
    UNIQUE (person_id, name)
);
