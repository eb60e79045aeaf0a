//! 流程: one row for each event of a case. Rows are only ever added.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::case::event::Event;
use crate::case::ids::Digest;
use crate::case::role::{Actor, Role};
use crate::case::state::State;
use crate::custody;

use super::sql::{ByCase, Sql};
use super::{Db, StoreError, parsed, parsed_json, sealed, statistics, to_json};

/// A document that an event rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is: `print`, `scan`, `photo` (of a scan) or `attachment`.
    pub kind: String,
    /// The revision, of prints, scans and photos.
    pub revision: Option<u16>,
    /// Its digest.
    pub digest: Digest,
}

/// One row of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Its number within the case, from 1.
    pub seq: i64,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Whose account.
    pub actor_id: String,
    /// Who, by name.
    pub actor_name: String,
    /// In which role; none where it wasn't kept yet.
    pub role: Option<Role>,
    /// What happened.
    pub event: Event,
    /// The state after.
    pub to: State,
    /// Why, in words; may be empty.
    pub reason: String,
    /// The documents.
    pub evidence: Vec<Evidence>,
}

/// An event to write down.
#[derive(Clone, Debug)]
pub struct Happened<'a> {
    /// The row's identifier.
    pub id: &'a str,
    /// The case.
    pub case: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Who.
    pub actor: &'a Actor,
    /// The role that allowed it: of someone who holds several, not just any.
    pub role: Role,
    /// What.
    pub event: Event,
    /// The state before; none when the case was opened.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// Why; may be empty.
    pub reason: &'a str,
    /// The documents.
    pub evidence: &'a [Evidence],
    /// Random, for the row's entry in the custody chain.
    pub salt: &'a str,
}

/// Writes an event down, and lets it wait for its link in the custody chain.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut Db, happened: &Happened<'_>) -> Result<(), StoreError> {
    let evidence = to_json(&happened.evidence);
    let reason = db.sealer().seal(&sealed::FLOW_REASON, happened.id, happened.reason)?;
    let seq = sqlx::query_scalar(
        "INSERT INTO flow (id, case_id, seq, at, actor_id, actor_name, actor_role, event, from_state, to_state, \
         reason, evidence) \
         SELECT $1, $2, COALESCE(MAX(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM flow WHERE case_id = $2 \
         RETURNING seq",
    )
    .bind(happened.id)
    .bind(happened.case)
    .bind(happened.at)
    .bind(&happened.actor.id)
    .bind(&happened.actor.name)
    .bind(happened.role.as_str())
    .bind(happened.event.as_str())
    .bind(happened.from.map(State::as_str))
    .bind(happened.to.as_str())
    .bind(reason)
    .bind(&evidence)
    .fetch_one(&mut **db)
    .await?;
    let row = custody::entry::FlowRow {
        id: happened.id.to_owned(),
        at: happened.at,
        case: happened.case.to_owned(),
        seq,
        actor: happened.actor.id.clone(),
        actor_name: happened.actor.name.clone(),
        role: happened.role.as_str().to_owned(),
        event: happened.event.as_str().to_owned(),
        from: happened.from.map(|state| state.as_str().to_owned()),
        to: happened.to.as_str().to_owned(),
        reason: happened.reason.to_owned(),
        evidence,
    };
    super::custody::wait_flow(db, &row, happened.salt).await?;
    statistics::note(db, happened.case, happened.event).await
}

#[derive(FromRow)]
struct Row {
    id: String,
    seq: i64,
    case_id: String,
    at: i64,
    actor_id: String,
    actor_name: String,
    actor_role: String,
    event: String,
    to_state: String,
    reason: String,
    evidence: String,
}

impl Row {
    fn told(self, sealer: &sealed::Sealer) -> Result<(String, FlowRow), StoreError> {
        let row = FlowRow {
            seq: self.seq,
            at: self.at,
            event: parsed(&self.event, "flow", "event", &self.id)?,
            to: parsed(&self.to_state, "flow", "to_state", &self.id)?,
            evidence: parsed_json(&self.evidence, "flow", "evidence", &self.id)?,
            role: match self.actor_role.as_str() {
                "" => None,
                role => Some(parsed(role, "flow", "actor_role", &self.id)?),
            },
            actor_id: self.actor_id,
            actor_name: self.actor_name,
            reason: sealer.open(&sealed::FLOW_REASON, &self.id, self.reason)?,
        };
        Ok((self.case_id, row))
    }
}

/// The flow of a case, newest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<FlowRow>, StoreError> {
    Ok(of_cases(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn of_cases(db: &mut Db, cases: &[&str]) -> Result<ByCase<FlowRow>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT id, case_id, seq, at, actor_id, actor_name, actor_role, event, to_state, reason, evidence FROM flow \
         WHERE case_id IN ({ids}) ORDER BY case_id, seq DESC"
    );
    let rows: Vec<Row> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    ByCase::new(rows.into_iter().map(|row| row.told(&sealer)))
}
