//! Cases and their subjects. A step updates a case only at the version that it has read.

mod scope;
mod standing;
mod subjects;

use std::collections::HashMap;

use sqlx::FromRow;

use crate::case::fields::Values;
use crate::case::ids::CaseReference;
use crate::case::stage::SchoolStage;

use super::schools::School;
use super::sealed::{self, Sealer};
use super::sql::Sql;
use super::{Db, StoreError, parsed, search, to_json};

pub use scope::Scope;
pub use standing::{Bound, ScanId, Standing, Unbound};
pub(crate) use subjects::subjects_of;
pub use subjects::{Subject, add_subject, change_subject, delete_subject, subjects};

/// A case with its school and applicant.
#[derive(Clone)]
pub struct Case {
    /// The identifier.
    pub id: String,
    /// 案件編號.
    pub number: String,
    /// Opaque, on paper.
    pub reference: CaseReference,
    /// The service item's id.
    pub service: String,
    /// The school at which it was opened.
    pub school: School,
    /// The applicant's account.
    pub applicant: String,
    /// The applicant's name.
    pub applicant_name: String,
    /// The applicant's address; may be empty.
    pub applicant_email: String,
    /// Where it stands.
    pub standing: Standing,
    /// The content tab.
    pub content: Values,
    /// When it was opened, epoch milliseconds.
    pub opened_at: i64,
    /// When it was last changed, epoch milliseconds.
    pub changed_at: i64,
    /// Since when it is in its state, epoch milliseconds.
    pub state_at: i64,
    /// When it was disposed of; none: it is there.
    pub disposed_at: Option<i64>,
    /// The guard of each step.
    pub version: i64,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("standing", &self.standing)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    number: String,
    reference: String,
    service: String,
    school_code: String,
    school_name: String,
    district: String,
    stage: String,
    zone_id: Option<String>,
    applicant_id: String,
    applicant_name: String,
    applicant_email: String,
    state: String,
    content: String,
    bound_scan_id: Option<String>,
    opened_at: i64,
    changed_at: i64,
    state_at: i64,
    disposed_at: Option<i64>,
    version: i64,
}

/// The columns of a [`Case`], from [`FROM`].
pub(super) const COLUMNS: &str = "c.id, c.number, c.reference, c.service, c.school_code, s.name AS school_name, \
    s.district, s.stage, s.zone_id, c.applicant_id, p.name AS applicant_name, p.email AS applicant_email, \
    c.state, c.content, c.bound_scan_id, c.opened_at, c.changed_at, c.state_at, c.disposed_at, c.version";

/// The tables of a [`Case`].
pub(super) const FROM: &str =
    "FROM cases c JOIN schools s ON s.code = c.school_code JOIN people p ON p.id = c.applicant_id";

impl Row {
    /// The case, with its words opened.
    pub(super) fn opened(self, sealer: &Sealer) -> Result<Case, StoreError> {
        let row = self;
        let state = parsed(&row.state, "cases", "state", &row.id)?;
        let standing = Standing::of(state, row.bound_scan_id).ok_or_else(|| StoreError::Impossible {
            table: "cases",
            column: "bound_scan_id",
            row: row.id.clone(),
            why: format!("state {state} without a bound scan"),
        })?;
        let stage: SchoolStage = parsed(&row.stage, "schools", "stage", &row.school_code)?;
        Ok(Case {
            reference: parsed(&row.reference, "cases", "reference", &row.id)?,
            content: sealer.open_json(&sealed::CONTENT, &row.id, row.content)?,
            school: School {
                code: row.school_code,
                name: row.school_name,
                district: row.district,
                stage,
                zone: row.zone_id,
            },
            id: row.id,
            number: row.number,
            service: row.service,
            applicant: row.applicant_id,
            applicant_name: row.applicant_name,
            applicant_email: row.applicant_email,
            standing,
            opened_at: row.opened_at,
            changed_at: row.changed_at,
            state_at: row.state_at,
            disposed_at: row.disposed_at,
            version: row.version,
        })
    }
}

/// The case with this number, if it lies in the scope.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut Db, number: &str, scope: &Scope) -> Result<Option<Case>, StoreError> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE {} AND c.number = $4", scope.sql());
    let [own, assigned, zone] = scope.parameters();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(number)
        .fetch_optional(&mut **db)
        .await?;
    let sealer = db.sealer();
    row.map(|row| row.opened(&sealer)).transpose()
}

/// The cases with these numbers that lie in the scope, in the order of the numbers.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn find_all(db: &mut Db, numbers: &[&str], scope: &Scope) -> Result<Vec<Case>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    for part in scope.parameters() {
        sql.text(part);
    }
    let names = sql.list(numbers.iter().copied());
    let statement = format!("SELECT {COLUMNS} {FROM} WHERE {} AND c.number IN ({names})", scope.sql());
    let rows: Vec<Row> = sql.rows(db, statement).await?;
    let mut found: HashMap<String, Case> = HashMap::with_capacity(rows.len());
    for row in rows {
        let case = row.opened(&db.sealer())?;
        found.insert(case.number.clone(), case);
    }
    Ok(numbers.iter().filter_map(|number| found.remove(*number)).collect())
}

