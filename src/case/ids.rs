//! Newtypes of the record, parsed once at the edge: digests, case references, revisions.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, HEXLOWER, Specification};
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

/// A text that isn't what it should be; the message names what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

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

/// Letters and digits that people don't confuse (Crockford's base 32): I and L read as 1, O as 0.
pub(crate) fn crockford() -> Encoding {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    spec.translate.from.push_str("abcdefghjkmnpqrstvwxyzIiLlOo");
    spec.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ111100");
    spec.ignore.push_str("- ");
    spec.encoding().expect("the specification is constant and valid")
}

/// The opaque reference of a case on paper: 40 random bits, eight letters and digits.
/// It says nothing about the person and can't be counted up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseReference([u8; 5]);

impl CaseReference {
    /// A reference from its 40 bits.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 5]) -> Self {
        Self(bytes)
    }

    /// The 40 bits.
    #[must_use]
    pub fn as_bytes(&self) -> [u8; 5] {
        self.0
    }

    /// The reference that stands for any other text: the first 40 bits of its SHA-256.
    /// Used by the command line, where `--case` may be a name of the caller's own.
    #[must_use]
    pub fn standing_for(text: &str) -> Self {
        let digest = Digest::of(text.as_bytes());
        Self([digest.0[0], digest.0[1], digest.0[2], digest.0[3], digest.0[4]])
    }
}

impl fmt::Display for CaseReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crockford().encode(&self.0))
    }
}

impl fmt::Debug for CaseReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseReference({self})")
    }
}

impl FromStr for CaseReference {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed("a case reference is eight letters and digits, such as K7Q29XBD".into());
        let bytes = crockford().decode(text.as_bytes()).map_err(|_| wrong())?;
        Ok(Self(bytes.try_into().map_err(|_| wrong())?))
    }
}

/// The number of a print of one case, from 1 to 1,023.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Revision(u16);

impl Revision {
    /// The highest revision that the printed code can carry (ten bits).
    pub const MAX: u16 = 1023;

    /// The number itself.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<i64> for Revision {
    type Error = Malformed;

    fn try_from(number: i64) -> Result<Self, Malformed> {
        match u16::try_from(number) {
            Ok(n @ 1..=Self::MAX) => Ok(Self(n)),
            _ => Err(Malformed(format!("a revision is a number from 1 to {}, not {number}", Self::MAX))),
        }
    }
}

impl From<Revision> for i64 {
    fn from(revision: Revision) -> Self {
        Self::from(revision.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_read_as_people_type_them() {
        let reference = CaseReference::from_bytes([0x9d, 0xee, 0x24, 0xf5, 0x8d]);
        let text = reference.to_string();
        assert_eq!(text.len(), 8);
        assert_eq!(text.to_lowercase().parse(), Ok(reference));
        assert_eq!(format!("{}-{}", &text[..4], &text[4..]).parse(), Ok(reference));
        assert!("K7Q2".parse::<CaseReference>().is_err());
        assert!("U7Q29XBD".parse::<CaseReference>().is_err());
    }

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
