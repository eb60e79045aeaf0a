//! Counts and waiting times over many cases. No case and no person is named here.
//!
//! A case counts from its first 送件 on: before that it is its school's own. Only 新增 and 撤案 by month count what never
//! was submitted too, as numbers and no more; the page says so. What is counted is derived from the flow
//! into `milestones`, one narrow row for each event that counts, as it happens ([`note`]) or all at once ([`fill`]):
//! to ask the flow itself what came before what takes seconds at a hundred thousand cases. Medians aren't computed
//! in SQL, which the two databases would write differently: waits are counted by the whole hour, and read off the
//! counts.

use sqlx::{AnyConnection, FromRow};

use crate::case::event::Event;
use crate::case::stage::SchoolStage;
use crate::case::state::State;

use super::{StoreError, parsed};

/// What is counted month by month, each case once for its first.
pub const COUNTED: [Event; 7] = [
    Event::Open,
    Event::Submit,
    Event::Receive,
    Event::Dispatch,
    Event::Close,
    Event::Decline,
    Event::Withdraw,
];

/// What is counted, or ends a wait.
const MILESTONES: [Event; 8] = [
    Event::Open,
    Event::Submit,
    Event::Resubmit,
    Event::Receive,
    Event::Dispatch,
    Event::Close,
    Event::Decline,
    Event::Withdraw,
];

/// The milestones of the flow rows that `which` names, with the time since what each ends began.
fn derived(which: &str) -> String {
    format!(
        "INSERT INTO milestones (case_id, seq, event, at, nth, waited, school_code) \
         SELECT w.case_id, w.seq, w.event, w.at, w.nth, (w.at - CASE w.event \
         WHEN 'receive' THEN w.submitted WHEN 'dispatch' THEN w.received WHEN 'close' THEN w.served \
         WHEN 'resubmit' THEN w.asked WHEN 'submit' THEN COALESCE(w.returned, w.printed) END) / 3600000, c.school_code \
         FROM (SELECT f.case_id, f.seq, f.event, f.at, \
         ROW_NUMBER() OVER (PARTITION BY f.case_id, f.event ORDER BY f.seq) AS nth, \
         MIN(CASE WHEN f.event = 'submit' THEN f.at END) OVER so_far AS submitted, \
         MAX(CASE WHEN f.event = 'receive' THEN f.at END) OVER so_far AS received, \
         MAX(CASE WHEN f.event IN ('dispatch', 'reopen') THEN f.at END) OVER so_far AS served, \
         MAX(CASE WHEN f.event = 'ask_supplement' THEN f.at END) OVER so_far AS asked, \
         MAX(CASE WHEN f.event = 'return' THEN f.at END) OVER so_far AS returned, \
         MIN(CASE WHEN f.event = 'print' THEN f.at END) OVER so_far AS printed \
         FROM flow f WHERE {which} WINDOW so_far AS (PARTITION BY f.case_id ORDER BY f.seq)) w \
         JOIN cases c ON c.id = w.case_id WHERE w.event IN ({}) AND NOT EXISTS \
         (SELECT 1 FROM milestones m WHERE m.case_id = w.case_id AND m.seq = w.seq)",
        quoted(&MILESTONES)
    )
}

fn quoted(events: &[Event]) -> String {
    events.iter().map(|event| format!("'{event}'")).collect::<Vec<_>>().join(", ")
}

/// Derives the milestone of what has just been written into a case's flow, if it is one.
///
/// # Errors
/// When the database fails.
pub async fn note(db: &mut AnyConnection, case: &str, event: Event) -> Result<(), StoreError> {
    if !MILESTONES.contains(&event) {
        return Ok(());
    }
    sqlx::query(sqlx::AssertSqlSafe(derived("f.case_id = $1"))).bind(case).execute(&mut *db).await?;
    if event == Event::Submit {
        sqlx::query(
            "UPDATE cases SET submitted_at = (SELECT MIN(m.at) FROM milestones m \
             WHERE m.case_id = $1 AND m.event = 'submit') WHERE id = $1 AND submitted_at IS NULL",
        )
        .bind(case)
        .execute(db)
        .await?;
    }
    Ok(())
}

/// Derives everything where nothing is derived yet: after an upgrade.
///
/// # Errors
/// When the database fails.
pub async fn fill(db: &mut AnyConnection) -> Result<(), StoreError> {
    let some: Option<i64> =
        sqlx::query_scalar("SELECT at FROM milestones LIMIT 1").fetch_optional(&mut *db).await?;
    if some.is_some() { Ok(()) } else { complete(db).await }
}

/// Derives whatever isn't derived yet, for cases that came in by no step.
///
/// # Errors
/// When the database fails.
pub async fn complete(db: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(derived("1 = 1"))).execute(&mut *db).await?;
    sqlx::query(
        "UPDATE cases SET submitted_at = m.at FROM milestones m \
         WHERE m.case_id = cases.id AND m.event = 'submit' AND m.nth = 1",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The same for one case that came in by no step.
///
/// # Errors
/// When the database fails.
pub async fn complete_case(db: &mut AnyConnection, case: &str) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(derived("f.case_id = $1"))).bind(case).execute(db).await?;
    Ok(())
}

