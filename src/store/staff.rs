//! Who serves a case: assignments, professionals with their load, and proposals of closing.

use sqlx::FromRow;

use crate::case::request::ClosingReason;

use super::sql::{ByCase, Sql};
use super::{Db, StoreError, parsed, sealed};

/// A professional who serves a case.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Assigned {
    /// The account.
    pub person_id: String,
    /// The name.
    pub name: String,
    /// 心理師 or 社工師; may be empty.
    pub profession: String,
    /// Since when, epoch milliseconds.
    pub since: i64,
}

/// The professionals who serve a case, in the order in which they came.
///
/// # Errors
/// When the database fails.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<Assigned>, StoreError> {
    Ok(of_cases(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn of_cases(db: &mut Db, cases: &[&str]) -> Result<ByCase<Assigned>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT a.case_id, a.person_id, p.name, COALESCE(p.profession, '') AS profession, a.since \
         FROM assignments a JOIN people p ON p.id = a.person_id WHERE a.case_id IN ({ids}) AND a.until IS NULL \
         ORDER BY a.case_id, a.since, a.id"
    );
    let rows: Vec<(String, String, String, String, i64)> = sql.rows(db, statement).await?;
    ByCase::new(rows.into_iter().map(|(case, person_id, name, profession, since)| {
        Ok((case, Assigned { person_id, name, profession, since }))
    }))
}

/// Lets a professional serve a case from now on.
///
/// # Errors
/// When the database fails.
pub async fn assign(db: &mut Db, id: &str, case: &str, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO assignments (id, case_id, person_id, since) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(case)
        .bind(person)
        .bind(now)
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// Ends a professional's service of a case.
///
/// # Errors
/// When the database fails.
pub async fn release(db: &mut Db, case: &str, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE assignments SET until = $3 WHERE case_id = $1 AND person_id = $2 AND until IS NULL")
        .bind(case)
        .bind(person)
        .bind(now)
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// A professional who can be chosen, with the cases that they serve now.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Professional {
    /// The account.
    pub id: String,
    /// The name.
    pub name: String,
    /// 心理師 or 社工師; may be empty.
    pub profession: String,
    /// Cases in 服務中.
    pub load: i64,
}

/// All professionals whose account is active, those with the fewest cases first. Counted from what is in service, which
/// is little beside all that was ever assigned.
///
/// # Errors
/// When the database fails.
pub async fn professionals(db: &mut Db) -> Result<Vec<Professional>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT p.id, p.name, COALESCE(p.profession, '') AS profession, \
         COALESCE(now.cases, 0) AS load \
         FROM people p JOIN roles r ON r.person_id = p.id AND r.role = 'professional' \
         LEFT JOIN (SELECT a.person_id, COUNT(*) AS cases FROM cases c JOIN assignments a ON a.case_id = c.id \
          WHERE c.state = 'in_service' AND a.until IS NULL GROUP BY a.person_id) now ON now.person_id = p.id \
         WHERE p.status = 'active' ORDER BY load, p.name, p.id",
    )
    .fetch_all(&mut **db)
    .await?)
}

/// Everyone who is a professional, or was ever assigned a case: id and name, by name. Whoever was assigned is found by
/// leaps through the index, one for each person and not one for each case.
///
/// # Errors
/// When the database fails.
pub async fn names(db: &mut Db) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE served(id) AS (SELECT MIN(person_id) FROM assignments UNION ALL \
         SELECT (SELECT MIN(a.person_id) FROM assignments a WHERE a.person_id > served.id) \
         FROM served WHERE served.id IS NOT NULL) \
         SELECT p.id, p.name FROM people p \
         WHERE p.id IN (SELECT r.person_id FROM roles r WHERE r.role = 'professional' \
         UNION SELECT served.id FROM served WHERE served.id IS NOT NULL) \
         ORDER BY p.name, p.id",
    )
    .fetch_all(&mut **db)
    .await?)
}

