-- Why: lists stay fast at a million cases. Each order and each narrow way into the cases has an index that also
-- holds what lists are filtered by, so that the rows themselves are read only for the page that is shown.
DROP INDEX cases_by_applicant;
DROP INDEX cases_by_change;
DROP INDEX cases_by_state;
DROP INDEX cases_by_school;

CREATE INDEX cases_by_applicant ON cases (applicant_id, changed_at, id, state, service, school_code, opened_at);
CREATE INDEX cases_by_change ON cases (changed_at, id, state, service, school_code, opened_at);
CREATE INDEX cases_by_state ON cases (state, changed_at, id, service, school_code, opened_at);
CREATE INDEX cases_by_school ON cases (school_code, state, changed_at, id, service, opened_at);
CREATE INDEX cases_by_service ON cases (service, state, changed_at, id, school_code, opened_at);
CREATE INDEX cases_by_opening ON cases (opened_at, id, state, service, school_code);
-- What waits, longest first: ended cases wait for nobody.
CREATE INDEX cases_waiting ON cases (state_at, id, state, service, school_code, opened_at)
    WHERE state NOT IN ('closed', 'declined', 'withdrawn');
-- What an archivist finds.
CREATE INDEX cases_archived ON cases (state, changed_at, id) WHERE bound_scan_id IS NOT NULL;

-- A subject is found by name and by the whole number; filled when the index of words is made.
ALTER TABLE subjects ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE subjects ADD COLUMN id_key TEXT NOT NULL DEFAULT '';
CREATE INDEX subjects_by_id_key ON subjects (id_key) WHERE deleted_at IS NULL;

-- Who serves what just now; the index covers both ways.
CREATE INDEX assignments_now ON assignments (person_id, case_id) WHERE until IS NULL;

-- How the index of words was made; without a row it is made at the next start.
CREATE TABLE search_index (
    version BIGINT NOT NULL
);
