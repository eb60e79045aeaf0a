//! One-time links by the digest of their secret: what each is for, and until when it is good.

use sqlx::AnyConnection;

use super::StoreError;

/// Adds a link in place of earlier ones for the same.
///
/// # Errors
/// When the database fails.
pub async fn put(
    db: &mut AnyConnection,
    secret_hash: &str,
    purpose: &str,
    subject: &str,
    expires_at: i64,
) -> Result<(), StoreError> {
    forget(db, purpose, subject).await?;
    sqlx::query(
        "INSERT INTO one_time_links (secret_hash, purpose, subject, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(secret_hash)
    .bind(purpose)
    .bind(subject)
    .bind(expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// What a link that is still good is for; using it is another thing.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &mut AnyConnection,
    secret_hash: &str,
    purpose: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT subject FROM one_time_links WHERE secret_hash = $1 AND purpose = $2 AND expires_at > $3",
    )
    .bind(secret_hash)
    .bind(purpose)
    .bind(now)
    .fetch_optional(db)
    .await?)
}

/// Uses a link up: what it was for, if it was still good.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &mut AnyConnection,
    secret_hash: &str,
    purpose: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "DELETE FROM one_time_links WHERE secret_hash = $1 AND purpose = $2 AND expires_at > $3 \
         RETURNING subject",
    )
    .bind(secret_hash)
    .bind(purpose)
    .bind(now)
    .fetch_optional(db)
    .await?)
}

/// Ends the links for something.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut AnyConnection, purpose: &str, subject: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM one_time_links WHERE purpose = $1 AND subject = $2")
        .bind(purpose)
        .bind(subject)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets links whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM one_time_links WHERE expires_at <= $1").bind(now).execute(db).await?;
    Ok(())
}
