//! Reminders: which cases stand still for too long, and how often somebody was reminded of each.

use sqlx::{AnyConnection, FromRow};

use crate::case::state::State;

use super::StoreError;

/// A case that stands still.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Still {
    /// The case.
    #[sqlx(rename = "id")]
    pub case: String,
    /// Since when, epoch milliseconds.
    pub state_at: i64,
    /// How often somebody was reminded since then.
    pub reminded: i64,
}

/// Cases that have stood in this state since before `before`, and of which nobody was reminded after that or
/// `times` times; the longest standing first. `after` is the last one of those that were read before: from there
/// it goes on, so that none is gone through twice.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &mut AnyConnection,
    state: State,
    before: i64,
    times: i64,
    after: Option<&Still>,
    most: i64,
) -> Result<Vec<Still>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT c.id, c.state_at, \
         (SELECT COUNT(*) FROM reminders r WHERE r.case_id = c.id AND r.state_at = c.state_at) AS reminded \
         FROM cases c WHERE c.state = $1 AND c.state_at < $2 \
         AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.case_id = c.id AND r.state_at = c.state_at \
         AND (r.at >= $2 OR r.seq >= $3)) \
         AND (c.state_at, c.id) > ($5, $6) ORDER BY c.state_at, c.id LIMIT $4",
    )
    .bind(state.as_str())
    .bind(before)
    .bind(times)
    .bind(most)
    .bind(after.map_or(i64::MIN, |still| still.state_at))
    .bind(after.map_or("", |still| still.case.as_str()))
    .fetch_all(db)
    .await?)
}

/// Notes the next reminder of a case. False: another process has noted it, or the case has moved on meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, still: &Still, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO reminders (case_id, state_at, seq, at) SELECT c.id, c.state_at, $3, $4 FROM cases c \
         WHERE c.id = $1 AND c.state_at = $2 ON CONFLICT DO NOTHING",
    )
    .bind(&still.case)
    .bind(still.state_at)
    .bind(still.reminded + 1)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
