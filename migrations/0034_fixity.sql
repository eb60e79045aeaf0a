-- Why: each original is read again on a schedule, the one that was read longest ago first, and what is found wrong is
-- kept until it is seen to be mended. An original was hashed when it arrived: that counts as its first reading.
ALTER TABLE documents ADD COLUMN read_at BIGINT NOT NULL DEFAULT 0;
UPDATE documents SET read_at = first_at;
CREATE INDEX documents_by_read ON documents (read_at, digest);

-- A pass is over when every original was read, and every folder listed, since it began.
CREATE TABLE fixity_passes (
    began_at  BIGINT PRIMARY KEY,
    folders   BIGINT NOT NULL,         -- of 256, listed for what no row names
    originals BIGINT NOT NULL,         -- read by schedule within it
    bytes     BIGINT NOT NULL,
    ended_at  BIGINT
);

-- What was due on a day, and what of it was done.
CREATE TABLE fixity_days (
    day       TEXT PRIMARY KEY,        -- such as 2026-11-23
    quota     BIGINT NOT NULL,
    originals BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    folders   BIGINT NOT NULL,
    findings  BIGINT NOT NULL
);

CREATE TABLE fixity_findings (
    id       TEXT PRIMARY KEY,         -- the same for the same trouble in every check
    kind     TEXT NOT NULL,
    place    TEXT NOT NULL,            -- where to look again whether it is mended
    digest   TEXT,
    expected TEXT NOT NULL,
    actual   TEXT NOT NULL,
    repair   TEXT NOT NULL,
    named_by TEXT NOT NULL,            -- JSON: the rows that name the original, without personal data
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    gone_at  BIGINT                    -- when it was seen to be mended; NULL: it stands
);

CREATE INDEX fixity_findings_by_place ON fixity_findings (place) WHERE gone_at IS NULL;
