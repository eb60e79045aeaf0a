//! The check of the chain in the database: its links, the rows that they stand for, and the checkpoints.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::case::ids::Digest;
use crate::custody::check::{Checkpoints, Summary, Walk};
use crate::custody::entry::{self, Of, TraceRow};
use crate::custody::erased::{Erased, rest_of_flow, rest_of_trace};
use crate::custody::finding::{Finding, Kind};
use crate::steps::Office;
use crate::store::append_only::TRACE_YEARS;
use crate::store::custody::{self, Approved, Kept};
use crate::store::disposals;
use crate::store::{Db, StoreError};

/// Links that are read at once.
const PAGE: i64 = 500;
/// Traces older than this may be gone.
const TRACE_MILLIS: i64 = TRACE_YEARS * 365 * 24 * 60 * 60 * 1000;

/// The words that a trace keeps when its case is disposed of.
const KEPT_WORDS: [&str; 2] = ["actor-name", "remote"];

/// A row as it is now: its entry with the link's salt, which of its words are gone, and what is left of them.
struct Now {
    entry: String,
    emptied: Vec<&'static str>,
    rest: Digest,
}

/// What the approval of a disposal says of the rows whose words went with it.
enum Approval {
    /// It lists them.
    Lists(Erased),
    /// It lists none: it was given before approvals did, or its trace is so old that it may be gone.
    Silent,
}

impl Approval {
    /// Whether the words of this row went by right, and what is left is what there was.
    fn covers(&self, kept: &Kept, now: &Now) -> bool {
        match self {
            Self::Lists(erased) => erased.holds(kept.of, &kept.row, &now.rest),
            Self::Silent => true,
        }
    }
}

