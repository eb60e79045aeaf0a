//! Disposals: proposed by one, decided by another; the files that go with them; and what is erased.
//!
//! The row of a disposal and the digests of what was there stay for good. [`erase`] empties the case.

mod erase;
mod files;
mod replay;

use jiff::civil::Date;
use sqlx::FromRow;

use crate::case::ids::Digest;
use crate::case::state::State;

use super::sql::Sql;
use super::{Db, StoreError, Tx, parsed, sealed};

pub use erase::{erase, forget_filters};
pub use files::{
    Due, Held, add_files, due, files, gone_since, held, is_held, is_held_by_stack, lock_document,
    lock_documents, mark_removed, mark_shared, of_digest, stands,
};
pub use replay::{Decided, decided, newest, replay, was_done};

/// How a proposal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits.
    Open,
    /// Another one approved, and the case is gone.
    Approved,
    /// It was turned down, or taken back.
    Refused,
}

impl std::str::FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "approved" => Ok(Self::Approved),
            "refused" => Ok(Self::Refused),
            other => Err(format!("no such outcome: {other:?}")),
        }
    }
}

/// A proposal, or what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposal {
    /// The identifier.
    pub id: String,
    /// The case.
    pub case_id: String,
    /// 案件編號.
    pub number: String,
    /// The service item's id.
    pub service: String,
    /// The school's name.
    pub school: String,
    /// How the case ended.
    pub state: State,
    /// When it ended, epoch milliseconds.
    pub ended_at: i64,
    /// The kind of retention.
    pub kind: String,
    /// Its period in years.
    pub years: i64,
    /// The last day on which it had to be kept.
    pub kept_until: Date,
    /// Whose proposal it is: the account.
    pub proposed_by: String,
    /// By name.
    pub proposer: String,
    /// When, epoch milliseconds.
    pub proposed_at: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Who decided, by name.
    pub decider: Option<String>,
    /// When, epoch milliseconds.
    pub decided_at: Option<i64>,
    /// The certificate.
    pub certificate: Option<Digest>,
    /// When everything was gone.
    pub cleaned_at: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    case_id: String,
    number: String,
    service: String,
    school: String,
    state: String,
    state_at: i64,
    kind: String,
    years: i64,
    kept_until: String,
    proposed_by: String,
    proposer: String,
    proposed_at: i64,
    outcome: String,
    decider: Option<String>,
    decided_at: Option<i64>,
    certificate: Option<String>,
    cleaned_at: Option<i64>,
}

const SELECT: &str = "SELECT d.id, d.case_id, c.number, c.service, s.name AS school, c.state, c.state_at, d.kind, d.years, \
    d.kept_until, d.proposed_by, p.name AS proposer, d.proposed_at, d.outcome, q.name AS decider, d.decided_at, \
    d.certificate, d.cleaned_at FROM disposals d JOIN cases c ON c.id = d.case_id \
    JOIN schools s ON s.code = c.school_code JOIN people p ON p.id = d.proposed_by \
    LEFT JOIN people q ON q.id = d.decided_by";

impl TryFrom<Row> for Disposal {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            state: parsed(&row.state, "cases", "state", &row.case_id)?,
            kept_until: parsed(&row.kept_until, "disposals", "kept_until", &row.id)?,
            outcome: parsed(&row.outcome, "disposals", "outcome", &row.id)?,
            certificate: row
                .certificate
                .map(|digest| parsed(&digest, "disposals", "certificate", &row.id))
                .transpose()?,
            id: row.id,
            case_id: row.case_id,
            number: row.number,
            service: row.service,
            school: row.school,
            ended_at: row.state_at,
            kind: row.kind,
            years: row.years,
            proposed_by: row.proposed_by,
            proposer: row.proposer,
            proposed_at: row.proposed_at,
            decider: row.decider,
            decided_at: row.decided_at,
            cleaned_at: row.cleaned_at,
        })
    }
}

/// A proposal to write down.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// The identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// The kind of retention.
    pub kind: &'a str,
    /// Its period in years.
    pub years: i64,
    /// The last day on which the case had to be kept.
    pub kept_until: Date,
    /// Whose it is.
    pub by: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
}

/// Writes a proposal down; one beside another that waits or was approved is a unique violation.
///
/// # Errors
/// When the database fails.
pub async fn propose(tx: &mut Tx, new: &Proposal<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO disposals (id, case_id, kind, years, kept_until, proposed_by, proposed_at, outcome, remark) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', '')",
    )
    .bind(new.id)
    .bind(new.case)
    .bind(new.kind)
    .bind(new.years)
    .bind(new.kept_until.to_string())
    .bind(new.by)
    .bind(new.at)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// Turns a waiting proposal down. False: it doesn't wait any more.
