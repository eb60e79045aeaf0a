//! The check at once: all originals, or a slice, or those that weren't read for some days. For the command line.

use std::collections::HashSet;

use crate::archive::Originals;
use crate::archive::verify::{
    Check, Finding, Kind, Named, NamedRows, Place, Report, Slice, Summary, VerifyError,
};
use crate::clock::World;
use crate::store::{Store, StoreError, counted, documents, fixity};

use super::keep::Notes;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Which part of the archive.
    pub slice: Slice,
    /// Only originals that were read last before this moment are read again, the others looked at; none: all are read.
    pub before: Option<i64>,
}

impl Scope {
    /// Everything.
    pub const ALL: Self = Self { slice: Slice::ALL, before: None };
}

/// Why a check couldn't be finished. What it found up to there is kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The archive or the rows couldn't be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// What was found couldn't be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks, tells each finding, and keeps part by part what was read and found: a check that is broken off goes on
/// where it was, by the age of readings.
///
/// # Errors
/// When rows, folders or the database fail. A single file that can't be read is a finding.
pub async fn check(
    store: &Store,
    originals: &Originals,
    world: &World,
    scope: Scope,
    tell: &mut (dyn FnMut(&Finding) + Send),
) -> Result<Summary, CheckError> {
    let rows = Documents::new(store, scope.slice, scope.before);
    let open = fixity::open(&mut *store.read().await?).await?;
    let open: HashSet<String> = open.into_iter().map(|(place, _)| place).collect();
    let mut check = Check::new(originals, rows, scope.slice, world.now());
    let mut notes = Notes::default();
    loop {
        let mut report = |report: Report| {
            if let Report::Finding(finding) = &report {
                tell(finding);
            }
            notes.take(report);
        };
        let more = check.next_part(&mut report).await?;
        keep(store, &mut notes, &open, world.now()).await?;
        if !more {
            break;
        }
    }
    notes.forget_unregistered(&mut *store.read().await?, &open, scope.slice).await?;
    keep(store, &mut notes, &open, world.now()).await?;
    let mut summary = check.summary();
    if scope.slice.first() == 0 {
        let mut found = bindings(store).await?;
        found.extend(counts(store).await?);
        summary.findings += found.len() as u64;
        for finding in found {
            tell(&finding);
            notes.take(Report::Finding(finding));
        }
        notes.take(Report::Looked(Place::Bindings));
        notes.take(Report::Looked(Place::Counts));
        keep(store, &mut notes, &open, world.now()).await?;
    }
    Ok(summary)
}

async fn keep(store: &Store, notes: &mut Notes, open: &HashSet<String>, now: i64) -> Result<(), StoreError> {
    if notes.is_idle(open) {
        notes.clear();
        return Ok(());
    }
    let mut tx = store.write().await?;
    notes.keep(&mut tx, open, now).await?;
    Ok(tx.commit().await?)
}

/// Cases that name a bound scan which isn't there, isn't theirs, or isn't marked as bound.
pub(super) async fn bindings(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let numbers = documents::badly_bound(&mut *store.read().await?).await?;
    let finding = |number: String| Finding {
        id: format!("badly-bound-{number}"),
        kind: Kind::BadlyBound,
        place: Place::Bindings,
        digest: None,
        expected: "a scan of this case that is marked as bound".into(),
        actual: "no such scan".into(),
        rows: vec![format!("case {number}")],
        repair: "Restore the rows of this case (cases, scans) from a backup; change nothing by hand.".into(),
    };
    Ok(numbers.into_iter().map(finding).collect())
}

/// What stands of these findings is mended: whoever has just repaired them needn't wait for the next look.
///
/// # Errors
/// When the database fails.
pub async fn mended(store: &Store, ids: &[String], now: i64) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    fixity::mended(&mut tx, ids, now).await?;
    Ok(tx.commit().await?)
}

/// What the kept counts of cases are called when they are wrong.
pub const MISCOUNTED: &str = "miscounted-cases";

/// The counts that the database keeps of the cases, against the cases.
pub(super) async fn counts(store: &Store) -> Result<Vec<Finding>, StoreError> {
    /// Kinds that are named one by one.
    const NAMED: usize = 20;
    let wrong = counted::miscounted(&mut *store.read().await?).await?;
    if wrong.is_empty() {
        return Ok(Vec::new());
    }
    let row = |one: &counted::Miscounted| {
        let counted::Miscounted { school_code, state, service, submitted, bound, kept, there } = one;
        format!("case_counts {school_code} {state} {service} {submitted} {bound}: {kept} kept, {there} there")
    };
    Ok(vec![Finding {
        id: MISCOUNTED.into(),
        kind: Kind::Miscounted,
        place: Place::Counts,
        digest: None,
        expected: "the numbers of cases that there are".into(),
        actual: format!("other numbers for {} kinds of cases", wrong.len()),
        rows: wrong.iter().take(NAMED).map(row).collect(),
        repair:
            "Run `casebind verify --repair`: it counts the cases anew. Only numbers above lists were wrong."
                .into(),
    }])
}

/// The registered documents of a slice, page by page, with the rows that name them.
pub(super) struct Documents {
    store: Store,
    after: String,
    last: u8,
    before: Option<i64>,
}

impl Documents {
    /// Those of `slice`; due are those that were read last before `before`, or all.
    pub fn new(store: &Store, slice: Slice, before: Option<i64>) -> Self {
        let after = if slice.first() == 0 { String::new() } else { format!("{:02x}", slice.first()) };
        Self { store: store.clone(), after, last: slice.last(), before }
    }
}

impl NamedRows for Documents {
    type Error = StoreError;

    async fn next_page(&mut self) -> Result<Vec<Named>, StoreError> {
        let mut db = self.store.read().await?;
        let mut page = documents::page(&mut db, &self.after, 500).await?;
        page.retain(|document| document.digest.as_bytes()[0] <= self.last);
        let Some(last) = page.last() else { return Ok(Vec::new()) };
        let until = last.digest.to_string();
        let users = documents::named(&mut db, &self.after, &until).await?;
        let due: Option<HashSet<_>> = match self.before {
            Some(before) => {
                Some(fixity::due(&mut db, &self.after, &until, before).await?.into_iter().collect())
            }
            None => None,
        };
        self.after = until;
        let mut rows = Vec::with_capacity(page.len() + users.len());
        let mut users = users.into_iter().peekable();
        for document in page {
            let bytes = u64::try_from(document.bytes).unwrap_or(0);
            let digest = document.digest;
            let due = due.as_ref().is_none_or(|due| due.contains(&digest));
            rows.push(Named { digest, bytes, row: format!("document {digest}"), due });
            // Rows of disposed cases still name documents that are on no page.
            while users.next_if(|(named, _)| *named < digest).is_some() {}
            while let Some((_, row)) = users.next_if(|(named, _)| *named == digest) {
                rows.push(Named { digest, bytes, row, due });
            }
        }
        Ok(rows)
    }
}
