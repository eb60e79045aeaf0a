-- Why: a supervisor sees the cases of the zone from their first submission on, and so none that was withdrawn
-- before it. The index by which a zone's cases are counted and gathered holds that too, so that no row is read.
DROP INDEX cases_by_school;

CREATE INDEX cases_by_school ON cases (school_code, state, changed_at, id, service, opened_at, submitted_at);
