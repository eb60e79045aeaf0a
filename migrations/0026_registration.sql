-- Why: people without the bureau's sign-on register themselves, forget their passwords, and move to another
-- address. All three go by links in mails, and such a mail goes to an address that may belong to no account.

-- A mail now says what kind it is; one of notices goes to an account, another may go to an address alone. Whether
-- anybody has that address is looked up when the mail is written, so that no page can tell.
CREATE TABLE new_mails (
    id         TEXT PRIMARY KEY,       -- also the left part of its Message-ID
    kind       TEXT NOT NULL,
    person_id  TEXT REFERENCES people (id),
    address    TEXT NOT NULL,          -- where it goes, when not to the account's own address; empty once it ended
    subject    TEXT NOT NULL,          -- what it is about: a registration, a change, a name that was typed
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

INSERT INTO new_mails (id, kind, person_id, address, subject, state, created_at, first_at, due_at, attempts,
    failure, sender, ended_at)
SELECT id, 'notices', person_id, '', '', state, created_at, first_at, due_at, attempts, failure, sender, ended_at
FROM mails;

CREATE TABLE new_notices (
    id          TEXT PRIMARY KEY,      -- sorts by time
    person_id   TEXT NOT NULL REFERENCES people (id),
    case_id     TEXT NOT NULL REFERENCES cases (id),
    topic       TEXT NOT NULL,
    audience    TEXT NOT NULL,
    at          BIGINT NOT NULL,
    read_at     BIGINT,
    gathered_at BIGINT,                -- when the mail job has looked at it; null: not yet
    mail_id     TEXT REFERENCES new_mails (id)
);

INSERT INTO new_notices (id, person_id, case_id, topic, audience, at, read_at, gathered_at, mail_id)
SELECT id, person_id, case_id, topic, audience, at, read_at, gathered_at, mail_id FROM notices;

DROP TABLE notices;
DROP TABLE mails;
ALTER TABLE new_mails RENAME TO mails;
ALTER TABLE new_notices RENAME TO notices;

CREATE INDEX due_mails ON mails (due_at, id) WHERE state = 'waiting';
CREATE INDEX unsent_mails ON mails (id) WHERE state IN ('waiting', 'given_up');
CREATE INDEX mails_by_end ON mails (state, ended_at);
CREATE INDEX mails_by_person ON mails (person_id);
CREATE INDEX notices_by_person ON notices (person_id, id);
CREATE INDEX unread_notices ON notices (person_id, case_id) WHERE read_at IS NULL;
CREATE INDEX ungathered_notices ON notices (person_id, at) WHERE gathered_at IS NULL;
CREATE INDEX notices_by_mail ON notices (mail_id);

-- Who wants an account. There is none before a case manager activates it, so that an address which was never
-- confirmed, or was refused, keeps nobody out.
CREATE TABLE registrations (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL,       -- in small letters; becomes the login
    name          TEXT NOT NULL,
    school_code   TEXT NOT NULL REFERENCES schools (code),
    password_hash TEXT NOT NULL,
    notice_digest TEXT NOT NULL,       -- the collection notice that was accepted with it
    remote        TEXT NOT NULL,
    request_id    TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('unconfirmed', 'pending', 'activated', 'refused')),
    created_at    BIGINT NOT NULL,
    confirmed_at  BIGINT,
    decided_at    BIGINT,
    decided_by    TEXT REFERENCES people (id),
    reason        TEXT NOT NULL
);

CREATE INDEX registrations_by_email ON registrations (email);
CREATE INDEX pending_registrations ON registrations (confirmed_at, id) WHERE state = 'pending';
CREATE INDEX registrations_by_age ON registrations (state, created_at);

-- Links that are good for one use. The secret is in the mail alone.
CREATE TABLE one_time_links (
    secret_hash TEXT PRIMARY KEY,
    purpose     TEXT NOT NULL,
    subject     TEXT NOT NULL,         -- the registration, the account or the change that it is for
    expires_at  BIGINT NOT NULL
);

CREATE INDEX one_time_links_by_subject ON one_time_links (purpose, subject);
CREATE INDEX one_time_links_by_end ON one_time_links (expires_at);

-- An account moves to another address when both addresses have said yes.
CREATE TABLE address_changes (
    id         TEXT PRIMARY KEY,
    person_id  TEXT NOT NULL REFERENCES people (id),
    old_email  TEXT NOT NULL,          -- empty: the account had none, and nobody is asked there
    new_email  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused', 'withdrawn')),
    old_agreed BIGINT NOT NULL,        -- 0 or 1
    new_agreed BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX address_changes_by_person ON address_changes (person_id, created_at);
