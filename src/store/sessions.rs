//! Sessions by the digest of their token, and the throttle of failed log-ins.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// One session.
#[derive(Clone, Debug, FromRow)]
pub struct Session {
    /// Whose.
    pub person_id: String,
    /// When it began, epoch milliseconds.
    pub created_at: i64,
    /// When it was last used, epoch milliseconds.
    pub seen_at: i64,
}

/// The session of this token digest.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, token_hash: &str) -> Result<Option<Session>, StoreError> {
    Ok(sqlx::query_as("SELECT person_id, created_at, seen_at FROM sessions WHERE token_hash = $1")
        .bind(token_hash)
        .fetch_optional(db)
        .await?)
}

/// Begins a session.
///
/// # Errors
/// When the database fails.
pub async fn add(
    db: &mut AnyConnection,
    token_hash: &str,
    person_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO sessions (token_hash, person_id, created_at, seen_at) VALUES ($1, $2, $3, $3)")
        .bind(token_hash)
        .bind(person_id)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that a session was used.
///
/// # Errors
/// When the database fails.
pub async fn touch(db: &mut AnyConnection, token_hash: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2")
        .bind(token_hash)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &mut AnyConnection, token_hash: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash).execute(db).await?;
    Ok(())
}

/// Ends all sessions of a person.
///
/// # Errors
/// When the database fails.
pub async fn end_all(db: &mut AnyConnection, person_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person_id = $1").bind(person_id).execute(db).await?;
    Ok(())
}

/// Ends sessions that nobody could use any more.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, seen_before: i64, created_before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE seen_at < $1 OR created_at < $2")
        .bind(seen_before)
        .bind(created_before)
        .execute(db)
        .await?;
    Ok(())
}

/// Until when log-ins of `subject` are refused, epoch milliseconds; 0 when they aren't.
///
/// # Errors
/// When the database fails.
pub async fn locked_until(db: &mut AnyConnection, subject: &str) -> Result<i64, StoreError> {
    let until: Option<i64> = sqlx::query_scalar("SELECT locked_until FROM throttles WHERE subject = $1")
        .bind(subject)
        .fetch_optional(db)
        .await?;
    Ok(until.unwrap_or(0))
}

/// Counts a failure; `limit` failures within `window` milliseconds lock for as long.
///
/// # Errors
/// When the database fails.
pub async fn count_failure(
    db: &mut AnyConnection,
    subject: &str,
    now: i64,
    window: i64,
    limit: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO throttles (subject, failures, first_at, locked_until) VALUES ($1, 1, $2, 0) \
         ON CONFLICT (subject) DO UPDATE SET \
         failures = CASE WHEN throttles.first_at < $2 - $3 THEN 1 ELSE throttles.failures + 1 END, \
         first_at = CASE WHEN throttles.first_at < $2 - $3 THEN $2 ELSE throttles.first_at END, \
         locked_until = CASE WHEN throttles.first_at >= $2 - $3 AND throttles.failures + 1 >= $4 \
         THEN $2 + $3 ELSE throttles.locked_until END",
    )
    .bind(subject)
    .bind(now)
    .bind(window)
    .bind(limit)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the failures of `subject`.
///
/// # Errors
/// When the database fails.
pub async fn forget_failures(db: &mut AnyConnection, subject: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM throttles WHERE subject = $1").bind(subject).execute(db).await?;
    Ok(())
}
