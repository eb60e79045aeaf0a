-- Why: lists of whoever serves cases are come by from assignments, case by case; each case's whole row was read only to
-- learn its state and times. Both ways now end in an index that holds what the lists go by.
CREATE INDEX cases_by_id ON cases (id, state, changed_at, state_at, opened_at, service, school_code);

DROP INDEX assignments_by_person;
CREATE INDEX assignments_by_person ON assignments (person_id, until, case_id);
