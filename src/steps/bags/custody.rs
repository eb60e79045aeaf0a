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
use crate::custody::entry::{self, FlowRow, Of, TraceRow};
use crate::custody::key::PublicKey;
use crate::custody::tree;
use crate::steps::Office;
use crate::store::bags::{self, Row, Rows};
use crate::store::custody::{self, Signed};
use crate::store::{Db, StoreError, Tx};

/// Bytes of one `custody.json`.
const MOST: u64 = 256 * 1024 * 1024;

/// A proof of custody that fits the rows of its case.
pub(super) struct Fitting {
    /// The file as it was.
    pub text: String,
    /// Its entries.
    pub known: Vec<Known>,
    /// How many of them came after the checkpoint, where its signer was asked for.
    pub later: usize,
}

impl Office {
    /// The proof of custody of these rows of a case; entries of rows that came later are left out.
    pub(super) async fn custody_of(
        &self,
        case: &str,
        number: &str,
        rows: &Rows,
    ) -> Result<Vec<u8>, BagTrouble> {
        let ours = named(rows);
        let mut file = self.proof_of(case, number, &ours).await?;
        if file.entries() < ours.len() {
            // A row from before the chain has its entry once it is linked.
            while self.chain().await? > 0 {}
            file = self.proof_of(case, number, &ours).await?;
        }
        Ok(serde_json::to_vec_pretty(&file).expect("a proof is plain data"))
    }

