//! 檢附資料: files that go with the application, and what the reviewer found of each.

use sqlx::FromRow;

use crate::case::ids::Digest;
use crate::case::review::Verdict;
use crate::store::sql::{ByCase, Sql};
use crate::store::{Db, StoreError, parsed, sealed, search};

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
    /// When it was deleted, epoch milliseconds: the original is kept.
    pub deleted_at: Option<i64>,
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
    deleted_at: Option<i64>,
}

/// The attachments of a case that aren't deleted, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn attachments(db: &mut Db, case: &str) -> Result<Vec<Attachment>, StoreError> {
    let mut all = attachments_of(db, &[case]).await?.take(case);
    all.retain(|one| one.deleted_at.is_none());
    Ok(all)
}

/// The attachments of several cases, deleted ones too, oldest first.
pub(crate) async fn attachments_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Attachment>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT a.id, a.case_id, a.category, a.file_name, a.digest, d.bytes, d.kind, a.verdict, a.remark, a.uploaded_at, \
         a.deleted_at FROM attachments a JOIN documents d ON d.digest = a.digest \
         WHERE a.case_id IN ({ids}) ORDER BY a.case_id, a.uploaded_at, a.id"
    );
    let rows: Vec<AttachmentRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let attachment = Attachment {
            file_name: sealer.open(&sealed::ATTACHMENT_NAME, &row.id, row.file_name)?,
            remark: sealer.open(&sealed::ATTACHMENT_REMARK, &row.id, row.remark)?,
            digest: parsed(&row.digest, "attachments", "digest", &row.id)?,
            verdict: parsed(&row.verdict, "attachments", "verdict", &row.id)?,
            id: row.id,
            category: row.category,
            bytes: row.bytes,
            kind: row.kind,
            uploaded_at: row.uploaded_at,
            deleted_at: row.deleted_at,
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
pub async fn add_attachment(db: &mut Db, new: &NewAttachment<'_>) -> Result<(), StoreError> {
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO attachments (id, case_id, category, file_name, digest, verdict, remark, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, 'unreviewed', '', $6, $7)",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.category)
    .bind(sealer.seal(&sealed::ATTACHMENT_NAME, new.id, new.file_name)?)
    .bind(new.digest.to_string())
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    search::refresh(db, new.case).await
}

/// Marks an attachment as deleted. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete_attachment(db: &mut Db, id: &str, case: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE attachments SET deleted_at = $3 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down what a reviewer found of an attachment. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn judge_attachment(
    db: &mut Db,
    id: &str,
    case: &str,
    verdict: Verdict,
    remark: &str,
) -> Result<bool, StoreError> {
    let sealer = db.sealer();
    let done = sqlx::query(
        "UPDATE attachments SET verdict = $3, remark = $4 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(verdict.as_str())
    .bind(sealer.seal(&sealed::ATTACHMENT_REMARK, id, remark)?)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the case had an attachment with this identifier, and it was deleted.
///
/// # Errors
/// When the database fails.
pub async fn was_deleted(db: &mut Db, id: &str, case: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM attachments WHERE id = $1 AND case_id = $2 AND deleted_at IS NOT NULL",
    )
    .bind(id)
    .bind(case)
    .fetch_one(&mut **db)
    .await?;
    Ok(found > 0)
}
