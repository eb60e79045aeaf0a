-- Why: 補件 reopens only the fields and documents that the case manager names; each is answered by a change or
-- by words. 更正 keeps what stood there before.
CREATE TABLE supplements (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    reason      TEXT NOT NULL,
    asked_by    TEXT NOT NULL REFERENCES people (id),
    asked_at    BIGINT NOT NULL,
    answered_at BIGINT
);

-- One open at a time.
CREATE UNIQUE INDEX one_supplement ON supplements (case_id) WHERE answered_at IS NULL;
CREATE INDEX supplements_by_case ON supplements (case_id);

CREATE TABLE supplement_items (
    supplement_id TEXT NOT NULL REFERENCES supplements (id),
    seq           BIGINT NOT NULL,
    place         TEXT NOT NULL CHECK (place IN ('content', 'subject', 'attachment', 'signed-form')),
    item          TEXT NOT NULL,       -- the field's id, the category's id, or empty
    label         TEXT NOT NULL,
    baseline      TEXT NOT NULL,       -- what stood there when it was asked
    answer        TEXT NOT NULL,       -- why nothing is changed; empty: not said
    PRIMARY KEY (supplement_id, seq)
);

CREATE TABLE corrections (
    id        TEXT PRIMARY KEY,
    case_id   TEXT NOT NULL REFERENCES cases (id),
    reason    TEXT NOT NULL,
    seal_anew BIGINT NOT NULL,         -- 1: the form must be signed again
    changes   TEXT NOT NULL,           -- JSON: place, field, label, before, after
    person_id TEXT NOT NULL REFERENCES people (id),
    at        BIGINT NOT NULL
);

CREATE INDEX corrections_by_case ON corrections (case_id, at);
