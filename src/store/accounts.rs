//! Accounts as administrators see them: lists, one account, and what is changed of it. Log-ins read
//! [`super::people`].

use sqlx::{AnyConnection, FromRow};

use crate::case::account::{Draft, Status};
use crate::case::role::Role;

use super::{StoreError, parsed};

/// Accounts on one page: 每頁 20 筆.
pub const PAGE: usize = 20;

/// An account with all that is known of its use.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The identifier.
    pub id: String,
    /// What it says of the person.
    pub draft: Draft,
    /// Whether it may come in.
    pub status: Status,
    /// The school's district and name; empty: none.
    pub school_name: String,
    /// The zone's name; empty: none.
    pub zone_name: String,
    /// When it was made, epoch milliseconds.
    pub created_at: i64,
    /// When it was last made, enabled or signed in with, epoch milliseconds.
    pub used_at: i64,
    /// The last sign-in; none: never.
    pub signed_in_at: Option<i64>,
    /// When somebody said last that it is still needed.
    pub reviewed_at: Option<i64>,
    /// Who said so, by name; empty: nobody, or the command line.
    pub reviewer: String,
    /// Whether it has a password.
    pub has_password: bool,
    /// Whether it has a second factor.
    pub has_second_factor: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    login: String,
    name: String,
    email: String,
    roles: String,
    school: String,
    school_name: String,
    zone: String,
    zone_name: String,
    profession: String,
    status: String,
    created_at: i64,
    used_at: i64,
    signed_in_at: Option<i64>,
    reviewed_at: Option<i64>,
    reviewer: String,
    has_password: i64,
    has_second_factor: i64,
}

impl TryFrom<Row> for Account {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let roles = row.roles.split_whitespace().map(|role| parsed(role, "roles", "role", &row.id));
        let mut roles: Vec<Role> = roles.collect::<Result<_, _>>()?;
        roles.sort_unstable();
        Ok(Self {
            status: parsed(&row.status, "people", "status", &row.id)?,
            draft: Draft {
                login: row.login,
                name: row.name,
                email: row.email,
                roles,
                school: row.school,
                zone: row.zone,
                profession: row.profession,
            },
            id: row.id,
            school_name: row.school_name,
            zone_name: row.zone_name,
            created_at: row.created_at,
            used_at: row.used_at,
            signed_in_at: row.signed_in_at,
            reviewed_at: row.reviewed_at,
            reviewer: row.reviewer,
            has_password: row.has_password == 1,
            has_second_factor: row.has_second_factor == 1,
        })
    }
}

/// When an account was last made, enabled or signed in with.
const USED: &str = "CASE WHEN COALESCE(p.signed_in_at, 0) > COALESCE(p.enabled_at, p.created_at) \
     THEN p.signed_in_at ELSE COALESCE(p.enabled_at, p.created_at) END";

fn select(rest: &str) -> String {
    format!(
        "SELECT p.id, p.login, p.name, p.email, \
         COALESCE((SELECT string_agg(r.role, ' ') FROM roles r WHERE r.person_id = p.id), '') AS roles, \
         COALESCE(p.school_code, '') AS school, COALESCE(s.district || ' ' || s.name, '') AS school_name, \
         COALESCE(p.zone_id, '') AS zone, COALESCE(z.name, '') AS zone_name, \
         COALESCE(p.profession, '') AS profession, p.status, p.created_at, {USED} AS used_at, p.signed_in_at, \
         p.reviewed_at, COALESCE(v.name, '') AS reviewer, \
         CAST(CASE WHEN p.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM second_factors f WHERE f.person_id = p.id AND f.state = 'active') \
         THEN 1 ELSE 0 END AS BIGINT) AS has_second_factor \
         FROM people p LEFT JOIN schools s ON s.code = p.school_code LEFT JOIN zones z ON z.id = p.zone_id \
         LEFT JOIN people v ON v.id = p.reviewed_by WHERE {rest}"
    )
}

/// The account with this identifier.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(select("p.id = $1"))).bind(id).fetch_optional(db).await?;
    row.map(Account::try_from).transpose()
}

/// The account with this login.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn by_login(db: &mut AnyConnection, login: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(select("p.login = $1"))).bind(login).fetch_optional(db).await?;
    row.map(Account::try_from).transpose()
}

