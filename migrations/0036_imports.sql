-- Why: bags are taken into an empty installation, and an import that broke off goes on where it was. Which case came in
-- by which bag tells both: cases that came in by no bag are somebody's work, and beside them nothing is taken in.
CREATE TABLE imports (
    case_id TEXT PRIMARY KEY REFERENCES cases (id),
    bag     TEXT NOT NULL,             -- SHA-256 of its tag manifest
    at      BIGINT NOT NULL,
    custody TEXT                       -- the bag's proof of custody, as it was
);

CREATE INDEX imports_by_bag ON imports (bag);