///
/// # Errors
/// When the database fails.
pub async fn refuse(tx: &mut Tx, id: &str, by: &str, at: i64, remark: &str) -> Result<bool, StoreError> {
    let remark = tx.sealer().seal(&sealed::DISPOSAL_REMARK, id, remark)?;
    let done = sqlx::query(
        "UPDATE disposals SET outcome = 'refused', decided_by = $2, decided_at = $3, remark = $4 \
         WHERE id = $1 AND outcome = 'open'",
    )
    .bind(id)
    .bind(by)
    .bind(at)
    .bind(remark)
    .execute(&mut ***tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Approves a waiting proposal of somebody else's; `years` and `until` are what holds now. False: it doesn't wait any
/// more, or is their own.
///
/// # Errors
/// When the database fails.
pub async fn approve(
    tx: &mut Tx,
    (id, by): (&str, &str),
    at: i64,
    (years, until): (i64, Date),
    certificate: &Digest,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE disposals SET outcome = 'approved', decided_by = $2, decided_at = $3, years = $4, kept_until = $5, \
         certificate = $6 WHERE id = $1 AND outcome = 'open' AND proposed_by <> $2",
    )
    .bind(id)
    .bind(by)
    .bind(at)
    .bind(years)
    .bind(until.to_string())
    .bind(certificate.to_string())
    .execute(&mut ***tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The disposal with this identifier.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut Db, id: &str) -> Result<Option<Disposal>, StoreError> {
    one(db, "d.id = $1", id).await
}

/// The approved disposal of a case.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Option<Disposal>, StoreError> {
    one(db, "d.case_id = $1 AND d.outcome = 'approved'", case).await
}

async fn one(db: &mut Db, which: &str, value: &str) -> Result<Option<Disposal>, StoreError> {
    let sql = format!("{SELECT} WHERE {which}");
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(value).fetch_optional(&mut **db).await?;
    row.map(Disposal::try_from).transpose()
}

/// Proposals that wait, the oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn open(db: &mut Db, limit: i64) -> Result<Vec<Disposal>, StoreError> {
    let sql = format!("{SELECT} WHERE d.outcome = 'open' ORDER BY d.proposed_at, d.id LIMIT $1");
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).fetch_all(&mut **db).await?;
    rows.into_iter().map(Disposal::try_from).collect()
}

/// How many proposals of others wait for this person's decision.
///
/// # Errors
/// When the database fails.
pub async fn count_open(db: &mut Db, person: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM disposals d WHERE d.outcome = 'open' AND d.proposed_by <> $1",
    )
    .bind(person)
    .fetch_one(&mut **db)
    .await?)
}

/// What was disposed of, the newest first, before a place: when, and which.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn approved(db: &mut Db, before: &(i64, String), limit: i64) -> Result<Vec<Disposal>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE d.outcome = 'approved' AND (d.decided_at, d.id) < ($1, $2) \
         ORDER BY d.decided_at DESC, d.id DESC LIMIT $3"
    );
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(before.0)
        .bind(&before.1)
        .bind(limit)
        .fetch_all(&mut **db)
        .await?;
    rows.into_iter().map(Disposal::try_from).collect()
}

/// Those of these cases that were disposed of by an approval: they are marked as gone, and an approved disposal says so.
///
/// # Errors
/// When the database fails.
pub async fn gone_among(db: &mut Db, cases: &[&str]) -> Result<Vec<String>, StoreError> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT d.case_id FROM disposals d JOIN cases c ON c.id = d.case_id WHERE d.outcome = 'approved' \
         AND c.disposed_at IS NOT NULL AND d.case_id IN ({ids})"
    );
    Ok(sql.rows::<(String,)>(db, statement).await?.into_iter().map(|(case,)| case).collect())
}

/// Disposals of which every file is gone, and the database hasn't yet let go of what it held.
///
/// # Errors
/// When the database fails.
pub async fn to_clean(db: &mut Db) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT d.id FROM disposals d WHERE d.outcome = 'approved' AND d.cleaned_at IS NULL AND NOT EXISTS \
         (SELECT 1 FROM disposed_files f WHERE f.disposal_id = d.id AND f.shared = 0 AND f.removed_at IS NULL) \
         ORDER BY d.id LIMIT 500",
    )
    .fetch_all(&mut **db)
    .await?)
}

/// Notes that everything of a disposal is gone.
///
/// # Errors
/// When the database fails.
pub async fn mark_clean(tx: &mut Tx, id: &str, at: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE disposals SET cleaned_at = $2 WHERE id = $1 AND cleaned_at IS NULL")
        .bind(id)
        .bind(at)
        .execute(&mut ***tx)
        .await?;
    Ok(())
}
