//! The names of the files that were uploaded to cases, as they are shown and found: deleted attachments, whose originals
//! are kept, and files of service records too.
//!
//! A scan that was cut out of a stack is named by its case, whatever its row says: older rows bear the stack's own name,
//! which was chosen for the forms of other children too. They are sealed, so that no migration can mend them.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::case::scan_name;

use super::sealed::{self, Place, Sealer};
use super::{Db, StoreError};

/// The column `stacked` of a scan `f`: [`CUT`], [`BESIDE`] or 0.
pub(super) const STACKED: &str = "COALESCE((SELECT MAX(CASE WHEN m.scan_id = f.id THEN CAST(2 AS BIGINT) \
     ELSE CAST(1 AS BIGINT) END) FROM stack_cases m WHERE m.case_id = f.case_id), CAST(0 AS BIGINT)) AS stacked";

/// It was cut out of a stack.
const CUT: i64 = 2;
/// Pages of its case lie in a stack: it may have been cut out of one before other pages were given to the case, or just
/// before the process ended.
const BESIDE: i64 = 1;

/// The name by which a scan of this case is shown, whose row has `name`.
pub(super) fn of_scan(name: String, stacked: i64, number: &str, revision: i64) -> String {
    let cut = match stacked {
        CUT => !name.is_empty(),
        BESIDE => scan_name::is_of_stack(&name),
        _ => false,
    };
    if cut { scan_name::of_cut(number, revision) } else { name }
}

/// A file of a case.
#[derive(FromRow)]
pub(super) struct Named {
    /// The case.
    pub case_id: String,
    /// Its number.
    pub number: String,
    kind: String,
    id: String,
    file_name: String,
    /// When it was uploaded, epoch milliseconds.
    pub at: i64,
    revision: i64,
    stacked: i64,
}

impl Named {
    /// Its name.
    pub fn shown(&self, sealer: &Sealer) -> Result<String, StoreError> {
        let name = sealer.open(place(&self.kind), &self.id, self.file_name.clone())?;
        Ok(of_scan(name, self.stacked, &self.number, self.revision))
    }
}

/// Where the name of a file of this kind is sealed.
fn place(kind: &str) -> &'static Place {
    match kind {
        "scan" => &sealed::SCAN_NAME,
        "record-file" => &sealed::RECORD_FILE_NAME,
        _ => &sealed::ATTACHMENT_NAME,
    }
}

/// The statement that selects all [`Named`] of the cases `c` of `from` that are so.
pub(super) fn statement(from: &str, so: &str) -> String {
    let other = "CAST(0 AS BIGINT) AS revision, CAST(0 AS BIGINT) AS stacked";
    format!(
        "{} UNION ALL SELECT c.id AS case_id, c.number, 'attachment' AS kind, f.id, f.file_name, f.uploaded_at AS at, {other} \
         FROM {from} JOIN attachments f ON f.case_id = c.id WHERE {so} AND f.file_name <> '' \
         UNION ALL SELECT c.id AS case_id, c.number, 'record-file' AS kind, f.id, f.file_name, f.uploaded_at AS at, {other} \
         FROM {from} JOIN service_records r ON r.case_id = c.id JOIN record_files f ON f.record_id = r.id \
         WHERE {so} AND f.file_name <> ''",
        scans(from, so)
    )
}

/// The same of scans alone.
fn scans(from: &str, so: &str) -> String {
    format!(
        "SELECT c.id AS case_id, c.number, 'scan' AS kind, f.id, f.file_name, f.uploaded_at AS at, p.revision, {STACKED} \
         FROM {from} JOIN scans f ON f.case_id = c.id JOIN prints p ON p.id = f.print_id \
         WHERE {so} AND f.file_name <> ''"
    )
}

/// The names of the scans of a case, by scan.
pub(super) async fn of_scans(db: &mut Db, case: &str) -> Result<HashMap<String, String>, StoreError> {
    let statement = scans("cases c", "c.id = $1");
    let found: Vec<Named> =
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(case).fetch_all(&mut **db).await?;
    let sealer = db.sealer();
    found.into_iter().map(|file| Ok((file.id.clone(), file.shown(&sealer)?))).collect()
}
