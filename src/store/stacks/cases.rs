//! The cases of a stack: which pages are whose, and what came of each.

use sqlx::FromRow;

use crate::case::ids::CaseReference;
use crate::store::cases::Scope;
use crate::store::{Db, StoreError, parsed_json, sealed, to_json};

/// A case of a stack with the pages of the file that are its own, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The case's identifier.
    pub case: String,
    /// Pages that bear its codes.
    pub pages: Vec<u32>,
    /// Pages beside them without a readable code that may be its missing ones.
    pub lent: Vec<u32>,
}

impl Group {
    /// All its pages in the order of the file.
    #[must_use]
    pub fn all(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.pages.iter().chain(&self.lent).copied().collect();
        all.sort_unstable();
        all
    }
}

/// Writes down the cases of a stack, waiting for their pages.
///
/// # Errors
/// When the database fails.
pub async fn add_groups(db: &mut Db, id: &str, groups: &[Group]) -> Result<(), StoreError> {
    for (seq, group) in (1_i64..).zip(groups) {
        sqlx::query(
            "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, reason) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', '')",
        )
        .bind(id)
        .bind(seq)
        .bind(&group.case)
        .bind(to_json(&group.pages))
        .bind(to_json(&group.lent))
        .execute(&mut **db)
        .await?;
    }
    Ok(())
}

/// The cases that still wait, by place, number and pages, in order.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn waiting(db: &mut Db, id: &str) -> Result<Vec<(i64, String, Group)>, StoreError> {
    let rows: Vec<(i64, String, String, String, String)> = sqlx::query_as(
        "SELECT b.seq, c.number, b.case_id, b.pages, b.lent FROM stack_cases b \
         JOIN cases c ON c.id = b.case_id WHERE b.stack_id = $1 AND b.outcome = 'waiting' ORDER BY b.seq",
    )
    .bind(id)
    .fetch_all(&mut **db)
    .await?;
    let group = |(seq, number, case, pages, lent): (i64, String, String, String, String)| {
        let pages = parsed_json(&pages, "stack_cases", "pages", id)?;
        let lent = parsed_json(&lent, "stack_cases", "lent", id)?;
        Ok((seq, number, Group { case, pages, lent }))
    };
    rows.into_iter().map(group).collect()
}

/// What came of a case of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It still waits.
    Waiting,
    /// Its pages are this scan.
    Bound(String),
    /// Its pages were refused: why, and what to do.
    Refused(String),
}

/// Writes down what came of a case; lent pages that proved to be its own are strays no more.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    db: &mut Db,
    id: &str,
    seq: i64,
    outcome: &Outcome,
    proved: &[u32],
) -> Result<(), StoreError> {
    let (word, scan, reason) = match outcome {
        Outcome::Waiting => ("waiting", None, ""),
        Outcome::Bound(scan) => ("bound", Some(scan), ""),
        Outcome::Refused(reason) => ("refused", None, reason.as_str()),
    };
    let case: Option<String> =
        sqlx::query_scalar("SELECT case_id FROM stack_cases WHERE stack_id = $1 AND seq = $2")
            .bind(id)
            .bind(seq)
            .fetch_optional(&mut **db)
            .await?;
    let row = format!("{id}/{}", case.unwrap_or_default());
    let reason = db.sealer().seal(&sealed::STACK_CASE_REASON, &row, reason)?;
    sqlx::query(
        "UPDATE stack_cases SET outcome = $3, scan_id = $4, reason = $5 WHERE stack_id = $1 AND seq = $2",
    )
    .bind(id)
    .bind(seq)
    .bind(word)
    .bind(scan)
    .bind(reason)
    .execute(&mut **db)
    .await?;
    are_the_forms(db, id, proved).await
}

/// A case of a stack as pages show it.
#[derive(Clone, Debug)]
pub struct Line {
    /// 案件編號.
    pub number: String,
    /// Its pages in the file, from 1.
    pub pages: Vec<u32>,
    /// What came of it.
    pub outcome: Outcome,
}

