-- Why: archivists and administrators are told of what waits for them too: a proposal to destroy a case, a mail that was
-- given up, accounts that are due to be looked at, a finding of the check of originals. A notice is now about a case, about
-- a registration, or about the house, which is neither.
CREATE TABLE notices_of_all (
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
    CHECK (case_id IS NULL OR registration_id IS NULL)
);

INSERT INTO notices_of_all (id, person_id, case_id, registration_id, topic, audience, at, read_at, gathered_at, mail_id)
SELECT id, person_id, case_id, registration_id, topic, audience, at, read_at, gathered_at, mail_id FROM notices;

DROP TABLE notices;
ALTER TABLE notices_of_all RENAME TO notices;

CREATE INDEX notices_by_person ON notices (person_id, id);
CREATE INDEX unread_notices ON notices (person_id, case_id) WHERE read_at IS NULL;
CREATE INDEX ungathered_notices ON notices (person_id, at) WHERE gathered_at IS NULL;
CREATE INDEX notices_by_mail ON notices (mail_id);
CREATE INDEX notices_by_registration ON notices (registration_id) WHERE registration_id IS NOT NULL;
CREATE INDEX notices_by_case ON notices (case_id);
-- What somebody was told of the house, so that they are told once until they have looked.
CREATE INDEX notices_of_the_house ON notices (person_id, topic, at) WHERE case_id IS NULL AND registration_id IS NULL;

-- Proposals to destroy that wait, the oldest first.
CREATE INDEX open_disposals ON disposals (proposed_at, case_id) WHERE outcome = 'open';
