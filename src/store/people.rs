//! Accounts and their roles.

use sqlx::{AnyConnection, FromRow};

use crate::case::role::{Actor, Role};

use super::{StoreError, parsed};

/// An account.
#[derive(Clone)]
pub struct Person {
    /// The identifier.
    pub id: String,
    /// The name to log in with.
    pub login: String,
    /// The name that others see.
    pub name: String,
    /// The address; may be empty.
    pub email: String,
    /// The password's PHC string.
    pub password_hash: Option<String>,
    /// The school that the account is bound to.
    pub school: Option<String>,
    /// The zone of a supervisor.
    pub zone: Option<String>,
    /// 心理師 or 社工師, of a professional.
    pub profession: Option<String>,
    /// Whether it may come in.
    pub active: bool,
    /// The roles held.
    pub roles: Vec<Role>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl Person {
    /// As the rules need to know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            id: self.id.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            school: self.school.clone(),
            zone: self.zone.clone(),
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    login: String,
    name: String,
    email: String,
    password_hash: Option<String>,
    school_code: Option<String>,
    zone_id: Option<String>,
    profession: Option<String>,
    status: String,
}

const COLUMNS: &str = "id, login, name, email, password_hash, school_code, zone_id, profession, status";

/// The account of a row. The roles are asked for also where there is none: strangers can cause this, and how long it
/// takes must tell nothing.
async fn with_roles(db: &mut AnyConnection, row: Option<Row>) -> Result<Option<Person>, StoreError> {
    let id = row.as_ref().map_or("", |row| row.id.as_str());
    let names: Vec<String> = sqlx::query_scalar("SELECT role FROM roles WHERE person_id = $1 ORDER BY role")
        .bind(id)
        .fetch_all(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let roles = names.iter().map(|name| parsed(name, "roles", "role", &row.id)).collect::<Result<_, _>>()?;
    Ok(Some(Person {
        id: row.id,
        login: row.login,
        name: row.name,
        email: row.email,
        password_hash: row.password_hash,
        school: row.school_code,
        zone: row.zone_id,
        profession: row.profession,
        active: row.status == "active",
        roles,
    }))
}

/// The account with this login, in small letters.
///
/// # Errors
/// When the database fails.
pub async fn by_login(db: &mut AnyConnection, login: &str) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE login = $1");
    let row = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(login).fetch_optional(&mut *db).await?;
    with_roles(db, row).await
}

/// The account with this identifier.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &mut AnyConnection, id: &str) -> Result<Option<Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE id = $1");
    let row = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *db).await?;
    with_roles(db, row).await
}

/// Adds an account with its roles.
///
/// # Errors
/// When the database fails, or the login is taken (a unique violation).
pub async fn add(db: &mut AnyConnection, person: &Person, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO people (id, login, name, email, password_hash, school_code, zone_id, profession, status, \
         created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(&person.id)
    .bind(&person.login)
    .bind(&person.name)
    .bind(&person.email)
    .bind(person.password_hash.as_deref())
    .bind(person.school.as_deref())
    .bind(person.zone.as_deref())
    .bind(person.profession.as_deref())
    .bind(if person.active { "active" } else { "disabled" })
    .bind(now)
    .execute(&mut *db)
    .await?;
    for role in &person.roles {
        sqlx::query("INSERT INTO roles (person_id, role, granted_at) VALUES ($1, $2, $3)")
            .bind(&person.id)
            .bind(role.as_str())
            .bind(now)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Gives an account a new password.
///
/// # Errors
/// When the database fails.
pub async fn set_password(db: &mut AnyConnection, id: &str, hash: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE people SET password_hash = $2, password_given_at = NULL, changed_at = $3 WHERE id = $1",
    )
    .bind(id)
    .bind(hash)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes when an account's password was made up; none: its owner has chosen it.
///
/// # Errors
/// When the database fails.
pub async fn note_given(db: &mut AnyConnection, id: &str, at: Option<i64>) -> Result<(), StoreError> {
    sqlx::query("UPDATE people SET password_given_at = $2 WHERE id = $1")
        .bind(id)
        .bind(at)
        .execute(db)
        .await?;
    Ok(())
}

/// When an account's password was made up, epoch milliseconds; none: its owner has chosen it.
///
/// # Errors
/// When the database fails.
pub async fn given_at(db: &mut AnyConnection, id: &str) -> Result<Option<i64>, StoreError> {
    let found: Option<Option<i64>> = sqlx::query_scalar("SELECT password_given_at FROM people WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found.flatten())
}

/// Whether this is an active account's password still. The account is held until the transaction ends: a change of the
/// password comes before or after.
///
/// # Errors
/// When the database fails.
pub async fn hold(db: &mut AnyConnection, id: &str, judged: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE people SET name = name WHERE id = $1 AND password_hash = $2 AND status = 'active'",
    )
    .bind(id)
    .bind(judged)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives an account a new password in the place of the one with the hash `was`. False: it was changed since.
///
/// # Errors
/// When the database fails.
pub async fn replace_password(
    db: &mut AnyConnection,
    id: &str,
    was: &str,
    hash: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE people SET password_hash = $3, changed_at = $4 WHERE id = $1 AND password_hash = $2",
    )
    .bind(id)
    .bind(was)
    .bind(hash)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that somebody came in, whose password is the one with the hash `judged` still; none: by other means. False: it
/// was changed since, or the account was disabled. The account is held until the transaction ends: a change of the password comes before or after.
///
/// # Errors
/// When the database fails.
pub async fn signed_in(
    db: &mut AnyConnection,
    id: &str,
    judged: Option<&str>,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE people SET signed_in_at = $2 WHERE id = $1 AND status = 'active' \
         AND ($3 = '' OR password_hash = $3)",
    )
    .bind(id)
    .bind(now)
    .bind(judged.unwrap_or_default())
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Binds an account that has no school yet. False: it already had one, and keeps it.
///
/// # Errors
/// When the database fails.
pub async fn bind_school(db: &mut AnyConnection, id: &str, code: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE people SET school_code = $2, changed_at = $3 WHERE id = $1 AND school_code IS NULL",
    )
    .bind(id)
    .bind(code)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Active applicants of a school: to whom its cases can be handed.
///
/// # Errors
/// When the database fails.
pub async fn applicants_of(
    db: &mut AnyConnection,
    school: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT p.id, p.name FROM people p JOIN roles r ON r.person_id = p.id AND r.role = 'applicant' \
         WHERE p.school_code = $1 AND p.status = 'active' ORDER BY p.name, p.id",
    )
    .bind(school)
    .fetch_all(db)
    .await?)
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM people").fetch_one(db).await?)
}
