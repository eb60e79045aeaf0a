//! The case managers' queue: cases of one state, those that have waited longest first, page by page by key,
//! with what a row tells of them. One query a table, each by an index.

use sqlx::FromRow;

use crate::case::ids::Malformed;
use crate::case::state::State;

use super::cases::{COLUMNS, Case, FROM, Row};
use super::{Db, StoreError, sealed};

/// Cases on one page: 每頁 20 筆.
pub const PAGE: usize = 20;

/// A place in the queue: since when a case stands there, and its identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Epoch milliseconds.
    pub state_at: i64,
    /// The case.
    pub id: String,
}

impl Key {
    /// The place of a case.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        Self { state_at: case.state_at, id: case.id.clone() }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.state_at, self.id)
    }
}

impl std::str::FromStr for Key {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let parsed = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id)));
        let (state_at, id) = parsed.ok_or_else(|| Malformed(format!("no place in the queue: {text:?}")))?;
        Ok(Self { state_at, id: id.to_owned() })
    }
}

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    Start,
    /// The one after this place.
    After(Key),
    /// The one before it.
    Before(Key),
}

/// One page of the queue.
#[derive(Debug)]
pub struct Page {
    /// The cases, the longest wait first.
    pub cases: Vec<Case>,
    /// Whether there are more before them.
    pub before: bool,
    /// Whether there are more after them.
    pub after: bool,
}

/// A page of the cases in this state.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut Db, state: State, side: &Side) -> Result<Page, StoreError> {
    let backwards = matches!(side, Side::Before(_));
    let (key, compare) = match side {
        Side::Start => (None, ">"),
        Side::After(key) => (Some(key), ">"),
        Side::Before(key) => (Some(key), "<"),
    };
    let order = if backwards { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE c.state = $1 AND (c.state_at, c.id) {compare} ($2, $3) \
         ORDER BY c.state_at {order}, c.id {order} LIMIT $4"
    );
    let start = Key { state_at: -1, id: String::new() };
    let key = key.unwrap_or(&start);
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(state.as_str())
        .bind(key.state_at)
        .bind(&key.id)
        .bind(i64::try_from(PAGE + 1).unwrap_or(i64::MAX))
        .fetch_all(&mut **db)
        .await?;
    let more = rows.len() > PAGE;
    let sealer = db.sealer();
    let mut cases: Vec<Case> =
        rows.into_iter().take(PAGE).map(|row| row.opened(&sealer)).collect::<Result<_, _>>()?;
    if backwards {
        cases.reverse();
    }
    let (before, after) = if backwards { (more, true) } else { (*side != Side::Start, more) };
    Ok(Page { cases, before, after })
}

