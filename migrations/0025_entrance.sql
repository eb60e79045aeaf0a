-- Why: strangers reach the pages of logging in, registering and forgotten passwords. A captcha keeps programs
-- away and lives in the database, because another node may be the one that checks it; how often a network or an
-- account asks is counted there for the same reason.
CREATE TABLE captchas (
    id         TEXT PRIMARY KEY,   -- random, as the form sends it
    answer     TEXT NOT NULL,
    looks      BIGINT NOT NULL,    -- how often its picture or sound was made
    expires_at BIGINT NOT NULL
);

CREATE INDEX captchas_by_end ON captchas (expires_at);

CREATE TABLE allowances (
    subject TEXT PRIMARY KEY,      -- digest of what is asked for and by whom
    since   BIGINT NOT NULL,
    used    BIGINT NOT NULL
);

CREATE INDEX allowances_by_begin ON allowances (since);

-- The collection notice (Personal Data Protection Act, article 8): each text that was ever accepted, and who
-- accepted it when and from where. Rows are only ever added.
CREATE TABLE collection_notices (
    digest TEXT PRIMARY KEY,       -- SHA-256 of the text as it was shown
    body   TEXT NOT NULL,
    at     BIGINT NOT NULL
);

CREATE TABLE acceptances (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    digest     TEXT NOT NULL REFERENCES collection_notices (digest),
    at         BIGINT NOT NULL,    -- when the person accepted, which may be before there was an account
    remote     TEXT NOT NULL,
    request_id TEXT NOT NULL,
    UNIQUE (person_id, digest)
);
