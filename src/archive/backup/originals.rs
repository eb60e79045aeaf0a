//! Originals from one archive into another. What is sealed is copied as it is stored, and opened and hashed there before
//! it gets its name; what isn't is sealed on the way.

use std::io;

use tokio::io::AsyncReadExt as _;

#[cfg(test)]
use super::super::power_cut::{Op, note};
use super::super::vault::{Form, Opened};
use super::super::{ArchiveError, Originals, Staged, folder, originals};
use super::Documents;
use crate::case::ids::Digest;

/// What came of copying.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Originals that were named.
    pub named: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that were copied now.
    pub copied: u64,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Those that could not be copied, because the other side hasn't them whole, or not the key that opens them.
    pub lacking: Vec<Digest>,
}

/// Copies what `to` hasn't yet. One that is there with the right size isn't read again: an original gets its name only
/// when its bytes have been hashed, and reading all of them is what a check does. With `reread` they are read, and
/// what is damaged is replaced.
///
/// # Errors
/// When `to` can't be written, or the list can't be read. What `from` hasn't whole is told in [`Copied::lacking`].
pub async fn copy_new(
    from: &Originals,
    to: &Originals,
    documents: Documents,
    reread: bool,
    progress: &mut (dyn FnMut(&Copied) + Send),
) -> Result<Copied, ArchiveError> {
    copy(from, to, documents, reread, progress).await
}

/// Copies everything that the documents name out of a backup; what is there already is read again.
///
/// # Errors
/// As [`copy_new`].
pub async fn copy_back(
    from: &Originals,
    to: &Originals,
    documents: Documents,
    progress: &mut (dyn FnMut(&Copied) + Send),
) -> Result<Copied, ArchiveError> {
    copy(from, to, documents, true, progress).await
}

async fn copy(
    from: &Originals,
    to: &Originals,
    mut documents: Documents,
    reread: bool,
    progress: &mut (dyn FnMut(&Copied) + Send),
) -> Result<Copied, ArchiveError> {
    let mut done = Copied::default();
    while let Some((digest, bytes, _)) = documents.next_original()? {
        done.take(from, to, (digest, bytes), reread).await?;
        progress(&done);
    }
    Ok(done)
}

impl Copied {
    /// Copies one original, unless `to` has it. With `reread` what is there is read, and replaced where it is damaged.
    ///
    /// # Errors
    /// When `to` can't be written, or `from` can't be asked. What `from` hasn't whole is told in [`Self::lacking`].
    pub async fn take(
        &mut self,
        from: &Originals,
        to: &Originals,
        (digest, bytes): (Digest, u64),
        reread: bool,
    ) -> Result<(), ArchiveError> {
        self.named += 1;
        self.bytes += bytes;
        if is_there(to, digest, bytes, reread).await? {
            return Ok(());
        }
        match one(from, to, digest, bytes).await {
            Ok(()) => {
                self.copied += 1;
                self.copied_bytes += bytes;
                Ok(())
            }
            Err(error) if error.is_alert() || is_locked(&error) => {
                tracing::error!(%digest, "{error}");
                self.lacking.push(digest);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

fn is_locked(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Locked { .. })
}

async fn is_there(to: &Originals, digest: Digest, bytes: u64, reread: bool) -> Result<bool, ArchiveError> {
    let looks_right = to.size_of(&digest).await? == Some(bytes);
    if !looks_right || !reread {
        return Ok(looks_right);
    }
    match to.open_verified(&digest, bytes).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_alert() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn one(from: &Originals, to: &Originals, digest: Digest, bytes: u64) -> Result<(), ArchiveError> {
    let (source, target) = (from.clone(), to.clone());
    if let Some(staged) = folder::blocking(move || as_stored(&source, &target, digest, bytes)).await? {
        to.put(staged).await?;
        return Ok(());
    }
    let mut reader = from.open_verified(&digest, bytes).await?.into_reader();
    let mut staging = to.stage(bytes).await?;
    let mut chunk = vec![0; folder::CHUNK];
    loop {
        let read = reader.read(&mut chunk).await;
        match read.map_err(|error| ArchiveError::from_io("reading", &from.path_of(&digest), error))? {
            0 => break,
            n => staging.write(&chunk[..n]).await?,
        }
    }
    to.put(staging.finish().await?).await?;
    Ok(())
}

/// Copies a sealed file as it is stored, and opens and hashes the copy. None: it isn't sealed.
fn as_stored(
    from: &Originals,
    to: &Originals,
    digest: Digest,
    bytes: u64,
) -> Result<Option<Staged>, ArchiveError> {
    let path = from.path_of(&digest);
    let failed = |error| ArchiveError::from_io("copying", &path, error);
    let mut file = match from.open_stored(&digest) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ArchiveError::Missing { digest, path });
        }
        other => other.map_err(failed)?,
    };
    if let Opened::Plain(_) = from.vault().open(&file).map_err(failed)? {
        return Ok(None);
    }
    io::Seek::rewind(&mut file).map_err(failed)?;
    let (copy, temporary) = folder::temporary(to.temporary())?.into_parts();
    let wrong = |error| ArchiveError::from_io("writing", &temporary, error);
    io::copy(&mut file, &mut &copy).map_err(wrong)?;
    #[cfg(test)]
    note(Op::Write(temporary.to_path_buf(), std::fs::read(&temporary).map_err(wrong)?));
    let found = to.vault().look(&copy, &digest).map_err(wrong)?;
    if matches!(originals::whole(found, digest, bytes)?, Form::Plain) {
        return Ok(None);
    }
    Ok(Some(Staged::of(copy, temporary, to.vault().clone(), digest, bytes)))
}
