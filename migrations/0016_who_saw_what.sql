-- Why: a trace tells for years who saw a case, also after names and roles have changed: both are kept as they
-- were at that moment, and so is the role in which somebody acted on a case. The page of a case's traces reads
-- them newest first.
ALTER TABLE traces ADD COLUMN person_name TEXT NOT NULL DEFAULT '';
ALTER TABLE traces ADD COLUMN roles TEXT NOT NULL DEFAULT '';   -- as in roles.role, in order, spaces between
ALTER TABLE flow ADD COLUMN actor_role TEXT NOT NULL DEFAULT '';

DROP INDEX traces_by_case;
CREATE INDEX traces_by_case ON traces (case_id, at, id);

-- Statistics read two narrow indexes and no case. What they need is derived from the flow: nothing here is
-- evidence, and where it is missing it is made at the next start.
ALTER TABLE cases ADD COLUMN submitted_at BIGINT;               -- the first 送件

CREATE INDEX cases_by_submission ON cases (submitted_at, state, service, school_code) WHERE submitted_at IS NOT NULL;

CREATE TABLE milestones (
    case_id     TEXT NOT NULL REFERENCES cases (id),
    seq         BIGINT NOT NULL,                                -- of the flow
    event       TEXT NOT NULL,
    at          BIGINT NOT NULL,
    nth         BIGINT NOT NULL,                                -- 1: the first of its kind at the case
    waited      BIGINT,                                         -- whole hours since what it ends began
    school_code TEXT NOT NULL REFERENCES schools (code),
    PRIMARY KEY (case_id, seq)
);

CREATE INDEX milestones_by_event ON milestones (event, at, nth, waited, school_code);
