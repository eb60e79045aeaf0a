//! The ledger of disposals: a folder outside of the database, best beside the backups, from which they are done again in
//! what was restored from an older one.
//!
//! Three files each: `<number>.json`, which names the case and who decided, `<number>.pdf`, the certificate, and
//! `<number>.seal`, a MAC of the first under the installation's key, so that nobody who can write there has a case destroyed
//! by the next restore. There is nothing of the child in them.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::archive::Originals;
use crate::archive::backup::SealKey;
use crate::case::ids::Digest;
use crate::store::disposals::{self, Decided};
use crate::store::{Store, documents};

use crate::steps::StepError;

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

/// Writes every disposal into a folder, which is made with the first one; those that are there already are left alone.
/// Returns how many were written.
///
/// # Errors
/// [`ReplayTrouble`]; what was written is whole. A certificate that can't be read keeps back its own disposal alone.
pub async fn write(
    store: &Store,
    originals: &Originals,
    to: &Path,
    key: &SealKey,
) -> Result<u64, ReplayTrouble> {
    let (mut written, mut after, mut kept_back) = (0, String::new(), None);
    loop {
        let mut db = store.read().await.map_err(StepError::from)?;
        let page = disposals::decided(&mut db, &after, PAGE).await.map_err(StepError::from)?;
        drop(db);
        let Some(last) = page.last() else { return kept_back.map_or(Ok(written), Err) };
        after.clone_from(&last.id);
        for one in &page {
            let list = to.join(format!("{}.json", one.number));
            let seal = list.with_extension("seal");
            if list.exists() && seal.exists() {
                continue;
            }
            DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(|source| file(to, source))?;
            let certificate = match certificate_of(store, originals, one).await {
                Ok(certificate) => certificate,
                Err(error) => {
                    kept_back.get_or_insert(error);
                    continue;
                }
            };
            put(to, &to.join(format!("{}.pdf", one.number)), &certificate)?;
            let json = serde_json::to_vec_pretty(one).map_err(|error| file(&list, error.into()))?;
            put(to, &seal, key.seal_of_disposal(&json).as_bytes())?;
            // Last: whoever finds it finds the others too.
            put(to, &list, &json)?;
            written += 1;
        }
    }
}

/// The disposals of a folder, in the order of their numbers.
///
/// # Errors
/// [`ReplayTrouble::File`] when the folder can't be listed.
pub fn names(from: &Path) -> Result<Vec<PathBuf>, ReplayTrouble> {
    let mut names: Vec<_> = fs::read_dir(from)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
        .map_err(|source| file(from, source))?;
    names.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    names.sort();
    Ok(names)
}

/// One disposal of [`names`], and its certificate, which is the one that it names. Without a key its seal isn't looked at.
///
/// # Errors
/// [`ReplayTrouble::File`], [`ReplayTrouble::Unfit`].
pub fn read(path: &Path, key: Option<&SealKey>) -> Result<(Decided, Vec<u8>), ReplayTrouble> {
    let unfit = |why| ReplayTrouble::Unfit { path: path.display().to_string(), why };
    let text = fs::read(path).map_err(|source| file(path, source))?;
    if let Some(key) = key {
        let beside = path.with_extension("seal");
        let seal = fs::read(&beside).map_err(|source| file(&beside, source))?;
        if seal.trim_ascii() != key.seal_of_disposal(&text).as_bytes() {
            return Err(unfit("its seal isn't of the installation's key"));
        }
    }
    let one: Decided = serde_json::from_slice(&text).map_err(|_| unfit("no disposal"))?;
    let certificate = path.with_extension("pdf");
    let pdf = fs::read(&certificate).map_err(|source| file(&certificate, source))?;
    if Digest::of(&pdf).to_string() != one.certificate {
        return Err(unfit("the certificate beside it isn't the one that it names"));
    }
    Ok((one, pdf))
}

async fn certificate_of(
    store: &Store,
    originals: &Originals,
    one: &Decided,
) -> Result<Vec<u8>, ReplayTrouble> {
    let unfit = |why| ReplayTrouble::Unfit { path: one.number.clone(), why };
    let digest = one.certificate.parse::<Digest>().map_err(|_| unfit("its certificate has no digest"))?;
    let mut db = store.read().await.map_err(StepError::from)?;
    let document = documents::find(&mut db, &digest).await.map_err(StepError::from)?;
    drop(db);
    let bytes = document.and_then(|document| u64::try_from(document.bytes).ok()).unwrap_or(0);
    let original = originals.open_verified(&digest, bytes).await.map_err(StepError::from)?;
    Ok(original.read_all().await.map_err(StepError::from)?)
}

/// Whole or not at all.
fn put(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), ReplayTrouble> {
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
