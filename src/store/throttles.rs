//! Failures of logging in, by account, device or network, and the locks that come of them.

use sqlx::AnyConnection;

use super::StoreError;

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

/// Counts a try as a failure before it is judged, so that many at once aren't more than a few: whoever was right takes it
/// back ([`forget_failures`]). Returns until when `subject` is refused, if it was before this try.
///
/// # Errors
/// When the database fails.
pub async fn count_try(
    db: &mut AnyConnection,
    subject: &str,
    now: i64,
    window: i64,
    limit: i64,
) -> Result<Option<i64>, StoreError> {
    let until = locked_until(&mut *db, subject).await?;
    if until > now {
        return Ok(Some(until));
    }
    // The row is locked from here on; others have counted theirs, or wait.
    count_failure(&mut *db, subject, now, window, limit).await?;
    let failures: i64 = sqlx::query_scalar("SELECT failures FROM throttles WHERE subject = $1")
        .bind(subject)
        .fetch_one(&mut *db)
        .await?;
    Ok((failures > limit).then_some(now + window))
}

/// Forgets the failures of `subject`.
///
/// # Errors
/// When the database fails.
pub async fn forget_failures(db: &mut AnyConnection, subject: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM throttles WHERE subject = $1").bind(subject).execute(db).await?;
    Ok(())
}

/// Forgets failures from before `before` that lock nobody any more.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM throttles WHERE first_at < $1 AND locked_until < $1")
        .bind(before)
        .execute(db)
        .await?;
    Ok(())
}
