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

/// Registers a document; one that is known already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn register(db: &mut AnyConnection, document: &Document, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO documents (digest, bytes, kind, first_at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING",
    )
    .bind(document.digest.to_string())
    .bind(document.bytes)
    .bind(&document.kind)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The document with this digest.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, digest: &Digest) -> Result<Option<Document>, StoreError> {
    let row: Option<(String, i64, String)> =
        sqlx::query_as("SELECT digest, bytes, kind FROM documents WHERE digest = $1")
            .bind(digest.to_string())
            .fetch_optional(db)
            .await?;
    row.map(document).transpose()
}

/// A page of all documents after `after`, in the order of digests: what a check walks through.
///
/// # Errors
/// When the database fails.
pub async fn page(db: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Document>, StoreError> {
    let rows: Vec<(String, i64, String)> =
        sqlx::query_as("SELECT digest, bytes, kind FROM documents WHERE digest > $1 ORDER BY digest LIMIT $2")
            .bind(after)
            .bind(limit)
            .fetch_all(db)
            .await?;
    rows.into_iter().map(document).collect()
}

fn document((digest, bytes, kind): (String, i64, String)) -> Result<Document, StoreError> {
    Ok(Document { digest: parsed(&digest, "documents", "digest", &digest)?, bytes, kind })
}
