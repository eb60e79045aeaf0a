//! Cases and their subjects. A step updates a case only at the version that it has read.

use std::collections::HashMap;

use sqlx::{AnyConnection, FromRow};

use crate::case::fields::Values;
use crate::case::ids::CaseReference;
use crate::case::stage::SchoolStage;
use crate::case::state::State;

use super::schools::School;
use super::sql::{ByCase, Sql};
use super::{StoreError, parsed, parsed_json, search, to_json};

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

/// A state with its evidence: a submitted case without a bound scan can't be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Before the signed scan; the state is 暫存 or 核章.
    Unbound(Unbound),
    /// After it; the scan that was bound.
    Bound(Bound, ScanId),
    /// Withdrawn, with or without a scan.
    Withdrawn(Option<ScanId>),
}

/// The states before a scan is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbound {
    /// 暫存
    Draft,
    /// 核章
    Sealing,
}

/// The states that rest on a bound scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// 送件
    Submitted,
    /// 補件
    Supplement,
    /// 收件
    Received,
    /// 服務中
    InService,
    /// 結案
    Closed,
    /// 不開案
    Declined,
}

/// The row of a bound scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanId(pub String);

impl Standing {
    /// The state without its evidence.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Unbound(Unbound::Draft) => State::Draft,
            Self::Unbound(Unbound::Sealing) => State::Sealing,
            Self::Bound(Bound::Submitted, _) => State::Submitted,
            Self::Bound(Bound::Supplement, _) => State::Supplement,
            Self::Bound(Bound::Received, _) => State::Received,
            Self::Bound(Bound::InService, _) => State::InService,
            Self::Bound(Bound::Closed, _) => State::Closed,
            Self::Bound(Bound::Declined, _) => State::Declined,
            Self::Withdrawn(_) => State::Withdrawn,
        }
    }

    /// The bound scan, if there is one.
    #[must_use]
    pub fn scan(&self) -> Option<&str> {
        match self {
            Self::Bound(_, scan) | Self::Withdrawn(Some(scan)) => Some(&scan.0),
            Self::Unbound(_) | Self::Withdrawn(None) => None,
        }
    }

    /// A state with its evidence, or nothing if the state needs a scan and there is none.
    #[must_use]
    pub fn of(state: State, scan: Option<String>) -> Option<Self> {
        let scan = scan.map(ScanId);
        Some(match state {
            State::Draft => Self::Unbound(Unbound::Draft),
            State::Sealing => Self::Unbound(Unbound::Sealing),
            State::Submitted => Self::Bound(Bound::Submitted, scan?),
            State::Supplement => Self::Bound(Bound::Supplement, scan?),
            State::Received => Self::Bound(Bound::Received, scan?),
            State::InService => Self::Bound(Bound::InService, scan?),
            State::Closed => Self::Bound(Bound::Closed, scan?),
            State::Declined => Self::Bound(Bound::Declined, scan?),
            State::Withdrawn => Self::Withdrawn(scan),
        })
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
    version: i64,
}

/// The columns of a [`Case`], from [`FROM`].
pub(super) const COLUMNS: &str = "c.id, c.number, c.reference, c.service, c.school_code, s.name AS school_name, \
    s.district, s.stage, s.zone_id, c.applicant_id, p.name AS applicant_name, p.email AS applicant_email, \
    c.state, c.content, c.bound_scan_id, c.opened_at, c.changed_at, c.state_at, c.version";

/// The tables of a [`Case`].
pub(super) const FROM: &str =
    "FROM cases c JOIN schools s ON s.code = c.school_code JOIN people p ON p.id = c.applicant_id";

impl TryFrom<Row> for Case {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = parsed(&row.state, "cases", "state", &row.id)?;
        let standing = Standing::of(state, row.bound_scan_id).ok_or_else(|| StoreError::Impossible {
            table: "cases",
            column: "bound_scan_id",
            row: row.id.clone(),
            why: format!("state {state} without a bound scan"),
        })?;
        let stage: SchoolStage = parsed(&row.stage, "schools", "stage", &row.school_code)?;
        Ok(Self {
            reference: parsed(&row.reference, "cases", "reference", &row.id)?,
            content: parsed_json(&row.content, "cases", "content", &row.id)?,
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
            version: row.version,
        })
    }
}

/// Whose cases someone may see: the query itself holds it, so that a foreign case is not found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Cases that this account applied for.
    pub own: Option<String>,
    /// Cases that this account serves.
    pub assigned: Option<String>,
    /// Cases of this zone, from the first 送件 on: also of those that ended, only what was submitted once.
    pub zone: Option<String>,
    /// Every case.
    pub all: bool,
    /// Every case that holds a bound original.
    pub archived: bool,
}

impl Scope {
    /// The condition in SQL, with `$1` the own, `$2` the assigned account and `$3` the zone.
    pub(super) fn sql(&self) -> String {
        if self.all {
            // The parameters are named so that both databases know their types.
            return "($1 = $1 AND $2 = $2 AND $3 = $3)".into();
        }
        let mut parts = vec!["(c.applicant_id = $1 AND $2 = $2 AND $3 = $3)"];
        if self.assigned.is_some() {
            parts.push("EXISTS (SELECT 1 FROM assignments a WHERE a.case_id = c.id AND a.person_id = $2 AND a.until IS NULL)");
        }
        if self.zone.is_some() {
            parts.push(
                "(s.zone_id = $3 AND c.state NOT IN ('draft', 'sealing') \
                 AND (c.state <> 'withdrawn' OR c.submitted_at IS NOT NULL))",
            );
        }
        if self.archived {
            parts.push("c.bound_scan_id IS NOT NULL");
        }
        format!("({})", parts.join(" OR "))
    }

