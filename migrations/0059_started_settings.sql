-- Why: settings come from a file and the environment, where a change leaves nothing behind. What the service was started
-- with last is kept, so that the next start tells what differs, among the changes of the administration.
CREATE TABLE started_settings (
    name  TEXT PRIMARY KEY,        -- the key, such as limits.pages
    value TEXT NOT NULL,           -- as it may be shown; empty: nothing is set
    mark  TEXT NOT NULL,           -- a keyed hash where the value may not be shown whole; else empty
    at    BIGINT NOT NULL          -- of the start since which it is so
);
