//! The custody chain as it is kept: what waits to be linked, the links, the tree's complete nodes, the checkpoints.
//!
//! The entry of a row is written in the row's own transaction, which locks nothing that others need. Links are made
//! later, many at once, by whoever holds the one row of `custody_head`: so steps never wait for each other here, and
//! the order of the chain is that in which rows were seen to be committed.

mod append;
mod cases;
mod gone;
mod links;
mod rows;

use crate::custody::entry::{FlowRow, Of, TraceRow};

pub use append::{Head, append, lock};
pub use cases::{wait_as_known, wait_for_case, waiting_of};
pub use gone::{Approved, approvals, erased, unsound};
pub use links::{
    Kept, Signed, add_checkpoint, checkpoints, events, links, links_of, newest_checkpoint, node, one, page,
    range,
};
pub use rows::{flow_rows, rows_without_link, trace_rows};

use super::{Db, StoreError, Tx, sealed};

/// Lets a row of the flow wait for its link.
///
/// # Errors
/// When the database fails.
pub(super) async fn wait_flow(db: &mut Db, row: &FlowRow, salt: &str) -> Result<(), StoreError> {
    wait(db, (Of::Flow, &row.id), row.at, Some(&row.case), (&row.entry(salt), salt)).await
}

/// Lets a trace wait for its link.
///
/// # Errors
/// When the database fails.
pub(super) async fn wait_trace(db: &mut Db, row: &TraceRow, salt: &str) -> Result<(), StoreError> {
    wait(db, (Of::Trace, &row.id), row.at, row.case.as_deref(), (&row.entry(salt), salt)).await
}

async fn wait(
    db: &mut Db,
    (of, id): (Of, &str),
    at: i64,
    case: Option<&str>,
    (entry, salt): (&str, &str),
) -> Result<(), StoreError> {
    let salt = db.sealer().seal(&sealed::WAITING_SALT, &format!("{id}/{}", of.as_str()), salt)?;
    sqlx::query(
        "INSERT INTO custody_waiting (row_id, kind, at, case_id, entry, salt) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(of.as_str())
    .bind(at)
    .bind(case)
    .bind(entry)
    .bind(salt)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Whether a row waits for its link.
///
/// # Errors
/// When the database fails.
pub async fn waits(db: &mut Db) -> Result<bool, StoreError> {
    let one: Option<i64> =
        sqlx::query_scalar("SELECT at FROM custody_waiting LIMIT 1").fetch_optional(&mut **db).await?;
    Ok(one.is_some())
}

/// Lets every row wait that has no link and doesn't wait: for rows that no step wrote.
pub(super) async fn wait_for_all(tx: &mut Tx) -> Result<(), StoreError> {
    for (of, table) in [(Of::Flow, "flow"), (Of::Trace, "traces")] {
        let kind = of.as_str();
        let sql = format!(
            "INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT r.id, '{kind}', r.at, r.case_id FROM {table} r \
             WHERE NOT EXISTS (SELECT 1 FROM custody_links l WHERE l.row_id = r.id AND l.kind = '{kind}') \
             AND NOT EXISTS (SELECT 1 FROM custody_waiting w WHERE w.row_id = r.id AND w.kind = '{kind}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut ***tx).await?;
    }
    Ok(())
}

/// A count as the database has it.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from the database.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
