//! Originals from where they lie to where they will lie, and every one of them read again there.

use tokio::task::JoinSet;

use crate::archive::backup::{Copied, Finding};
use crate::archive::verify::{self, Named, NamedRows, Report, Summary};
use crate::archive::{ArchiveError, Originals};
use crate::case::ids::Digest;
use crate::cli::house::Trouble;
use crate::cli::progress::Progress;
use crate::cli::restore::Findings;
use crate::clock::World;
use crate::store::{Store, StoreError, documents};

/// Documents that are asked for at once.
const PAGE: i64 = 500;
/// Originals whose heads are read at once.
const AT_ONCE: usize = 16;

/// Copies what the rows name and the target hasn't yet. Each is proved by its digest before and after.
///
/// # Errors
/// When the database or a place of originals fails. What the source hasn't whole is told in [`Copied::lacking`].
pub async fn copy(store: &Store, from: &Originals, to: &Originals) -> Result<Copied, Trouble> {
    let mut rows = Documents::new(store);
    let mut copied = Copied::default();
    let mut progress = Progress::new();
    loop {
        let page = rows.next_page().await?;
        if page.is_empty() {
            return Ok(copied);
        }
        for named in page {
            copied.take(from, to, (named.digest, named.bytes), false).await?;
            progress.tell(|| format!("{} originals looked at, {} copied", copied.named, copied.copied));
        }
    }
}

/// Insists that the key of every original that the rows name is here. One that is missing or damaged is told later.
///
/// # Errors
/// When a key isn't here, or the database or the place of originals fails.
pub async fn insist_keys(store: &Store, originals: &Originals) -> Result<(), Trouble> {
    let mut rows = Documents::new(store);
    let (mut progress, mut looked) = (Progress::new(), 0_usize);
    loop {
        let page = rows.next_page().await?;
        if page.is_empty() {
            return Ok(());
        }
        for some in page.chunks(AT_ONCE) {
            let mut looking = JoinSet::new();
            for named in some {
                let (originals, digest) = (originals.clone(), named.digest);
                looking.spawn(async move { originals.insist_key(&digest).await });
            }
            looking.join_all().await.into_iter().collect::<Result<(), ArchiveError>>()?;
        }
        looked += page.len();
        progress.tell(|| format!("holding the keys against what is there: {looked} originals"));
    }
}

/// Reads every original where it lies now; what is wrong is told.
///
/// # Errors
/// When the database or the place of originals fails.
pub async fn read_again(
    store: &Store,
    originals: &Originals,
    world: &World,
    findings: &mut Findings,
) -> Result<Summary, Trouble> {
    let mut progress = Progress::new();
    let mut tell = |report: Report| match report {
        Report::Finding(finding) => findings.tell(&Finding {
            id: finding.id,
            kind: finding.kind.as_str(),
            expected: finding.expected,
            actual: finding.actual,
            rows: finding.rows,
            repair: finding.repair,
        }),
        Report::Looked(_) => {}
        Report::Progress(so_far) => progress.tell(|| {
            let parts = verify::Progress::PARTS;
            format!("reading again: part {} of {parts}, {} originals", so_far.parts, so_far.summary.originals)
        }),
    };
    Ok(verify::check(originals, Documents::new(store), world.now(), &mut tell).await?)
}

/// An original that the source hasn't whole. Everything else is moved all the same.
pub fn lacking(digest: &Digest) -> Finding {
    Finding {
        id: format!("lacking-{}", digest.short()),
        kind: "lacking",
        expected: format!("the original {digest}"),
        actual: "missing or damaged where it was, and not moved".into(),
        rows: Vec::new(),
        repair: "Run `casebind verify` with the old configuration: it names the rows and the way forward. Then do this \
                 again."
            .into(),
    }
}

/// The documents that the rows name, in the order of digests.
struct Documents {
    store: Store,
    after: String,
}

impl Documents {
    fn new(store: &Store) -> Self {
        Self { store: store.clone(), after: String::new() }
    }
}

impl NamedRows for Documents {
    type Error = StoreError;

    async fn next_page(&mut self) -> Result<Vec<Named>, StoreError> {
        let page = documents::page(&mut *self.store.read().await?, &self.after, PAGE).await?;
        if let Some(last) = page.last() {
            self.after = last.digest.to_string();
        }
        let named = page.into_iter().map(|document| Named {
            digest: document.digest,
            bytes: u64::try_from(document.bytes).unwrap_or(0),
            row: format!("document {}", document.digest),
            due: true,
        });
        Ok(named.collect())
    }
}
