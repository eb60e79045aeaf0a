//! The proof of custody in a bag: `custody.json`, made when a case goes out and held against its rows when it comes in.
//!
//! What comes in keeps its entries and salts, so that the head of the case is the same here as where it came from. The
//! file is kept as it was and goes along when the case goes out again: it leads to checkpoints of the old installation,
//! which its owner signed and others may have.

use std::collections::{HashMap, HashSet};

use super::{BagTrouble, CUSTODY};
use crate::archive::bag::{Bag, Flaw, Why};
use crate::custody::case::{CaseProof, Known, Proved, Salted};
use crate::custody::checkpoint::Note;
use crate::custody::entry::{self, Of};
use crate::custody::tree;
use crate::steps::Office;
use crate::store::bags::{self, Rows};
use crate::store::custody::{self, Signed};
use crate::store::{Db, StoreError, Tx};

/// Bytes of one `custody.json`.
const MOST: u64 = 256 * 1024 * 1024;
/// Rows that are compared at a time.
const PIECE: usize = 500;

impl Office {
    /// The proof of custody of these rows of a case; entries of rows that came later are left out.
    pub(super) async fn custody_of(
        &self,
        case: &str,
        number: &str,
        rows: &Rows,
    ) -> Result<Vec<u8>, BagTrouble> {
        let ours = named(rows);
        let mut db = self.store.read().await?;
        let signed = custody::newest_checkpoint(&mut db).await?;
        let note = signed.as_ref().and_then(|signed| Note::parse(&signed.note).ok());
        let (mut links, mut later) = (Vec::new(), Vec::new());
        for kept in custody::links_of(&mut db, case).await? {
            if !ours.contains(&(kept.of, kept.row.as_str())) {
                continue;
            }
            let salted = Salted { entry: kept.entry, salt: kept.salt };
            match (&signed, &note) {
                (Some(signed), Some(note)) if kept.seq < signed.size => {
                    match proved(&mut db, kept.seq, &salted, signed, note).await? {
                        Some(proved) => links.push(proved),
                        None => later.push(salted),
                    }
                }
                _ => later.push(salted),
            }
        }
        let waiting = custody::waiting_of(&mut db, case).await?;
        later.extend(waiting.into_iter().filter(|salted| {
            entry::named(&salted.entry).is_ok_and(|of| ours.contains(&(of.of, of.id.as_str())))
        }));
        let before = bags::custody_before(&mut db, case).await?;
        let before = before.and_then(|text| serde_json::from_str(&text).ok());
        let checkpoint = if links.is_empty() { None } else { signed.map(|signed| signed.note) };
        let file = CaseProof::new(case, checkpoint, (links, later), before)
            .map_err(|error| contradicts(&format!("{number}/{CUSTODY}"), error.to_string()))?;
        Ok(serde_json::to_vec_pretty(&file).expect("a proof is plain data"))
    }

    /// Lets the rows of a case that came in wait for their links, with the entries that the bag has of them. Returns the
    /// bag's proof as it was, if it has one.
    pub(super) async fn take_custody(
        &self,
        tx: &mut Tx,
        bag: &Bag,
        path: &str,
        case: &str,
    ) -> Result<Option<String>, BagTrouble> {
        let mut text = None;
        if bag.payload().contains_key(path) {
            let json = bag.read(path, MOST)?;
            let unread = |line, column| {
                contradicts(path, format!("isn't a proof of custody (line {line}, column {column})"))
            };
            let file: CaseProof =
                serde_json::from_slice(&json).map_err(|error| unread(error.line(), error.column()))?;
            if file.case() != case {
                return Err(contradicts(path, "is of another case".into()));
            }
            let known = file.check().map_err(|error| contradicts(path, error.to_string()))?;
            for piece in known.chunks(PIECE) {
                if let Some(what) = differs(tx, piece).await? {
                    return Err(contradicts(path, what));
                }
            }
            custody::wait_as_known(tx, case, &known).await?;
            text = Some(String::from_utf8(json).map_err(|_| unread(0, 0))?);
        }
        custody::wait_for_case(tx, case).await?;
        Ok(text)
    }
}

/// A link with its path to the checkpoint; none where the chain was changed: then the entry goes along unproved.
async fn proved(
    db: &mut Db,
    seq: u64,
    salted: &Salted,
    signed: &Signed,
    note: &Note,
) -> Result<Option<Proved>, StoreError> {
    let link = custody::one(db, seq).await?;
    let mut path = Vec::new();
    for range in tree::path(signed.size, seq).unwrap_or_default() {
        match custody::range(db, range).await {
            // Links are missing: then nothing leads there, and nothing is proved.
            Err(StoreError::Impossible { .. }) => {}
            other => path.push(other?),
        }
    }
    let proved = link.and_then(|link| Proved::new(&link, salted.salt.clone(), &path, note));
    if proved.is_none() {
        tracing::error!(
            link = seq,
            alert = true,
            "a link doesn't lead to the newest checkpoint: casebind custody verify"
        );
    }
    Ok(proved)
}

fn contradicts(path: &str, why: String) -> BagTrouble {
    Flaw::new(path, Why::Contradicts(why)).into()
}

/// Which rows have entries.
fn named(rows: &Rows) -> HashSet<(Of, &str)> {
    let of = |of: Of, table: &str| {
        let rows = rows.get(table).into_iter().flatten();
        rows.filter_map(move |row| Some((of, row.get("id")?.as_str()?))).collect::<Vec<_>>()
    };
    of(Of::Flow, "flow").into_iter().chain(of(Of::Trace, "traces")).collect()
}

/// The first row that isn't there, or isn't as its entry says.
async fn differs(tx: &mut Tx, known: &[Known]) -> Result<Option<String>, StoreError> {
    let ids = |of: Of| -> Vec<&str> {
        known.iter().filter(|known| known.of.of == of).map(|known| known.of.id.as_str()).collect()
    };
    let salts: HashMap<(Of, &str), &str> = known
        .iter()
        .map(|known| ((known.of.of, known.of.id.as_str()), known.salted.salt.as_deref().unwrap_or_default()))
        .collect();
    let salt = |of: Of, id: &str| salts.get(&(of, id)).copied().unwrap_or_default();
    let mut now = HashMap::new();
    for row in custody::flow_rows(tx, &ids(Of::Flow)).await? {
        now.insert((Of::Flow, row.id.clone()), (row.entry(salt(Of::Flow, &row.id)), row.is_erased()));
    }
    for row in custody::trace_rows(tx, &ids(Of::Trace)).await? {
        now.insert((Of::Trace, row.id.clone()), (row.entry(salt(Of::Trace, &row.id)), row.is_erased()));
    }
    for Known { of, salted } in known {
        let what = format!("{} {}", of.of.as_str(), of.id);
        let Some((entry, erased)) = now.get(&(of.of, of.id.clone())) else {
            return Ok(Some(format!("knows {what}, which the case hasn't")));
        };
        let others = entry::differences(&salted.entry, entry, salted.salt.is_none() && *erased);
        if !others.is_empty() {
            return Ok(Some(format!("{what} isn't as it was linked: others in {}", others.join(", "))));
        }
    }
    Ok(None)
}
