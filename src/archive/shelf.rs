//! Where stored originals lie: a folder on this machine, or a bucket that several machines share.
//!
//! Either is asked for the same few things, by the digest of an original's own bytes. What is stored under it is opaque
//! here. How a file gets its name and leaves it is each one's own matter: [`super::originals`], [`super::orphan`] and
//! [`super::removal`] for the folder, [`super::bucket`] for the bucket.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::bucket::{Bucket, Facts};
use super::verify::{Listing, walk};
use super::{ArchiveError, folder};
use crate::case::ids::Digest;

/// Where stored originals lie.
#[derive(Clone, Debug)]
pub(super) enum Shelf {
    /// The folder of originals.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

impl Shelf {
    /// Where the original of this digest lies, whether or not it is there: a path, or an address for people.
    pub(super) fn place_of(&self, digest: &Digest) -> PathBuf {
        match self {
            Self::Folder(root) => {
                let name = digest.to_string();
                root.join(&name[..2]).join(&name[2..4]).join(&name)
            }
            Self::Bucket(bucket) => bucket.place_of(digest),
        }
    }

    /// Where all originals lie, for people.
    pub(super) fn place(&self) -> PathBuf {
        match self {
            Self::Folder(root) => root.clone(),
            Self::Bucket(bucket) => bucket.place(),
        }
    }

    /// The folder, if it is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(root) => Some(root),
            Self::Bucket(_) => None,
        }
    }

    /// Opens what is stored under a digest. Out of a bucket it is read into a file without a name in `temporary` first.
    pub(super) fn open(&self, digest: &Digest, temporary: &Path) -> io::Result<File> {
        match self {
            Self::Folder(_) => File::open(self.place_of(digest)),
            Self::Bucket(bucket) => bucket.open(digest, temporary),
        }
    }

    /// The same to look at its beginning and its length alone: of what lies in a bucket nothing else is read.
    pub(super) fn outline(&self, digest: &Digest, temporary: &Path) -> io::Result<File> {
        match self {
            Self::Folder(_) => File::open(self.place_of(digest)),
            Self::Bucket(bucket) => {
                bucket.outline(digest, temporary)?.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }

    /// What is known of a stored original without reading it; none: there is no such file.
    pub(super) fn facts(&self, digest: &Digest) -> io::Result<Option<Facts>> {
        let Self::Bucket(bucket) = self else {
            return match fs::metadata(self.place_of(digest)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                found => {
                    let found = found?;
                    let changed_millis = folder::changed_millis(&found)?;
                    Ok(found.is_file().then_some(Facts { bytes: found.len(), changed_millis }))
                }
            };
        };
        bucket.facts(digest)
    }

    /// Lists the originals whose digest begins with the byte `part`, and whatever else lies there.
    pub(super) fn part(&self, part: u8) -> Result<Listing, ArchiveError> {
        match self {
            Self::Folder(root) => walk::part(root, part),
            Self::Bucket(bucket) => bucket.part(part),
        }
    }

    /// Whether anything is stored there.
    pub(super) fn holds_some(&self) -> Result<bool, ArchiveError> {
        let held = match self {
            Self::Folder(root) => match fs::read_dir(root) {
                Ok(mut entries) => Ok(entries.next().is_some()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            },
            Self::Bucket(bucket) => bucket.holds_some(),
        };
        held.map_err(|error| ArchiveError::from_io("looking at", &self.place(), error))
    }

    /// Whether another one is the same place, whatever either is called: what is left here for a moment is found there.
    pub(super) fn is_same(&self, other: &Self) -> Result<bool, ArchiveError> {
        let same = match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => folder::is_same(one, other),
            (Self::Bucket(one), Self::Bucket(other)) => one.is_same(other),
            (Self::Folder(_), Self::Bucket(_)) | (Self::Bucket(_), Self::Folder(_)) => Ok(false),
        };
        same.map_err(|error| ArchiveError::from_io("leaving a mark in", &self.place(), error))
    }

    /// Finds out now, and not at the first upload, whether originals can be stored there.
    pub(super) fn probe(&self) -> Result<(), ArchiveError> {
        match self {
            Self::Folder(root) => folder::probe(root),
            Self::Bucket(bucket) => {
                bucket.probe().map_err(|error| ArchiveError::from_io("writing to", &bucket.place(), error))
            }
        }
    }
}
