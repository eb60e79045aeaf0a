-- Why: each person is told in the application of what waits for them, and by mail. A notice is written with the
-- event; the mail job gathers notices into mails later, so that no step waits for a mail server, and several
-- within a short time go as one.
CREATE TABLE mails (
    id         TEXT PRIMARY KEY,       -- also the left part of its Message-ID
    person_id  TEXT NOT NULL REFERENCES people (id),
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dropped', 'given_up')),
    created_at BIGINT NOT NULL,
    first_at   BIGINT NOT NULL,        -- since when it is tried; the day after which it is given up begins here
    due_at     BIGINT NOT NULL,        -- not to be tried before; while somebody sends it: when their lease ends
    attempts   BIGINT NOT NULL,
    failure    TEXT NOT NULL,          -- the class of the last failure; empty: none
    sender     TEXT,                   -- the lease of whoever sends it
    ended_at   BIGINT,
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);

CREATE INDEX due_mails ON mails (due_at, id) WHERE state = 'waiting';
CREATE INDEX unsent_mails ON mails (id) WHERE state IN ('waiting', 'given_up');
CREATE INDEX mails_by_end ON mails (state, ended_at);

CREATE TABLE notices (
    id          TEXT PRIMARY KEY,      -- sorts by time
    person_id   TEXT NOT NULL REFERENCES people (id),
    case_id     TEXT NOT NULL REFERENCES cases (id),
    topic       TEXT NOT NULL,
    audience    TEXT NOT NULL,
    at          BIGINT NOT NULL,
    read_at     BIGINT,
    gathered_at BIGINT,                -- when the mail job has looked at it; null: not yet
    mail_id     TEXT REFERENCES mails (id)
);

CREATE INDEX notices_by_person ON notices (person_id, id);
CREATE INDEX unread_notices ON notices (person_id, case_id) WHERE read_at IS NULL;
CREATE INDEX ungathered_notices ON notices (person_id, at) WHERE gathered_at IS NULL;
CREATE INDEX notices_by_mail ON notices (mail_id);
