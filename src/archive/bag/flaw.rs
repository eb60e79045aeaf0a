//! What can be wrong with a bag: the file and the reason, in English.

use std::fmt;

use crate::case::ids::Digest;

/// One thing that doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The file, by its path in the bag.
    pub file: String,
    /// What is wrong with it.
    pub why: Why,
}

impl Flaw {
    /// A flaw of a file.
    #[must_use]
    pub fn new(file: &str, why: Why) -> Self {
        Self { file: file.to_owned(), why }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name may hold anything, also what would move a terminal's cursor.
        write!(f, "{}: {}", self.file.escape_debug(), self.why)
    }
}

/// Why a file doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// A manifest names it, or every bag has it, and it isn't there.
    #[error("the file is missing")]
    Missing,
    /// It is there, and no manifest names it.
    #[error("no manifest names this file")]
    Unlisted,
    /// Its bytes aren't those of the manifest.
    #[error("expected SHA-256 {expected}; found {actual}")]
    Damaged {
        /// What the manifest says.
        expected: Digest,
        /// What the bytes hash to.
        actual: Digest,
    },
    /// The path leads out of the bag, or isn't one that we write.
    #[error("a manifest names a path that leads out of its place")]
    Unsafe,
    /// A manifest names it twice.
    #[error("a manifest names this file twice")]
    Twice,
    /// A link, a socket, a device: nothing that a bag holds.
    #[error("neither a file nor a folder; links aren't followed")]
    Special,
    /// It isn't written as it should be; the line is named where there is one.
    #[error("{0}")]
    Malformed(String),
    /// The payload isn't what `Payload-Oxum` says.
    #[error("Payload-Oxum says {expected}, the payload has {actual} (bytes.files)")]
    Oxum {
        /// What the bag says.
        expected: String,
        /// What is there.
        actual: String,
    },
    /// It is larger than what is taken.
    #[error("larger than {0} bytes, the most that is taken")]
    TooLarge(u64),
    /// The system can't read it.
    #[error("can't be read: {0}")]
    Unreadable(String),
    /// It is a sound file, and says something that doesn't fit with the rest.
    #[error("{0}")]
    Contradicts(String),
}
