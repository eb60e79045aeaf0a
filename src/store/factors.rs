//! Second factors and recovery codes. Secrets are sealed before they come here.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A second factor: offered until a code has confirmed it, then active.
#[derive(Clone, FromRow)]
pub struct Factor {
    /// The sealed secret.
    pub secret: String,
    /// The newest time step whose code was taken.
    pub last_step: i64,
    /// When it was offered, or enrolled, epoch milliseconds.
    pub created_at: i64,
}

/// The secret stays out of logs even sealed.
impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Factor").field("last_step", &self.last_step).finish_non_exhaustive()
    }
}

/// A recovery code that wasn't used.
#[derive(Clone, FromRow)]
pub struct RecoveryCode {
    /// The first group.
    pub selector: String,
    /// The PHC string of the rest.
    pub hash: String,
}

/// The hash stays out of logs.
impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(redacted)")
    }
}

/// A person's active second factor.
///
/// # Errors
/// When the database fails.
pub async fn active(db: &mut AnyConnection, person: &str) -> Result<Option<Factor>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT secret, last_step, created_at FROM second_factors WHERE person_id = $1 AND state = 'active'",
    )
    .bind(person)
    .fetch_optional(db)
    .await?)
}

/// A second factor that waits for its first code, offered to this session after `since`.
///
/// # Errors
/// When the database fails.
pub async fn offered(
    db: &mut AnyConnection,
    person: &str,
    session: &str,
    since: i64,
) -> Result<Option<Factor>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT secret, last_step, created_at FROM second_factors \
         WHERE person_id = $1 AND state = 'offered' AND offered_to = $2 AND created_at > $3",
    )
    .bind(person)
    .bind(session)
    .bind(since)
    .fetch_optional(db)
    .await?)
}

/// Any active second factor and whose it is: to find out whether the key fits.
///
/// # Errors
/// When the database fails.
pub async fn any(db: &mut AnyConnection) -> Result<Option<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT person_id, secret FROM second_factors WHERE state = 'active' LIMIT 1")
        .fetch_optional(db)
        .await?)
}

/// Offers a second factor to a session; one that this session was offered after `since` stays.
///
/// # Errors
/// When the database fails.
pub async fn offer(
    db: &mut AnyConnection,
    person: &str,
    (session, secret): (&str, &str),
    since: i64,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO second_factors (person_id, state, secret, last_step, created_at, offered_to) \
         VALUES ($1, 'offered', $2, 0, $3, $4) ON CONFLICT (person_id, state) DO UPDATE SET \
         secret = excluded.secret, created_at = excluded.created_at, offered_to = excluded.offered_to \
         WHERE second_factors.offered_to <> $4 OR second_factors.created_at <= $5",
    )
    .bind(person)
    .bind(secret)
    .bind(now)
    .bind(session)
    .bind(since)
    .execute(db)
    .await?;
    Ok(())
}

/// The second factor that was offered with this sealed secret, and whose first code was of `step`, takes the place of the
/// one that was. False: another one has been offered since, and nothing is to be committed.
///
/// # Errors
/// When the database fails.
pub async fn activate(
    db: &mut AnyConnection,
    person: &str,
    secret: &str,
    step: i64,
    now: i64,
) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM second_factors WHERE person_id = $1 AND state = 'active'")
        .bind(person)
        .execute(&mut *db)
        .await?;
    let done = sqlx::query(
        "UPDATE second_factors SET state = 'active', last_step = $2, created_at = $3 \
         WHERE person_id = $1 AND state = 'offered' AND secret = $4",
    )
    .bind(person)
    .bind(step)
    .bind(now)
    .bind(secret)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses up the code of a time step. False: it, or a later one, was used before.
///
/// # Errors
/// When the database fails.
pub async fn use_step(db: &mut AnyConnection, person: &str, step: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE second_factors SET last_step = $2 WHERE person_id = $1 AND state = 'active' AND last_step < $2",
    )
    .bind(person)
    .bind(step)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes second factor and recovery codes off. False: there was no active one.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &mut AnyConnection, person: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM second_factors WHERE person_id = $1 AND state = 'active'")
        .bind(person)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM second_factors WHERE person_id = $1").bind(person).execute(&mut *db).await?;
    sqlx::query("DELETE FROM recovery_codes WHERE person_id = $1").bind(person).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Puts new recovery codes in the place of all old ones.
///
/// # Errors
/// When the database fails.
pub async fn put_codes(
    db: &mut AnyConnection,
    person: &str,
    codes: &[RecoveryCode],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM recovery_codes WHERE person_id = $1").bind(person).execute(&mut *db).await?;
    for code in codes {
        sqlx::query("INSERT INTO recovery_codes (person_id, selector, hash) VALUES ($1, $2, $3)")
            .bind(person)
            .bind(&code.selector)
            .bind(&code.hash)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// A recovery code that wasn't used, by its first group.
///
/// # Errors
/// When the database fails.
pub async fn code(
    db: &mut AnyConnection,
    person: &str,
    selector: &str,
) -> Result<Option<RecoveryCode>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT selector, hash FROM recovery_codes WHERE person_id = $1 AND selector = $2 AND used_at IS NULL",
    )
    .bind(person)
    .bind(selector)
    .fetch_optional(db)
    .await?)
}

/// Uses a recovery code up. False: somebody was faster.
///
/// # Errors
/// When the database fails.
pub async fn use_code(
    db: &mut AnyConnection,
    person: &str,
    selector: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE recovery_codes SET used_at = $3 WHERE person_id = $1 AND selector = $2 AND used_at IS NULL",
    )
    .bind(person)
    .bind(selector)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many recovery codes are left.
///
/// # Errors
/// When the database fails.
pub async fn codes_left(db: &mut AnyConnection, person: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM recovery_codes WHERE person_id = $1 AND used_at IS NULL")
        .bind(person)
        .fetch_one(db)
        .await?)
}