/// Which accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrow {
    /// Those whose login, name, address or school holds this; empty: all.
    pub keyword: String,
    /// Those with this role; none: all.
    pub role: Option<Role>,
    /// Those that stand so; none: all.
    pub status: Option<Status>,
    /// Those that nobody has looked at since, epoch milliseconds; none: all.
    pub unreviewed_since: Option<i64>,
}

impl Narrow {
    /// All accounts.
    pub const ALL: Self = Self { keyword: String::new(), role: None, status: None, unreviewed_since: None };
}

/// Which page; accounts stand in the order of their logins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The first.
    First,
    /// Those right after this login.
    After(String),
    /// Those right before it.
    Before(String),
}

/// One page of accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of their logins.
    pub accounts: Vec<Account>,
    /// Whether there are some before.
    pub before: bool,
    /// Whether there are some after.
    pub after: bool,
    /// How many there are in all.
    pub total: i64,
}

const NARROWED: &str = "($1 = '' OR p.login LIKE $2 ESCAPE '!' OR LOWER(p.name) LIKE $2 ESCAPE '!' \
     OR LOWER(p.email) LIKE $2 ESCAPE '!' OR s.name LIKE $2 ESCAPE '!' OR p.school_code LIKE $2 ESCAPE '!') \
     AND ($3 = '' OR EXISTS (SELECT 1 FROM roles r WHERE r.person_id = p.id AND r.role = $3)) \
     AND ($4 = '' OR p.status = $4) AND COALESCE(p.reviewed_at, p.created_at) < $5";

/// A page of accounts.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut AnyConnection, narrow: &Narrow, turn: &Turn) -> Result<Page, StoreError> {
    let total = count(&mut *db, narrow).await?;
    let (edge, order, login) = match turn {
        Turn::First => ("p.login >= $6", "ASC", ""),
        Turn::After(login) => ("p.login > $6", "ASC", login.as_str()),
        Turn::Before(login) => ("p.login < $6", "DESC", login.as_str()),
    };
    let sql = select(&format!("{NARROWED} AND {edge} ORDER BY p.login {order} LIMIT $7"));
    let keyword = keyword(narrow);
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&keyword)
        .bind(pattern(&keyword))
        .bind(narrow.role.map_or("", Role::as_str))
        .bind(narrow.status.map_or("", Status::as_str))
        .bind(narrow.unreviewed_since.unwrap_or(i64::MAX))
        .bind(login)
        .bind(i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    let more = rows.len() > PAGE;
    let mut accounts =
        rows.into_iter().take(PAGE).map(Account::try_from).collect::<Result<Vec<_>, StoreError>>()?;
    let (before, after) = match turn {
        Turn::First => (false, more),
        Turn::After(_) => (true, more),
        Turn::Before(_) => {
            accounts.reverse();
            (more, true)
        }
    };
    Ok(Page { accounts, before, after, total })
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut AnyConnection, narrow: &Narrow) -> Result<i64, StoreError> {
    let keyword = keyword(narrow);
    let sql = format!(
        "SELECT COUNT(*) FROM people p LEFT JOIN schools s ON s.code = p.school_code WHERE {NARROWED}"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(&keyword)
        .bind(pattern(&keyword))
        .bind(narrow.role.map_or("", Role::as_str))
        .bind(narrow.status.map_or("", Status::as_str))
        .bind(narrow.unreviewed_since.unwrap_or(i64::MAX))
        .fetch_one(db)
        .await?)
}

fn keyword(narrow: &Narrow) -> String {
    narrow.keyword.trim().to_lowercase()
}

fn pattern(keyword: &str) -> String {
    format!("%{}%", keyword.replace('!', "!!").replace('%', "!%").replace('_', "!_"))
}

/// How many active accounts hold each role.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn by_role(db: &mut AnyConnection) -> Result<Vec<(Role, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT r.role, COUNT(*) FROM roles r JOIN people p ON p.id = r.person_id WHERE p.status = 'active' \
         GROUP BY r.role",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(role, count)| Ok((parsed(&role, "roles", "role", "")?, count))).collect()
}

