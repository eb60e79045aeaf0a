//! The papers of a case: attachments, printed revisions, signed scans.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::{Digest, Revision};
pub use crate::case::review::Verdict;
use crate::case::snapshot::Snapshot;
use crate::forms::layout::Layout;

use super::sql::{ByCase, Sql};
use super::{StoreError, parsed, parsed_json, to_json};

/// An attachment 檢附資料.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The identifier.
    pub id: String,
    /// The category's id.
    pub category: String,
    /// The name of the file as uploaded.
    pub file_name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: i64,
    /// Its media type, by content.
    pub kind: String,
    /// What the reviewer found.
    pub verdict: Verdict,
    /// The reviewer's remark; may be empty.
    pub remark: String,
    /// When it came, epoch milliseconds.
    pub uploaded_at: i64,
}

#[derive(FromRow)]
struct AttachmentRow {
    id: String,
    case_id: String,
    category: String,
    file_name: String,
    digest: String,
    bytes: i64,
    kind: String,
    verdict: String,
    remark: String,
    uploaded_at: i64,
}

/// The attachments of a case that aren't deleted, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn attachments(db: &mut AnyConnection, case: &str) -> Result<Vec<Attachment>, StoreError> {
    Ok(attachments_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn attachments_of(
    db: &mut AnyConnection,
    cases: &[&str],
) -> Result<ByCase<Attachment>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT a.id, a.case_id, a.category, a.file_name, a.digest, d.bytes, d.kind, a.verdict, a.remark, a.uploaded_at \
         FROM attachments a JOIN documents d ON d.digest = a.digest \
         WHERE a.case_id IN ({ids}) AND a.deleted_at IS NULL ORDER BY a.case_id, a.uploaded_at, a.id"
    );
    let rows: Vec<AttachmentRow> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|row| {
        let attachment = Attachment {
            digest: parsed(&row.digest, "attachments", "digest", &row.id)?,
            verdict: parsed(&row.verdict, "attachments", "verdict", &row.id)?,
            id: row.id,
            category: row.category,
            file_name: row.file_name,
            bytes: row.bytes,
            kind: row.kind,
            remark: row.remark,
            uploaded_at: row.uploaded_at,
        };
        Ok((row.case_id, attachment))
    }))
}

/// An attachment to add.
#[derive(Debug)]
pub struct NewAttachment<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// The category's id.
    pub category: &'a str,
    /// The name of the file as uploaded.
    pub file_name: &'a str,
    /// Its digest; the document is registered already.
    pub digest: &'a Digest,
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Adds an attachment, 未核閱.
///
/// # Errors
/// When the database fails.
pub async fn add_attachment(db: &mut AnyConnection, new: &NewAttachment<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attachments (id, case_id, category, file_name, digest, verdict, remark, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, 'unreviewed', '', $6, $7)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.category)
    .bind(new.file_name)
    .bind(new.digest.to_string())
    .bind(new.by)
    .bind(new.at)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks an attachment as deleted. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete_attachment(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attachments SET deleted_at = $3 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what a reviewer found of an attachment. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn judge_attachment(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    verdict: Verdict,
    remark: &str,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attachments SET verdict = $3, remark = $4 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(verdict.as_str())
    .bind(remark)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the case had an attachment with this identifier, and it was deleted.
///
/// # Errors
/// When the database fails.
pub async fn was_deleted(db: &mut AnyConnection, id: &str, case: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM attachments WHERE id = $1 AND case_id = $2 AND deleted_at IS NOT NULL",
    )
    .bind(id)
    .bind(case)
    .fetch_one(db)
    .await?;
    Ok(found > 0)
}

/// A printed revision.
#[derive(Clone, Debug)]
pub struct Print {
    /// The identifier.
    pub id: String,
    /// Its number.
    pub revision: Revision,
    /// The record as printed.
    pub snapshot: Snapshot,
    /// Where codes and boxes lie.
    pub layout: Layout,
    /// How many pages.
    pub pages: i64,
    /// The digest of the PDF.
    pub digest: Digest,
    /// The size of the PDF.
    pub bytes: i64,
    /// Who printed it, by name.
    pub printed_by: String,
    /// When, epoch milliseconds.
    pub printed_at: i64,
}

#[derive(FromRow)]
struct PrintRow {
    id: String,
    case_id: String,
    revision: i64,
    snapshot: String,
    layout: String,
    pages: i64,
    digest: String,
    bytes: i64,
    printed_by: String,
    printed_at: i64,
}

/// The printed revisions of a case, newest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn prints(db: &mut AnyConnection, case: &str) -> Result<Vec<Print>, StoreError> {
    Ok(prints_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn prints_of(db: &mut AnyConnection, cases: &[&str]) -> Result<ByCase<Print>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT r.id, r.case_id, r.revision, r.snapshot, r.layout, r.pages, r.digest, d.bytes, p.name AS printed_by, r.printed_at \
         FROM prints r JOIN documents d ON d.digest = r.digest JOIN people p ON p.id = r.printed_by \
         WHERE r.case_id IN ({ids}) ORDER BY r.case_id, r.revision DESC"
    );
    let rows: Vec<PrintRow> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|row| {
        let print = Print {
            revision: Revision::try_from(row.revision).map_err(|why| StoreError::Impossible {
                table: "prints",
                column: "revision",
                row: row.id.clone(),
                why: why.to_string(),
            })?,
            snapshot: parsed_json(&row.snapshot, "prints", "snapshot", &row.id)?,
            layout: parsed_json(&row.layout, "prints", "layout", &row.id)?,
            digest: parsed(&row.digest, "prints", "digest", &row.id)?,
            id: row.id,
            pages: row.pages,
            bytes: row.bytes,
            printed_by: row.printed_by,
            printed_at: row.printed_at,
        };
        Ok((row.case_id, print))
    }))
}

