//! The head of a sealed file, as far as it can be read without a key: who may open it, and how long the rest is.

use std::io::{self, Read};

/// How every file of the format begins.
const BEGIN: &[u8] = b"age-encryption.org/v1\n";
/// The stanza that names the generation and the key.
pub(super) const MARK: &str = "casebind-generation";
/// More bytes than any head of ours has: what has no end within them is no head.
const MOST: usize = 4096;
/// Of the file's own key's nonce.
const NONCE: u64 = 16;
const TAG: u64 = 16;
const CHUNK: u64 = 64 * 1024 + TAG;

/// A head.
pub(super) struct Head {
    /// Where it ends; none: it is damaged.
    pub end: Option<u64>,
    /// What it says of its key.
    pub mark: Option<Mark>,
}

/// What a head says of the key that opens the file. Nothing vouches for it before the file is opened.
pub(super) struct Mark {
    /// The generation's number.
    pub generation: u32,
    /// What tells this key from another of the same number.
    pub print: String,
}

impl Head {
    /// Reads it from a file's beginning; none: the file isn't sealed.
    pub(super) fn read(file: &mut impl Read) -> io::Result<Option<Self>> {
        let mut begin = Vec::with_capacity(MOST);
        file.take(MOST as u64).read_to_end(&mut begin)?;
        if !begin.starts_with(BEGIN) {
            return Ok(None);
        }
        let (mut at, mut mark) = (0, None);
        for line in begin.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            if line.starts_with(b"--- ") {
                let end = line.ends_with(b"\n").then_some(at as u64);
                return Ok(Some(Self { end, mark }));
            }
            mark = mark.or_else(|| Mark::parse(line));
        }
        Ok(Some(Self { end: None, mark }))
    }

    /// How many plain bytes a file of this length holds: each chunk has a tag, and only the first may be empty. None: no
    /// file ends there.
    pub(super) fn plain_bytes(&self, stored: u64) -> Option<u64> {
        let body = stored.checked_sub(self.end? + NONCE)?;
        let last = match body % CHUNK {
            0 if body > 0 => CHUNK,
            rest => rest,
        };
        let chunks = body.div_ceil(CHUNK);
        let ends_well = last > TAG || (last == TAG && chunks == 1);
        ends_well.then(|| body - chunks * TAG)
    }
}

impl Mark {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let mut words = line.strip_prefix("-> ")?.split_ascii_whitespace();
        if words.next() != Some(MARK) {
            return None;
        }
        let (generation, print) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        Some(Self { generation, print })
    }
}
