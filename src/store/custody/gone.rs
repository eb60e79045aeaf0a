//! Rows whose words went with a disposal, and the entries that tell of its approval.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::FromRow;

use crate::custody::entry::{self, Of};
use crate::custody::erased::{Erased, rest_of_flow, rest_of_trace};
use crate::store::sql::Sql;
use crate::store::{Db, StoreError, Tx, sealed};

use super::{flow_rows, links_of, trace_rows, waiting_of};

/// The actions of traces that tell of an approval.
const APPROVALS: [&str; 2] = ["approve-disposal", "replay-disposal"];
/// Rows that are read at a time.
const PIECE: usize = 500;

/// The entry that tells of the approval by which a case is gone.
#[derive(Clone, Debug)]
pub struct Approved {
    /// The trace.
    pub row: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// The entry.
    pub entry: String,
    /// The salt of the words that it hides; none: it is gone.
    pub salt: Option<String>,
}

#[derive(FromRow)]
struct Row {
    case_id: String,
    row_id: String,
    at: i64,
    entry: String,
    salt: Option<String>,
}

/// The entry of the approval of each of these cases: the first that was linked, or one that waits for its link. Cases
/// without one are left out.
///
/// # Errors
/// When the database fails.
pub async fn approvals(db: &mut Db, cases: &[&str]) -> Result<BTreeMap<String, Approved>, StoreError> {
    let mut found = BTreeMap::new();
    if cases.is_empty() {
        return Ok(found);
    }
    for (table, order, place) in [
        ("custody_links", "seq", &sealed::LINK_SALT),
        ("custody_waiting", "at, row_id", &sealed::WAITING_SALT),
    ] {
        let mut sql = Sql::default();
        let ids = sql.list(cases.iter().copied());
        // What the entry says decides: the pattern only keeps the others from being read.
        let statement = format!(
            "SELECT case_id, row_id, at, entry, salt FROM {table} WHERE case_id IN ({ids}) AND kind = 'trace' \
             AND entry LIKE '%-disposal%' ORDER BY {order}"
        );
        let sealer = db.sealer();
        for row in sql.rows::<Row>(db, statement).await? {
            let of_approval = entry::action(&row.entry).is_some_and(|one| APPROVALS.contains(&one.as_str()));
            if !of_approval || found.contains_key(&row.case_id) {
                continue;
            }
            let bound_to = format!("{}/{}", row.row_id, Of::Trace.as_str());
            let open = |salt| sealer.open_or_keep(place, &bound_to, salt);
            let salt = row.salt.map(open).transpose()?;
            found.insert(row.case_id, Approved { row: row.row_id, at: row.at, entry: row.entry, salt });
        }
    }
    Ok(found)
}

/// The rows of a case that aren't as their entries say, or have no salt by which that could be told. A disposal makes
/// none of that right.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn unsound(tx: &mut Tx, case: &str) -> Result<HashSet<(Of, String)>, StoreError> {
    let mut entries: HashMap<(Of, String), (String, Option<String>)> = HashMap::new();
    for kept in links_of(tx, case).await? {
        entries.insert((kept.of, kept.row), (kept.entry, kept.salt));
    }
    for waiting in waiting_of(tx, case).await? {
        if let Ok(of) = entry::named(&waiting.entry) {
            entries.insert((of.of, of.id), (waiting.entry, waiting.salt));
        }
    }
    let ids = |of: Of| {
        let ids = entries.keys().filter(|(other, _)| *other == of).map(|(_, id)| id.as_str());
        ids.collect::<Vec<_>>()
    };
    let mut unsound = HashSet::new();
    let mut compare = |of: Of, id: &str, now: &dyn Fn(&str) -> String| {
        let Some((entry, salt)) = entries.get(&(of, id.to_owned())) else { return };
        if salt.as_ref().is_none_or(|salt| now(salt) != *entry) {
            unsound.insert((of, id.to_owned()));
        }
    };
    for piece in ids(Of::Flow).chunks(PIECE) {
        for row in flow_rows(tx, piece).await? {
            compare(Of::Flow, &row.id, &|salt| row.entry(salt));
        }
    }
    for piece in ids(Of::Trace).chunks(PIECE) {
        for row in trace_rows(tx, piece).await? {
            compare(Of::Trace, &row.id, &|salt| row.entry(salt));
        }
    }
    Ok(unsound)
}

/// The rows of a case whose salts are gone, with what each has left, but for those that were unsound before.
///
/// # Errors
/// When the database fails.
pub async fn erased(tx: &mut Tx, case: &str, unsound: &HashSet<(Of, String)>) -> Result<Erased, StoreError> {
    let mut erased = Erased::default();
    for of in [Of::Flow, Of::Trace] {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT row_id FROM custody_links WHERE case_id = $1 AND kind = $2 AND salt IS NULL UNION \
             SELECT row_id FROM custody_waiting WHERE case_id = $1 AND kind = $2 AND salt IS NULL",
        )
        .bind(case)
        .bind(of.as_str())
        .fetch_all(&mut ***tx)
        .await?;
        let ids: Vec<String> = ids.into_iter().filter(|id| !unsound.contains(&(of, id.clone()))).collect();
        for piece in ids.chunks(PIECE) {
            let ids: Vec<&str> = piece.iter().map(String::as_str).collect();
            if of == Of::Flow {
                for row in flow_rows(tx, &ids).await? {
                    erased.add(of, &row.id, rest_of_flow(&row));
                }
            } else {
                for row in trace_rows(tx, &ids).await? {
                    erased.add(of, &row.id, rest_of_trace(&row));
                }
            }
        }
    }
    Ok(erased)
}
