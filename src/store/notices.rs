//! 通知: who is told of an event, and what each person has been told.
//!
//! A notice is shown only while its case lies in the reader's scope, or its registration waits for a case manager; the
//! one about having left a case is shown without leading there. What archivists and administrators are told by their
//! role is shown while they hold it.

use sqlx::{AnyConnection, FromRow};

use crate::case::notify::{Audience, Topic};

use super::cases::Scope;
use super::{StoreError, parsed};

/// Notices on one page.
pub const PAGE: i64 = 20;

/// What of a notice may be shown, after a scope's condition.
const SHOWN: &str = "n.audience = 'left'";

const FROM: &str = "FROM notices n LEFT JOIN cases c ON c.id = n.case_id \
    LEFT JOIN schools s ON s.code = c.school_code \
    LEFT JOIN registrations g ON g.id = n.registration_id AND g.state = 'pending'";

/// What those are shown who are told by their role, while they hold it.
const BY_ROLE: &str = "EXISTS (SELECT 1 FROM roles o WHERE o.person_id = n.person_id AND o.role = \
    CASE n.audience WHEN 'archivists' THEN 'archivist' WHEN 'administrators' THEN 'administrator' ELSE '' END)";

/// Which notices someone with this scope is shown. Whoever sees every case is who activates accounts.
fn shown(scope: &Scope) -> String {
    let cases = format!("({SHOWN} OR {})", scope.sql());
    let others =
        if scope.all { format!("((n.case_id IS NOT NULL AND {cases}) OR g.id IS NOT NULL)") } else { cases };
    format!("((n.audience NOT IN ('archivists', 'administrators') AND {others}) OR {BY_ROLE})")
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// This case.
    Case(&'a str),
    /// This registration, which waits for a case manager.
    Registration(&'a str),
    /// The house itself: mails, accounts, originals.
    House,
}

impl<'a> About<'a> {
    /// The case; nothing where it is about none.
    #[must_use]
    pub fn case(self) -> Option<&'a str> {
        match self {
            Self::Case(id) => Some(id),
            Self::Registration(_) | Self::House => None,
        }
    }

    fn registration(self) -> Option<&'a str> {
        match self {
            Self::Registration(id) => Some(id),
            Self::Case(_) | Self::House => None,
        }
    }
}

/// A notice to write down.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'a> {
    /// The identifier.
    pub id: &'a str,
    /// Who is told.
    pub person: &'a str,
    /// What it is about.
    pub about: About<'a>,
    /// Of what.
    pub topic: Topic,
    /// As whom.
    pub audience: Audience,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// A notice as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The identifier.
    pub id: String,
    /// 案件編號; none of what is about no case.
    pub number: Option<String>,
    /// Of what.
    pub topic: Topic,
    /// As whom.
    pub audience: Audience,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Whether it has been read.
    pub read: bool,
    /// Whether the reader may open what it is about.
    pub opens: bool,
}

/// Where a page of notices begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// With the newest.
    Newest,
    /// With the one that came before this one.
    Before(String),
    /// It ends with the one that came after this one.
    After(String),
}

/// Writes a notice down.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, new: &NewNotice<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO notices (id, person_id, case_id, registration_id, topic, audience, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id)
    .bind(new.person)
    .bind(new.about.case())
    .bind(new.about.registration())
    .bind(new.topic.to_string())
    .bind(new.audience.as_str())
    .bind(new.at)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down something about the house, unless this person was told of it and hasn't looked yet, or was told at `since`
/// or later. False: so it was.
///
/// # Errors
/// When the database fails.
pub async fn add_once(db: &mut AnyConnection, new: &NewNotice<'_>, since: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO notices (id, person_id, topic, audience, at) SELECT $1, $2, $3, $4, $5 \
         WHERE NOT EXISTS (SELECT 1 FROM notices n WHERE n.person_id = $2 AND n.topic = $3 AND n.case_id IS NULL \
         AND n.registration_id IS NULL AND (n.read_at IS NULL OR n.at >= $6))",
    )
    .bind(new.id)
    .bind(new.person)
    .bind(new.topic.to_string())
    .bind(new.audience.as_str())
    .bind(new.at)
    .bind(since)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The active people of an audience of this case. Who joined or left is known by the step alone: nobody here.
///
/// # Errors
/// When the database fails.
pub async fn audience(
    db: &mut AnyConnection,
    audience: Audience,
    case: &str,
) -> Result<Vec<String>, StoreError> {
    let (role, which) = match audience {
        Audience::Applicant => {
            ("applicant", "EXISTS (SELECT 1 FROM cases c WHERE c.id = $1 AND c.applicant_id = p.id)")
        }
        Audience::Managers => ("case-manager", "$1 = $1"),
        Audience::ManagersOnceSubmitted => {
            ("case-manager", "EXISTS (SELECT 1 FROM flow f WHERE f.case_id = $1 AND f.event = 'submit')")
        }
        Audience::Supervisors => (
            "supervisor",
            "p.zone_id = (SELECT s.zone_id FROM cases c JOIN schools s ON s.code = c.school_code WHERE c.id = $1)",
        ),
        Audience::Serving => (
            "professional",
            "EXISTS (SELECT 1 FROM assignments a WHERE a.case_id = $1 AND a.person_id = p.id AND a.until IS NULL)",
        ),
        Audience::Archivists => ("archivist", "$1 = $1"),
        Audience::Administrators => ("administrator", "$1 = $1"),
        Audience::Joined | Audience::Left => return Ok(Vec::new()),
    };
    let sql = format!(
        "SELECT p.id FROM people p JOIN roles r ON r.person_id = p.id AND r.role = $2 \
         WHERE p.status = 'active' AND {which} ORDER BY p.id"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(case).bind(role).fetch_all(db).await?)
}

