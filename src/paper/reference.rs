//! What paper says about where it belongs: the case's opaque reference and the revision of the print.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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
        let digest: [u8; 32] = Sha256::digest(text).into();
        Self([digest[0], digest[1], digest[2], digest[3], digest[4]])
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

/// A text that isn't what it should be; the message names what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// Letters and digits that people don't confuse (Crockford's base 32): I and L read as 1, O as 0.
pub(crate) fn crockford() -> Encoding {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    spec.translate.from.push_str("abcdefghjkmnpqrstvwxyzIiLlOo");
    spec.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ111100");
    spec.ignore.push_str("- ");
    spec.encoding().expect("the specification is constant and valid")
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
}
