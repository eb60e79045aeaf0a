//! Bytes on their way in: a temporary file that is hashed while it grows and vanishes when dropped.
//!
//! Nothing here is promised to anyone yet; only [`super::Originals::put`] makes an original of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use tempfile::{NamedTempFile, TempPath};
use tokio::io::AsyncWriteExt as _;

#[cfg(test)]
use super::power_cut::{Op, note};
use super::{ArchiveError, folder};
use crate::case::ids::Digest;
use crate::fault::{self, Point};

/// A file that is still arriving.
#[derive(Debug)]
pub struct Staging {
    file: tokio::fs::File,
    path: TempPath,
    hasher: sha2::Sha256,
    bytes: u64,
    limit: u64,
}

/// A file that has arrived whole, with its digest. Dropping it deletes it.
#[derive(Debug)]
pub struct Staged {
    pub(super) file: File,
    pub(super) path: TempPath,
    digest: Digest,
    bytes: u64,
}

impl Staging {
    /// A new temporary file in `folder` that takes at most `limit` bytes.
    pub(super) async fn new(folder: PathBuf, limit: u64) -> Result<Self, ArchiveError> {
        folder::blocking(move || {
            let file = NamedTempFile::new_in(&folder)
                .map_err(|error| ArchiveError::from_io("making a file in", &folder, error))?;
            let (file, path) = file.into_parts();
            #[cfg(test)]
            note(Op::Create(path.to_path_buf()));
            let mut file = tokio::fs::File::from_std(file);
            file.set_max_buf_size(folder::CHUNK);
            Ok(Self { file, path, hasher: sha2::Sha256::new(), bytes: 0, limit })
        })
        .await
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// [`ArchiveError::TooLarge`] as soon as the limit is passed, [`ArchiveError::Full`] and other
    /// failures of the disk. The file is useless after an error; drop it.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), ArchiveError> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limit {
            return Err(ArchiveError::TooLarge { limit: self.limit });
        }
        self.hasher.update(chunk);
        let written = self.file.write_all(chunk).await;
        written.map_err(|error| ArchiveError::from_io("writing", &self.path, error))?;
        #[cfg(test)]
        note(Op::Write(self.path.to_path_buf(), chunk.to_vec()));
        Ok(())
    }

    /// How many bytes have arrived so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Ends the file: its digest and size are known, its path can be handed to checks.
    ///
    /// # Errors
    /// When the last bytes can't be written.
    pub async fn finish(self) -> Result<Staged, ArchiveError> {
        let Self { mut file, path, hasher, bytes, .. } = self;
        file.flush().await.map_err(|error| ArchiveError::from_io("writing", &path, error))?;
        let file = file.into_std().await;
        fault::here(Point::Arrived);
        Ok(Staged { file, path, digest: Digest::from_bytes(hasher.finalize().into()), bytes })
    }
}

impl Staged {
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

    /// Where the file lies until it is put or dropped.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