impl Office {
    /// Checks the chain from its first link, and every row, against checkpoints. Findings are told as they are found.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_custody(
        &self,
        checkpoints: Checkpoints,
        tell: &mut (dyn FnMut(Finding) + Send),
    ) -> Result<Summary, StoreError> {
        let mut db = self.store.read().await?;
        let (mut walk, mut next, mut findings) = (Walk::new(checkpoints), 0, 0);
        let mut tell = |finding: Finding| {
            findings += 1;
            tell(finding);
        };
        loop {
            let page = custody::page(&mut db, next, PAGE).await?;
            let Some(last) = page.last() else { break };
            next = last.seq + 1;
            let rows = rows(&mut db, &page).await?;
            let approvals = self.approvals(&mut db, &page).await?;
            for kept in &page {
                let gap = kept.seq != walk.next();
                let found = walk.step(&kept.after(walk.last()), kept.hash);
                // The hash of a link after a gap can't be known: what is missing was told already.
                let told = found.into_iter().filter(|one| !(gap && one.kind == Kind::LinkEdited));
                told.for_each(&mut tell);
                let now = rows.get(&(kept.of, kept.row.as_str()));
                let approval = kept.case.as_ref().and_then(|case| approvals.get(case));
                self.row(kept, now, approval).into_iter().for_each(&mut tell);
            }
        }
        let size = custody::links(&mut db).await?;
        if size != next {
            let (expected, actual) = (format!("{size} links"), format!("{next} links"));
            tell(Finding::new(Kind::TailCut, "the chain's head", expected, actual));
        }
        for (of, id) in custody::rows_without_link(&mut db).await? {
            let what = format!("{} {id}", of.as_str());
            tell(Finding::new(Kind::RowInserted, &what, "a link, or one that is waited for", "none"));
        }
        let (mut summary, ends) = walk.end();
        ends.into_iter().for_each(&mut tell);
        summary.findings = findings;
        Ok(summary)
    }

    /// Whether a trace of this moment may have been deleted.
    fn may_be_gone(&self, at: i64) -> bool {
        at < self.world.now() - TRACE_MILLIS
    }

    /// The approvals by which the cases of unsalted links are gone. Neither a mark at the case nor the row of a disposal
    /// is believed without an entry that tells of it.
    async fn approvals(&self, db: &mut Db, page: &[Kept]) -> Result<BTreeMap<String, Approval>, StoreError> {
        let unsalted = page.iter().filter(|kept| kept.salt.is_none());
        let cases: HashSet<&str> = unsalted.filter_map(|kept| kept.case.as_deref()).collect();
        let gone = disposals::gone_among(db, &cases.into_iter().collect::<Vec<_>>()).await?;
        let gone: Vec<&str> = gone.iter().map(String::as_str).collect();
        let approved = custody::approvals(db, &gone).await?;
        let ids: Vec<&str> = approved.values().map(|one| one.row.as_str()).collect();
        let traces: HashMap<String, TraceRow> =
            custody::trace_rows(db, &ids).await?.into_iter().map(|row| (row.id.clone(), row)).collect();
        let read = |(case, one): (String, Approved)| {
            let approval = match traces.get(&one.row) {
                None if self.may_be_gone(one.at) => Approval::Silent,
                None => Approval::Lists(Erased::default()),
                Some(row) => {
                    let now = row.entry(one.salt.as_deref().unwrap_or_default());
                    let whole = entry::differences(&one.entry, &now, &[]).is_empty();
                    match Erased::parse(&row.detail).filter(|_| whole) {
                        Some(erased) => Approval::Lists(erased),
                        None if whole && row.detail.is_empty() => Approval::Silent,
                        // It was changed, and vouches for nothing.
                        None => Approval::Lists(Erased::default()),
                    }
                }
            };
            (case, approval)
        };
        Ok(approved.into_iter().map(read).collect())
    }

    /// What is wrong with the row of a link.
    fn row(&self, kept: &Kept, now: Option<&Now>, approval: Option<&Approval>) -> Option<Finding> {
        let what = format!("{} {}, link {}", kept.of.as_str(), kept.row, kept.seq);
        let named = entry::named(&kept.entry);
        let fits = named.as_ref().is_ok_and(|named| {
            named.of == kept.of && named.id == kept.row && named.at == kept.at && named.case == kept.case
        });
        if !fits {
            let actual = "columns beside it that say something else";
            return Some(Finding::new(Kind::LinkEdited, &what, "where its entry belongs", actual));
        }
        let Some(now) = now else {
            let old = kept.of == Of::Trace && self.may_be_gone(kept.at);
            return (!old).then(|| Finding::new(Kind::RowDeleted, &what, "the row", "none"));
        };
        let unsalted = kept.salt.is_none();
        // Words of a case that was disposed of are gone by right: the approval stands in the chain itself, and says which.
        let by_right = approval.is_some_and(|approval| approval.covers(kept, now));
        // Without a salt only words that are there can have been changed; those that a trace keeps, the approval holds.
        let mut gone = if unsalted { now.emptied.clone() } else { Vec::new() };
        if unsalted && by_right && kept.of == Of::Trace {
            gone.extend(KEPT_WORDS);
        }
        let differ = entry::differences(&kept.entry, &now.entry, &gone);
        if !differ.is_empty() {
            let actual = format!("others in {}", differ.join(", "));
            return Some(Finding::new(Kind::RowEdited, &what, "the values that were linked", actual));
        }
        (unsalted && !by_right).then(|| {
            Finding::new(Kind::RowErased, &what, "its words", "none, and no salt to compare them with")
        })
    }
}

/// The rows of these links as they are now.
async fn rows<'k>(db: &mut Db, page: &'k [Kept]) -> Result<HashMap<(Of, &'k str), Now>, StoreError> {
    let of =
        |of: Of| page.iter().filter(|kept| kept.of == of).map(|kept| kept.row.as_str()).collect::<Vec<_>>();
    let known: HashMap<(Of, &str), &'k Kept> =
        page.iter().map(|kept| ((kept.of, kept.row.as_str()), kept)).collect();
    let mut rows = HashMap::new();
    let salt = |kept: &'k Kept| kept.salt.as_deref().unwrap_or_default();
    for row in custody::flow_rows(db, &of(Of::Flow)).await? {
        if let Some(&kept) = known.get(&(Of::Flow, row.id.as_str())) {
            let now = Now { entry: row.entry(salt(kept)), emptied: row.emptied(), rest: rest_of_flow(&row) };
            rows.insert((Of::Flow, kept.row.as_str()), now);
        }
    }
    for row in custody::trace_rows(db, &of(Of::Trace)).await? {
        if let Some(&kept) = known.get(&(Of::Trace, row.id.as_str())) {
            let now = Now { entry: row.entry(salt(kept)), emptied: row.emptied(), rest: rest_of_trace(&row) };
            rows.insert((Of::Trace, kept.row.as_str()), now);
        }
    }
    Ok(rows)
}
