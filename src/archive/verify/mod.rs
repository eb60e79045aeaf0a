//! The check of the whole archive: every original, and every row that names one.
//!
//! Rows come sorted by digest and the folder is walked in the same order, so that both pass by once
//! and neither is held in memory. Findings are collected, not stopped at; each names its repair.
//! It changes nothing: removing orphans or restoring files is somebody's decision.

mod finding;
mod rows;
mod walk;

use std::fmt::Display;
use std::fs::File;
use std::io;

pub use finding::{Finding, Kind};
pub use rows::{InMemory, Named, NamedRows};

use self::rows::Cursor;
use self::walk::Listed;
pub(super) use self::walk::part;
use super::{ArchiveError, Originals, folder};
use crate::case::ids::Digest;

/// From when on a file that no row names counts as an orphan: a day, far longer than any upload takes.
pub const GRACE_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What the check tells while it runs.
#[derive(Debug)]
pub enum Report {
    /// Something is wrong.
    Finding(Finding),
    /// How far it has come.
    Progress(Progress),
}

/// How far a check has come. Digests are spread evenly, so that parts are a fair measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Parts done, of [`Progress::PARTS`].
    pub parts: u16,
    /// What has been read so far.
    pub summary: Summary,
}

impl Progress {
    /// The number of parts of every check.
    pub const PARTS: u16 = 256;
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Originals that are named by a row and were read whole.
    pub originals: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows that name an original.
    pub rows: u64,
    /// Files that no row names, but which may belong to an upload that is under way.
    pub young: u64,
    /// Findings reported.
    pub findings: u64,
}

impl Summary {
    /// Whether nothing was found.
    #[must_use]
    pub fn all_is_well(&self) -> bool {
        self.findings == 0
    }
}

/// Why a check couldn't be finished. Its findings up to there stand.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The rows couldn't be read; without them nothing can be called an orphan.
    #[error("reading the rows that name originals: {0}")]
    Rows(String),
    /// The rows weren't sorted by digest.
    #[error("row {row} names {digest} out of order: rows must come sorted by digest")]
    Unsorted {
        /// The row.
        row: String,
        /// Its digest.
        digest: Digest,
    },
    /// The folder couldn't be listed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Checks all of `originals` against `rows` and reports findings as they are found.
///
/// `now_millis` is the present moment, against which the grace time of orphans is counted.
///
/// # Errors
/// When the rows or the folders can't be read. A single file that can't be read is a finding.
pub async fn check<R: NamedRows>(
    originals: &Originals,
    rows: R,
    now_millis: i64,
    report: &mut (dyn FnMut(Report) + Send),
) -> Result<Summary, VerifyError> {
    let mut check = Check { originals, now_millis, report, summary: Summary::default() };
    let mut cursor = Cursor::new(rows);
    check.temporaries().await?;
    for part in 0..=u8::MAX {
        check.part(part, &mut cursor).await?;
    }
    Ok(check.summary)
}

struct Check<'a> {
    originals: &'a Originals,
    now_millis: i64,
    report: &'a mut (dyn FnMut(Report) + Send),
    summary: Summary,
}

impl Check<'_> {
    fn find(&mut self, finding: Finding) {
        self.summary.findings += 1;
        (self.report)(Report::Finding(finding));
    }

    /// What lies in the folder of arriving files longer than any upload takes.
    async fn temporaries(&mut self) -> Result<(), VerifyError> {
        let folder = self.originals.temporary().to_owned();
        for stray in folder::blocking(move || walk::strays(&folder)).await? {
            let age = self.now_millis - stray.changed_millis;
            if age > GRACE_MILLIS {
                self.find(Finding::stray_temporary(&stray.path, stray.bytes, age));
            }
        }
        if !self.originals.folder().is_dir() {
            self.find(Finding::no_folder(self.originals.folder()));
        }
        Ok(())
    }

    /// All digests that begin with the byte `part`, from both sides in one pass.
    async fn part<R: NamedRows>(&mut self, part: u8, cursor: &mut Cursor<R>) -> Result<(), VerifyError> {
        let root = self.originals.folder().to_owned();
        let listing = folder::blocking(move || walk::part(&root, part)).await?;
        for foreign in listing.foreign {
            self.find(Finding::foreign(&foreign));
        }
        let mut files = listing.files.into_iter().peekable();
        loop {
            let row = cursor.peek().await?.filter(|digest| digest.as_bytes()[0] == part);
            let file = files.peek().map(|f| f.digest);
            let next = match (row, file) {
                (None, None) => break,
                (Some(one), None) | (None, Some(one)) => one,
                (Some(row), Some(file)) => row.min(file),
            };
            let listed = files.next_if(|f| f.digest == next);
            let named = cursor.take(next).await?;
            match listed {
                Some(file) if named.is_empty() => self.unnamed(&file),
                _ => self.named(next, &named).await?,
            }
        }
        let parts = u16::from(part) + 1;
        (self.report)(Report::Progress(Progress { parts, summary: self.summary }));
        Ok(())
    }

    fn unnamed(&mut self, file: &Listed) {
        let age = self.now_millis - file.changed_millis;
        if age > GRACE_MILLIS {
            self.find(Finding::orphan(self.originals, file.digest, file.bytes, age));
        } else {
            self.summary.young += 1;
        }
    }

    /// Reads the file whatever the listing said: it may have arrived after the listing was made.
    async fn named(&mut self, digest: Digest, rows: &[Named]) -> Result<(), VerifyError> {
        self.summary.rows += rows.len() as u64;
        let (actual, bytes) = match self.read(digest).await? {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.find(Finding::missing(self.originals, digest, rows));
                return Ok(());
            }
            Err(error) => {
                self.find(Finding::unreadable(self.originals, digest, rows, &error));
                return Ok(());
            }
        };
        self.summary.originals += 1;
        self.summary.bytes += bytes;
        if actual != digest {
            let exchanged = matches!(self.read(actual).await?, Ok((other, _)) if other == digest);
            self.find(if exchanged {
                Finding::swapped(self.originals, digest, actual, rows)
            } else {
                Finding::damaged(self.originals, digest, actual, bytes, rows)
            });
            return Ok(());
        }
        for row in rows.iter().filter(|row| row.bytes != bytes) {
            self.find(Finding::wrong_size(digest, bytes, row));
        }
        Ok(())
    }

    async fn read(&self, digest: Digest) -> Result<io::Result<(Digest, u64)>, ArchiveError> {
        let path = self.originals.path_of(&digest);
        folder::blocking(move || Ok(File::open(path).and_then(|mut file| folder::hash(&mut file)))).await
    }
}

impl VerifyError {
    fn rows(error: impl Display) -> Self {
        Self::Rows(error.to_string())
    }
}

#[cfg(test)]
mod tests;
