//! Files of a generation: written once, hashed as they grow, durable and readable by their owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::Digest as _;
use tempfile::NamedTempFile;

use super::super::{ArchiveError, folder};
use super::Held;
use crate::case::ids::Digest;

/// The rows of a table on their way into a file, one JSON object a line.
pub struct RowsFile {
    file: BufWriter<File>,
    path: PathBuf,
    hasher: sha2::Sha256,
    bytes: u64,
    rows: u64,
}

impl RowsFile {
    /// A new file.
    ///
    /// # Errors
    /// When there is one already, or it can't be made.
    pub fn create(path: &Path) -> Result<Self, ArchiveError> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| ArchiveError::from_io("making", path, error))?;
        Ok(Self {
            file: BufWriter::with_capacity(folder::CHUNK, file),
            path: path.to_owned(),
            hasher: sha2::Sha256::new(),
            bytes: 0,
            rows: 0,
        })
    }

    /// Another row. JSON has no line breaks of its own.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn row(&mut self, json: &str) -> Result<(), ArchiveError> {
        for part in [json.as_bytes(), b"\n"] {
            self.hasher.update(part);
            self.bytes += part.len() as u64;
            self.file.write_all(part).map_err(|error| ArchiveError::from_io("writing", &self.path, error))?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends the file. It survives a power failure, and so does its name once the folder was synced.
    ///
    /// # Errors
    /// When the disk is full or fails.
    pub fn finish(self) -> Result<Held, ArchiveError> {
        let Self { file, path, hasher, bytes, rows } = self;
        let failed = |error| ArchiveError::from_io("writing", &path, error);
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(Held { rows, bytes, sha256: Digest::from_bytes(hasher.finalize().into()) })
    }
}

/// Writes a file whole or not at all, and never over another.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), ArchiveError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let failed = |error| ArchiveError::from_io("writing", path, error);
    let mut file = NamedTempFile::new_in(parent).map_err(failed)?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    folder::sync(parent)
}

/// The digest and the size of a file; none: it isn't there.
pub(super) fn hash(path: &Path) -> Result<Option<(Digest, u64)>, ArchiveError> {
    let hashed = File::open(path).and_then(|mut file| folder::hash(&mut file));
    match hashed {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ArchiveError::from_io("reading", path, error)),
    }
}
