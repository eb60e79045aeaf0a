//! The folder of a backup: originals by digest, shared by all generations, and the rows of each generation.
//!
//! ```text
//! BACKUP                          whose backup it is; also what a run locks
//! originals/  tmp/                as in a data directory, sealed: the folder is an archive of its own
//! disposals/                      what was disposed of, to be done again after a restore
//! generations/00000001/
//!   rows/cases.jsonl …            a table's rows, one JSON object a line
//!   manifest.sha256               SHA-256 of the manifest, as `sha256sum -c` reads it
//!   manifest.seal                 MAC of the manifest under the installation's key
//!   manifest.json                 what the generation holds; written last: without it there is no generation
//! ```
//!
//! The order of a run is what it rests on. Rows come from one snapshot; then the originals that they name are copied,
//! which never change; then the manifest gets its name in one step. A crash at any point leaves a generation without a
//! manifest, which the next run removes, and originals, which the next run needn't copy again.
//!
//! Rows are neutral: text, numbers, nothing. One format for both databases means that a backup is readable without a
//! database program of a certain version, is checked in the same way wherever it came from, and can be restored into the
//! other database. This room knows files and digests; what rows mean is the store's.

mod check;
mod file;
mod finding;
mod lines;
mod manifest;
mod originals;
mod sweep;

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ArchiveError, Originals, Vault, folder};
use crate::clock::Clock;

pub use check::{Sound, check_generation, check_places};
pub use file::RowsFile;
pub use finding::{Finding, Kind};
pub use lines::{Documents, Lines};
pub use manifest::{Fingerprint, Held, KeyPrint, Manifest, Migration, SealKey, TableRows};
pub use originals::{Copied, copy_back, copy_new};
pub use sweep::{Swept, sweep};

/// The layout's number.
pub const LAYOUT: u32 = 1;

/// Where the ledger of disposals lies beside the backups, if there were any.
pub const DISPOSALS: &str = "disposals";

const FORMAT: &str = "casebind-backup";
const MARKER: &str = "BACKUP";
const GENERATIONS: &str = "generations";
const MANIFEST: &str = "manifest.json";
const MANIFEST_SUM: &str = "manifest.sha256";
const MANIFEST_SEAL: &str = "manifest.seal";
const ROWS: &str = "rows";

/// Why a folder of backups can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Other things lie there.
    #[error("{} isn't empty and isn't a folder of backups (it has {found:?}): name an empty or a new folder", root.display())]
    NotOurs {
        /// The folder.
        root: PathBuf,
        /// One of the things that lie there.
        found: String,
    },
    /// Nothing of ours is there.
    #[error("{} is no folder of backups: it has no BACKUP", root.display())]
    Absent {
        /// The folder.
        root: PathBuf,
    },
    /// The marker is damaged, or of a newer program.
    #[error("{} can't be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It belongs to another installation.
    #[error("{} holds the backups of another installation: name a folder of its own for each", root.display())]
    OfAnother {
        /// The folder.
        root: PathBuf,
    },
    /// A backup is being written or read.
    #[error("{} is being used by another run: wait until it has ended", root.display())]
    Busy {
        /// The folder.
        root: PathBuf,
    },
    /// There is no such finished generation.
    #[error("{} has no finished generation {wanted}", root.display())]
    NoGeneration {
        /// The folder.
        root: PathBuf,
        /// What was asked for.
        wanted: String,
    },
    /// The disk failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

#[derive(Serialize, Deserialize)]
struct Marker {
    format: String,
    layout: u32,
    installation: Fingerprint,
}

/// An opened folder of backups. While it is held nobody else writes to it.
#[derive(Debug)]
pub struct BackupFolder {
    root: PathBuf,
    /// Released when it is dropped.
    _lock: File,
}

/// A generation's folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation {
    /// From 1, one more with each run.
    pub number: u64,
    pub(super) folder: PathBuf,
}

impl BackupFolder {
    /// Opens the folder for a run, making it where there is none. Generations that were broken off are removed.
    ///
    /// # Errors
    /// When it belongs to somebody else, is being used, or can't be written.
    pub fn open(root: &Path, installation: &Fingerprint) -> Result<Self, BackupError> {
        folder::create(root)?;
        let marker = root.join(MARKER);
        if !marker.exists() {
            refuse_foreign(root)?;
            let content =
                Marker { format: FORMAT.into(), layout: LAYOUT, installation: installation.clone() };
            let text = serde_json::to_string(&content).expect("texts and a number are JSON") + "\n";
            file::write_new(&marker, text.as_bytes())?;
        }
        let this = Self { root: root.to_owned(), _lock: lock(root, true)? };
        if this.marker()?.installation != *installation {
            return Err(BackupError::OfAnother { root: this.root });
        }
        folder::create(&this.root.join(GENERATIONS))?;
        for broken in this.listed()?.into_iter().filter(|generation| !generation.is_finished()) {
            broken.remove()?;
        }
        Ok(this)
    }

