//! Accounts by their address, and accounts that move to another one.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// An account that moves to another address.
#[derive(Clone, FromRow)]
pub struct Change {
    /// The identifier.
    pub id: String,
    /// The account.
    pub person_id: String,
    /// The address that it has; empty: none.
    pub old_email: String,
    /// The address that it moves to.
    pub new_email: String,
    /// Whether the old address has said yes: 0 or 1.
    pub old_agreed: i64,
    /// Whether the new address has said yes: 0 or 1.
    pub new_agreed: i64,
    /// When it was asked for, epoch milliseconds.
    pub created_at: i64,
}

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Change").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The accounts that have this address or log in with it, whatever their status. `email` in small letters.
///
/// # Errors
/// When the database fails.
pub async fn holders(db: &mut AnyConnection, email: &str) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM people WHERE LOWER(email) = $1 OR login = $1 ORDER BY id")
        .bind(email)
        .fetch_all(db)
        .await?)
}

/// How many active accounts a school has.
///
/// # Errors
/// When the database fails.
pub async fn count_at_school(db: &mut AnyConnection, school: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM people WHERE school_code = $1 AND status = 'active'")
        .bind(school)
        .fetch_one(db)
        .await?)
}

const COLUMNS: &str = "id, person_id, old_email, new_email, old_agreed, new_agreed, created_at";

/// Begins a change in place of one that is open.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    db: &mut AnyConnection,
    id: &str,
    person: &str,
    old: &str,
    new: &str,
    now: i64,
) -> Result<(), StoreError> {
    withdraw(db, person).await?;
    sqlx::query(
        "INSERT INTO address_changes (id, person_id, old_email, new_email, state, old_agreed, new_agreed, created_at) \
         VALUES ($1, $2, $3, $4, 'open', CASE WHEN $3 = '' THEN 1 ELSE 0 END, 0, $5)",
    )
    .bind(id)
    .bind(person)
    .bind(old)
    .bind(new)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a person's open change. Returns how many that were.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(db: &mut AnyConnection, person: &str) -> Result<u64, StoreError> {
    let done =
        sqlx::query("UPDATE address_changes SET state = 'withdrawn' WHERE person_id = $1 AND state = 'open'")
            .bind(person)
            .execute(db)
            .await?;
    Ok(done.rows_affected())
}

/// A change that is open.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &mut AnyConnection, id: &str) -> Result<Option<Change>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM address_changes WHERE id = $1 AND state = 'open'");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?)
}

/// A person's open change that was asked for since `since`.
///
/// # Errors
/// When the database fails.
pub async fn open_of(db: &mut AnyConnection, person: &str, since: i64) -> Result<Option<Change>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM address_changes WHERE person_id = $1 AND state = 'open' AND created_at > $2 \
         ORDER BY created_at DESC LIMIT 1"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(person).bind(since).fetch_optional(db).await?)
}

/// Notes that an address has said yes; the new one or the old one.
///
/// # Errors
/// When the database fails.
pub async fn agree(db: &mut AnyConnection, id: &str, new: bool) -> Result<(), StoreError> {
    let sql = if new {
        "UPDATE address_changes SET new_agreed = 1 WHERE id = $1 AND state = 'open'"
    } else {
        "UPDATE address_changes SET old_agreed = 1 WHERE id = $1 AND state = 'open'"
    };
    sqlx::query(sql).bind(id).execute(db).await?;
    Ok(())
}

/// Ends an open change as `done` or `refused`. False: it wasn't open any more.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &mut AnyConnection, id: &str, state: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE address_changes SET state = $2 WHERE id = $1 AND state = 'open'")
        .bind(id)
        .bind(state)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an account another address, and its login with it where that was the address.
///
/// # Errors
/// When the database fails, or the login is taken (a unique violation).
pub async fn move_to(
    db: &mut AnyConnection,
    person: &str,
    old: &str,
    new: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE people SET email = $3, login = CASE WHEN login = $2 THEN $3 ELSE login END, changed_at = $4 \
         WHERE id = $1 AND LOWER(email) = $2 AND status = 'active'",
    )
    .bind(person)
    .bind(old.to_lowercase())
    .bind(new)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