/// A proposal to close a case.
#[derive(Clone)]
pub struct Closing {
    /// The identifier.
    pub id: String,
    /// Why.
    pub reason: ClosingReason,
    /// The text of 其他; may be empty.
    pub detail: String,
    /// The summary.
    pub summary: String,
    /// The account that proposed it.
    pub proposed_by: String,
    /// Its name.
    pub proposer: String,
    /// When, epoch milliseconds.
    pub proposed_at: i64,
    /// Whether it waits for a decision.
    pub open: bool,
    /// Whether it was approved.
    pub approved: bool,
    /// What the supervisor said when sending it back; may be empty.
    pub remark: String,
}

/// What was done for a child is personal.
impl std::fmt::Debug for Closing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Closing").field("id", &self.id).field("open", &self.open).finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct ClosingRow {
    id: String,
    case_id: String,
    reason: String,
    detail: String,
    summary: String,
    proposed_by: String,
    name: String,
    proposed_at: i64,
    outcome: String,
    remark: String,
}

/// The proposals of a case, newest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn closings(db: &mut Db, case: &str) -> Result<Vec<Closing>, StoreError> {
    Ok(closings_of(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn closings_of(db: &mut Db, cases: &[&str]) -> Result<ByCase<Closing>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT c.id, c.case_id, c.reason, c.detail, c.summary, c.proposed_by, p.name, c.proposed_at, c.outcome, \
         c.remark FROM closings c JOIN people p ON p.id = c.proposed_by WHERE c.case_id IN ({ids}) \
         ORDER BY c.case_id, c.proposed_at DESC, c.id DESC"
    );
    let rows: Vec<ClosingRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let closing = Closing {
            detail: sealer.open(&sealed::CLOSING_DETAIL, &row.id, row.detail)?,
            summary: sealer.open(&sealed::CLOSING_SUMMARY, &row.id, row.summary)?,
            remark: sealer.open(&sealed::CLOSING_REMARK, &row.id, row.remark)?,
            reason: parsed(&row.reason, "closings", "reason", &row.id)?,
            id: row.id,
            proposed_by: row.proposed_by,
            proposer: row.name,
            proposed_at: row.proposed_at,
            open: row.outcome == "open",
            approved: row.outcome == "approved",
        };
        Ok((row.case_id, closing))
    }))
}

/// A proposal to write down.
pub struct NewClosing<'a> {
    /// The row's identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// Why.
    pub reason: ClosingReason,
    /// The text of 其他; may be empty.
    pub detail: &'a str,
    /// The summary.
    pub summary: &'a str,
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Proposes to close a case.
///
/// # Errors
/// When the database fails, or a proposal is open already (a unique violation).
pub async fn propose(db: &mut Db, new: &NewClosing<'_>) -> Result<(), StoreError> {
    let sealer = db.sealer();
    sqlx::query(
        "INSERT INTO closings (id, case_id, reason, detail, summary, proposed_by, proposed_at, outcome, decided_by, \
         decided_at, remark) VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', NULL, NULL, '')",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.reason.as_str())
    .bind(sealer.seal(&sealed::CLOSING_DETAIL, new.id, new.detail)?)
    .bind(sealer.seal(&sealed::CLOSING_SUMMARY, new.id, new.summary)?)
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Decides the open proposal of a case.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    db: &mut Db,
    case: &str,
    approved: bool,
    by: &str,
    remark: &str,
    now: i64,
) -> Result<(), StoreError> {
    let open: Option<String> =
        sqlx::query_scalar("SELECT id FROM closings WHERE case_id = $1 AND outcome = 'open'")
            .bind(case)
            .fetch_optional(&mut **db)
            .await?;
    let Some(id) = open else { return Ok(()) };
    let remark = db.sealer().seal(&sealed::CLOSING_REMARK, &id, remark)?;
    sqlx::query(
        "UPDATE closings SET outcome = $2, decided_by = $3, decided_at = $4, remark = $5 \
         WHERE id = $1 AND outcome = 'open'",
    )
    .bind(id)
    .bind(if approved { "approved" } else { "sent-back" })
    .bind(by)
    .bind(now)
    .bind(remark)
    .execute(&mut **db)
    .await?;
    Ok(())
}
