//! Half-typed forms, kept on the server because schools share machines.

use sqlx::AnyConnection;

use super::StoreError;

/// Keeps what was typed into `form` so far.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    db: &mut AnyConnection,
    person: &str,
    form: &str,
    body: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO drafts (person_id, form, body, saved_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (person_id, form) DO UPDATE SET body = $3, saved_at = $4",
    )
    .bind(person)
    .bind(form)
    .bind(body)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// What was typed into `form`, and when it was kept.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &mut AnyConnection,
    person: &str,
    form: &str,
) -> Result<Option<(String, i64)>, StoreError> {
    Ok(sqlx::query_as("SELECT body, saved_at FROM drafts WHERE person_id = $1 AND form = $2")
        .bind(person)
        .bind(form)
        .fetch_optional(db)
        .await?)
}

/// Forgets what nobody has gone on with since `before`, epoch milliseconds. Returns how many forms it were.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, before: i64) -> Result<u64, StoreError> {
    let swept = sqlx::query("DELETE FROM drafts WHERE saved_at < $1").bind(before).execute(db).await?;
    Ok(swept.rows_affected())
}

/// Forgets what was typed into `form`: it has been saved.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut AnyConnection, person: &str, form: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM drafts WHERE person_id = $1 AND form = $2")
        .bind(person)
        .bind(form)
        .execute(db)
        .await?;
    Ok(())
}
