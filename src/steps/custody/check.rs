//! The check of the chain in the database: its links, the rows that they stand for, and the checkpoints.

use std::collections::{HashMap, HashSet};

use crate::custody::check::{Checkpoints, Summary, Walk};
use crate::custody::entry::{self, Of};
use crate::custody::finding::{Finding, Kind};
use crate::steps::Office;
use crate::store::append_only::TRACE_YEARS;
use crate::store::custody::{self, Kept};
use crate::store::disposals;
use crate::store::{Db, StoreError};

/// Links that are read at once.
const PAGE: i64 = 500;
/// Traces older than this may be gone.
const TRACE_MILLIS: i64 = TRACE_YEARS * 365 * 24 * 60 * 60 * 1000;

/// A row as it is now: its entry with the link's salt, whether its words are gone, and its case too.
struct Now {
    entry: String,
    erased: bool,
    disposed: bool,
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
            for kept in &page {
                let gap = kept.seq != walk.next();
                let found = walk.step(&kept.after(walk.last()), kept.hash);
                // The hash of a link after a gap can't be known: what is missing was told already.
                let told = found.into_iter().filter(|one| !(gap && one.kind == Kind::LinkEdited));
                told.for_each(&mut tell);
                let now = rows.get(&(kept.of, kept.row.as_str()));
                self.row(kept, now).into_iter().for_each(&mut tell);
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

    /// What is wrong with the row of a link.
    fn row(&self, kept: &Kept, now: Option<&Now>) -> Option<Finding> {
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
            let old = kept.of == Of::Trace && kept.at < self.world.now() - TRACE_MILLIS;
            return (!old).then(|| Finding::new(Kind::RowDeleted, &what, "the row", "none"));
        };
        let unsalted = kept.salt.is_none();
        // Words of a case that was disposed of are gone by right: the approval stands in the chain itself.
        let by_right = now.disposed && now.erased;
        let differ = entry::differences(&kept.entry, &now.entry, unsalted && now.erased);
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
    let unsalted = page.iter().filter(|kept| kept.salt.is_none());
    let cases: Vec<&str> = unsalted.filter_map(|kept| kept.case.as_deref()).collect();
    let gone: HashSet<String> = disposals::gone_among(db, &cases).await?.into_iter().collect();
    let mut rows = HashMap::new();
    let mut add = |of: Of, id: &str, entry: &dyn Fn(&str) -> String, erased: bool| {
        if let Some(kept) = known.get(&(of, id)) {
            let entry = entry(kept.salt.as_deref().unwrap_or_default());
            let disposed = kept.case.as_ref().is_some_and(|case| gone.contains(case));
            rows.insert((of, kept.row.as_str()), Now { entry, erased, disposed });
        }
    };
    for row in custody::flow_rows(db, &of(Of::Flow)).await? {
        add(Of::Flow, &row.id, &|salt| row.entry(salt), row.is_erased());
    }
    for row in custody::trace_rows(db, &of(Of::Trace)).await? {
        add(Of::Trace, &row.id, &|salt| row.entry(salt), row.is_erased());
    }
    Ok(rows)
}
