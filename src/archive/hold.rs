//! Whether one alone has an original in hand, who removes it or seals it anew: a file by its lock (see [`super::orphan`]), an
//! object by a note (see [`super::bucket`]).

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::folder;

/// What came of it when an original was to be held.
#[derive(Debug)]
pub(super) enum Hold<T> {
    /// It is held, until this is dropped.
    Ours(T),
    /// It isn't there.
    Gone,
    /// Somebody else holds it, or has just replaced or removed it; an object also when whoever did was killed some minutes
    /// ago.
    Others,
}

/// A file that is held.
#[derive(Debug)]
pub(super) struct Locked {
    /// When it was put last, epoch milliseconds.
    pub(super) changed_millis: i64,
    _file: File,
}

/// Holds the file at `path`, unless somebody else does. Where files can't be locked it is an error.
pub(super) fn file(path: &Path) -> io::Result<Hold<Locked>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Hold::Gone),
        other => other?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Hold::Others),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let meta = file.metadata()?;
    // Without a name it was replaced or removed between opening and locking.
    if meta.nlink() == 0 {
        return Ok(Hold::Others);
    }
    Ok(Hold::Ours(Locked { changed_millis: folder::changed_millis(&meta)?, _file: file }))
}
