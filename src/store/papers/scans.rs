//! Signed scans, bound ones and those that are only handed in.

use sqlx::FromRow;

use crate::case::ids::{Digest, Revision};
use crate::store::file_names::{self, STACKED};
use crate::store::phones::{self, Photo};
use crate::store::sql::{ByCase, Sql};
use crate::store::{Db, StoreError, parsed, sealed, search};

/// A signed scan.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The identifier.
    pub id: String,
    /// The print that it shows.
    pub print_id: String,
    /// The revision that it shows.
    pub revision: Revision,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: i64,
    /// The name of the file as uploaded; of one that was cut out of a stack, made of its case.
    pub file_name: String,
    /// What was seen on the paper, as JSON.
    pub report: String,
    /// 需人工核對: bound by the short code.
    pub by_hand: bool,
    /// Whether every seal box looks empty.
    pub all_empty: bool,
    /// Who uploaded it, by name.
    pub uploaded_by: String,
    /// When, epoch milliseconds.
    pub uploaded_at: i64,
    /// When it was bound to the case, epoch milliseconds.
    pub bound_at: Option<i64>,
    /// The photos that its pages were made of, where its file doesn't hold them as they were taken.
    pub photos: Vec<Photo>,
}

#[derive(FromRow)]
struct ScanRow {
    id: String,
    case_id: String,
    number: String,
    print_id: String,
    revision: i64,
    digest: String,
    bytes: i64,
    file_name: String,
    stacked: i64,
    report: String,
    by_hand: i64,
    all_empty: i64,
    uploaded_by: String,
    uploaded_at: i64,
    bound_at: Option<i64>,
}

/// The signed scans of a case, newest first; those that were never bound too.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn scans(db: &mut Db, case: &str) -> Result<Vec<Scan>, StoreError> {
    Ok(scans_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn scans_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Scan>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT f.id, f.case_id, c.number, f.print_id, r.revision, f.digest, d.bytes, f.file_name, {STACKED}, f.report, \
         f.by_hand, f.all_empty, p.name AS uploaded_by, f.uploaded_at, f.bound_at \
         FROM scans f JOIN cases c ON c.id = f.case_id JOIN prints r ON r.id = f.print_id \
         JOIN documents d ON d.digest = f.digest JOIN people p ON p.id = f.uploaded_by WHERE f.case_id IN ({ids}) \
         ORDER BY f.case_id, f.uploaded_at DESC, f.id DESC"
    );
    let rows: Vec<ScanRow> = sql.rows(db, statement).await?;
    // Most cases of a list have no scan yet.
    let with_scans: &[&str] = if rows.is_empty() { &[] } else { cases };
    let mut photos = phones::photos_of(db, with_scans).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let name = sealer.open(&sealed::SCAN_NAME, &row.id, row.file_name)?;
        let scan = Scan {
            file_name: file_names::of_scan(name, row.stacked, &row.number, row.revision),
            report: sealer.open(&sealed::REPORT, &row.id, row.report)?,
            revision: Revision::try_from(row.revision).map_err(|why| StoreError::Impossible {
                table: "prints",
                column: "revision",
                row: row.print_id.clone(),
                why: why.to_string(),
            })?,
            digest: parsed(&row.digest, "scans", "digest", &row.id)?,
            photos: photos.take(&row.id),
            id: row.id,
            print_id: row.print_id,
            bytes: row.bytes,
            by_hand: row.by_hand != 0,
            all_empty: row.all_empty != 0,
            uploaded_by: row.uploaded_by,
            uploaded_at: row.uploaded_at,
            bound_at: row.bound_at,
        };
        Ok((row.case_id, scan))
    }))
}

/// A signed scan to add.
#[derive(Debug)]
pub struct NewScan<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// The print that it shows.
    pub print: &'a str,
    /// Its digest; the document is registered already.
    pub digest: &'a Digest,
    /// The name of the file.
    pub file_name: &'a str,
    /// What was seen on the paper, as JSON.
    pub report: &'a str,
    /// 需人工核對: bound by the short code.
    pub by_hand: bool,
    /// Whether every seal box looks empty.
    pub all_empty: bool,
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Adds a scan that isn't bound yet.
///
/// # Errors
/// When the database fails.
pub async fn add_scan(db: &mut Db, new: &NewScan<'_>) -> Result<(), StoreError> {
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO scans (id, case_id, print_id, digest, file_name, report, by_hand, all_empty, confirmed_empty, \
         uploaded_by, uploaded_at, bound_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, NULL)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.print)
    .bind(new.digest.to_string())
    .bind(sealer.seal(&sealed::SCAN_NAME, new.id, new.file_name)?)
    .bind(sealer.seal(&sealed::REPORT, new.id, new.report)?)
    .bind(i64::from(new.by_hand))
    .bind(i64::from(new.all_empty))
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    search::refresh(db, new.case).await
}

/// Marks a scan as bound to its case.
///
/// # Errors
/// When the database fails.
pub async fn bind_scan(db: &mut Db, id: &str, confirmed_empty: bool, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE scans SET bound_at = $2, confirmed_empty = $3 WHERE id = $1")
        .bind(id)
        .bind(now)
        .bind(i64::from(confirmed_empty))
        .execute(&mut **db)
        .await?;
    Ok(())
}
