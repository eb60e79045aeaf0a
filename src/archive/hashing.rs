//! Bytes that are only hashed and never kept.

use sha2::Digest as _;

use crate::case::ids::Digest;

/// Hashes what passes by.
#[derive(Clone, Debug, Default)]
pub struct Hashing {
    hasher: sha2::Sha256,
    bytes: u64,
}

impl Hashing {
    /// Takes a chunk.
    pub fn update(&mut self, chunk: &[u8]) {
        self.hasher.update(chunk);
        self.bytes += chunk.len() as u64;
    }

    /// How many bytes have passed.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of all that has passed.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hash_as_the_whole() {
        let mut hashing = Hashing::default();
        for piece in ["a", "", "bc"] {
            hashing.update(piece.as_bytes());
        }
        assert_eq!((hashing.bytes(), hashing.finish()), (3, Digest::of(b"abc")));
    }
}
