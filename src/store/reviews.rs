//! Verdicts of reviewers (rows are only ever added, the newest of a target counts), and last looks.

use sqlx::FromRow;

use crate::case::review::{Target, Verdict};

use super::sql::{ByCase, Sql};
use super::{Db, StoreError, parsed, sealed};

/// A verdict as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    /// What it is about.
    pub target: Target,
    /// The scan, of seals and the form as a whole.
    pub scan_id: Option<String>,
    /// What was found.
    pub verdict: Verdict,
    /// In words; may be empty.
    pub remark: String,
    /// Who, by name.
    pub by: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// A remark may be personal.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given")
            .field("target", &self.target)
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    case_id: String,
    target: String,
    scan_id: Option<String>,
    item: String,
    verdict: String,
    remark: String,
    name: String,
    at: i64,
}

/// All verdicts of a case, oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<Given>, StoreError> {
    Ok(of_cases(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn of_cases(db: &mut Db, cases: &[&str]) -> Result<ByCase<Given>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT v.id, v.case_id, v.target, v.scan_id, v.item, v.verdict, v.remark, p.name, v.at FROM verdicts v \
         JOIN people p ON p.id = v.person_id WHERE v.case_id IN ({ids}) ORDER BY v.case_id, v.seq"
    );
    let rows: Vec<Row> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| {
        let target = Target::of(&row.target, &row.item).ok_or_else(|| StoreError::Impossible {
            table: "verdicts",
            column: "target",
            row: row.id.clone(),
            why: format!("no such target: {:?}", row.target),
        })?;
        let given = Given {
            target,
            scan_id: row.scan_id,
            verdict: parsed(&row.verdict, "verdicts", "verdict", &row.id)?,
            remark: sealer.open(&sealed::VERDICT_REMARK, &row.id, row.remark)?,
            by: row.name,
            at: row.at,
        };
        Ok((row.case_id, given))
    }))
}

/// A verdict to write down.
pub struct NewVerdict<'a> {
    /// The row's identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// What it is about.
    pub target: &'a Target,
    /// The scan, of seals and the form as a whole.
    pub scan: Option<&'a str>,
    /// What was found.
    pub verdict: Verdict,
    /// In words; may be empty.
    pub remark: &'a str,
    /// Who.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Writes a verdict down.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut Db, new: &NewVerdict<'_>) -> Result<(), StoreError> {
    let remark = db.sealer().seal(&sealed::VERDICT_REMARK, new.id, new.remark)?;
    sqlx::query(
        "INSERT INTO verdicts (id, case_id, target, scan_id, item, verdict, remark, person_id, at, seq) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, COALESCE(MAX(seq), 0) + 1 FROM verdicts WHERE case_id = $2",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.target.kind())
    .bind(new.scan)
    .bind(new.target.item())
    .bind(new.verdict.as_str())
    .bind(remark)
    .bind(new.by)
    .bind(new.at)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Somebody's last look at a case.
#[derive(Clone, Debug, FromRow)]
pub struct Look {
    /// Whose.
    pub person_id: String,
    /// Their name.
    pub name: String,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Notes that somebody looks at a case, at this version of it.
///
/// # Errors
/// When the database fails.
pub async fn look(db: &mut Db, case: &str, person: &str, version: i64, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO looks (case_id, person_id, version, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (case_id, person_id) DO UPDATE SET \
         version = CASE WHEN looks.version > $3 THEN looks.version ELSE $3 END, at = $4",
    )
    .bind(case)
    .bind(person)
    .bind(version)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Notes that somebody still looks at a case that they opened; the version that they saw stays the same.
///
/// # Errors
/// When the database fails.
pub async fn still(db: &mut Db, case: &str, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE looks SET at = $3 WHERE case_id = $1 AND person_id = $2")
        .bind(case)
        .bind(person)
        .bind(now)
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// Who has looked at a case since a moment, newest first.
///
/// # Errors
/// When the database fails.
pub async fn lookers(db: &mut Db, case: &str, since: i64) -> Result<Vec<Look>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT l.person_id, p.name, l.at FROM looks l JOIN people p ON p.id = l.person_id \
         WHERE l.case_id = $1 AND l.at >= $2 ORDER BY l.at DESC, l.person_id",
    )
    .bind(case)
    .bind(since)
    .fetch_all(&mut **db)
    .await?)
}

/// The version of a case that somebody saw last; none: never looked.
///
/// # Errors
/// When the database fails.
pub async fn seen_version(db: &mut Db, case: &str, person: &str) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT version FROM looks WHERE case_id = $1 AND person_id = $2")
        .bind(case)
        .bind(person)
        .fetch_optional(&mut **db)
        .await?)
}
