//! The conditions by which the case `$1` has rows that others may have too: people, places and documents.

/// Everybody whom a row of the case names.
macro_rules! people {
    () => {
        "SELECT applicant_id FROM cases WHERE id = $1 \
         UNION SELECT person_id FROM assignments WHERE case_id = $1 \
         UNION SELECT uploaded_by FROM attachments WHERE case_id = $1 \
         UNION SELECT printed_by FROM prints WHERE case_id = $1 \
         UNION SELECT uploaded_by FROM scans WHERE case_id = $1 \
         UNION SELECT actor_id FROM flow WHERE case_id = $1 \
         UNION SELECT person_id FROM verdicts WHERE case_id = $1 \
         UNION SELECT asked_by FROM supplements WHERE case_id = $1 \
         UNION SELECT person_id FROM corrections WHERE case_id = $1 \
         UNION SELECT proposed_by FROM closings WHERE case_id = $1 \
         UNION SELECT decided_by FROM closings WHERE case_id = $1 \
         UNION SELECT created_by FROM service_records WHERE case_id = $1 \
         UNION SELECT placed_by FROM holds WHERE case_id = $1 \
         UNION SELECT lifted_by FROM holds WHERE case_id = $1 \
         UNION SELECT v.written_by FROM record_revisions v JOIN service_records r ON r.id = v.record_id WHERE r.case_id = $1 \
         UNION SELECT f.uploaded_by FROM record_files f JOIN service_records r ON r.id = f.record_id WHERE r.case_id = $1"
    };
}

/// Their schools, and the case's.
macro_rules! schools {
    () => {
        concat!(
            "SELECT school_code FROM cases WHERE id = $1 UNION SELECT school_code FROM people WHERE id IN (",
            people!(),
            ")"
        )
    };
}

/// The people whom it names.
pub(super) const PEOPLE: &str = concat!("id IN (", people!(), ")");

/// The schools of those people, and its own.
pub(super) const SCHOOLS: &str = concat!("code IN (", schools!(), ")");

/// The zones of those schools and people.
pub(super) const ZONES: &str = concat!(
    "id IN (SELECT zone_id FROM schools WHERE code IN (",
    schools!(),
    ") UNION SELECT zone_id FROM people WHERE id IN (",
    people!(),
    "))"
);

/// Its documents.
pub(super) const DOCUMENTS: &str = "digest IN (SELECT digest FROM attachments WHERE case_id = $1 \
     UNION SELECT digest FROM prints WHERE case_id = $1 UNION SELECT digest FROM scans WHERE case_id = $1 \
     UNION SELECT p.digest FROM scan_photos p JOIN scans s ON s.id = p.scan_id WHERE s.case_id = $1 \
     UNION SELECT f.digest FROM record_files f JOIN service_records r ON r.id = f.record_id WHERE r.case_id = $1)";
