//! Documents by digest: that an original is registered, and every row that names one.

use sqlx::AnyConnection;

use crate::case::ids::Digest;

use super::{StoreError, parsed};

/// A registered document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: i64,
    /// The media type, by content.
    pub kind: String,
}

/// Registers a document, which was hashed as it arrived; one that is known already stays as it is, and one that was let go
/// of lives again. Its row is held until the transaction ends, so that no removal of its file comes in between. True: its
/// row is new or lives again, so that the file may have been removed before; the caller looks whether it stands.
///
/// # Errors
/// When the database fails.
pub async fn register(db: &mut AnyConnection, document: &Document, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO documents (digest, bytes, kind, first_at, read_at) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (digest) DO UPDATE SET disposed_at = NULL, first_at = $4, read_at = $4 \
         WHERE documents.disposed_at IS NOT NULL",
    )
    .bind(document.digest.to_string())
    .bind(document.bytes)
    .bind(&document.kind)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The document with this digest; none also where it was let go of.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, digest: &Digest) -> Result<Option<Document>, StoreError> {
    let row: Option<(String, i64, String)> =
        sqlx::query_as("SELECT digest, bytes, kind FROM documents WHERE digest = $1 AND disposed_at IS NULL")
            .bind(digest.to_string())
            .fetch_optional(db)
            .await?;
    row.map(document).transpose()
}

/// A page of all documents after `after` that weren't let go of, in the order of digests: what a check walks through.
///
/// # Errors
/// When the database fails.
pub async fn page(db: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Document>, StoreError> {
    let rows: Vec<(String, i64, String)> = sqlx::query_as(
        "SELECT digest, bytes, kind FROM documents WHERE digest > $1 AND disposed_at IS NULL ORDER BY digest LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(document).collect()
}

/// Every row that names a document after `after` and up to `until`, in the order of digests: the digest and
/// the row in words for the operator, without personal data.
///
/// # Errors
/// When the database fails.
pub async fn named(
    db: &mut AnyConnection,
    after: &str,
    until: &str,
) -> Result<Vec<(Digest, String)>, StoreError> {
    let rows: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT n.digest, n.place, n.id, COALESCE(c.number, '') FROM ( \
         SELECT digest, 'attachment' AS place, id, case_id FROM attachments \
         UNION ALL SELECT digest, 'print' AS place, id, case_id FROM prints \
         UNION ALL SELECT digest, 'scan' AS place, id, case_id FROM scans \
         UNION ALL SELECT p.digest, 'photo of scan' AS place, s.id, s.case_id FROM scan_photos p \
         JOIN scans s ON s.id = p.scan_id \
         UNION ALL SELECT f.digest, 'file of record' AS place, r.id, r.case_id FROM record_files f \
         JOIN service_records r ON r.id = f.record_id \
         UNION ALL SELECT digest, 'stack' AS place, id, '' AS case_id FROM stacks \
         UNION ALL SELECT certificate AS digest, 'certificate of disposal' AS place, id, case_id FROM disposals \
         WHERE certificate IS NOT NULL) n \
         LEFT JOIN cases c ON c.id = n.case_id WHERE n.digest > $1 AND n.digest <= $2 ORDER BY n.digest, n.id",
    )
    .bind(after)
    .bind(until)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(digest, place, id, number)| {
            let case = if number.is_empty() { String::new() } else { format!(" of case {number}") };
            Ok((parsed(&digest, "documents", "digest", &digest)?, format!("{place} {id}{case}")))
        })
        .collect()
}

/// The rows that name one document, in words for the operator, without personal data.
///
/// # Errors
/// When the database fails.
pub async fn naming(db: &mut AnyConnection, digest: &Digest) -> Result<Vec<String>, StoreError> {
    let whole = digest.to_string();
    // Between the digest without its last digit and the digest stands the digest alone, as good as surely.
    let rows = named(db, &whole[..whole.len() - 1], &whole).await?;
    Ok(rows.into_iter().filter(|(named, _)| named == digest).map(|(_, row)| row).collect())
}

/// Numbers of cases whose bound scan isn't there, isn't theirs, or isn't marked as bound.
///
/// # Errors
/// When the database fails.
pub async fn badly_bound(db: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT c.number FROM cases c LEFT JOIN scans s ON s.id = c.bound_scan_id AND s.case_id = c.id \
         AND s.bound_at IS NOT NULL WHERE c.bound_scan_id IS NOT NULL AND s.id IS NULL ORDER BY c.number",
    )
    .fetch_all(db)
    .await?)
}

pub(super) fn document((digest, bytes, kind): (String, i64, String)) -> Result<Document, StoreError> {
    Ok(Document { digest: parsed(&digest, "documents", "digest", &digest)?, bytes, kind })
}