/// Makes every other change of an account wait until the transaction ends, and those of administrators: so that
/// of two of them one is left. SQLite has one writer anyway; on PostgreSQL the rows are locked by writing them.
///
/// # Errors
/// When the database fails.
pub async fn lock(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE people SET name = name WHERE id = $1 \
         OR id IN (SELECT person_id FROM roles WHERE role = 'administrator')",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// How many other active administrators there are.
///
/// # Errors
/// When the database fails.
pub async fn other_administrators(db: &mut AnyConnection, id: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM people p JOIN roles r ON r.person_id = p.id AND r.role = 'administrator' \
         WHERE p.status = 'active' AND p.id <> $1",
    )
    .bind(id)
    .fetch_one(db)
    .await?)
}

/// Adds an account without a password.
///
/// # Errors
/// When the database fails, or the login is taken (a unique violation).
pub async fn add(db: &mut AnyConnection, id: &str, draft: &Draft, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO people (id, login, name, email, password_hash, school_code, zone_id, profession, status, \
         created_at, changed_at) VALUES ($1, $2, $3, $4, NULL, NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), \
         'active', $8, $8)",
    )
    .bind(id)
    .bind(&draft.login)
    .bind(&draft.name)
    .bind(&draft.email)
    .bind(&draft.school)
    .bind(&draft.zone)
    .bind(&draft.profession)
    .bind(now)
    .execute(&mut *db)
    .await?;
    set_roles(db, id, &draft.roles, now).await
}

/// Writes what an account says of the person, but for the roles.
///
/// # Errors
/// When the database fails, or the login is taken (a unique violation).
pub async fn set(db: &mut AnyConnection, id: &str, draft: &Draft, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE people SET login = $2, name = $3, email = $4, school_code = NULLIF($5, ''), \
         zone_id = NULLIF($6, ''), profession = NULLIF($7, ''), changed_at = $8 WHERE id = $1",
    )
    .bind(id)
    .bind(&draft.login)
    .bind(&draft.name)
    .bind(&draft.email)
    .bind(&draft.school)
    .bind(&draft.zone)
    .bind(&draft.profession)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives an account these roles and no other; those that it has keep their date.
///
/// # Errors
/// When the database fails.
pub async fn set_roles(db: &mut AnyConnection, id: &str, roles: &[Role], now: i64) -> Result<(), StoreError> {
    for role in Role::ALL {
        let query = if roles.contains(&role) {
            sqlx::query(
                "INSERT INTO roles (person_id, role, granted_at) VALUES ($1, $2, $3) \
                 ON CONFLICT (person_id, role) DO NOTHING",
            )
            .bind(id)
            .bind(role.as_str())
            .bind(now)
        } else {
            sqlx::query("DELETE FROM roles WHERE person_id = $1 AND role = $2").bind(id).bind(role.as_str())
        };
        query.execute(&mut *db).await?;
    }
    Ok(())
}

/// Enables or disables an account.
///
/// # Errors
/// When the database fails.
pub async fn set_status(
    db: &mut AnyConnection,
    id: &str,
    status: Status,
    now: i64,
) -> Result<(), StoreError> {
    let sql = match status {
        Status::Active => "UPDATE people SET status = $2, enabled_at = $3, changed_at = $3 WHERE id = $1",
        _ => "UPDATE people SET status = $2, changed_at = $3 WHERE id = $1",
    };
    sqlx::query(sql).bind(id).bind(status.as_str()).bind(now).execute(db).await?;
    Ok(())
}

/// Notes that an account is still needed, as somebody said, or none by name: the command line.
///
/// # Errors
/// When the database fails.
pub async fn reviewed(
    db: &mut AnyConnection,
    id: &str,
    by: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE people SET reviewed_at = $3, reviewed_by = $2 WHERE id = $1")
        .bind(id)
        .bind(by)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Active accounts that weren't made, enabled or signed in with since; the longest unused first, `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn unused(db: &mut AnyConnection, since: i64, most: i64) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT p.id FROM people p WHERE p.status = 'active' AND {USED} < $1 ORDER BY {USED}, p.id LIMIT $2"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(since).bind(most).fetch_all(db).await?)
}

/// When any account was looked at last; none: never.
///
/// # Errors
/// When the database fails.
pub async fn last_review(db: &mut AnyConnection) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT MAX(reviewed_at) FROM people").fetch_one(db).await?)
}
