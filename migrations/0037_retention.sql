-- Why: records are kept for a period after the child has left school, and longer where somebody with a reason says so.
-- The periods are data: a centre whose rules differ changes a row.
CREATE TABLE retention_periods (
    kind  TEXT PRIMARY KEY,            -- as form.toml names it
    years BIGINT NOT NULL CHECK (years BETWEEN 1 AND 100)
);

INSERT INTO retention_periods (kind, years) VALUES ('counselling', 10), ('service', 10);

-- Legal hold: while one is in effect nothing of the case is disposed of. Rows stay after it is lifted.
CREATE TABLE holds (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    reason     TEXT NOT NULL,
    placed_by  TEXT NOT NULL REFERENCES people (id),
    placed_at  BIGINT NOT NULL,
    lifted_by  TEXT REFERENCES people (id),
    lifted_at  BIGINT,
    lifted_why TEXT NOT NULL,          -- empty while it is in effect
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);

CREATE UNIQUE INDEX one_hold ON holds (case_id) WHERE lifted_at IS NULL;
CREATE INDEX holds_by_case ON holds (case_id);

-- Ended cases, the oldest first: what may be due.
CREATE INDEX cases_ended ON cases (state_at, id) WHERE state IN ('closed', 'declined', 'withdrawn');