/// Makes other steps on this case wait until the transaction ends, so that what it reads next is what
/// it decides on. SQLite has one writer anyway; on PostgreSQL the row is locked by writing it.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Db, number: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE cases SET version = version WHERE number = $1")
        .bind(number)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The case that a page with this token has opened already.
///
/// # Errors
/// When the database fails.
pub async fn number_of_token(db: &mut Db, token: &str) -> Result<Option<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT number, applicant_id FROM cases WHERE open_token = $1")
        .bind(token)
        .fetch_optional(&mut **db)
        .await?)
}

/// A case to open.
#[derive(Debug)]
pub struct NewCase<'a> {
    /// The identifier.
    pub id: &'a str,
    /// Opaque, for paper.
    pub reference: CaseReference,
    /// One per opened page.
    pub token: &'a str,
    /// The service item's id.
    pub service: &'a str,
    /// The school's code.
    pub school: &'a str,
    /// The applicant's account.
    pub applicant: &'a str,
    /// The content tab.
    pub content: &'a Values,
    /// What a keyword finds beside the number.
    pub keywords: &'a str,
    /// The year of the Republic, with which the number begins.
    pub roc_year: i16,
    /// When, epoch milliseconds.
    pub now: i64,
}

/// Opens a case and gives it the next number of its year: `115` and seven digits.
///
/// # Errors
/// When the database fails, or token or reference is taken (a unique violation).
pub async fn open(db: &mut Db, new: &NewCase<'_>) -> Result<String, StoreError> {
    let serial = super::next_number(db, &format!("case-{}", new.roc_year)).await?;
    let number = format!("{}{serial:07}", new.roc_year);
    let keywords = format!("{number}\n{}", new.keywords);
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO cases (id, number, reference, open_token, service, school_code, applicant_id, state, content, \
         keywords, bound_scan_id, opened_at, changed_at, state_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', $8, $9, NULL, $10, $10, $10, 1)",
    )
    .bind(new.id)
    .bind(&number)
    .bind(new.reference.to_string())
    .bind(new.token)
    .bind(new.service)
    .bind(new.school)
    .bind(new.applicant)
    .bind(sealer.seal(&sealed::CONTENT, new.id, &to_json(new.content))?)
    .bind(sealer.seal(&sealed::KEYWORDS, new.id, &keywords)?)
    .bind(new.now)
    .execute(&mut **db)
    .await?;
    search::put(db, &number, &keywords).await?;
    Ok(number)
}

/// What a step makes of a case.
#[derive(Debug)]
pub struct Change<'a> {
    /// The case, as it was read.
    pub case: &'a Case,
    /// The state after, with its evidence.
    pub standing: &'a Standing,
    /// The content after.
    pub content: &'a Values,
    /// What a keyword finds after.
    pub keywords: &'a str,
    /// When, epoch milliseconds.
    pub now: i64,
}

/// Writes a step's change if the case is still at the version that was read. False: it isn't.
///
/// # Errors
/// When the database fails.
pub async fn update(db: &mut Db, change: &Change<'_>) -> Result<bool, StoreError> {
    let before: Option<String> = sqlx::query_scalar("SELECT keywords FROM cases WHERE id = $1")
        .bind(&change.case.id)
        .fetch_optional(&mut **db)
        .await?;
    let sealer = db.sealer();
    let before = sealer.open_maybe(&sealed::KEYWORDS, &change.case.id, before)?;
    let done = sqlx::query(
        "UPDATE cases SET state_at = CASE WHEN state = $3 THEN state_at ELSE $7 END, state = $3, bound_scan_id = $4, \
         content = $5, keywords = $6, changed_at = $7, applicant_id = $8, version = version + 1 \
         WHERE id = $1 AND version = $2",
    )
    .bind(&change.case.id)
    .bind(change.case.version)
    .bind(change.standing.state().as_str())
    .bind(change.standing.scan())
    .bind(sealer.seal(&sealed::CONTENT, &change.case.id, &to_json(change.content))?)
    .bind(sealer.seal(&sealed::KEYWORDS, &change.case.id, change.keywords)?)
    .bind(change.now)
    .bind(&change.case.applicant)
    .execute(&mut **db)
    .await?;
    let written = done.rows_affected() == 1;
    if written && before.as_deref() != Some(change.keywords) {
        search::put(db, &change.case.number, change.keywords).await?;
    }
    Ok(written)
}

/// Counts a change beside the record, such as a verdict, if the case is still at the version that was read.
/// False: it isn't.
///
/// # Errors
/// When the database fails.
pub async fn bump(db: &mut Db, case: &str, version: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE cases SET version = version + 1 WHERE id = $1 AND version = $2")
        .bind(case)
        .bind(version)
        .execute(&mut **db)
        .await?;
    Ok(done.rows_affected() == 1)
}
