//! 異動紀錄: who changed an account, a role, a school or a zone, with what stood there before; and settings, as a start
//! found them. Rows are only ever added; the database holds that ([`super::append_only`]).

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// Changes on one page: 每頁 20 筆.
pub const PAGE: usize = 20;

/// Whoever changes something.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The account; none: the command line, a job, or a first sign-on.
    pub actor: Option<&'a str>,
    /// The name at this moment, or the name of the job.
    pub name: &'a str,
    /// `page`, `command`, `job` or `sign-on`.
    pub source: &'a str,
    /// From which network address.
    pub remote: &'a str,
    /// In which request.
    pub request: &'a str,
}

/// One change to write down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Change<'a> {
    /// Of what kind of thing: `account`, `school`, `zone`, `setting`.
    pub kind: &'a str,
    /// Which one.
    pub subject: &'a str,
    /// What it is called at this moment.
    pub name: &'a str,
    /// What of it.
    pub field: &'a str,
    /// What stood there.
    pub old: &'a str,
    /// What stands there now.
    pub new: &'a str,
    /// Why; may be empty.
    pub reason: &'a str,
}

/// Writes a change down.
///
/// # Errors
/// When the database fails.
pub async fn add(
    db: &mut AnyConnection,
    id: &str,
    at: i64,
    by: By<'_>,
    change: Change<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO changes (id, at, actor_id, actor_name, source, kind, subject_id, subject_name, field, \
         old_value, new_value, reason, remote, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(id)
    .bind(at)
    .bind(by.actor)
    .bind(by.name)
    .bind(by.source)
    .bind(change.kind)
    .bind(change.subject)
    .bind(change.name)
    .bind(change.field)
    .bind(change.old)
    .bind(change.new)
    .bind(change.reason)
    .bind(by.remote)
    .bind(by.request)
    .execute(db)
    .await?;
    Ok(())
}

/// A change as it was written down.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Changed {
    /// The identifier; sorts by time.
    pub id: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Who, by the name of that moment.
    pub actor_name: String,
    /// `page`, `command` or `job`.
    pub source: String,
    /// Of what kind of thing.
    pub kind: String,
    /// Which one.
    pub subject_id: String,
    /// What it was called.
    pub subject_name: String,
    /// What of it.
    pub field: String,
    /// What stood there.
    pub old_value: String,
    /// What stood there afterwards.
    pub new_value: String,
    /// Why.
    pub reason: String,
    /// From which network address.
    pub remote: String,
    /// In which request.
    pub request_id: String,
}

/// Which changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// Of this kind; empty: all.
    pub kind: String,
    /// Of this one; empty: all.
    pub subject: String,
}

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The newest.
    First,
    /// Those right before this one: older.
    Below(String),
    /// Those right after it: newer.
    Above(String),
}

/// One page of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub changes: Vec<Changed>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
    /// How many there are in all.
    pub total: i64,
}

const NARROWED: &str = "($1 = '' OR kind = $1) AND ($2 = '' OR subject_id = $2)";

/// A page of changes.
///
/// # Errors
/// When the database fails.
pub async fn page(db: &mut AnyConnection, narrow: &Narrow, turn: &Turn) -> Result<Page, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM changes WHERE {NARROWED}");
    let total = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(&narrow.kind)
        .bind(&narrow.subject)
        .fetch_one(&mut *db)
        .await?;
    let (edge, order, id) = match turn {
        Turn::First => ("id >= $3", "DESC", ""),
        Turn::Below(id) => ("id < $3", "DESC", id.as_str()),
        Turn::Above(id) => ("id > $3", "ASC", id.as_str()),
    };
    let sql = format!(
        "SELECT id, at, actor_name, source, kind, subject_id, subject_name, field, old_value, new_value, reason, \
         remote, request_id FROM changes WHERE {NARROWED} AND {edge} ORDER BY id {order} LIMIT $4"
    );
    let mut changes: Vec<Changed> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&narrow.kind)
        .bind(&narrow.subject)
        .bind(id)
        .bind(i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    let more = changes.len() > PAGE;
    changes.truncate(PAGE);
    let (newer, older) = match turn {
        Turn::First => (false, more),
        Turn::Below(_) => (true, more),
        Turn::Above(_) => {
            changes.reverse();
            (more, true)
        }
    };
    Ok(Page { changes, newer, older, total })
}
