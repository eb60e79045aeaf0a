//! Sessions by the digest of their token.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// One session, with what else decides how far it reaches.
#[derive(Clone, Debug, FromRow)]
pub struct Session {
    /// Its name on pages; opens nothing.
    pub id: String,
    /// Whose.
    pub person_id: String,
    /// How it was entered: password, sign-on or remembered.
    pub means: String,
    /// The remembered device that it began from.
    pub device_id: Option<String>,
    /// When it began, epoch milliseconds.
    pub created_at: i64,
    /// When it was last used, epoch milliseconds.
    pub seen_at: i64,
    /// When a password or sign-on last proved who it is.
    pub proved_at: Option<i64>,
    /// When a second factor was last given.
    pub second_at: Option<i64>,
    /// 1: the password is to be changed first.
    pub owes_password: i64,
    /// From which address it began.
    pub address: String,
    /// The browser's family.
    pub agent: String,
    /// How many second factors the person has: none or one.
    pub factors: i64,
    /// How many alarming events the person hasn't seen.
    pub alarms: i64,
}

/// What a new session begins with.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Its name on pages.
    pub id: &'a str,
    /// The digest of its token.
    pub token_hash: &'a str,
    /// Whose.
    pub person: &'a str,
    /// How it was entered.
    pub means: &'a str,
    /// The remembered device that it began from.
    pub device: Option<&'a str>,
    /// When a password or sign-on proved who it is.
    pub proved_at: Option<i64>,
    /// When a second factor was given.
    pub second_at: Option<i64>,
    /// Whether the password is to be changed first.
    pub owes_password: bool,
    /// From which address.
    pub address: &'a str,
    /// The browser's family.
    pub agent: &'a str,
}

const COLUMNS: &str = "s.id, s.person_id, s.means, s.device_id, s.created_at, s.seen_at, s.proved_at, s.second_at, \
     s.owes_password, s.address, s.agent, \
     (SELECT COUNT(*) FROM second_factors f WHERE f.person_id = s.person_id AND f.state = 'active') AS factors, \
     (SELECT COUNT(*) FROM account_events e WHERE e.person_id = s.person_id AND e.alarming = 1 \
     AND e.seen_at IS NULL) AS alarms";

/// The session of this token digest.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, token_hash: &str) -> Result<Option<Session>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sessions s WHERE s.token_hash = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(token_hash).fetch_optional(db).await?)
}

/// A person's sessions that are in use, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_person(
    db: &mut AnyConnection,
    person: &str,
    seen_after: i64,
    created_after: i64,
) -> Result<Vec<Session>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sessions s WHERE s.person_id = $1 AND s.seen_at >= $2 AND s.created_at >= $3 \
         ORDER BY s.seen_at DESC, s.id"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(person)
        .bind(seen_after)
        .bind(created_after)
        .fetch_all(db)
        .await?)
}

/// Begins a session.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, new: NewSession<'_>, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, person_id, means, device_id, created_at, seen_at, proved_at, \
         second_at, owes_password, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.id)
    .bind(new.token_hash)
    .bind(new.person)
    .bind(new.means)
    .bind(new.device)
    .bind(now)
    .bind(new.proved_at)
    .bind(new.second_at)
    .bind(i64::from(new.owes_password))
    .bind(new.address)
    .bind(new.agent)
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

/// Gives a session that rose a new token: `proved` a password or sign-on now, `second` a second factor now.
///
/// # Errors
/// When the database fails.
pub async fn rise(
    db: &mut AnyConnection,
    id: &str,
    token_hash: &str,
    proved: bool,
    second: bool,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE sessions SET token_hash = $2, seen_at = $3, \
         proved_at = CASE WHEN $4 = 1 THEN $3 ELSE proved_at END, \
         second_at = CASE WHEN $5 = 1 THEN $3 ELSE second_at END WHERE id = $1",
    )
    .bind(id)
    .bind(token_hash)
    .bind(now)
    .bind(i64::from(proved))
    .bind(i64::from(second))
    .execute(db)
    .await?;
    Ok(())
}

/// The password of a session's person was changed as it had to be.
///
/// # Errors
/// When the database fails.
pub async fn password_paid(db: &mut AnyConnection, person: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE sessions SET owes_password = 0 WHERE person_id = $1 AND owes_password = 1")
        .bind(person)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends a session by its token digest; whose it was.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &mut AnyConnection, token_hash: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("DELETE FROM sessions WHERE token_hash = $1 RETURNING person_id")
        .bind(token_hash)
        .fetch_optional(db)
        .await?)
}

/// Ends one of a person's sessions by its name. False: there is no such one.
///
/// # Errors
/// When the database fails.
pub async fn end_one(db: &mut AnyConnection, person: &str, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE id = $2 AND person_id = $1")
        .bind(person)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a person's sessions, but for the one named `but`.
///
/// # Errors
/// When the database fails.
pub async fn end_all(db: &mut AnyConnection, person: &str, but: Option<&str>) -> Result<u64, StoreError> {
    let done = sqlx::query("DELETE FROM sessions WHERE person_id = $1 AND id <> $2")
        .bind(person)
        .bind(but.unwrap_or_default())
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// Ends the sessions that began from a remembered device.
///
/// # Errors
/// When the database fails.
pub async fn end_of_device(db: &mut AnyConnection, device: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE device_id = $1").bind(device).execute(db).await?;
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
