//! Reminders: what waits for too long, and how often somebody was reminded of each wait of a case.

use sqlx::{AnyConnection, FromRow};

use crate::case::wait::Wait;

use super::StoreError;

/// A case that waits.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Still {
    /// The case.
    #[sqlx(rename = "id")]
    pub case: String,
    /// Since when, epoch milliseconds.
    pub state_at: i64,
    /// How often somebody was reminded since then.
    pub reminded: i64,
    /// Who proposed what waits, and so isn't who it waits for; nobody where a state waits.
    pub proposer: Option<String>,
}

/// Where a wait of cases is read from: table, the case, since when, what tells that it waits, and its proposer.
#[derive(Clone, Copy)]
struct Source {
    table: &'static str,
    case: &'static str,
    since: &'static str,
    waits: &'static str,
    value: &'static str,
    proposer: &'static str,
}

/// Nothing of a wait that no case has, and of the gaps that [`super::gaps`] finds.
fn source(wait: Wait) -> Option<Source> {
    let closing = Source {
        table: "closings",
        case: "c.case_id",
        since: "c.proposed_at",
        waits: "c.outcome",
        value: "open",
        proposer: "c.proposed_by",
    };
    let disposal = Source { table: "disposals", ..closing };
    match wait {
        Wait::Closing => Some(closing),
        Wait::Disposal => Some(disposal),
        Wait::Account | Wait::Record => None,
        Wait::Seal | Wait::Supplement | Wait::Review | Wait::Dispatch => Some(Source {
            table: "cases",
            case: "c.id",
            since: "c.state_at",
            waits: "c.state",
            value: wait.state()?.as_str(),
            proposer: "CAST(NULL AS TEXT)",
        }),
    }
}

/// Cases that have waited so since before `before`, and of which nobody was reminded after that or `times` times; the
/// longest waiting first. `after` is the last one of those that were read before: from there it goes on, so that none
/// is gone through twice.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &mut AnyConnection,
    wait: Wait,
    before: i64,
    times: i64,
    after: Option<&Still>,
    most: i64,
) -> Result<Vec<Still>, StoreError> {
    let Some(Source { table, case, since, waits, value, proposer }) = source(wait) else {
        return Ok(Vec::new());
    };
    // Said as the index of open proposals says it, so that it is gone by.
    let proposed = matches!(wait, Wait::Closing | Wait::Disposal);
    let waiting = if proposed { "c.outcome = 'open' AND $1 = $1".into() } else { format!("{waits} = $1") };
    let sql = format!(
        "SELECT {case} AS id, {since} AS state_at, \
         (SELECT COUNT(*) FROM reminders r WHERE r.case_id = {case} AND r.state_at = {since}) AS reminded, \
         {proposer} AS proposer \
         FROM {table} c WHERE {waiting} AND {since} < $2 \
         AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.case_id = {case} AND r.state_at = {since} \
         AND (r.at >= $2 OR r.seq >= $3)) \
         AND ({since}, {case}) > ($5, $6) ORDER BY {since}, {case} LIMIT $4"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(value)
        .bind(before)
        .bind(times)
        .bind(most)
        .bind(after.map_or(i64::MIN, |still| still.state_at))
        .bind(after.map_or("", |still| still.case.as_str()))
        .fetch_all(db)
        .await?)
}

/// Notes the next reminder of a case. False: another process has noted it, or the case waits so no more.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, wait: Wait, still: &Still, now: i64) -> Result<bool, StoreError> {
    let Some(Source { table, case, since, waits, value, .. }) = source(wait) else { return Ok(false) };
    let sql = format!(
        "INSERT INTO reminders (case_id, state_at, seq, at) SELECT {case}, {since}, $3, $4 FROM {table} c \
         WHERE {case} = $1 AND {since} = $2 AND {waits} = $5 ON CONFLICT DO NOTHING"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&still.case)
        .bind(still.state_at)
        .bind(still.reminded + 1)
        .bind(now)
        .bind(value)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
