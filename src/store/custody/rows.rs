//! Rows of the flow and of the traces, column by column, as their entries are made of them.

use sqlx::FromRow;

use crate::custody::entry::{FlowRow, Of, TraceRow};
use crate::store::sql::{ByCase, Sql};
use crate::store::{Db, StoreError, sealed};

#[derive(FromRow)]
struct Flow {
    id: String,
    at: i64,
    case_id: String,
    seq: i64,
    actor_id: String,
    actor_name: String,
    actor_role: String,
    event: String,
    from_state: Option<String>,
    to_state: String,
    reason: String,
    evidence: String,
}

impl Flow {
    /// Words that were changed come back as they stand, and aren't those that were linked.
    fn opened(self, sealer: &sealed::Sealer) -> Result<FlowRow, StoreError> {
        let row = self;
        Ok(FlowRow {
            reason: sealer.open_or_keep(&sealed::FLOW_REASON, &row.id, row.reason)?,
            id: row.id,
            at: row.at,
            case: row.case_id,
            seq: row.seq,
            actor: row.actor_id,
            actor_name: row.actor_name,
            role: row.actor_role,
            event: row.event,
            from: row.from_state,
            to: row.to_state,
            evidence: row.evidence,
        })
    }
}

#[derive(FromRow)]
struct Trace {
    id: String,
    at: i64,
    person_id: Option<String>,
    person_name: String,
    roles: String,
    action: String,
    case_id: Option<String>,
    digest: Option<String>,
    detail: String,
    remote: String,
    request_id: String,
}

/// The rows of the flow with these identifiers, in any order; those that are gone are left out.
///
/// # Errors
/// When the database fails.
pub async fn flow_rows(db: &mut Db, ids: &[&str]) -> Result<Vec<FlowRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let ids = sql.list(ids.iter().copied());
    let statement = format!(
        "SELECT id, at, case_id, seq, actor_id, actor_name, actor_role, event, from_state, to_state, reason, evidence \
         FROM flow WHERE id IN ({ids})"
    );
    let rows: Vec<Flow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    rows.into_iter().map(|row| row.opened(&sealer)).collect()
}

/// The traces with these identifiers, in any order; those that are gone are left out.
///
/// # Errors
/// When the database fails.
pub async fn trace_rows(db: &mut Db, ids: &[&str]) -> Result<Vec<TraceRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let names = sql.list(ids.iter().copied());
    let statement = format!("SELECT trace_id, case_id FROM trace_cases WHERE trace_id IN ({names})");
    let cases = sql.rows::<(String, String)>(db, statement).await?;
    let mut cases = ByCase::new(cases.into_iter().map(Ok))?;
    let mut sql = Sql::default();
    let names = sql.list(ids.iter().copied());
    let statement = format!(
        "SELECT id, at, person_id, person_name, roles, action, case_id, digest, detail, remote, request_id \
         FROM traces WHERE id IN ({names})"
    );
    let rows = sql.rows::<Trace>(db, statement).await?;
    let sealer = db.sealer();
    let whole = |row: Trace| {
        Ok(TraceRow {
            cases: cases.take(&row.id),
            detail: sealer.open_or_keep(&sealed::TRACE_DETAIL, &row.id, row.detail)?,
            id: row.id,
            at: row.at,
            actor: row.person_id,
            actor_name: row.person_name,
            roles: row.roles,
            action: row.action,
            case: row.case_id,
            digest: row.digest,
            remote: row.remote,
            request: row.request_id,
        })
    };
    rows.into_iter().map(whole).collect()
}

/// Rows that have no link and don't wait for one either, a hundred of each table at most: no step left them.
///
/// # Errors
/// When the database fails.
pub async fn rows_without_link(db: &mut Db) -> Result<Vec<(Of, String)>, StoreError> {
    let mut found = Vec::new();
    for (of, table) in [(Of::Flow, "flow"), (Of::Trace, "traces")] {
        let kind = of.as_str();
        let sql = format!(
            "SELECT r.id FROM {table} r \
             WHERE NOT EXISTS (SELECT 1 FROM custody_links l WHERE l.row_id = r.id AND l.kind = '{kind}') \
             AND NOT EXISTS (SELECT 1 FROM custody_waiting w WHERE w.row_id = r.id AND w.kind = '{kind}') \
             ORDER BY r.id LIMIT 100"
        );
        let ids: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut **db).await?;
        found.extend(ids.into_iter().map(|id| (of, id)));
    }
    Ok(found)
}
