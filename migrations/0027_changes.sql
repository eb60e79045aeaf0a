-- Why: who changed an account, a role, a school or a zone must be told for years, with what stood there before.
-- Rows are only ever added. And accounts are looked through from time to time: who is still here, and who used it.
CREATE TABLE changes (
    id           TEXT PRIMARY KEY,     -- sorts by time
    at           BIGINT NOT NULL,
    actor_id     TEXT,                 -- NULL: the command line, or a job
    actor_name   TEXT NOT NULL,        -- at that moment
    source       TEXT NOT NULL CHECK (source IN ('page', 'command', 'job', 'sign-on')),
    kind         TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    subject_name TEXT NOT NULL,        -- at that moment
    field        TEXT NOT NULL,
    old_value    TEXT NOT NULL,        -- never a secret
    new_value    TEXT NOT NULL,
    reason       TEXT NOT NULL,
    remote       TEXT NOT NULL,
    request_id   TEXT NOT NULL
);

CREATE INDEX changes_by_subject ON changes (kind, subject_id, id);
CREATE INDEX changes_by_actor ON changes (actor_id, id);

ALTER TABLE people ADD COLUMN enabled_at BIGINT;               -- when it was enabled last; NULL: when it was made
ALTER TABLE people ADD COLUMN reviewed_at BIGINT;              -- when somebody said last that it is still needed
ALTER TABLE people ADD COLUMN reviewed_by TEXT REFERENCES people (id);

-- Whoever runs an installation sees whether what happens by itself has happened: one row for each job.
CREATE TABLE job_runs (
    name     TEXT PRIMARY KEY,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    outcome  TEXT NOT NULL CHECK (outcome IN ('done', 'failed')),
    detail   TEXT NOT NULL,            -- what came of it in a few words; never personal data
    due_at   BIGINT NOT NULL,          -- when it comes again
    done_at  BIGINT                    -- when it went well last
);
