//! The folder side of the check: what lies where, in the order of digests. It reads names, not bytes.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::{ArchiveError, folder};
use crate::case::ids::Digest;

/// A file that stands where an original of its name belongs.
pub(in crate::archive) struct Listed {
    pub(in crate::archive) digest: Digest,
    /// Its length as it is stored, which isn't that of the plain bytes.
    pub(in crate::archive) stored: u64,
    pub(in crate::archive) changed_millis: i64,
}

/// A file in the folder of arriving files.
pub(super) struct Stray {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) changed_millis: i64,
}

/// One part of the archive.
#[derive(Default)]
pub(in crate::archive) struct Listing {
    /// Originals, sorted by digest.
    pub(in crate::archive) files: Vec<Listed>,
    /// Whatever else lies there.
    pub(in crate::archive) foreign: Vec<PathBuf>,
}

/// Lists the originals whose digest begins with the byte `part`. What lies beside the 256 folders of
/// the first level is reported with part 0.
pub(in crate::archive) fn part(root: &Path, part: u8) -> Result<Listing, ArchiveError> {
    let mut listing = Listing::default();
    if part == 0 {
        listing.foreign.extend(entries(root)?.iter().filter(|e| !is_level(e)).map(DirEntry::path));
    }
    for level in entries(&root.join(format!("{part:02x}")))? {
        if !is_level(&level) {
            listing.foreign.push(level.path());
            continue;
        }
        for entry in entries(&level.path())? {
            let path = entry.path();
            let digest = entry.file_name().to_str().and_then(|name| name.parse::<Digest>().ok());
            let name = entry.file_name();
            let level_name = level.file_name();
            let prefix = format!("{part:02x}{}", level_name.to_string_lossy());
            let (stored, changed_millis, is_file) = facts(&entry)?;
            match digest {
                Some(digest) if is_file && name.to_string_lossy().starts_with(&prefix) => {
                    listing.files.push(Listed { digest, stored, changed_millis });
                }
                _ => listing.foreign.push(path),
            }
        }
    }
    listing.files.sort_by_key(|file| file.digest);
    listing.foreign.sort();
    Ok(listing)
}

/// Lists the folder of arriving files.
pub(super) fn strays(folder: &Path) -> Result<Vec<Stray>, ArchiveError> {
    let mut strays = Vec::new();
    for entry in entries(folder)? {
        let (bytes, changed_millis, _) = facts(&entry)?;
        strays.push(Stray { path: entry.path(), bytes, changed_millis });
    }
    strays.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(strays)
}

/// A folder's entries; none when the folder isn't there.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, ArchiveError> {
    match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(vec![])
        }
        other => {
            other.and_then(Iterator::collect).map_err(|error| ArchiveError::from_io("listing", folder, error))
        }
    }
}

/// Size, time of last change and whether it is a file; all zero when it has gone meanwhile.
fn facts(entry: &DirEntry) -> Result<(u64, i64, bool), ArchiveError> {
    let failed = |error| ArchiveError::from_io("looking at", &entry.path(), error);
    match entry.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((0, i64::MAX, true)),
        Err(error) => Err(failed(error)),
        Ok(meta) => Ok((meta.len(), folder::changed_millis(&meta).map_err(failed)?, meta.is_file())),
    }
}

/// Whether an entry is one of the folders `00` to `ff`.
fn is_level(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let name = name.as_encoded_bytes();
    name.len() == 2
        && name.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && entry.file_type().is_ok_and(|t| t.is_dir())
}
