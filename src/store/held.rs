//! Forms that came too late, or before a fresh proof, until their owner sends them again.

use sqlx::FromRow;

use super::{Db, StoreError, sealed};

/// For how long a form is held.
pub const HELD_MILLIS: i64 = 24 * 60 * 60_000;

/// A held form.
#[derive(Clone, FromRow)]
pub struct Held {
    /// The identifier.
    pub id: String,
    /// Where it was sent to, a local path.
    pub address: String,
    /// The page that it came from, a local path.
    pub back: String,
    /// As it was sent.
    pub body: String,
}

/// What was typed stays out of logs.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Holds a form, and forgets those that were held long enough.
///
/// # Errors
/// When the database fails.
pub async fn hold(db: &mut Db, person: &str, form: &Held, now: i64) -> Result<(), StoreError> {
    sweep(db, now).await?;
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO held_forms (id, person_id, address, back, body, at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&form.id)
    .bind(person)
    .bind(sealer.seal(&sealed::HELD_ADDRESS, &form.id, &form.address)?)
    .bind(sealer.seal(&sealed::HELD_BACK, &form.id, &form.back)?)
    .bind(sealer.seal(&sealed::HELD_BODY, &form.id, &form.body)?)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Forgets the forms that were held long enough, and tells how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut Db, now: i64) -> Result<u64, StoreError> {
    let before = now - HELD_MILLIS;
    let swept = sqlx::query("DELETE FROM held_forms WHERE at < $1").bind(before).execute(&mut **db).await?;
    Ok(swept.rows_affected())
}

/// A form that is held for this person.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut Db, person: &str, id: &str) -> Result<Option<Held>, StoreError> {
    let found: Option<Held> =
        sqlx::query_as("SELECT id, address, back, body FROM held_forms WHERE person_id = $1 AND id = $2")
            .bind(person)
            .bind(id)
            .fetch_optional(&mut **db)
            .await?;
    let sealer = db.sealer();
    found
        .map(|held| {
            Ok(Held {
                address: sealer.open(&sealed::HELD_ADDRESS, &held.id, held.address)?,
                back: sealer.open(&sealed::HELD_BACK, &held.id, held.back)?,
                body: sealer.open(&sealed::HELD_BODY, &held.id, held.body)?,
                id: held.id,
            })
        })
        .transpose()
}

/// How many forms are held for a person.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut Db, person: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM held_forms WHERE person_id = $1")
        .bind(person)
        .fetch_one(&mut **db)
        .await?)
}

/// Forgets a form: it was sent again, or isn't wanted.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut Db, person: &str, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM held_forms WHERE person_id = $1 AND id = $2")
        .bind(person)
        .bind(id)
        .execute(&mut **db)
        .await?;
    Ok(())
}