/// Whether this person's account is active.
///
/// # Errors
/// When the database fails.
pub async fn is_active(db: &mut AnyConnection, person: &str) -> Result<bool, StoreError> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT id FROM people WHERE id = $1 AND status = 'active'")
            .bind(person)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// How many notices this person hasn't read, counted up to `most`.
///
/// # Errors
/// When the database fails.
pub async fn unread(
    db: &mut AnyConnection,
    person: &str,
    scope: &Scope,
    most: i64,
) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) FROM (SELECT 1 {FROM} WHERE {} AND n.person_id = $4 AND n.read_at IS NULL \
         LIMIT $5) AS some_unread",
        shown(scope)
    );
    let [own, assigned, zone] = scope.parameters();
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(person)
        .bind(most)
        .fetch_one(db)
        .await?)
}

#[derive(FromRow)]
struct Row {
    id: String,
    number: Option<String>,
    topic: String,
    audience: String,
    at: i64,
    read_at: Option<i64>,
    opens: i64,
}

/// The columns of a [`Row`], where `scope` is the condition under which the case opens.
fn columns(scope: &str) -> String {
    format!(
        "n.id, c.number, n.topic, n.audience, n.at, n.read_at, \
         CAST(CASE WHEN {scope} THEN 1 ELSE 0 END AS BIGINT) AS opens"
    )
}

impl TryFrom<Row> for Notice {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let audience: Audience = parsed(&row.audience, "notices", "audience", &row.id)?;
        Ok(Self {
            topic: parsed(&row.topic, "notices", "topic", &row.id)?,
            audience,
            id: row.id,
            opens: row.opens != 0 || row.number.is_none() || audience.is_by_role(),
            number: row.number,
            at: row.at,
            read: row.read_at.is_some(),
        })
    }
}

/// Up to `most` notices of this person, newest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(
    db: &mut AnyConnection,
    person: &str,
    scope: &Scope,
    from: &From,
    most: i64,
) -> Result<Vec<Notice>, StoreError> {
    let (bound, at, order) = match from {
        From::Newest => ("$5 = $5", "", "DESC"),
        From::Before(id) => ("n.id < $5", id.as_str(), "DESC"),
        From::After(id) => ("n.id > $5", id.as_str(), "ASC"),
    };
    let (shown, columns) = (shown(scope), columns(&scope.sql()));
    let sql = format!(
        "SELECT {columns} {FROM} WHERE {shown} AND n.person_id = $4 AND {bound} ORDER BY n.id {order} LIMIT $6"
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(person)
        .bind(at)
        .bind(most)
        .fetch_all(db)
        .await?;
    let mut notices: Vec<Notice> = rows.into_iter().map(Notice::try_from).collect::<Result<_, _>>()?;
    if matches!(from, From::After(_)) {
        notices.reverse();
    }
    Ok(notices)
}

/// The notices that go out with a mail, oldest first: those that the person may still see.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_mail(
    db: &mut AnyConnection,
    mail: &str,
    person: &str,
    scope: &Scope,
) -> Result<Vec<Notice>, StoreError> {
    let (shown, columns) = (shown(scope), columns(&scope.sql()));
    let sql = format!(
        "SELECT {columns} {FROM} WHERE {shown} AND n.person_id = $4 AND n.mail_id = $5 \
         ORDER BY n.id"
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(person)
        .bind(mail)
        .fetch_all(db)
        .await?;
    rows.into_iter().map(Notice::try_from).collect()
}

/// Marks what this person was told of a case as read.
///
/// # Errors
/// When the database fails.
pub async fn read_case(db: &mut AnyConnection, person: &str, case: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE notices SET read_at = $3 WHERE person_id = $1 AND case_id = $2 AND read_at IS NULL")
        .bind(person)
        .bind(case)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks what this person was told of registrations as read.
///
/// # Errors
/// When the database fails.
pub async fn read_accounts(db: &mut AnyConnection, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE notices SET read_at = $2 WHERE person_id = $1 AND registration_id IS NOT NULL AND read_at IS NULL",
    )
    .bind(person)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Whether this person has something unread about this topic.
///
/// # Errors
/// When the database fails.
pub async fn any_unread(db: &mut AnyConnection, person: &str, topic: Topic) -> Result<bool, StoreError> {
    let found: Option<String> = sqlx::query_scalar(
        "SELECT id FROM notices WHERE person_id = $1 AND topic = $2 AND read_at IS NULL LIMIT 1",
    )
    .bind(person)
    .bind(topic.to_string())
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Marks what this person was told about this topic as read.
///
/// # Errors
/// When the database fails.
pub async fn read_topic(
    db: &mut AnyConnection,
    person: &str,
    topic: Topic,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE notices SET read_at = $3 WHERE person_id = $1 AND topic = $2 AND read_at IS NULL")
        .bind(person)
        .bind(topic.to_string())
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Marks everything as read that this person was told up to the notice `newest`.
///
/// # Errors
/// When the database fails.
pub async fn read_all(
    db: &mut AnyConnection,
    person: &str,
    newest: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE notices SET read_at = $3 WHERE person_id = $1 AND id <= $2 AND read_at IS NULL")
        .bind(person)
        .bind(newest)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
