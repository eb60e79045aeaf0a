//! The check of the archive, or of a slice of it: every original, and every row that names one.
//!
//! Rows come sorted by digest and the folder is walked in the same order, so that both pass by once
//! and neither is held in memory. Findings are collected, not stopped at; each names its repair.
//! It changes nothing: removing orphans or restoring files is somebody's decision. What can be made again
//! (renditions) is nobody's finding: it isn't looked at.

mod finding;
mod rows;
mod slice;
pub(super) mod walk;

use std::fmt::Display;
use std::io;

pub use finding::{Finding, Kind, Place};
pub use rows::{InMemory, Named, NamedRows};
pub use slice::{NoSlice, Slice};

use self::rows::Cursor;
pub(super) use self::walk::{Listed, Listing};
use super::vault::{Content, Shut};
use super::{ArchiveError, Originals, folder};
use crate::case::ids::Digest;

/// From when on a file that no row names counts as an orphan: a day, far longer than any upload takes.
pub const GRACE_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What the check tells while it runs.
#[derive(Debug)]
pub enum Report {
    /// Something is wrong.
    Finding(Finding),
    /// A place was looked at, and everything that is wrong there has been told.
    Looked(Place),
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
    /// Originals of the right size that were not read, because they were not due.
    pub not_due: u64,
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
    let mut check = Check::new(originals, rows, Slice::ALL, now_millis);
    while check.next_part(report).await? {}
    Ok(check.summary())
}

/// What one original is found to be.
#[derive(Debug)]
pub struct One {
    /// How many bytes were read; none: it couldn't be.
    pub bytes: Option<u64>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// Reads one original, which `rows` name.
///
/// # Errors
/// When no file could be tried at all. A file that can't be read is a finding.
pub async fn one(originals: &Originals, digest: Digest, rows: &[Named]) -> Result<One, ArchiveError> {
    let found = |bytes, finding| Ok(One { bytes, findings: vec![finding] });
    let (actual, bytes) = match read(originals, digest).await? {
        Ok(Content::Bytes { digest, bytes, .. }) => (digest, bytes),
        Ok(Content::Shut(Shut::Broken(broken))) => {
            return found(Some(broken.whole), Finding::broken(originals, digest, broken, rows));
        }
        Ok(Content::Shut(Shut::Locked { generation, bytes })) => {
            // A wrong length tells damage without a key.
            let fits = bytes.is_some_and(|bytes| rows.iter().all(|row| row.bytes == bytes));
            let finding = if fits {
                Finding::locked(digest, generation, rows)
            } else {
                Finding::cut(originals, digest, bytes, rows)
            };
            return found(None, finding);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return found(None, Finding::missing(originals, digest, rows));
        }
        // A store that doesn't answer says nothing of its originals.
        Err(error) if ArchiveError::is_of_away(&error) => {
            return Err(ArchiveError::from_io("reading", &originals.path_of(&digest), error));
        }
        Err(error) => return found(None, Finding::unreadable(originals, digest, rows, &error)),
    };
    if actual != digest {
        let exchanged = matches!(
            read(originals, actual).await?,
            Ok(Content::Bytes { digest: other, .. }) if other == digest
        );
        let finding = if exchanged {
            Finding::swapped(originals, digest, actual, rows)
        } else {
            Finding::damaged(originals, digest, actual, bytes, rows)
        };
        return found(Some(bytes), finding);
    }
    let wrong = rows.iter().filter(|row| row.bytes != bytes);
    let findings = wrong.map(|row| Finding::wrong_size(digest, bytes, row)).collect();
    Ok(One { bytes: Some(bytes), findings })
}

/// What lies in the folder of arriving files longer than any upload takes, and whether the folder of originals
/// is there at all.
///
/// # Errors
/// When the folder can't be listed.
pub async fn arriving(originals: &Originals, now_millis: i64) -> Result<Vec<Finding>, ArchiveError> {
    let folder = originals.temporary().to_owned();
    let mut findings = Vec::new();
    for stray in folder::blocking(move || walk::strays(&folder)).await? {
        let age = now_millis - stray.changed_millis;
        if age > GRACE_MILLIS {
            findings.push(Finding::stray_temporary(&stray.path, stray.bytes, age));
        }
    }
    if let Some(folder) = originals.shelf().folder()
        && !folder.is_dir()
    {
        findings.push(Finding::no_folder(folder));
    }
    Ok(findings)
}

async fn read(originals: &Originals, digest: Digest) -> Result<io::Result<Content>, ArchiveError> {
    let this = originals.clone();
    folder::blocking(move || Ok(this.open_stored(&digest).and_then(|file| this.vault().look(&file, &digest))))
        .await
}

/// A check under way, which goes on part by part.
pub struct Check<'a, R> {
    originals: &'a Originals,
    cursor: Cursor<R>,
    slice: Slice,
    now_millis: i64,
    next: Option<u8>,
    summary: Summary,
}

