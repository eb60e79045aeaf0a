//! How often something was asked for within a window of time that begins with the first time.

use sqlx::AnyConnection;

use super::StoreError;

/// Counts one more time. Returns when the window began, epoch milliseconds, and the how-manieth time this is.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    db: &mut AnyConnection,
    subject: &str,
    now: i64,
    window: i64,
) -> Result<(i64, i64), StoreError> {
    spend_many(db, subject, 1, now, window).await
}

/// The same of so many times at once.
///
/// # Errors
/// When the database fails.
pub async fn spend_many(
    db: &mut AnyConnection,
    subject: &str,
    many: i64,
    now: i64,
    window: i64,
) -> Result<(i64, i64), StoreError> {
    Ok(sqlx::query_as(
        "INSERT INTO allowances (subject, since, used) VALUES ($1, $2, $4) \
         ON CONFLICT (subject) DO UPDATE SET \
         used = CASE WHEN allowances.since <= $2 - $3 THEN $4 ELSE allowances.used + $4 END, \
         since = CASE WHEN allowances.since <= $2 - $3 THEN $2 ELSE allowances.since END \
         RETURNING since, used",
    )
    .bind(subject)
    .bind(now)
    .bind(window)
    .bind(many)
    .fetch_one(db)
    .await?)
}

/// How often it was asked for in the window that isn't over at `now`, and when that began.
///
/// # Errors
/// When the database fails.
pub async fn used(
    db: &mut AnyConnection,
    subject: &str,
    now: i64,
    window: i64,
) -> Result<Option<(i64, i64)>, StoreError> {
    Ok(sqlx::query_as("SELECT since, used FROM allowances WHERE subject = $1 AND since > $2 - $3")
        .bind(subject)
        .bind(now)
        .bind(window)
        .fetch_optional(db)
        .await?)
}

/// Forgets windows that are over.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, now: i64, window: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM allowances WHERE since <= $1 - $2").bind(now).bind(window).execute(db).await?;
    Ok(())
}