/// How many cases stand in each of these states.
///
/// # Errors
/// When the database fails.
pub async fn counts(db: &mut Db, states: &[State]) -> Result<Vec<(State, i64)>, StoreError> {
    let sql = format!(
        "SELECT state, COUNT(*) FROM cases WHERE state IN ({}) GROUP BY state",
        places(1, states.len())
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for state in states {
        query = query.bind(state.as_str());
    }
    let found: Vec<(String, i64)> = query.fetch_all(&mut **db).await?;
    let of = |state: &State| found.iter().find(|(name, _)| name == state.as_str()).map_or(0, |(_, n)| *n);
    Ok(states.iter().map(|state| (*state, of(state))).collect())
}

/// The number of the next submitted case after a place that nobody else has looked at since `since`.
///
/// # Errors
/// When the database fails.
pub async fn next(
    db: &mut Db,
    after: Option<&Key>,
    me: &str,
    since: i64,
) -> Result<Option<String>, StoreError> {
    let start = Key { state_at: -1, id: String::new() };
    let key = after.unwrap_or(&start);
    Ok(sqlx::query_scalar(
        "SELECT c.number FROM cases c WHERE c.state = 'submitted' AND (c.state_at, c.id) > ($1, $2) \
         AND NOT EXISTS (SELECT 1 FROM looks l WHERE l.case_id = c.id AND l.person_id <> $3 AND l.at >= $4) \
         ORDER BY c.state_at, c.id LIMIT 1",
    )
    .bind(key.state_at)
    .bind(&key.id)
    .bind(me)
    .bind(since)
    .fetch_optional(&mut **db)
    .await?)
}

/// Somebody's last look at a case of a page.
#[derive(Clone, Debug, FromRow)]
pub struct Look {
    /// The case.
    pub case_id: String,
    /// Whose.
    pub person_id: String,
    /// Their name.
    pub name: String,
    /// The case's version that they saw.
    pub version: i64,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// This person's last looks at these cases, and everybody's since `since`.
///
/// # Errors
/// When the database fails.
pub async fn looks(db: &mut Db, cases: &[String], me: &str, since: i64) -> Result<Vec<Look>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT l.case_id, l.person_id, p.name, l.version, l.at FROM looks l JOIN people p ON p.id = l.person_id \
         WHERE l.case_id IN ({}) AND (l.person_id = $1 OR l.at >= $2) ORDER BY l.at DESC, l.person_id",
        places(3, cases.len())
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(me).bind(since);
    for case in cases {
        query = query.bind(case);
    }
    Ok(query.fetch_all(&mut **db).await?)
}

/// The names of these cases' subjects, by case.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn subjects(db: &mut Db, cases: &[String]) -> Result<Vec<(String, String)>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT id, case_id, answers FROM subjects WHERE case_id IN ({}) AND deleted_at IS NULL",
        places(1, cases.len())
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for case in cases {
        query = query.bind(case);
    }
    let rows: Vec<(String, String, String)> = query.fetch_all(&mut **db).await?;
    let sealer = db.sealer();
    rows.into_iter()
        .map(|(id, case, answers)| {
            let answers = sealer.open_json(&sealed::ANSWERS, &id, answers)?;
            Ok((case, crate::case::subject::text(&answers, "name").to_owned()))
        })
        .collect()
}

/// What a reviewer should know of a bound scan before opening it.
#[derive(Clone, Debug, FromRow)]
pub struct ScanMark {
    /// The case.
    pub case_id: String,
    /// 1: bound by the short code, 需人工核對.
    pub by_hand: i64,
    /// 1: every seal box looks empty.
    pub all_empty: i64,
}

/// The marks of these cases' bound scans.
///
/// # Errors
/// When the database fails.
pub async fn scan_marks(db: &mut Db, cases: &[Case]) -> Result<Vec<ScanMark>, StoreError> {
    let scans: Vec<&str> = cases.iter().filter_map(|case| case.standing.scan()).collect();
    if scans.is_empty() {
        return Ok(Vec::new());
    }
    let sql =
        format!("SELECT case_id, by_hand, all_empty FROM scans WHERE id IN ({})", places(1, scans.len()));
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for scan in scans {
        query = query.bind(scan);
    }
    Ok(query.fetch_all(&mut **db).await?)
}

/// How many attachments of a case have one verdict.
#[derive(Clone, Debug, FromRow)]
pub struct Judged {
    /// The case.
    pub case_id: String,
    /// `unreviewed`, `reviewed` or `wanting`.
    pub verdict: String,
    /// How many.
    pub count: i64,
}

/// The attachments of these cases, counted by verdict.
///
/// # Errors
/// When the database fails.
pub async fn attachments(db: &mut Db, cases: &[String]) -> Result<Vec<Judged>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT case_id, verdict, COUNT(*) AS count FROM attachments WHERE case_id IN ({}) AND deleted_at IS NULL \
         GROUP BY case_id, verdict",
        places(1, cases.len())
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for case in cases {
        query = query.bind(case);
    }
    Ok(query.fetch_all(&mut **db).await?)
}

/// `$from, $from+1, …`: parameters for a list of this length.
fn places(from: usize, count: usize) -> String {
    (from..from + count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_from_an_address() {
        let key = Key { state_at: 1_764_000_000_000, id: "0199-x".into() };
        assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        assert!("nonsense".parse::<Key>().is_err());
        assert!("x.y".parse::<Key>().is_err());
    }

    #[test]
    fn parameters_are_numbered_on() {
        assert_eq!(places(3, 2), "$3, $4");
    }
}