#[derive(FromRow)]
struct LineRow {
    case_id: String,
    number: String,
    pages: String,
    lent: String,
    outcome: String,
    scan_id: Option<String>,
    reason: String,
}

/// The cases of a stack in order, those in the scope alone.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn lines(db: &mut Db, id: &str, scope: &Scope) -> Result<Vec<Line>, StoreError> {
    read_lines(db, id, scope, None).await
}

async fn read_lines(
    db: &mut Db,
    id: &str,
    scope: &Scope,
    case: Option<&str>,
) -> Result<Vec<Line>, StoreError> {
    let sql = format!(
        "SELECT b.case_id, c.number, b.pages, b.lent, b.outcome, b.scan_id, b.reason FROM stack_cases b \
         JOIN cases c ON c.id = b.case_id JOIN schools s ON s.code = c.school_code \
         WHERE {} AND b.stack_id = $4 AND ($5 IS NULL OR b.case_id = $5) ORDER BY b.seq",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<LineRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(id)
        .bind(case)
        .fetch_all(&mut **db)
        .await?;
    let sealer = db.sealer();
    rows.into_iter()
        .map(|row| {
            let mut pages: Vec<u32> = parsed_json(&row.pages, "stack_cases", "pages", id)?;
            let outcome = match (row.outcome.as_str(), row.scan_id) {
                ("bound", Some(scan)) => {
                    pages.extend(parsed_json::<Vec<u32>>(&row.lent, "stack_cases", "lent", id)?);
                    pages.sort_unstable();
                    Outcome::Bound(scan)
                }
                ("refused", _) => {
                    let row_name = format!("{id}/{}", row.case_id);
                    Outcome::Refused(sealer.open(&sealed::STACK_CASE_REASON, &row_name, row.reason)?)
                }
                _ => Outcome::Waiting,
            };
            Ok(Line { number: row.number, pages, outcome })
        })
        .collect()
}

/// What came of one case of a stack, if the stack has pages of it and it lies in the scope.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn line_of(db: &mut Db, id: &str, case: &str, scope: &Scope) -> Result<Option<Line>, StoreError> {
    Ok(read_lines(db, id, scope, Some(case)).await?.pop())
}

/// Pages that a person gave to a case.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The case's identifier.
    pub case: &'a str,
    /// All its pages in the file, from 1.
    pub pages: &'a [u32],
    /// The scan that they became.
    pub scan: &'a str,
}

/// Writes down that pages which belonged nowhere are a case's.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &mut Db, id: &str, claim: &Claim<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, '[]', 'bound', $4, '' FROM stack_cases WHERE stack_id = $1 \
         ON CONFLICT (stack_id, case_id) DO UPDATE \
         SET pages = excluded.pages, lent = '[]', outcome = 'bound', scan_id = excluded.scan_id, reason = ''",
    )
    .bind(id)
    .bind(claim.case)
    .bind(to_json(&claim.pages))
    .bind(claim.scan)
    .execute(&mut **db)
    .await?;
    are_the_forms(db, id, claim.pages).await
}

/// These pages are a form's: strays no more.
async fn are_the_forms(db: &mut Db, id: &str, pages: &[u32]) -> Result<(), StoreError> {
    for page in pages {
        sqlx::query("UPDATE stack_pages SET kind = 'form', reason = '' WHERE stack_id = $1 AND page = $2")
            .bind(id)
            .bind(i64::from(*page))
            .execute(&mut **db)
            .await?;
    }
    Ok(())
}

/// The case that a printed code names, if it lies in the scope and wasn't disposed of: identifier and number.
///
/// # Errors
/// When the database fails.
pub async fn case_of(
    db: &mut Db,
    reference: CaseReference,
    scope: &Scope,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = format!(
        "SELECT c.id, c.number FROM cases c JOIN schools s ON s.code = c.school_code \
         WHERE {} AND c.reference = $4 AND c.disposed_at IS NULL",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(reference.to_string())
        .fetch_optional(&mut **db)
        .await?)
}
