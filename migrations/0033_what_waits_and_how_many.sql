-- Why: case managers are told that somebody registered and waits to be activated, as of any case, and are reminded of
-- it; supervisors are reminded of proposals to close that wait. A notice is now about a case or about a registration,
-- which takes its notices along when it is forgotten.
CREATE TABLE notices_of_both (
    id              TEXT PRIMARY KEY,      -- sorts by time
    person_id       TEXT NOT NULL REFERENCES people (id),
    case_id         TEXT REFERENCES cases (id),
    registration_id TEXT REFERENCES registrations (id) ON DELETE CASCADE,
    topic           TEXT NOT NULL,
    audience        TEXT NOT NULL,
    at              BIGINT NOT NULL,
    read_at         BIGINT,
    gathered_at     BIGINT,                -- when the mail job has looked at it; null: not yet
    mail_id         TEXT REFERENCES mails (id),
    CHECK ((case_id IS NULL) <> (registration_id IS NULL))
);

INSERT INTO notices_of_both (id, person_id, case_id, topic, audience, at, read_at, gathered_at, mail_id)
SELECT id, person_id, case_id, topic, audience, at, read_at, gathered_at, mail_id FROM notices;

DROP TABLE notices;
ALTER TABLE notices_of_both RENAME TO notices;

CREATE INDEX notices_by_person ON notices (person_id, id);
CREATE INDEX unread_notices ON notices (person_id, case_id) WHERE read_at IS NULL;
CREATE INDEX ungathered_notices ON notices (person_id, at) WHERE gathered_at IS NULL;
CREATE INDEX notices_by_mail ON notices (mail_id);
CREATE INDEX notices_by_registration ON notices (registration_id) WHERE registration_id IS NOT NULL;

-- How often somebody was reminded of a registration that waits, and when last.
ALTER TABLE registrations ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE registrations ADD COLUMN reminded_at BIGINT;

-- Proposals to close that wait, the oldest first.
CREATE INDEX open_closings ON closings (proposed_at, case_id) WHERE outcome = 'open';

-- Who has a role is asked with each notice, and for each list of professionals: not by reading every account.
CREATE INDEX roles_by_role ON roles (role, person_id);

-- How many cases there are of each kind, kept by triggers (src/store/counted.rs) with each change of a case, so that
-- lists and start pages tell whole numbers without counting. Filled when the triggers are made.
CREATE TABLE case_counts (
    school_code TEXT NOT NULL,
    state       TEXT NOT NULL,
    service     TEXT NOT NULL,
    submitted   BIGINT NOT NULL CHECK (submitted IN (0, 1)), -- 1: was submitted once
    bound       BIGINT NOT NULL CHECK (bound IN (0, 1)),     -- 1: rests on a signed scan
    n           BIGINT NOT NULL,
    PRIMARY KEY (school_code, state, service, submitted, bound)
);