    /// The three parameters of [`Self::sql`].
    pub(super) fn parameters(&self) -> [&str; 3] {
        [&self.own, &self.assigned, &self.zone].map(|part| part.as_deref().unwrap_or(""))
    }
}

/// The case with this number, if it lies in the scope.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut AnyConnection, number: &str, scope: &Scope) -> Result<Option<Case>, StoreError> {
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE {} AND c.number = $4", scope.sql());
    let [own, assigned, zone] = scope.parameters();
    let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(number)
        .fetch_optional(db)
        .await?;
    row.map(Case::try_from).transpose()
}

/// The cases with these numbers that lie in the scope, in the order of the numbers.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn find_all(
    db: &mut AnyConnection,
    numbers: &[&str],
    scope: &Scope,
) -> Result<Vec<Case>, StoreError> {
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
        let case = Case::try_from(row)?;
        found.insert(case.number.clone(), case);
    }
    Ok(numbers.iter().filter_map(|number| found.remove(*number)).collect())
}

/// Makes other steps on this case wait until the transaction ends, so that what it reads next is what
/// it decides on. SQLite has one writer anyway; on PostgreSQL the row is locked by writing it.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut AnyConnection, number: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE cases SET version = version WHERE number = $1").bind(number).execute(tx).await?;
    Ok(())
}

/// The case that a page with this token has opened already.
///
/// # Errors
/// When the database fails.
pub async fn number_of_token(
    db: &mut AnyConnection,
    token: &str,
) -> Result<Option<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT number, applicant_id FROM cases WHERE open_token = $1")
        .bind(token)
        .fetch_optional(db)
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
pub async fn open(db: &mut AnyConnection, new: &NewCase<'_>) -> Result<String, StoreError> {
    let serial = super::next_number(db, &format!("case-{}", new.roc_year)).await?;
    let number = format!("{}{serial:07}", new.roc_year);
    let keywords = format!("{number}\n{}", new.keywords);
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
    .bind(to_json(new.content))
    .bind(&keywords)
    .bind(new.now)
    .execute(&mut *db)
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
pub async fn update(db: &mut AnyConnection, change: &Change<'_>) -> Result<bool, StoreError> {
    let before: Option<String> = sqlx::query_scalar("SELECT keywords FROM cases WHERE id = $1")
        .bind(&change.case.id)
        .fetch_optional(&mut *db)
        .await?;
    let done = sqlx::query(
        "UPDATE cases SET state_at = CASE WHEN state = $3 THEN state_at ELSE $7 END, state = $3, bound_scan_id = $4, \
         content = $5, keywords = $6, changed_at = $7, applicant_id = $8, version = version + 1 \
         WHERE id = $1 AND version = $2",
    )
    .bind(&change.case.id)
    .bind(change.case.version)
    .bind(change.standing.state().as_str())
    .bind(change.standing.scan())
    .bind(to_json(change.content))
    .bind(change.keywords)
    .bind(change.now)
    .bind(&change.case.applicant)
    .execute(&mut *db)
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
pub async fn bump(db: &mut AnyConnection, case: &str, version: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE cases SET version = version + 1 WHERE id = $1 AND version = $2")
        .bind(case)
        .bind(version)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A subject.
#[derive(Clone)]
pub struct Subject {
    /// The identifier.
    pub id: String,
    /// The answers.
    pub answers: Values,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// The subjects of a case, deleted ones too, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn subjects(db: &mut AnyConnection, case: &str) -> Result<Vec<Subject>, StoreError> {
    Ok(subjects_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn subjects_of(
    db: &mut AnyConnection,
    cases: &[&str],
) -> Result<ByCase<Subject>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT case_id, id, answers, deleted_at FROM subjects WHERE case_id IN ({ids}) \
         ORDER BY case_id, created_at, id"
    );
    let rows: Vec<(String, String, String, Option<i64>)> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|(case, id, answers, deleted_at)| {
        let answers = parsed_json(&answers, "subjects", "answers", &id)?;
        Ok((case, Subject { id, answers, deleted: deleted_at.is_some() }))
    }))
}

/// Adds a subject.
///
/// # Errors
/// When the database fails, or there is one already (a unique violation).
pub async fn add_subject(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    answers: &Values,
    now: i64,
) -> Result<(), StoreError> {
    let (name, number) = search::keys(answers);
    sqlx::query(
        "INSERT INTO subjects (id, case_id, answers, created_at, changed_at, name_key, id_key) \
         VALUES ($1, $2, $3, $4, $4, $5, $6)",
    )
    .bind(id)
    .bind(case)
    .bind(to_json(answers))
    .bind(now)
    .bind(name)
    .bind(number)
    .execute(db)
    .await?;
    Ok(())
}

/// Changes a subject that isn't deleted. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn change_subject(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    answers: &Values,
    now: i64,
) -> Result<bool, StoreError> {
    let (name, number) = search::keys(answers);
    let done = sqlx::query(
        "UPDATE subjects SET answers = $3, changed_at = $4, name_key = $5, id_key = $6 \
         WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(to_json(answers))
    .bind(now)
    .bind(name)
    .bind(number)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Marks a subject as deleted; it is kept. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete_subject(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE subjects SET deleted_at = $3, changed_at = $3 WHERE id = $1 AND case_id = $2 AND deleted_at IS NULL",
    )
    .bind(id)
    .bind(case)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