    async fn proof_of(
        &self,
        case: &str,
        number: &str,
        ours: &HashSet<(Of, &str)>,
    ) -> Result<CaseProof, BagTrouble> {
        let mut db = self.store.read().await?;
        // First what waits, then the links: whatever is linked in between is found twice, and nothing is missed.
        let waiting = custody::waiting_of(&mut db, case).await?;
        let kept = custody::links_of(&mut db, case).await?;
        let signed = custody::newest_checkpoint(&mut db).await?;
        let note = signed.as_ref().and_then(|signed| Note::parse(&signed.note).ok());
        let (mut links, mut later) = (Vec::new(), Vec::new());
        let mut linked = HashSet::new();
        for kept in kept {
            if !ours.contains(&(kept.of, kept.row.as_str())) {
                continue;
            }
            linked.insert((kept.of, kept.row));
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
        later.extend(waiting.into_iter().filter(|salted| {
            entry::named(&salted.entry)
                .is_ok_and(|of| ours.contains(&(of.of, of.id.as_str())) && !linked.contains(&(of.of, of.id)))
        }));
        let before = bags::custody_before(&mut db, case).await?;
        let before = before.and_then(|text| serde_json::from_str(&text).ok());
        let checkpoint = if links.is_empty() { None } else { signed.map(|signed| signed.note) };
        CaseProof::new(case, checkpoint, (links, later), before)
            .map_err(|error| contradicts(&format!("{number}/{CUSTODY}"), error.to_string()).into())
    }

    /// Lets the rows of a case that came in wait for their links, with the entries that the bag has of them.
    pub(super) async fn take_custody(
        tx: &mut Tx,
        case: &str,
        proof: Option<&Fitting>,
    ) -> Result<(), StoreError> {
        if let Some(proof) = proof {
            custody::wait_as_known(tx, case, &proof.known).await?;
        }
        custody::wait_for_case(tx, case).await
    }
}

/// Holds the proof at `path` against the rows of its case: each row has its entry, and each entry its row, with nothing
/// else in it. With keys one of them must have signed its checkpoint. None: the bag has no proof, and no keys were given.
pub(super) fn fitting(
    bag: &Bag,
    path: &str,
    (case, rows): (&str, &Rows),
    keys: &[PublicKey],
) -> Result<Option<Fitting>, Flaw> {
    if !bag.payload().contains_key(path) {
        return if keys.is_empty() { Ok(None) } else { Err(Flaw::new(path, Why::Missing)) };
    }
    let json = bag.read(path, MOST)?;
    let unread =
        |line, column| contradicts(path, format!("isn't a proof of custody (line {line}, column {column})"));
    let file: CaseProof =
        serde_json::from_slice(&json).map_err(|error| unread(error.line(), error.column()))?;
    if file.case() != case {
        return Err(contradicts(path, "is of another case".into()));
    }
    let known = file.check().map_err(|error| contradicts(path, error.to_string()))?;
    if let Some(what) = differs(rows, &known) {
        return Err(contradicts(path, what));
    }
    let later = match keys {
        [] => 0,
        keys => file.check_signer(keys).map_err(|error| contradicts(path, error.to_string()))?,
    };
    let text = String::from_utf8(json).map_err(|_| unread(0, 0))?;
    Ok(Some(Fitting { text, known, later }))
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

fn contradicts(path: &str, why: String) -> Flaw {
    Flaw::new(path, Why::Contradicts(why))
}

/// The rows that have entries, by name.
fn rows_by_name(rows: &Rows) -> HashMap<(Of, &str), &Row> {
    let of = |of: Of, table: &str| {
        let rows = rows.get(table).into_iter().flatten();
        rows.filter_map(move |row| Some(((of, row.get("id")?.as_str()?), row))).collect::<Vec<_>>()
    };
    of(Of::Flow, "flow").into_iter().chain(of(Of::Trace, "traces")).collect()
}

/// Which rows have entries.
fn named(rows: &Rows) -> HashSet<(Of, &str)> {
    rows_by_name(rows).into_keys().collect()
}

/// The first row that isn't there, isn't as its entry says, or has no entry.
fn differs(rows: &Rows, known: &[Known]) -> Option<String> {
    let mut rows = rows_by_name(rows);
    for Known { of, salted } in known {
        let what = format!("{} {}", of.of.as_str(), of.id);
        let Some(row) = rows.remove(&(of.of, of.id.as_str())) else {
            return Some(format!("knows {what}, which the case hasn't"));
        };
        let (entry, emptied) = entry_of(of.of, row, salted.salt.as_deref().unwrap_or_default());
        let gone = if salted.salt.is_none() { emptied } else { Vec::new() };
        let others = entry::differences(&salted.entry, &entry, &gone);
        if !others.is_empty() {
            return Some(format!("{what} isn't as it was linked: others in {}", others.join(", ")));
        }
    }
    let (of, id) = rows.into_keys().min()?;
    Some(format!("has no entry of {} {id}, which the case has", of.as_str()))
}

/// The entry of a row as a bag holds it, and which of its words are gone. Traces of a case name no other cases.
fn entry_of(of: Of, row: &Row, salt: &str) -> (String, Vec<&'static str>) {
    let maybe = |column: &str| row.get(column).and_then(|value| value.as_str()).map(str::to_owned);
    let text = |column: &str| maybe(column).unwrap_or_default();
    let number = |column: &str| row.get(column).and_then(serde_json::Value::as_i64).unwrap_or_default();
    match of {
        Of::Flow => {
            let row = FlowRow {
                id: text("id"),
                at: number("at"),
                case: text("case_id"),
                seq: number("seq"),
                actor: text("actor_id"),
                actor_name: text("actor_name"),
                role: text("actor_role"),
                event: text("event"),
                from: maybe("from_state"),
                to: text("to_state"),
                reason: text("reason"),
                evidence: text("evidence"),
            };
            (row.entry(salt), row.emptied())
        }
        Of::Trace => {
            let row = TraceRow {
                id: text("id"),
                at: number("at"),
                actor: maybe("person_id"),
                actor_name: text("person_name"),
                roles: text("roles"),
                action: text("action"),
                case: maybe("case_id"),
                digest: maybe("digest"),
                detail: text("detail"),
                remote: text("remote"),
                request: text("request_id"),
                cases: Vec::new(),
            };
            (row.entry(salt), row.emptied())
        }
    }
}
