//! Captchas by their random identifier: what each asks for, how often it was looked at, and until when it is good.

use sqlx::AnyConnection;

use super::StoreError;

/// The answer of a captcha, for one more picture or sound of it; it is made with `answer` when it isn't there yet.
/// Nothing when it was looked at `most` times.
///
/// # Errors
/// When the database fails.
pub async fn look(
    db: &mut AnyConnection,
    id: &str,
    answer: &str,
    expires_at: i64,
    most: i64,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO captchas (id, answer, looks, expires_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (id) DO UPDATE SET looks = captchas.looks + 1 WHERE captchas.looks < $4 RETURNING answer",
    )
    .bind(id)
    .bind(answer)
    .bind(expires_at)
    .bind(most)
    .fetch_optional(db)
    .await?)
}

/// Takes a captcha away, whatever becomes of it: its answer, if it was still good at `now`.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &mut AnyConnection, id: &str, now: i64) -> Result<Option<String>, StoreError> {
    let taken: Option<(String, i64)> =
        sqlx::query_as("DELETE FROM captchas WHERE id = $1 RETURNING answer, expires_at")
            .bind(id)
            .fetch_optional(db)
            .await?;
    Ok(taken.filter(|(_, expires_at)| *expires_at > now).map(|(answer, _)| answer))
}

/// Forgets captchas whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, now: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM captchas WHERE expires_at <= $1").bind(now).execute(db).await?;
    Ok(())
}
