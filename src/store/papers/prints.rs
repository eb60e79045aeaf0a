//! Printed revisions, with the record as it was printed and where codes and boxes lie.

use sqlx::FromRow;

use crate::case::ids::{Digest, Revision};
use crate::case::snapshot::Snapshot;
use crate::forms::layout::Layout;
use crate::store::sql::{ByCase, Sql};
use crate::store::{Db, StoreError, parsed, parsed_json, sealed, to_json};

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

/// The printed revisions of a case, newest first; of one that was disposed of none.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn prints(db: &mut Db, case: &str) -> Result<Vec<Print>, StoreError> {
    Ok(prints_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn prints_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Print>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT r.id, r.case_id, r.revision, r.snapshot, r.layout, r.pages, r.digest, d.bytes, p.name AS printed_by, r.printed_at \
         FROM prints r JOIN documents d ON d.digest = r.digest JOIN people p ON p.id = r.printed_by \
         JOIN cases c ON c.id = r.case_id AND c.disposed_at IS NULL WHERE r.case_id IN ({ids}) ORDER BY r.case_id, r.revision DESC"
    );
    let rows: Vec<PrintRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let print = Print {
            revision: Revision::try_from(row.revision).map_err(|why| StoreError::Impossible {
                table: "prints",
                column: "revision",
                row: row.id.clone(),
                why: why.to_string(),
            })?,
            snapshot: sealer.open_json(&sealed::SNAPSHOT, &row.id, row.snapshot)?,
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
pub async fn layout_of(db: &mut Db, digest: &Digest) -> Result<Option<Layout>, StoreError> {
    let row: Option<(String, String)> =
        sqlx::query_as("SELECT id, layout FROM prints WHERE digest = $1 LIMIT 1")
            .bind(digest.to_string())
            .fetch_optional(&mut **db)
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
pub async fn add_print(db: &mut Db, new: &NewPrint<'_>) -> Result<(), StoreError> {
    let snapshot = db.sealer().seal(&sealed::SNAPSHOT, new.id, &to_json(new.snapshot))?;
    sqlx::query(
        "INSERT INTO prints (id, case_id, revision, template_version, snapshot, layout, pages, digest, printed_by, \
         printed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(i64::from(new.revision))
    .bind(i64::from(new.template_version))
    .bind(snapshot)
    .bind(to_json(new.layout))
    .bind(i64::try_from(new.layout.pages.len()).unwrap_or(i64::MAX))
    .bind(new.digest.to_string())
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}