impl<'a, R: NamedRows> Check<'a, R> {
    /// A check of `slice` that hasn't begun. `rows` are those of the slice, and may be more.
    #[must_use]
    pub fn new(originals: &'a Originals, rows: R, slice: Slice, now_millis: i64) -> Self {
        let next = Some(slice.first());
        Self { originals, cursor: Cursor::new(rows), slice, now_millis, next, summary: Summary::default() }
    }

    /// What has been read so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// Checks the next part; the first of all looks at the folder of arriving files too. False: it was the last.
    ///
    /// # Errors
    /// As [`check`].
    pub async fn next_part(&mut self, report: &mut (dyn FnMut(Report) + Send)) -> Result<bool, VerifyError> {
        let Some(part) = self.next else { return Ok(false) };
        if part == 0 {
            for finding in arriving(self.originals, self.now_millis).await? {
                self.find(report, finding);
            }
            report(Report::Looked(Place::Arriving));
        }
        self.part(part, report).await?;
        self.next = part.checked_add(1).filter(|next| *next <= self.slice.last());
        let parts = u16::from(part - self.slice.first()) + 1;
        report(Report::Progress(Progress { parts, summary: self.summary }));
        Ok(self.next.is_some())
    }

    fn find(&mut self, report: &mut (dyn FnMut(Report) + Send), finding: Finding) {
        self.summary.findings += 1;
        report(Report::Finding(finding));
    }

    /// All digests that begin with the byte `part`, from both sides in one pass.
    async fn part(&mut self, part: u8, report: &mut (dyn FnMut(Report) + Send)) -> Result<(), VerifyError> {
        let originals = self.originals.clone();
        let listing = folder::blocking(move || originals.shelf().part(part)).await?;
        for foreign in listing.foreign {
            self.find(report, Finding::foreign(&foreign, part));
        }
        let mut files = listing.files.into_iter().peekable();
        loop {
            let row = self.cursor.peek().await?.filter(|digest| digest.as_bytes()[0] == part);
            let file = files.peek().map(|f| f.digest);
            let next = match (row, file) {
                (None, None) => break,
                (Some(one), None) | (None, Some(one)) => one,
                (Some(row), Some(file)) => row.min(file),
            };
            let listed = files.next_if(|f| f.digest == next);
            let named = self.cursor.take(next).await?;
            match listed {
                Some(file) if named.is_empty() => self.unnamed(report, &file).await?,
                listed => self.named(report, next, &named, listed.is_some()).await?,
            }
        }
        report(Report::Looked(Place::Part(part)));
        Ok(())
    }

    async fn unnamed(
        &mut self,
        report: &mut (dyn FnMut(Report) + Send),
        file: &Listed,
    ) -> Result<(), VerifyError> {
        let age = self.now_millis - file.changed_millis;
        if age > GRACE_MILLIS {
            let bytes = self.originals.size_of(&file.digest).await?.unwrap_or(file.stored);
            self.find(report, Finding::orphan(self.originals, file.digest, bytes, age));
        } else {
            self.summary.young += 1;
        }
        Ok(())
    }

    /// Reads the file whatever the listing said: it may have arrived after the listing was made. Only one that is
    /// there, with the size on record, may wait until it is due.
    async fn named(
        &mut self,
        report: &mut (dyn FnMut(Report) + Send),
        digest: Digest,
        rows: &[Named],
        is_listed: bool,
    ) -> Result<(), VerifyError> {
        self.summary.rows += rows.len() as u64;
        if is_listed && !rows.iter().any(|row| row.due) {
            let bytes = self.originals.size_of(&digest).await?;
            if rows.iter().all(|row| Some(row.bytes) == bytes) {
                self.summary.not_due += 1;
                return Ok(());
            }
        }
        let one = one(self.originals, digest, rows).await?;
        if let Some(bytes) = one.bytes {
            self.summary.originals += 1;
            self.summary.bytes += bytes;
        }
        for finding in one.findings {
            self.find(report, finding);
        }
        report(Report::Looked(Place::Original(digest)));
        Ok(())
    }
}

impl VerifyError {
    fn rows(error: impl Display) -> Self {
        Self::Rows(error.to_string())
    }
}

#[cfg(test)]
mod tests;
