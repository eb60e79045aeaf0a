//! The few filesystem steps that durability needs, each with its failure sorted and named.
//!
//! Everything here blocks; callers run it on a blocking thread. It knows nothing of digests' meaning.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use sha2::Digest as _;
use tempfile::NamedTempFile;

use super::ArchiveError;
use crate::case::ids::Digest;

/// Bytes that are read or buffered at a time.
pub(super) const CHUNK: usize = 256 * 1024;

/// Runs blocking file work beside the runtime's own threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(stopped) => match stopped.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => {
                Err(ArchiveError::from_io("working on", Path::new(""), io::Error::other(cancelled)))
            }
        },
    }
}

/// Makes a folder and its parents, readable by this user alone, and makes their names durable.
pub(super) fn create(folder: &Path) -> Result<(), ArchiveError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
        create(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(error) => return Err(ArchiveError::from_io("making the folder", folder, error)),
    }
    sync(folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), ArchiveError> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(|error| ArchiveError::from_io("syncing the folder", folder, error))
}

/// Finds out now, and not at the first upload, whether files can be written there.
pub(super) fn probe(folder: &Path) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::from_io("writing to", folder, error);
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(b"casebind").map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.close().map_err(failed)
}

/// Hashes an open file from where it stands to its end: the digest and the number of bytes.
pub(super) fn hash(file: &mut File) -> io::Result<(Digest, u64)> {
    let mut hasher = sha2::Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((Digest::from_bytes(hasher.finalize().into()), bytes)),
            Ok(n) => {
                hasher.update(&chunk[..n]);
                bytes += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A file's time of last change, in milliseconds since the epoch; 0 when it lies before.
pub(super) fn changed_millis(meta: &fs::Metadata) -> io::Result<i64> {
    let since = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
