-- Why: a second factor (RFC 6238), and codes for the day on which the phone is gone.
CREATE TABLE second_factors (
    person_id    TEXT NOT NULL REFERENCES people (id),
    state        TEXT NOT NULL CHECK (state IN ('offered', 'active')),
    secret       TEXT NOT NULL,    -- sealed with a key that isn't in the database
    last_step    BIGINT NOT NULL,  -- the newest time step whose code was taken: no code counts twice
    created_at   BIGINT NOT NULL,
    offered_to   TEXT NOT NULL DEFAULT '',  -- the session that was shown the secret, until a code has confirmed it
    PRIMARY KEY (person_id, state)
);

CREATE TABLE recovery_codes (
    person_id TEXT NOT NULL REFERENCES people (id),
    selector  TEXT NOT NULL,       -- the first group, in clear: it finds the row
    hash      TEXT NOT NULL,       -- PHC string of the rest
    used_at   BIGINT,
    PRIMARY KEY (person_id, selector)
);
