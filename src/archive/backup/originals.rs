//! Originals from one archive into another: out by [`Originals::open_verified`], in by [`Originals::put`]. Nothing else is
//! asked of either side, so that either may be another kind of store.

use std::fs;

use tokio::io::AsyncReadExt as _;

use super::super::{ArchiveError, Originals, folder};
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
    /// Those that could not be copied, because the other side hasn't them whole.
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
        done.named += 1;
        done.bytes += bytes;
        if !is_there(to, digest, bytes, reread).await? {
            match one(from, to, digest, bytes).await {
                Ok(()) => {
                    done.copied += 1;
                    done.copied_bytes += bytes;
                }
                Err(error) if error.is_alert() => done.lacking.push(digest),
                Err(error) => return Err(error),
            }
        }
        progress(&done);
    }
    Ok(done)
}

async fn is_there(to: &Originals, digest: Digest, bytes: u64, reread: bool) -> Result<bool, ArchiveError> {
    let path = to.path_of(&digest);
    let looks_right =
        folder::blocking(move || Ok(fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == bytes)))
            .await?;
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
