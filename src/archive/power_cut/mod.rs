//! What a power cut leaves of an upload or a removal, tried for every moment of it. Tests only.
//!
//! The few functions through which the archive changes its folders note each change here, once it is done. From
//! such a journal [`disk::Disk`] makes every state in which a disk can be found that promises no more than POSIX
//! does: bytes count once their file was synced, a name once its folder was.

mod disk;
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// One change of the archive's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// An empty file was made.
    Create(PathBuf),
    /// Bytes were appended to a file.
    Write(PathBuf, Vec<u8>),
    /// A file was synced.
    SyncFile(PathBuf),
    /// A folder was made.
    Folder(PathBuf),
    /// A file got another name, in place of whatever had it.
    Rename(PathBuf, PathBuf),
    /// A file lost its name.
    Remove(PathBuf),
    /// A folder was synced.
    SyncFolder(PathBuf),
}

impl Op {
    fn path(&self) -> &Path {
        match self {
            Self::Create(path)
            | Self::Write(path, _)
            | Self::SyncFile(path)
            | Self::Folder(path)
            | Self::Rename(path, _)
            | Self::Remove(path)
            | Self::SyncFolder(path) => path,
        }
    }
}

static JOURNALS: Mutex<Vec<(PathBuf, Vec<Op>)>> = Mutex::new(Vec::new());

/// Notes a change in the journal of the folder that it lies in, if one is kept.
pub(super) fn note(op: Op) {
    let mut journals = JOURNALS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, ops)) = journals.iter_mut().find(|(root, _)| op.path().starts_with(root)) {
        ops.push(op);
    }
}

/// The journal of one folder, kept from its beginning until it is taken.
struct Journal(PathBuf);

impl Journal {
    fn begin(root: &Path) -> Self {
        JOURNALS.lock().unwrap_or_else(PoisonError::into_inner).push((root.to_owned(), Vec::new()));
        Self(root.to_owned())
    }

    fn take(self) -> Vec<Op> {
        let mut journals = JOURNALS.lock().unwrap_or_else(PoisonError::into_inner);
        let at = journals.iter().position(|(root, _)| *root == self.0).expect("it was begun");
        journals.swap_remove(at).1
    }
}