/// Where the codes and boxes of the print with this digest lie.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn layout_of(db: &mut AnyConnection, digest: &Digest) -> Result<Option<Layout>, StoreError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT id, layout FROM prints WHERE digest = $1 LIMIT 1")
            .bind(digest.to_string())
            .fetch_optional(db)
            .await?;
    row.map(|(id, layout)| parsed_json(&layout, "prints", "layout", &id)).transpose()
}

/// A printed revision to add.
#[derive(Debug)]
pub struct NewPrint<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// Its number.
    pub revision: Revision,
    /// The template's version.
    pub template_version: u32,
    /// The record as printed.
    pub snapshot: &'a Snapshot,
    /// Where codes and boxes lie.
    pub layout: &'a Layout,
    /// The digest of the PDF; the document is registered already.
    pub digest: &'a Digest,
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Adds a printed revision.
///
/// # Errors
/// When the database fails, or the revision exists (a unique violation).
pub async fn add_print(db: &mut AnyConnection, new: &NewPrint<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO prints (id, case_id, revision, template_version, snapshot, layout, pages, digest, printed_by, \
         printed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(i64::from(new.revision))
    .bind(i64::from(new.template_version))
    .bind(to_json(new.snapshot))
    .bind(to_json(new.layout))
    .bind(i64::try_from(new.layout.pages.len()).unwrap_or(i64::MAX))
    .bind(new.digest.to_string())
    .bind(new.by)
    .bind(new.at)
    .execute(db)
    .await?;
    Ok(())
}

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
    /// The name of the file as uploaded.
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
}

#[derive(FromRow)]
struct ScanRow {
    id: String,
    case_id: String,
    print_id: String,
    revision: i64,
    digest: String,
    bytes: i64,
    file_name: String,
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
pub async fn scans(db: &mut AnyConnection, case: &str) -> Result<Vec<Scan>, StoreError> {
    Ok(scans_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn scans_of(db: &mut AnyConnection, cases: &[&str]) -> Result<ByCase<Scan>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT c.id, c.case_id, c.print_id, r.revision, c.digest, d.bytes, c.file_name, c.report, c.by_hand, c.all_empty, \
         p.name AS uploaded_by, c.uploaded_at, c.bound_at \
         FROM scans c JOIN prints r ON r.id = c.print_id JOIN documents d ON d.digest = c.digest \
         JOIN people p ON p.id = c.uploaded_by WHERE c.case_id IN ({ids}) \
         ORDER BY c.case_id, c.uploaded_at DESC, c.id DESC"
    );
    let rows: Vec<ScanRow> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|row| {
        let scan = Scan {
            revision: Revision::try_from(row.revision).map_err(|why| StoreError::Impossible {
                table: "prints",
                column: "revision",
                row: row.print_id.clone(),
                why: why.to_string(),
            })?,
            digest: parsed(&row.digest, "scans", "digest", &row.id)?,
            id: row.id,
            print_id: row.print_id,
            bytes: row.bytes,
            file_name: row.file_name,
            report: row.report,
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
    /// The name of the file as uploaded.
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
pub async fn add_scan(db: &mut AnyConnection, new: &NewScan<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO scans (id, case_id, print_id, digest, file_name, report, by_hand, all_empty, confirmed_empty, \
         uploaded_by, uploaded_at, bound_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, NULL)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.print)
    .bind(new.digest.to_string())
    .bind(new.file_name)
    .bind(new.report)
    .bind(i64::from(new.by_hand))
    .bind(i64::from(new.all_empty))
    .bind(new.by)
    .bind(new.at)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a scan as bound to its case.
///
/// # Errors
/// When the database fails.
pub async fn bind_scan(
    db: &mut AnyConnection,
    id: &str,
    confirmed_empty: bool,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE scans SET bound_at = $2, confirmed_empty = $3 WHERE id = $1")
        .bind(id)
        .bind(now)
        .bind(i64::from(confirmed_empty))
        .execute(db)
        .await?;
    Ok(())
}
