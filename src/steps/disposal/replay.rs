//! Backups that are older than a disposal: the disposals leave as files beside the backups, and are done again in what was
//! restored before anybody comes in.
//!
//! Two files each: `<number>.json`, which names the case and who decided, and `<number>.pdf`, the certificate. There is
//! nothing of the child in them.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::case::ids::Digest;
use crate::store::cases::{self, Scope};
use crate::store::disposals::{self, Decided};
use crate::store::documents::{self, Document};
use crate::store::traces::Trace;

use crate::steps::office::Origin;
use crate::steps::{Office, StepError};

/// Disposals that are read at once.
const PAGE: i64 = 100;

/// Why disposals can't be written or done again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayTrouble {
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A file isn't what it should be.
    #[error("{path}: {why}; export the disposals again where they were made")]
    Unfit {
        /// Which.
        path: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The installation failed.
    #[error(transparent)]
    Step(#[from] StepError),
}

/// What came of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Cases that were there again, and are gone now.
    pub done: u64,
    /// Disposals that the installation knew.
    pub known: u64,
    /// Cases that the installation doesn't have.
    pub absent: u64,
}

impl Office {
    /// Writes every disposal into a folder; those that are there already are left alone. Returns how many were written.
    ///
    /// # Errors
    /// [`ReplayTrouble`].
    pub async fn export_disposals(&self, to: &Path) -> Result<u64, ReplayTrouble> {
        fs::create_dir_all(to).map_err(|source| file(to, source))?;
        let (mut written, mut after) = (0, String::new());
        loop {
            let mut db = self.store.read().await.map_err(StepError::from)?;
            let page = disposals::decided(&mut db, &after, PAGE).await.map_err(StepError::from)?;
            drop(db);
            let Some(last) = page.last() else { return Ok(written) };
            after.clone_from(&last.id);
            for one in &page {
                let list = to.join(format!("{}.json", one.number));
                if list.exists() {
                    continue;
                }
                let certificate = self.certificate_of(one).await?;
                write(to, &to.join(format!("{}.pdf", one.number)), &certificate)?;
                let json = serde_json::to_vec_pretty(one).map_err(|error| file(&list, error.into()))?;
                // Last: whoever finds it finds the certificate too.
                write(to, &list, &json)?;
                written += 1;
            }
        }
    }

    /// Does the disposals of a folder again, each in a transaction of its own: the cases of an older backup are emptied,
    /// and their files go with the next round of the job. Asked again it goes on where it was.
    ///
    /// # Errors
    /// [`ReplayTrouble`]; what was done until then is done.
    pub async fn replay_disposals(&self, from: &Path) -> Result<Replayed, ReplayTrouble> {
        let mut names: Vec<_> = fs::read_dir(from)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
            .map_err(|source| file(from, source))?;
        names.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        names.sort();
        let mut replayed = Replayed::default();
        for path in names {
            let unfit = |why| ReplayTrouble::Unfit { path: path.display().to_string(), why };
            let text = fs::read(&path).map_err(|source| file(&path, source))?;
            let one: Decided = serde_json::from_slice(&text).map_err(|_| unfit("no disposal"))?;
            let certificate = path.with_extension("pdf");
            let pdf = fs::read(&certificate).map_err(|source| file(&certificate, source))?;
            if Digest::of(&pdf).to_string() != one.certificate {
                return Err(unfit("the certificate beside it isn't the one that it names"));
            }
            match self.replay_disposal(&one, &pdf).await? {
                Some(true) => replayed.done += 1,
                Some(false) => replayed.known += 1,
                None => replayed.absent += 1,
            }
        }
        Ok(replayed)
    }

    /// Whether the case was there again; none: there is no such case.
    async fn replay_disposal(&self, one: &Decided, pdf: &[u8]) -> Result<Option<bool>, StepError> {
        let mut tx = self.store.write().await?;
        cases::lock(&mut tx, &one.number).await?;
        let all = Scope { all: true, ..Scope::default() };
        let case = cases::find(&mut tx, &one.number, &all).await?.filter(|case| case.id == one.case_id);
        let Some(case) = case else { return Ok(None) };
        if case.disposed_at.is_some() {
            return Ok(Some(false));
        }
        disposals::lock_documents(&mut tx, &case.id).await?;
        let files = self.with_times(disposals::held(&mut tx, &case.id).await?).await?;
        let stored = self.originals.put_bytes(pdf).await?;
        let bytes = i64::try_from(stored.bytes).unwrap_or(i64::MAX);
        let document = Document { digest: stored.digest, bytes, kind: "application/pdf".into() };
        documents::register(&mut tx, &document, self.world.now()).await?;
        disposals::replay(&mut tx, one).await?;
        self.empty(&mut tx, &case.id, &one.number, (&one.id, &files), one.decided_at).await?;
        let trace = Trace {
            action: "replay-disposal",
            case: Some(&case.id),
            digest: Some(&one.certificate),
            ..Trace::default()
        };
        self.trace_in(&mut tx, &Origin::default(), trace).await?;
        tx.commit().await?;
        tracing::info!(case = %one.number, "a disposal was done again");
        Ok(Some(true))
    }

    async fn certificate_of(&self, one: &Decided) -> Result<Vec<u8>, ReplayTrouble> {
        let unfit = |why| ReplayTrouble::Unfit { path: one.number.clone(), why };
        let digest = one.certificate.parse::<Digest>().map_err(|_| unfit("its certificate has no digest"))?;
        let mut db = self.store.read().await.map_err(StepError::from)?;
        let document = documents::find(&mut db, &digest).await.map_err(StepError::from)?;
        drop(db);
        let bytes = document.and_then(|document| u64::try_from(document.bytes).ok()).unwrap_or(0);
        let original = self.originals.open_verified(&digest, bytes).await.map_err(StepError::from)?;
        Ok(original.read_all().await.map_err(StepError::from)?)
    }
}

/// Whole or not at all.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), ReplayTrouble> {
    let written = NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    });
    written.map_err(|source| file(path, source))
}

fn file(path: &Path, source: io::Error) -> ReplayTrouble {
    ReplayTrouble::File { path: path.display().to_string(), source }
}
