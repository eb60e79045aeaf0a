//! Retention: periods, cases that have ended, and legal holds. Rows of holds are never deleted.

use sqlx::FromRow;

use crate::case::fields::Values;
use crate::case::stage::SchoolStage;
use crate::case::state::State;
use crate::case::subject;

use super::{Db, StoreError, parsed, sealed};

/// Holds in effect that are read at once.
const MOST_HOLDS: i64 = 500;

/// The kind of stacks in which no case was found: it is no case's.
const STACKS: &str = "stack-without-case";

/// How long which kind of case is kept, in years.
///
/// # Errors
/// When the database fails.
pub async fn periods(db: &mut Db) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sqlx::query_as("SELECT kind, years FROM retention_periods WHERE kind <> $1 ORDER BY kind")
        .bind(STACKS)
        .fetch_all(&mut **db)
        .await?)
}

/// How long a stack is kept in which no case was found, in years; none: somebody has deleted the period.
///
/// # Errors
/// When the database fails.
pub async fn years_of_stacks(db: &mut Db) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT years FROM retention_periods WHERE kind = $1")
        .bind(STACKS)
        .fetch_optional(&mut **db)
        .await?)
}

/// A case that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The identifier.
    pub id: String,
    /// 案件編號.
    pub number: String,
    /// The service item's id.
    pub service: String,
    /// The school's name.
    pub school: String,
    /// Its stage.
    pub stage: SchoolStage,
    /// How it ended.
    pub state: State,
    /// When it was opened, epoch milliseconds.
    pub opened_at: i64,
    /// When it ended, epoch milliseconds.
    pub ended_at: i64,
    /// The child's grade as it was typed; none: the case is about no child.
    pub grade: Option<String>,
    /// Whether a hold is in effect.
    pub held: bool,
    /// The proposal of its disposal that waits.
    pub proposal: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    number: String,
    service: String,
    school: String,
    stage: String,
    state: String,
    opened_at: i64,
    state_at: i64,
    subject: String,
    answers: String,
    held: i64,
    proposal: Option<String>,
}

impl Row {
    fn opened(self, sealer: &sealed::Sealer) -> Result<Ended, StoreError> {
        let row = self;
        let grade = if row.answers.is_empty() {
            None
        } else {
            let answers: Values = sealer.open_json(&sealed::ANSWERS, &row.subject, row.answers)?;
            Some(subject::text(&answers, "grade").to_owned())
        };
        Ok(Ended {
            stage: parsed(&row.stage, "schools", "stage", &row.id)?,
            state: parsed(&row.state, "cases", "state", &row.id)?,
            id: row.id,
            number: row.number,
            service: row.service,
            school: row.school,
            opened_at: row.opened_at,
            ended_at: row.state_at,
            grade,
            held: row.held > 0,
            proposal: row.proposal,
        })
    }
}

/// Ended cases that are still there.
const SELECT: &str = "SELECT c.id, c.number, c.service, s.name AS school, s.stage, c.state, c.opened_at, c.state_at, \
    COALESCE(j.id, '') AS subject, COALESCE(j.answers, '') AS answers, \
    (SELECT COUNT(*) FROM holds h WHERE h.case_id = c.id AND h.lifted_at IS NULL) AS held, \
    (SELECT d.id FROM disposals d WHERE d.case_id = c.id AND d.outcome = 'open') AS proposal \
    FROM cases c JOIN schools s ON s.code = c.school_code \
    LEFT JOIN subjects j ON j.case_id = c.id AND j.deleted_at IS NULL \
    WHERE c.state IN ('closed', 'declined', 'withdrawn') AND c.disposed_at IS NULL";

/// Cases that ended before `before` (epoch milliseconds) and are still there, the oldest first, after a place: when it
/// ended, and the case.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn ended(
    db: &mut Db,
    before: i64,
    after: &(i64, String),
    limit: i64,
) -> Result<Vec<Ended>, StoreError> {
    let sql = format!(
        "{SELECT} AND c.state_at < $1 AND (c.state_at, c.id) > ($2, $3) ORDER BY c.state_at, c.id LIMIT $4"
    );
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(before)
        .bind(after.0)
        .bind(&after.1)
        .bind(limit)
        .fetch_all(&mut **db)
        .await?;
    let sealer = db.sealer();
    rows.into_iter().map(|row| row.opened(&sealer)).collect()
}

/// The case with this number, if it has ended and is still there.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn ended_case(db: &mut Db, number: &str) -> Result<Option<Ended>, StoreError> {
    let sql = format!("{SELECT} AND c.number = $1");
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(number).fetch_optional(&mut **db).await?;
    let sealer = db.sealer();
    row.map(|row| row.opened(&sealer)).transpose()
}

/// A hold in effect.
#[derive(Clone, FromRow)]
pub struct Hold {
    /// The identifier.
    pub id: String,
    /// The case's number.
    pub number: String,
    /// Why.
    pub reason: String,
    /// Who placed it, by name.
    pub placed_by: String,
    /// When, epoch milliseconds.
    pub placed_at: i64,
}

/// A reason may tell of people.
impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("id", &self.id).field("number", &self.number).finish_non_exhaustive()
    }
}

/// The holds in effect, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn holds(db: &mut Db) -> Result<Vec<Hold>, StoreError> {
    let mut holds: Vec<Hold> = sqlx::query_as(
        "SELECT h.id, c.number, h.reason, p.name AS placed_by, h.placed_at FROM holds h \
         JOIN cases c ON c.id = h.case_id JOIN people p ON p.id = h.placed_by \
         WHERE h.lifted_at IS NULL ORDER BY h.placed_at DESC, h.id DESC LIMIT $1",
    )
    .bind(MOST_HOLDS)
    .fetch_all(&mut **db)
    .await?;
    for hold in &mut holds {
        let sealed = std::mem::take(&mut hold.reason);
        hold.reason = db.sealer().open(&sealed::HOLD_REASON, &hold.id, sealed)?;
    }
    Ok(holds)
}

/// A hold to place, or what lifts one.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The hold.
    pub hold: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Whose word it is.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Places a hold on a case; a second one beside it is a unique violation.
///
/// # Errors
/// When the database fails.
pub async fn place(db: &mut Db, case: &str, word: Word<'_>) -> Result<(), StoreError> {
    let reason = db.sealer().seal(&sealed::HOLD_REASON, word.hold, word.reason)?;
    sqlx::query(
        "INSERT INTO holds (id, case_id, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_why) \
         VALUES ($1, $2, $3, $4, $5, NULL, NULL, '')",
    )
    .bind(word.hold)
    .bind(case)
    .bind(reason)
    .bind(word.by)
    .bind(word.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Lifts a hold; returns its case. None: no such hold is in effect.
///
/// # Errors
/// When the database fails.
pub async fn lift(db: &mut Db, word: Word<'_>) -> Result<Option<String>, StoreError> {
    let reason = db.sealer().seal(&sealed::LIFTED_WHY, word.hold, word.reason)?;
    Ok(sqlx::query_scalar(
        "UPDATE holds SET lifted_by = $2, lifted_at = $3, lifted_why = $4 WHERE id = $1 AND lifted_at IS NULL \
         RETURNING case_id",
    )
    .bind(word.hold)
    .bind(word.by)
    .bind(word.at)
    .bind(reason)
    .fetch_optional(&mut **db)
    .await?)
}
