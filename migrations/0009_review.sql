-- Why: submitted cases are reviewed. Since when a case stands where it stands orders the queues; every verdict
-- on a seal box or an attachment is kept, the newest counts; a last look tells what is new to a person, and
-- who else is looking right now.
ALTER TABLE cases ADD COLUMN state_at BIGINT NOT NULL DEFAULT 0;

UPDATE cases SET state_at = COALESCE(
    (SELECT MAX(f.at) FROM flow f
     WHERE f.case_id = cases.id AND (f.from_state IS NULL OR f.from_state <> f.to_state)),
    opened_at);

CREATE INDEX cases_by_standing ON cases (state, state_at, id);

CREATE TABLE verdicts (
    id        TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL REFERENCES cases (id),
    target    TEXT NOT NULL CHECK (target IN ('seal', 'form', 'attachment')),
    scan_id   TEXT REFERENCES scans (id),          -- of seals and the form as a whole
    item      TEXT NOT NULL,                       -- the box's id, empty, or the attachment's id
    verdict   TEXT NOT NULL CHECK (verdict IN ('unreviewed', 'reviewed', 'wanting')),
    remark    TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    at        BIGINT NOT NULL,
    seq       BIGINT NOT NULL,                     -- of the case: the highest of a target counts
    UNIQUE (case_id, seq),
    CHECK ((target = 'attachment') = (scan_id IS NULL))
);

CREATE TABLE looks (
    case_id   TEXT NOT NULL REFERENCES cases (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    version   BIGINT NOT NULL,                     -- of the case, as it was seen
    at        BIGINT NOT NULL,
    PRIMARY KEY (case_id, person_id)
);

CREATE INDEX looks_by_person ON looks (person_id, at);
