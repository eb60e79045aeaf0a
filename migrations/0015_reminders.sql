-- Why: whoever a case waits for is reminded after some working days, a few times for each time that it stands
-- still. A lease lets one process at a time do what is done once.
CREATE TABLE reminders (
    case_id  TEXT NOT NULL REFERENCES cases (id),
    state_at BIGINT NOT NULL,          -- since when the case has stood there: each standing is reminded anew
    seq      BIGINT NOT NULL CHECK (seq > 0),
    at       BIGINT NOT NULL,
    PRIMARY KEY (case_id, state_at, seq)
);

CREATE TABLE leases (
    name  TEXT PRIMARY KEY,
    until BIGINT NOT NULL
);
