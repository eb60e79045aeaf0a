//! Newtypes of the record, parsed once at the edge: digests, and the case references and revisions that paper bears.

use std::fmt;
use std::str::FromStr;

pub use casebind_paper::reference::{CaseReference, Malformed, Revision};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// The SHA-256 of a document's bytes. Shown as 64 lower-case hex digits, as `sha256sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest from its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The first 12 hex digits, as forms and pages show them.
    #[must_use]
    pub fn short(&self) -> String {
        HEXLOWER.encode(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bytes = HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| Malformed("a digest is 64 lower-case hex digits".into()))?;
        let bytes: [u8; 32] =
            bytes.try_into().map_err(|_| Malformed("a digest is 64 lower-case hex digits".into()))?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Whether a text can be a case's number 案件編號: the year of the Republic and seven digits, such as 1150000123. All are
/// of one length, so that their order as texts is their order as numbers: lists go by both.
#[must_use]
pub fn is_case_number(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_numbers_have_ten_digits() {
        assert!(is_case_number("1150000123"));
        for other in ["", "12345678", "150000123", "11500001234", "115000012x", "１１５０００"] {
            assert!(!is_case_number(other), "{other}");
        }
    }

    #[test]
    fn digests_are_as_sha256sum_prints_them() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.short(), "ba7816bf8f01");
    }
}
