//! Bags (BagIt 1.0, RFC 8493): folders of files that anybody can check without us, with SHA-256 throughout.
//!
//! This room knows files, digests and the four tag files. It must not know what a bag is about: cases and their
//! JSON belong to `steps::bags`.
//!
//! 1. [`BagWriter`]: a bag grows under a temporary name, file by file, and gets its name when it is whole. One that broke
//!    off may be resumed: files of its payload that are right are taken over.
//! 2. [`Bag::check`]: everything about a bag that doesn't fit, file by file, with the reason; a bag without a
//!    [`Flaw`] can be read.
//! 3. [`Bag::open`]: a file of the bag, hashed once more on the way.
//!
//! We are stricter with what we read than the RFC asks: the tag manifest must be there and name every tag file, the
//! `Payload-Oxum` must be there, links and other special files are refused, and so is a bag that says `fetch.txt`.

mod check;
mod flaw;
mod path;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::Digest as _;

use crate::case::ids::Digest;

pub use flaw::{Flaw, Why};
pub use write::{BagWriter, Written};

/// The declaration that makes a folder a bag.
pub const DECLARATION: &str = "bagit.txt";
/// What the bag says about itself.
pub const INFO: &str = "bag-info.txt";
/// The digests of the payload.
pub const MANIFEST: &str = "manifest-sha256.txt";
/// The digests of everything else.
pub const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
/// Where the payload lies.
pub const PAYLOAD: &str = "data";
/// The label of what the payload weighs.
pub const OXUM: &str = "Payload-Oxum";

/// The whole of `bagit.txt`.
const DECLARED: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// A bag without flaws.
#[derive(Debug)]
pub struct Bag {
    root: PathBuf,
    info: Vec<(String, String)>,
    payload: BTreeMap<String, Digest>,
    id: Digest,
    bytes: u64,
}

impl Bag {
    /// Reads all of a bag and hashes every file. `read` is told the bytes of each piece as it is read.
    ///
    /// # Errors
    /// All flaws that were found, never none.
    pub fn check(root: &Path, read: &mut dyn FnMut(u64)) -> Result<Self, Vec<Flaw>> {
        check::check(root, read)
    }

    /// The digest of the tag manifest: it names every byte of the bag.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The values of a label of `bag-info.txt`, in their order.
    pub fn info<'b>(&'b self, label: &'b str) -> impl Iterator<Item = &'b str> {
        self.info.iter().filter(move |(l, _)| l.eq_ignore_ascii_case(label)).map(|(_, value)| value.as_str())
    }

    /// The payload by path (below and with `data/`), each with its digest.
    #[must_use]
    pub fn payload(&self) -> &BTreeMap<String, Digest> {
        &self.payload
    }

    /// How many bytes the payload has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many bytes a file of the payload has; none when it isn't there any more.
    #[must_use]
    pub fn size(&self, path: &str) -> Option<u64> {
        self.root.join(path).metadata().ok().map(|meta| meta.len())
    }

    /// Opens a file of the payload; it is hashed once more while it is read.
    ///
    /// # Errors
    /// When the bag has no such file, or it can't be opened.
    pub fn open(&self, path: &str) -> Result<PayloadReader, Flaw> {
        let digest = *self.payload.get(path).ok_or_else(|| Flaw::new(path, Why::Missing))?;
        let file = File::open(self.root.join(path))
            .map_err(|error| Flaw::new(path, Why::Unreadable(error.to_string())))?;
        Ok(PayloadReader { file, hasher: sha2::Sha256::new(), path: path.to_owned(), digest })
    }

    /// Reads a file of the payload whole.
    ///
    /// # Errors
    /// When it is larger than `most` bytes, can't be read, or isn't any more what it was when the bag was checked.
    pub fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, Flaw> {
        let mut reader = self.open(path)?;
        let mut all = Vec::new();
        while let Some(piece) = reader.piece()? {
            all.extend_from_slice(&piece);
            if all.len() as u64 > most {
                return Err(Flaw::new(path, Why::TooLarge(most)));
            }
        }
        Ok(all)
    }
}

/// A file of a payload on its way out.
#[derive(Debug)]
pub struct PayloadReader {
    file: File,
    hasher: sha2::Sha256,
    path: String,
    digest: Digest,
}

impl PayloadReader {
    /// The next piece; none at the end, which is reached only when every byte was right.
    ///
    /// # Errors
    /// When reading fails, or the file changed since it was checked.
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, Flaw> {
        let mut chunk = vec![0; CHUNK];
        let count = read_some(&mut self.file, &mut chunk)
            .map_err(|error| Flaw::new(&self.path, Why::Unreadable(error.to_string())))?;
        if count > 0 {
            chunk.truncate(count);
            self.hasher.update(&chunk);
            return Ok(Some(chunk));
        }
        let actual = Digest::from_bytes(std::mem::take(&mut self.hasher).finalize().into());
        if actual == self.digest {
            Ok(None)
        } else {
            Err(Flaw::new(&self.path, Why::Damaged { expected: self.digest, actual }))
        }
    }
}

fn read_some(file: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests;
