-- Why: cases belong to schools, schools lie in districts, and districts in the zones of supervisors.
-- One text for both databases: TEXT identifiers, BIGINT epoch milliseconds, TEXT enums.
CREATE TABLE zones (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE schools (
    code     TEXT PRIMARY KEY, -- six characters of the ministry's list, leading zeros kept
    name     TEXT NOT NULL,
    district TEXT NOT NULL,
    stage    TEXT NOT NULL CHECK (stage IN ('kindergarten', 'elementary', 'junior-high', 'senior-high', 'non-school')),
    zone_id  TEXT REFERENCES zones (id)
);

CREATE INDEX schools_by_zone ON schools (zone_id);
