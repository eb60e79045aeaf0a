//! Registrations: who wants an account, and what was decided.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A registration as it comes in.
#[derive(Clone, Copy)]
pub struct New<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The address, in small letters.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// The school's code.
    pub school: &'a str,
    /// The password's PHC string.
    pub password_hash: &'a str,
    /// The collection notice that was accepted.
    pub notice: &'a str,
    /// From which network address.
    pub remote: &'a str,
    /// In which request.
    pub request: &'a str,
}

/// A registration as it is kept.
#[derive(Clone, FromRow)]
pub struct Registration {
    /// The identifier.
    pub id: String,
    /// The address, in small letters.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The school's code.
    pub school_code: String,
    /// The password's PHC string.
    pub password_hash: String,
    /// The collection notice that was accepted.
    pub notice_digest: String,
    /// From which network address.
    pub remote: String,
    /// In which request.
    pub request_id: String,
    /// How it stands: `unconfirmed`, `pending`, `activated`, `refused`.
    pub state: String,
    /// When it came in, epoch milliseconds.
    pub created_at: i64,
    /// When the address was confirmed.
    pub confirmed_at: Option<i64>,
    /// Why it was refused: a reason's name, and what was noted; empty where it wasn't.
    pub reason: String,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A place among those that wait: behind this one. As text, `1766124180000.0199…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When its address was confirmed.
    at: i64,
    /// Its identifier.
    id: String,
}

impl Registration {
    /// Its place among those that wait.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark { at: self.confirmed_at.unwrap_or_default(), id: self.id.clone() }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl std::str::FromStr for Mark {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_place = || format!("no such place: {text:?}");
        let (at, id) = text.split_once('.').ok_or_else(no_place)?;
        Ok(Self { at: at.parse().map_err(|_| no_place())?, id: id.to_owned() })
    }
}

const COLUMNS: &str = "id, email, name, school_code, password_hash, notice_digest, remote, request_id, state, \
    created_at, confirmed_at, reason";

/// Adds a registration whose address isn't confirmed.
///
/// # Errors
/// When the database fails, or there is no such school.
pub async fn add(db: &mut AnyConnection, new: &New<'_>, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO registrations (id, email, name, school_code, password_hash, notice_digest, remote, \
         request_id, state, created_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'unconfirmed', $9, '')",
    )
    .bind(new.id)
    .bind(new.email)
    .bind(new.name)
    .bind(new.school)
    .bind(new.password_hash)
    .bind(new.notice)
    .bind(new.remote)
    .bind(new.request)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// A registration.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<Registration>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM registrations WHERE id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?)
}

/// Whether a registration with this address waits for a case manager.
///
/// # Errors
/// When the database fails.
pub async fn waits(db: &mut AnyConnection, email: &str) -> Result<bool, StoreError> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT id FROM registrations WHERE email = $1 AND state = 'pending' LIMIT 1")
            .bind(email)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Notes that the address was confirmed; others with the same address that weren't are forgotten. False: it wasn't
/// to be confirmed any more.
///
/// # Errors
/// When the database fails.
pub async fn confirm(db: &mut AnyConnection, id: &str, email: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET state = 'pending', confirmed_at = $2 WHERE id = $1 AND state = 'unconfirmed'",
    )
    .bind(id)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query("DELETE FROM registrations WHERE email = $1 AND state = 'unconfirmed'")
        .bind(email)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What was decided of one that waits; `by` is the case manager, none where the command line did. The password's hash
/// isn't kept any longer. False: somebody else was faster.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    db: &mut AnyConnection,
    id: &str,
    state: &str,
    by: Option<&str>,
    reason: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET state = $2, decided_by = $3, reason = $4, decided_at = $5, password_hash = '' \
         WHERE id = $1 AND state = 'pending'",
    )
    .bind(id)
    .bind(state)
    .bind(by)
    .bind(reason)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A registration that has waited for too long, and how often somebody was reminded of it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Overdue {
    /// The registration.
    pub id: String,
    /// How often somebody was reminded.
    pub reminded: i64,
}

/// Those that have waited since before `before`, and of which nobody was reminded after that or `times` times; the
/// longest waiting first.
///
/// # Errors
/// When the database fails.
pub async fn overdue(
    db: &mut AnyConnection,
    before: i64,
    times: i64,
    most: i64,
) -> Result<Vec<Overdue>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, reminded FROM registrations WHERE state = 'pending' AND confirmed_at < $1 AND reminded < $2 \
         AND COALESCE(reminded_at, 0) < $1 ORDER BY confirmed_at, id LIMIT $3",
    )
    .bind(before)
    .bind(times)
    .bind(most)
    .fetch_all(db)
    .await?)
}

/// Notes the next reminder of a registration. False: another process has noted it, or it waits no more.
///
/// # Errors
/// When the database fails.
pub async fn remind(db: &mut AnyConnection, one: &Overdue, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE registrations SET reminded = reminded + 1, reminded_at = $3 \
         WHERE id = $1 AND state = 'pending' AND reminded = $2",
    )
    .bind(&one.id)
    .bind(one.reminded)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Those that wait for a case manager behind `after`, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub async fn pending(
    db: &mut AnyConnection,
    after: Option<&Mark>,
    most: i64,
) -> Result<Vec<Registration>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM registrations WHERE state = 'pending' \
         AND (confirmed_at > $1 OR (confirmed_at = $1 AND id > $2)) ORDER BY confirmed_at, id LIMIT $3"
    );
    let (at, id) = after.map_or((-1, ""), |mark| (mark.at, mark.id.as_str()));
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(at).bind(id).bind(most).fetch_all(db).await?)
}

/// How many wait for a case manager.
///
/// # Errors
/// When the database fails.
pub async fn count_pending(db: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM registrations WHERE state = 'pending'").fetch_one(db).await?)
}

/// Forgets those that were never confirmed since `unconfirmed`, and those that were refused before `refused`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, unconfirmed: i64, refused: i64) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM registrations WHERE (state = 'unconfirmed' AND created_at < $1) \
         OR (state = 'refused' AND decided_at < $2)",
    )
    .bind(unconfirmed)
    .bind(refused)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
