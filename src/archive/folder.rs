//! The few filesystem steps that durability needs, each with its failure sorted and named.
//!
//! Everything here blocks; callers run it on a blocking thread. It knows nothing of digests' meaning. In tests
//! each step is written into a journal, from which every state that a power cut can leave is made.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, PathPersistError, TempPath};

#[cfg(test)]
use super::power_cut::{Op, note};
use super::{ArchiveError, Hashing};
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
    make(folder)
}

/// Makes the folders between `root` and `folder`, as [`create`] does. The root must be there: what is put into a
/// new one is hidden as soon as the old one comes back.
pub(super) fn create_below(root: &Path, folder: &Path) -> Result<(), ArchiveError> {
    if folder.is_dir() {
        return Ok(());
    }
    match folder.parent() {
        Some(parent) if folder != root => create_below(root, parent)?,
        // Why it can't be seen: it is gone, or may not be reached.
        _ => {
            fs::metadata(folder).map_err(|error| ArchiveError::from_io("looking at", folder, error))?;
        }
    }
    make(folder)
}

/// Makes one folder, which another thread may have made meanwhile, and makes its name durable.
fn make(folder: &Path) -> Result<(), ArchiveError> {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(error) => return Err(ArchiveError::from_io("making the folder", folder, error)),
    }
    #[cfg(test)]
    note(Op::Folder(folder.to_owned()));
    sync(folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), ArchiveError> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(|error| ArchiveError::from_io("syncing the folder", folder, error))?;
    #[cfg(test)]
    note(Op::SyncFolder(folder.to_owned()));
    Ok(())
}

/// Makes the bytes of a file durable; its name isn't, until its folder is synced.
pub(super) fn sync_file(file: &File, path: &Path) -> Result<(), ArchiveError> {
    file.sync_all().map_err(|error| ArchiveError::from_io("syncing", path, error))?;
    #[cfg(test)]
    note(Op::SyncFile(path.to_owned()));
    Ok(())
}

/// Makes an empty temporary file, which vanishes when it is dropped.
pub(super) fn temporary(folder: &Path) -> Result<NamedTempFile, ArchiveError> {
    let file = NamedTempFile::new_in(folder)
        .map_err(|error| ArchiveError::from_io("making a file in", folder, error))?;
    #[cfg(test)]
    note(Op::Create(file.path().to_owned()));
    Ok(file)
}

/// Gives a temporary file its name, unless another file has it.
pub(super) fn name_once(file: TempPath, target: &Path) -> Result<(), PathPersistError> {
    #[cfg(test)]
    let from = file.to_path_buf();
    file.persist_noclobber(target)?;
    #[cfg(test)]
    note(Op::Rename(from, target.to_owned()));
    Ok(())
}

/// Gives a temporary file its name, in place of the file that has it.
pub(super) fn replace(file: TempPath, target: &Path) -> Result<(), PathPersistError> {
    #[cfg(test)]
    let from = file.to_path_buf();
    file.persist(target)?;
    #[cfg(test)]
    note(Op::Rename(from, target.to_owned()));
    Ok(())
}

/// Gives a file another name, in place of the file that has it.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    #[cfg(test)]
    note(Op::Rename(from.to_owned(), to.to_owned()));
    Ok(())
}

/// Takes a file's name away; it can come back until its folder is synced.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    #[cfg(test)]
    note(Op::Remove(path.to_owned()));
    Ok(())
}

/// Finds out now, and not at the first upload, whether files can be written there.
pub(super) fn probe(folder: &Path) -> Result<(), ArchiveError> {
    let failed = |error| ArchiveError::from_io("writing to", folder, error);
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(b"casebind").map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.close().map_err(failed)
}

/// Whether two folders are one, whatever leads to it: what is left in the first for a moment is found in the other.
pub(super) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let mark = NamedTempFile::new_in(one)?;
    let name = mark.path().file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let found = other.join(name).try_exists();
    mark.close()?;
    found
}

/// Hashes a reader from where it stands to its end: the digest and the number of bytes.
pub(super) fn hash(reader: &mut impl Read) -> io::Result<(Digest, u64)> {
    let mut hashing = Hashing::default();
    hash_into(reader, &mut hashing)?;
    let bytes = hashing.bytes();
    Ok((hashing.finish(), bytes))
}

/// Hashes a reader to its end. After an error `hashing` has what came before it.
pub(super) fn hash_into(reader: &mut impl Read, hashing: &mut Hashing) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => hashing.update(&chunk[..n]),
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