/// The bounds of a period, in epoch milliseconds: from the first, before the second.
pub type Bounds = (i64, i64);

/// Only the schools of this zone; an empty `$1` means every school.
const IN_ZONE: &str = "($1 = '' OR m.school_code IN (SELECT code FROM schools WHERE zone_id = $1))";

/// How many cases had which event for the first time in which of these months: month (from 0), event, cases.
/// `zone` narrows to the schools of a zone.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn by_month(
    db: &mut AnyConnection,
    zone: Option<&str>,
    months: &[Bounds],
) -> Result<Vec<(usize, Event, i64)>, StoreError> {
    let rows: Vec<String> =
        (0..months.len()).map(|at| format!("(${}, ${}, ${})", at * 3 + 2, at * 3 + 3, at * 3 + 4)).collect();
    let sql = format!(
        "WITH months (n, since, until) AS (VALUES {}) SELECT p.n, m.event, COUNT(*) FROM months p \
         JOIN milestones m ON m.event IN ({}) AND m.at >= p.since AND m.at < p.until \
         WHERE m.nth = 1 AND {IN_ZONE} GROUP BY p.n, m.event",
        rows.join(", "),
        quoted(&COUNTED)
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(zone.unwrap_or(""));
    for (at, (since, until)) in (0_i64..).zip(months) {
        query = query.bind(at).bind(*since).bind(*until);
    }
    let rows: Vec<(i64, String, i64)> = query.fetch_all(db).await?;
    rows.into_iter()
        .map(|(month, event, cases)| {
            Ok((usize::try_from(month).unwrap_or(0), parsed(&event, "flow", "event", "(counted)")?, cases))
        })
        .collect()
}

/// How many cases were submitted for the first time, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The service item's id.
    pub service: String,
    /// The school's stage.
    pub stage: SchoolStage,
    /// The school's district.
    pub district: String,
    /// Where they stand now.
    pub state: State,
    /// How many.
    pub cases: i64,
}

#[derive(FromRow)]
struct Row {
    service: String,
    stage: String,
    district: String,
    state: String,
    cases: i64,
}

impl TryFrom<Row> for Group {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            stage: parsed(&row.stage, "schools", "stage", "(counted)")?,
            state: parsed(&row.state, "cases", "state", "(counted)")?,
            service: row.service,
            district: row.district,
            cases: row.cases,
        })
    }
}

/// The cases that were submitted for the first time in the period, by what they are and where they stand now.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn submitted(
    db: &mut AnyConnection,
    zone: Option<&str>,
    (since, until): Bounds,
) -> Result<Vec<Group>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT c.service, s.stage, s.district, c.state, COUNT(*) AS cases FROM cases c \
         JOIN schools s ON s.code = c.school_code WHERE c.submitted_at >= $2 AND c.submitted_at < $3 \
         AND ($1 = '' OR s.zone_id = $1) GROUP BY c.service, s.stage, s.district, c.state",
    )
    .bind(zone.unwrap_or(""))
    .bind(since)
    .bind(until)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Group::try_from).collect()
}

/// What people wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// From the first 送件 to the first 收件, with all that lies between.
    ToReceipt,
    /// From 收件 to 派案: how long a case waits for somebody.
    ToService,
    /// From 派案 or 重新開案 to 結案.
    ToClosing,
    /// From 補件 to 送出審核: how long the school takes.
    Supplement,
    /// From the first print, or 退回核章, to 送件: how long the paper is on its way.
    Sealing,
}

impl Wait {
    /// All of them, in the order of the walk; what the school does stands last.
    pub const ALL: [Self; 5] =
        [Self::ToReceipt, Self::ToService, Self::ToClosing, Self::Supplement, Self::Sealing];

    /// The event that ends it.
    fn end(self) -> Event {
        match self {
            Self::ToReceipt => Event::Receive,
            Self::ToService => Event::Dispatch,
            Self::ToClosing => Event::Close,
            Self::Supplement => Event::Resubmit,
            Self::Sealing => Event::Submit,
        }
    }
}

/// How many waits that ended in the period took how many whole hours, shortest first: hours, waits.
///
/// # Errors
/// When the database fails.
pub async fn waits(
    db: &mut AnyConnection,
    zone: Option<&str>,
    (since, until): Bounds,
    wait: Wait,
) -> Result<Vec<(i64, i64)>, StoreError> {
    // A case that was received twice was waited for once.
    let nth = if wait == Wait::ToReceipt { "m.nth = 1" } else { "1 = 1" };
    let sql = format!(
        "SELECT m.waited, COUNT(*) FROM milestones m WHERE m.event = '{}' AND m.at >= $2 AND m.at < $3 \
         AND m.waited IS NOT NULL AND {nth} AND {IN_ZONE} GROUP BY m.waited ORDER BY m.waited",
        wait.end()
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(zone.unwrap_or(""))
        .bind(since)
        .bind(until)
        .fetch_all(db)
        .await?)
}

/// The name of a zone.
///
/// # Errors
/// When the database fails.
pub async fn zone_name(db: &mut AnyConnection, zone: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT name FROM zones WHERE id = $1").bind(zone).fetch_optional(db).await?)
}