    /// Opens the folder for reading; it may be on a read-only disk.
    ///
    /// # Errors
    /// When it is no folder of backups, or one is being written.
    pub fn open_existing(root: &Path) -> Result<Self, BackupError> {
        if !root.join(MARKER).is_file() {
            return Err(BackupError::Absent { root: root.to_owned() });
        }
        let this = Self { root: root.to_owned(), _lock: lock(root, false)? };
        this.marker()?;
        Ok(this)
    }

    /// The originals of all generations, for checks and for reading.
    #[must_use]
    pub fn originals(&self, vault: &Vault) -> Originals {
        Originals::for_check(&self.root, vault)
    }

    /// The originals, to copy more of them here.
    ///
    /// # Errors
    /// When the folders can't be made or written.
    pub fn originals_to_fill(&self, vault: &Vault, clock: &Clock) -> Result<Originals, ArchiveError> {
        Originals::open(&self.root, vault, clock)
    }

    /// The generations that have a manifest, the newest last.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn finished(&self) -> Result<Vec<Generation>, ArchiveError> {
        Ok(self.listed()?.into_iter().filter(Generation::is_finished).collect())
    }

    /// The finished generation of this number; without one the newest.
    ///
    /// # Errors
    /// When there is none.
    pub fn generation(&self, number: Option<u64>) -> Result<Generation, BackupError> {
        let mut finished = self.finished()?;
        let found = match number {
            None => finished.pop(),
            Some(number) => finished.into_iter().find(|generation| generation.number == number),
        };
        found.ok_or_else(|| BackupError::NoGeneration {
            root: self.root.clone(),
            wanted: number.map_or_else(String::new, |number| number.to_string()),
        })
    }

    /// The folder of the next generation, without a manifest yet.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn begin(&self) -> Result<Generation, ArchiveError> {
        let number = self.listed()?.last().map_or(1, |last| last.number + 1);
        let folder = self.root.join(GENERATIONS).join(format!("{number:08}"));
        folder::create(&folder.join(ROWS))?;
        Ok(Generation { number, folder })
    }

    fn listed(&self) -> Result<Vec<Generation>, ArchiveError> {
        let mut found = Vec::new();
        for entry in entries(&self.root.join(GENERATIONS))? {
            if let Some(number) = number_of(&entry) {
                found.push(Generation { number, folder: entry.path() });
            }
        }
        found.sort();
        Ok(found)
    }

    fn marker(&self) -> Result<Marker, BackupError> {
        let path = self.root.join(MARKER);
        let text = fs::read(&path).map_err(|error| ArchiveError::from_io("reading", &path, error))?;
        let unreadable = |why: String| BackupError::Unreadable { path: path.clone(), why };
        let marker: Marker = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        if marker.format != FORMAT || marker.layout != LAYOUT {
            return Err(unreadable(format!(
                "its layout is {}; use the casebind that made it",
                marker.layout
            )));
        }
        Ok(marker)
    }
}

impl Generation {
    /// Where the rows of a table are.
    #[must_use]
    pub fn rows_of(&self, table: &str) -> PathBuf {
        self.folder.join(ROWS).join(format!("{table}.jsonl"))
    }

    fn is_finished(&self) -> bool {
        self.folder.join(MANIFEST).exists()
    }

    /// The manifest goes first: whatever happens then, there is no generation any more.
    fn remove(&self) -> Result<(), ArchiveError> {
        let failed = |error| ArchiveError::from_io("removing", &self.folder, error);
        match fs::remove_file(self.folder.join(MANIFEST)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => folder::sync(&self.folder)?,
        }
        fs::remove_dir_all(&self.folder).map_err(failed)
    }
}

/// Locks the folder for this process; the lock goes with the process, however it ends.
fn lock(root: &Path, alone: bool) -> Result<File, BackupError> {
    let path = root.join(MARKER);
    let file = File::open(&path).map_err(|error| ArchiveError::from_io("opening", &path, error))?;
    let locked = if alone { file.try_lock() } else { file.try_lock_shared() };
    match locked {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(BackupError::Busy { root: root.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(ArchiveError::from_io("locking", &path, error).into()),
    }
}

fn refuse_foreign(root: &Path) -> Result<(), BackupError> {
    for entry in entries(root)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The ledger of disposals may be there before the first backup.
        if name != "lost+found" && name != DISPOSALS && !name.starts_with(".tmp") {
            return Err(BackupError::NotOurs { root: root.to_owned(), found: name });
        }
    }
    Ok(())
}

/// The number of a generation's folder; none: it is something else.
fn number_of(entry: &DirEntry) -> Option<u64> {
    let name = entry.file_name();
    let name = name.to_str().filter(|name| name.len() == 8 && name.bytes().all(|b| b.is_ascii_digit()))?;
    if entry.file_type().is_ok_and(|kind| kind.is_dir()) { name.parse().ok() } else { None }
}

/// A folder's entries, by name; none when the folder isn't there.
fn entries(path: &Path) -> Result<Vec<DirEntry>, ArchiveError> {
    let listed = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.and_then(Iterator::collect::<io::Result<Vec<_>>>),
    };
    let mut listed = listed.map_err(|error| ArchiveError::from_io("listing", path, error))?;
    listed.sort_by_key(DirEntry::file_name);
    Ok(listed)
}

#[cfg(test)]
mod tests;
