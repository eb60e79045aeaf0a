//! Bytes on their way in: a temporary file that is hashed and sealed while it grows and vanishes when dropped.
//!
//! Nothing here is promised to anyone yet; only [`super::Originals::put`] makes an original of it. What lies in the
//! folder is sealed from the first byte on: a crash leaves nothing there that could be read.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use age::stream::StreamWriter;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;

#[cfg(test)]
use super::power_cut::{Op, note};
use super::{ArchiveError, Hashing, Vault, VerifiedOriginal, folder};
use crate::case::ids::Digest;
use crate::fault::{self, Point};
use crate::keyring::UnderWay;

/// A file that is still arriving.
pub struct Staging {
    file: tokio::fs::File,
    path: TempPath,
    vault: Vault,
    seal: StreamWriter<Sealed>,
    sealed: Sealed,
    under_way: UnderWay,
    hashing: Hashing,
    limit: u64,
}

/// A file that has arrived whole, with its digest. Dropping it deletes it.
#[derive(Debug)]
pub struct Staged {
    pub(super) file: File,
    pub(super) path: TempPath,
    vault: Vault,
    /// The note that it is sealed and has no name yet; none: it was sealed elsewhere, and copied as it lay.
    pub(super) under_way: Option<UnderWay>,
    digest: Digest,
    bytes: u64,
}

/// Sealed bytes that aren't written yet.
#[derive(Clone, Default)]
struct Sealed(Arc<Mutex<Vec<u8>>>);

impl Write for Sealed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sealed {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Staging {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staging")
            .field("path", &self.path)
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}

impl Staging {
    /// A new temporary file in `folder` that takes at most `limit` bytes.
    pub(super) async fn new(folder: PathBuf, vault: Vault, limit: u64) -> Result<Self, ArchiveError> {
        folder::blocking(move || {
            let (file, path) = folder::temporary(&folder)?.into_parts();
            let sealed = Sealed::default();
            let (seal, under_way) =
                vault.seal(sealed.clone()).map_err(|error| ArchiveError::from_io("sealing", &path, error))?;
            let mut file = tokio::fs::File::from_std(file);
            file.set_max_buf_size(folder::CHUNK);
            Ok(Self { file, path, vault, seal, sealed, under_way, hashing: Hashing::default(), limit })
        })
        .await
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// [`ArchiveError::TooLarge`] as soon as the limit is passed, [`ArchiveError::Full`] and other
    /// failures of the disk. The file is useless after an error; drop it.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), ArchiveError> {
        if self.bytes() + chunk.len() as u64 > self.limit {
            return Err(ArchiveError::TooLarge { limit: self.limit });
        }
        self.hashing.update(chunk);
        self.seal.write_all(chunk).map_err(|error| ArchiveError::from_io("sealing", &self.path, error))?;
        write_sealed(&mut self.file, &self.path, self.sealed.take()).await
    }

    /// How many bytes have arrived so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.hashing.bytes()
    }

    /// Ends the file: its digest and size are known, it can be read by checks.
    ///
    /// # Errors
    /// When the last bytes can't be written.
    pub async fn finish(self) -> Result<Staged, ArchiveError> {
        let Self { mut file, path, vault, seal, sealed, under_way, hashing, .. } = self;
        seal.finish().map_err(|error| ArchiveError::from_io("sealing", &path, error))?;
        write_sealed(&mut file, &path, sealed.take()).await?;
        file.flush().await.map_err(|error| ArchiveError::from_io("writing", &path, error))?;
        let file = file.into_std().await;
        fault::here(Point::Arrived);
        let bytes = hashing.bytes();
        Ok(Staged { file, path, vault, under_way: Some(under_way), digest: hashing.finish(), bytes })
    }
}

async fn write_sealed(file: &mut tokio::fs::File, path: &Path, sealed: Vec<u8>) -> Result<(), ArchiveError> {
    if sealed.is_empty() {
        return Ok(());
    }
    file.write_all(&sealed).await.map_err(|error| ArchiveError::from_io("writing", path, error))?;
    #[cfg(test)]
    note(Op::Write(path.to_owned(), sealed));
    Ok(())
}

impl Staged {
    /// A sealed file that was made and looked at elsewhere in the archive.
    pub(super) fn of(file: File, path: TempPath, vault: Vault, digest: Digest, bytes: u64) -> Self {
        Self { file, path, vault, under_way: None, digest, bytes }
    }

    /// The SHA-256 of the bytes that arrived.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes that arrived, for checks; they are hashed again on the way.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub async fn open(&self) -> Result<VerifiedOriginal, ArchiveError> {
        let path = self.path.to_path_buf();
        let file = folder::blocking(move || {
            File::open(&path).map_err(|error| ArchiveError::from_io("opening", &path, error))
        });
        Ok(VerifiedOriginal::new(self.vault.clone(), file.await?, true, self.digest, self.bytes))
    }
}
