-- Why: who may come in, in which roles, and with which sessions.
CREATE TABLE people (
    id            TEXT PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    password_hash TEXT,          -- PHC string; NULL: no local password
    school_code   TEXT REFERENCES schools (code),
    zone_id       TEXT REFERENCES zones (id),
    profession    TEXT,
    status        TEXT NOT NULL CHECK (status IN ('active', 'pending', 'disabled')),
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL
);

CREATE INDEX people_by_school ON people (school_code);

CREATE TABLE roles (
    person_id  TEXT NOT NULL REFERENCES people (id),
    role       TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, role)
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY, -- SHA-256 of the cookie's token: a copy of this table opens no session
    person_id  TEXT NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

CREATE INDEX sessions_by_person ON sessions (person_id);

-- Failures of logging in, by account and network.
CREATE TABLE throttles (
    subject      TEXT PRIMARY KEY,
    failures     BIGINT NOT NULL,
    first_at     BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
