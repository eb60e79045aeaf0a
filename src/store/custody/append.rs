//! Appends what waits to the chain, many rows at once, and keeps the tree's nodes that become complete.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::case::ids::Digest;
use crate::custody::entry::Of;
use crate::custody::link::Link;
use crate::store::sql::Sql;
use crate::store::{Db, StoreError, Tx, parsed, sealed};

use super::links::{hashes, tile};
use super::{count, flow_rows, number, trace_rows};

/// Leaves of a node that is kept: 2 to the power of 8.
pub(super) const TILE: u64 = 256;

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many links there are.
    pub size: u64,
    /// The newest link's hash.
    pub hash: Option<Digest>,
    /// When it was appended, epoch milliseconds.
    pub appended: i64,
}

/// The end of the chain, which nobody else moves until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx) -> Result<Head, StoreError> {
    let (size, hash, appended): (i64, Option<String>, i64) =
        sqlx::query_as("UPDATE custody_head SET size = size WHERE id = 1 RETURNING size, hash, appended")
            .fetch_one(&mut ***tx)
            .await?;
    let hash = hash.map(|hash| parsed(&hash, "custody_head", "hash", "1")).transpose()?;
    Ok(Head { size: count(size), hash, appended })
}

#[derive(FromRow)]
struct Waiting {
    row_id: String,
    kind: String,
    at: i64,
    case_id: Option<String>,
    entry: Option<String>,
    salt: Option<String>,
}

impl Waiting {
    fn of(&self) -> Result<Of, StoreError> {
        parsed(&self.kind, "custody_waiting", "kind", &self.row_id)
    }
}

/// Appends `most` rows at most, in the order of their moments; `salt` makes the salts of rows from before the chain.
/// Returns how many waited and are done with.
///
/// # Errors
/// When the database fails.
pub async fn append(
    tx: &mut Tx,
    now: i64,
    most: usize,
    mut salt: impl FnMut() -> String,
) -> Result<u64, StoreError> {
    let head = lock(tx).await?;
    let mut waiting: Vec<Waiting> = sqlx::query_as(
        "SELECT row_id, kind, at, case_id, entry, salt FROM custody_waiting ORDER BY at, kind, row_id LIMIT $1",
    )
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(&mut ***tx)
    .await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let sealer = tx.sealer();
    for row in &mut waiting {
        row.salt = match (&row.entry, row.salt.take()) {
            (None, _) => Some(salt()),
            (Some(_), kept) => {
                let name = format!("{}/{}", row.row_id, row.kind);
                kept.map(|kept| sealer.open_or_keep(&sealed::WAITING_SALT, &name, kept)).transpose()?
            }
        };
    }
    write_entries(tx, &mut waiting).await?;
    let appended = now.max(head.appended);
    let end = insert(tx, head, appended, &waiting).await?;
    complete(tx, head.size, end.size).await?;
    sqlx::query("UPDATE custody_head SET size = $1, hash = $2, appended = $3 WHERE id = 1")
        .bind(number(end.size))
        .bind(end.hash.map(|hash| hash.to_string()))
        .bind(end.appended)
        .execute(&mut ***tx)
        .await?;
    for of in [Of::Flow, Of::Trace] {
        let done: Vec<&str> =
            waiting.iter().filter(|row| row.kind == of.as_str()).map(|row| row.row_id.as_str()).collect();
        if !done.is_empty() {
            let mut sql = Sql::default();
            let kind = sql.text(of.as_str());
            let ids = sql.list(done.into_iter());
            sql.run(tx, format!("DELETE FROM custody_waiting WHERE kind = {kind} AND row_id IN ({ids})"))
                .await?;
        }
    }
    Ok(waiting.len() as u64)
}

/// Makes the entries of rows that were there before the chain.
async fn write_entries(db: &mut Db, waiting: &mut [Waiting]) -> Result<(), StoreError> {
    let ids = |of: Of| -> Vec<String> {
        let without = waiting.iter().filter(|row| row.entry.is_none() && row.kind == of.as_str());
        without.map(|row| row.row_id.clone()).collect()
    };
    let (flow, traces) = (ids(Of::Flow), ids(Of::Trace));
    let flow: Vec<&str> = flow.iter().map(String::as_str).collect();
    let traces: Vec<&str> = traces.iter().map(String::as_str).collect();
    let flow: HashMap<_, _> =
        flow_rows(db, &flow).await?.into_iter().map(|row| (row.id.clone(), row)).collect();
    let traces: HashMap<_, _> =
        trace_rows(db, &traces).await?.into_iter().map(|row| (row.id.clone(), row)).collect();
    for row in waiting.iter_mut().filter(|row| row.entry.is_none()) {
        let salt = row.salt.as_deref().unwrap_or_default();
        row.entry = match row.of()? {
            Of::Flow => flow.get(&row.row_id).map(|flow| flow.entry(salt)),
            Of::Trace => traces.get(&row.row_id).map(|trace| trace.entry(salt)),
        };
    }
    Ok(())
}

/// Writes the links, and tells where the chain ends then. A row that is gone meanwhile gets none.
async fn insert(db: &mut Db, head: Head, appended: i64, waiting: &[Waiting]) -> Result<Head, StoreError> {
    let mut end = head;
    let sealer = db.sealer();
    let mut sql = Sql::default();
    let mut values = Vec::with_capacity(waiting.len());
    for row in waiting {
        let Some(entry) = &row.entry else { continue };
        let link = Link { seq: end.size, previous: end.hash, appended, entry: entry.clone() };
        let hash = link.hash();
        let name = format!("{}/{}", row.row_id, row.kind);
        let salt =
            row.salt.as_deref().map(|salt| sealer.seal(&sealed::LINK_SALT, &name, salt)).transpose()?;
        let cells = [
            sql.number(number(link.seq)),
            sql.text(row.row_id.as_str()),
            sql.text(row.kind.as_str()),
            sql.number(row.at),
            sql.maybe_text(row.case_id.clone()),
            sql.number(appended),
            sql.text(link.entry),
            sql.maybe_text(salt),
            sql.text(hash.to_string()),
        ];
        values.push(format!("({})", cells.join(", ")));
        end = Head { size: end.size + 1, hash: Some(hash), appended };
    }
    if !values.is_empty() {
        let columns = "seq, row_id, kind, at, case_id, appended, entry, salt, hash";
        sql.run(db, format!("INSERT INTO custody_links ({columns}) VALUES {}", values.join(", "))).await?;
    }
    Ok(end)
}

/// Keeps the nodes that became complete while the chain grew from `before` to `after` links.
async fn complete(db: &mut Db, before: u64, after: u64) -> Result<(), StoreError> {
    let (mut level, mut first, mut last) = (1, before / TILE, after / TILE);
    while first < last {
        for index in first..last {
            let below = hashes(db, level - 1, index * TILE, TILE).await?;
            tile(db, level, index, below).await?;
        }
        (level, first, last) = (level + 1, first / TILE, last / TILE);
    }
    Ok(())
}
