-- Why: whoever runs an installation sees when it was backed up last, what came of it, and whether a drill has read that
-- backup since. One row for each generation that was finished; a backup doesn't hold its own row.
CREATE TABLE backups (
    id           TEXT PRIMARY KEY,     -- sorts by time
    generation   BIGINT NOT NULL,
    scheduled    BIGINT NOT NULL CHECK (scheduled IN (0, 1)), -- 1: by the service itself; 0: by the command
    taken_at     BIGINT NOT NULL,      -- the moment whose rows it holds
    began_at     BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL,
    row_count    BIGINT NOT NULL,
    originals    BIGINT NOT NULL,
    bytes        BIGINT NOT NULL,      -- of all its originals
    copied       BIGINT NOT NULL,      -- originals that weren't there yet
    copied_bytes BIGINT NOT NULL,
    findings     BIGINT NOT NULL,
    checked_at   BIGINT,               -- when a drill read it last; NULL: none has
    found        BIGINT                -- what that drill found
);

CREATE INDEX backups_by_time ON backups (taken_at);
