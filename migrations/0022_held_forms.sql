-- Why: a form that was sent after its session had ended, or before a fresh proof was given, isn't lost: it is held
-- for its owner until they have signed in, and sent again by them.
CREATE TABLE held_forms (
    id        TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    address   TEXT NOT NULL,     -- where it was sent to
    back      TEXT NOT NULL,     -- the page that it came from
    body      TEXT NOT NULL,     -- as it was sent, form-urlencoded
    at        BIGINT NOT NULL
);

CREATE INDEX held_forms_by_person ON held_forms (person_id);
