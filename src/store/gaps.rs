//! Gaps in records: cases in 服務中 in which nothing was written down for long, and that somebody was reminded of it.
//!
//! A gap begins with the newest session, or where there is none with the service itself. It is told apart from the gaps
//! before it by a number of both, which stands with the other reminders of the case.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;
use super::duties::LAST_DAY;

/// A case with a long gap.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Gap {
    /// The case.
    #[sqlx(rename = "id")]
    pub case: String,
    /// What tells this gap from others of the case.
    pub gap: i64,
}

/// The cases in 服務中 with their newest session.
fn served() -> String {
    format!(
        "(SELECT c.id, c.state_at, {LAST_DAY} AS last_day FROM cases c WHERE c.state = 'in_service') x \
         WHERE x.state_at < $1 AND x.last_day < $2"
    )
}

/// Cases that have been in 服務中 since before `before` (epoch milliseconds), whose newest session was before the day
/// `day` (a number such as 20261120), and of whose gap nobody was reminded; in the order of their identifiers, `most` of
/// them after `after`.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &mut AnyConnection,
    before: i64,
    day: i64,
    after: &str,
    most: i64,
) -> Result<Vec<Gap>, StoreError> {
    // Not by the index of identifiers: the cases in 服務中 are few among all.
    let sql = format!(
        "SELECT x.id, x.state_at + x.last_day AS gap FROM {} AND (x.id || '') > $3 \
         AND NOT EXISTS (SELECT 1 FROM reminders m WHERE m.case_id = x.id AND m.state_at = x.state_at + x.last_day) \
         ORDER BY (x.id || '') LIMIT $4",
        served()
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(before)
        .bind(day)
        .bind(after)
        .bind(most)
        .fetch_all(db)
        .await?)
}

/// Notes that somebody is reminded of a gap. False: another process has noted it, or it is over.
///
/// # Errors
/// When the database fails.
pub async fn add(
    db: &mut AnyConnection,
    gap: &Gap,
    before: i64,
    day: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO reminders (case_id, state_at, seq, at) SELECT x.id, x.state_at + x.last_day, 1, $5 FROM {} \
         AND x.id = $3 AND x.state_at + x.last_day = $4 ON CONFLICT DO NOTHING",
        served()
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(before)
        .bind(day)
        .bind(&gap.case)
        .bind(gap.gap)
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
