-- Why: schools come from the ministry's lists. What a list would change is looked at before it is applied, so
-- the list is kept in between; a school that is in no list any more is closed and stays, because cases name it.
ALTER TABLE schools ADD COLUMN city TEXT NOT NULL DEFAULT '';  -- empty: not known
ALTER TABLE schools ADD COLUMN closed_at BIGINT;

CREATE TABLE school_lists (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    at         BIGINT NOT NULL,
    file_name  TEXT NOT NULL,
    listed     TEXT NOT NULL,          -- JSON: its schools, and lines that can't be read
    applied_at BIGINT
);
