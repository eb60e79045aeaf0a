//! Remembered devices (記住我): series of tokens, by their digests.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A remembered device.
#[derive(Clone, FromRow)]
pub struct Device {
    /// The series; also its name on pages.
    pub id: String,
    /// Whose.
    pub person_id: String,
    /// The digest of the newest token.
    pub token_hash: String,
    /// The digest of the one before.
    pub previous_hash: String,
    /// When the token last changed, epoch milliseconds.
    pub rotated_at: i64,
    /// Since when it is remembered.
    pub created_at: i64,
    /// Until when, unless it is used.
    pub expires_at: i64,
    /// From which address it was last used.
    pub address: String,
    /// The browser's family.
    pub agent: String,
}

/// Digests stay out of logs.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("id", &self.id).finish_non_exhaustive()
    }
}

const COLUMNS: &str =
    "id, person_id, token_hash, previous_hash, rotated_at, created_at, expires_at, address, agent";

/// A device that is remembered still.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, id: &str, now: i64) -> Result<Option<Device>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM devices WHERE id = $1 AND ended_at IS NULL AND expires_at > $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(now).fetch_optional(db).await?)
}

/// A person's remembered devices, the one used last first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(db: &mut AnyConnection, person: &str, now: i64) -> Result<Vec<Device>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM devices WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2 \
         ORDER BY rotated_at DESC, id"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(person).bind(now).fetch_all(db).await?)
}

/// Remembers a device, and forgets those of the person's that are over.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, device: &Device) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM devices WHERE person_id = $1 AND expires_at < $2 \
         AND id NOT IN (SELECT device_id FROM sessions WHERE device_id IS NOT NULL)",
    )
    .bind(&device.person_id)
    .bind(device.created_at)
    .execute(&mut *db)
    .await?;
    let sql = format!("INSERT INTO devices ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&device.id)
        .bind(&device.person_id)
        .bind(&device.token_hash)
        .bind(&device.previous_hash)
        .bind(device.rotated_at)
        .bind(device.created_at)
        .bind(device.expires_at)
        .bind(&device.address)
        .bind(&device.agent)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives a device its next token in the place of the one with the digest `was`. False: somebody was faster.
///
/// # Errors
/// When the database fails.
pub async fn rotate(db: &mut AnyConnection, next: &Device, was: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE devices SET token_hash = $2, previous_hash = $3, rotated_at = $4, expires_at = $5, address = $6, \
         agent = $7 WHERE id = $1 AND token_hash = $8 AND ended_at IS NULL",
    )
    .bind(&next.id)
    .bind(&next.token_hash)
    .bind(&next.previous_hash)
    .bind(next.rotated_at)
    .bind(next.expires_at)
    .bind(&next.address)
    .bind(&next.agent)
    .bind(was)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a device is remembered still; it is held so until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn hold(db: &mut AnyConnection, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE devices SET rotated_at = rotated_at WHERE id = $1 AND ended_at IS NULL")
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets one of a person's devices. False: there is no such one.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &mut AnyConnection, person: &str, id: &str, now: i64) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE devices SET ended_at = $3 WHERE id = $2 AND person_id = $1 AND ended_at IS NULL")
            .bind(person)
            .bind(id)
            .bind(now)
            .execute(db)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a person's devices, but for the one named `but`.
///
/// # Errors
/// When the database fails.
pub async fn end_all(
    db: &mut AnyConnection,
    person: &str,
    but: Option<&str>,
    now: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE devices SET ended_at = $3 WHERE person_id = $1 AND id <> $2 AND ended_at IS NULL",
    )
    .bind(person)
    .bind(but.unwrap_or_default())
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
