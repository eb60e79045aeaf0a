-- Why: a session says how it was entered, what was proved in it and when, and from where, so that rights can rise
-- with a fresh proof, and its owner can tell it from others and end it. Those of before can't say that: everybody
-- logs in anew.
DROP TABLE sessions;

-- 記住我: a browser that may come back without the password. A series with a token that changes at each use: an
-- old one that comes back was copied, and ends the series.
CREATE TABLE devices (
    id            TEXT PRIMARY KEY,
    person_id     TEXT NOT NULL REFERENCES people (id),
    token_hash    TEXT NOT NULL,  -- SHA-256 of the newest token
    previous_hash TEXT NOT NULL,  -- of the one before: good for a moment longer, for a button pressed twice
    rotated_at    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    address       TEXT NOT NULL,
    agent         TEXT NOT NULL,
    ended_at      BIGINT
);

CREATE INDEX devices_by_person ON devices (person_id) WHERE ended_at IS NULL;

CREATE TABLE sessions (
    id            TEXT PRIMARY KEY,      -- names it on pages; opens nothing
    token_hash    TEXT NOT NULL UNIQUE,  -- SHA-256 of the cookie's token; changes with each rise of rights
    person_id     TEXT NOT NULL REFERENCES people (id),
    means         TEXT NOT NULL CHECK (means IN ('password', 'sign-on', 'remembered')),
    device_id     TEXT REFERENCES devices (id),
    created_at    BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    proved_at     BIGINT,                -- the last password or sign-on; null: only remembered
    second_at     BIGINT,                -- the last second factor; null: none in this session
    owes_password BIGINT NOT NULL,       -- 1: the password fell behind the rules, and is changed before anything else
    address       TEXT NOT NULL,
    agent         TEXT NOT NULL          -- the browser's family; never the whole user agent
);

CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_device ON sessions (device_id) WHERE device_id IS NOT NULL;

-- What happened to an account: for its owner, on the page of sessions.
CREATE TABLE account_events (
    id        TEXT PRIMARY KEY,          -- sorts by time
    person_id TEXT NOT NULL REFERENCES people (id),
    kind      TEXT NOT NULL,
    at        BIGINT NOT NULL,
    address   TEXT NOT NULL,
    agent     TEXT NOT NULL,
    alarming  BIGINT NOT NULL,           -- 1: told on every page until it was seen
    seen_at   BIGINT
);

CREATE INDEX account_events_by_person ON account_events (person_id, id);
CREATE INDEX unseen_alarms ON account_events (person_id) WHERE alarming = 1 AND seen_at IS NULL;

ALTER TABLE people ADD COLUMN signed_in_at BIGINT;
