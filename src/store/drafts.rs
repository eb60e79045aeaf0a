//! Half-typed forms, kept on the server because schools share machines.

use super::{Db, StoreError, sealed};

/// Keeps what was typed into `form` so far.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &mut Db, person: &str, form: &str, body: &str, now: i64) -> Result<(), StoreError> {
    let body = db.sealer().seal(&sealed::DRAFT, &format!("{person}/{form}"), body)?;
    sqlx::query(
        "INSERT INTO drafts (person_id, form, body, saved_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (person_id, form) DO UPDATE SET body = $3, saved_at = $4",
    )
    .bind(person)
    .bind(form)
    .bind(body)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// What was typed into `form`, and when it was kept.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut Db, person: &str, form: &str) -> Result<Option<(String, i64)>, StoreError> {
    let found: Option<(String, i64)> =
        sqlx::query_as("SELECT body, saved_at FROM drafts WHERE person_id = $1 AND form = $2")
            .bind(person)
            .bind(form)
            .fetch_optional(&mut **db)
            .await?;
    let sealer = db.sealer();
    found
        .map(|(body, at)| Ok((sealer.open(&sealed::DRAFT, &format!("{person}/{form}"), body)?, at)))
        .transpose()
}

/// Forgets what nobody has gone on with since `before`, epoch milliseconds. Returns how many forms it were.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Db, before: i64) -> Result<u64, StoreError> {
    let swept = sqlx::query("DELETE FROM drafts WHERE saved_at < $1").bind(before).execute(&mut **db).await?;
    Ok(swept.rows_affected())
}

/// Forgets what was typed into `form`: it has been saved.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut Db, person: &str, form: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM drafts WHERE person_id = $1 AND form = $2")
        .bind(person)
        .bind(form)
        .execute(&mut **db)
        .await?;
    Ok(())
}
