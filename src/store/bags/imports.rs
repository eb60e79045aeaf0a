//! Which case came in by which bag.

use crate::case::ids::Digest;

use crate::store::sealed;

use super::{Db, StoreError};

/// A case that came in by a bag.
#[derive(Clone, Copy, Debug)]
pub struct Imported<'a> {
    /// The case.
    pub case: &'a str,
    /// The digest of the bag's tag manifest.
    pub bag: &'a Digest,
    /// When, epoch milliseconds.
    pub at: i64,
    /// The bag's proof of custody, as it was.
    pub custody: Option<&'a str>,
}

/// Writes down which bag a case came in by.
///
/// # Errors
/// When the database fails.
pub async fn remember(db: &mut Db, imported: Imported<'_>) -> Result<(), StoreError> {
    let sealer = db.sealer();
    let custody = imported.custody;
    let custody =
        custody.map(|text| sealer.seal(&sealed::IMPORTED_CUSTODY, imported.case, text)).transpose()?;
    sqlx::query("INSERT INTO imports (case_id, bag, at, custody) VALUES ($1, $2, $3, $4)")
        .bind(imported.case)
        .bind(imported.bag.to_string())
        .bind(imported.at)
        .bind(custody)
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// The proof of custody with which a case came in.
///
/// # Errors
/// When the database fails.
pub async fn custody_before(db: &mut Db, case: &str) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> = sqlx::query_scalar("SELECT custody FROM imports WHERE case_id = $1")
        .bind(case)
        .fetch_optional(&mut **db)
        .await?;
    db.sealer().open_maybe(&sealed::IMPORTED_CUSTODY, case, found.flatten())
}

/// How many cases came in by this bag.
///
/// # Errors
/// When the database fails.
pub async fn imported(db: &mut Db, bag: &Digest) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM imports WHERE bag = $1")
        .bind(bag.to_string())
        .fetch_one(&mut **db)
        .await?)
}

/// Whether there is a case that came in by no bag.
///
/// # Errors
/// When the database fails.
pub async fn foreign(db: &mut Db) -> Result<bool, StoreError> {
    let one: Option<String> = sqlx::query_scalar(
        "SELECT c.id FROM cases c WHERE NOT EXISTS (SELECT 1 FROM imports i WHERE i.case_id = c.id) LIMIT 1",
    )
    .fetch_optional(&mut **db)
    .await?;
    Ok(one.is_some())
}
