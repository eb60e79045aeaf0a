//! The printed code: what binds paper to a record, and the short code for typing.
//!
//! It carries no personal data: an opaque case reference, the revision, page n of m, the corner,
//! and a truncated MAC (HMAC-SHA256, 88 bits) under a key of the installation. It is written as 48
//! decimal digits, one numeric segment of a QR code of version 2 level Q, because decoders mangle
//! binary segments. The leading three bits are the layout's version, so that old paper stays
//! readable when a better code is added.
//!
//! | bits | meaning |
//! | ---- | ------- |
//! | 3    | version of this layout: 1 |
//! | 2    | corner: 0 top left, 1 top right, 2 bottom left, 3 bottom right |
//! | 40   | case reference |
//! | 10   | revision, 1 to 1,023 |
//! | 8    | page, from 1 |
//! | 8    | pages |
//! | 88   | MAC over the fields above |

use std::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::reference::{CaseReference, Malformed, Revision, crockford};

/// Decimal digits of a printed code.
pub const DIGITS: usize = 48;
const VERSION: u8 = 1;
const MAC_BYTES: usize = 11;

/// The installation's key for printed codes: 32 bytes. Never shown.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(redacted)")
    }
}

impl CodeKey {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the text of a key file: 64 hex digits. Any other content of 16 bytes or more is taken
    /// as key material and hashed to 32 bytes, so that a key made by other tools works too.
    ///
    /// # Errors
    /// When the file has fewer than 16 bytes.
    pub fn parse(content: &[u8]) -> Result<Self, Malformed> {
        let text = content.trim_ascii();
        if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(text)
            && let Ok(bytes) = <[u8; 32]>::try_from(bytes)
        {
            return Ok(Self(bytes));
        }
        if text.len() < 16 {
            return Err(Malformed(
                "a key file holds 64 hex digits (or at least 16 bytes of key material)".into(),
            ));
        }
        use sha2::Digest as _;
        Ok(Self(Sha256::digest(text).into()))
    }

    /// The key file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", data_encoding::HEXLOWER.encode(&self.0))
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose);
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// Where on the page a code stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Corner {
    /// Top left.
    TopLeft,
    /// Top right.
    TopRight,
    /// Bottom left.
    BottomLeft,
    /// Bottom right.
    BottomRight,
}

impl Corner {
    /// All four, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::TopLeft, Self::TopRight, Self::BottomLeft, Self::BottomRight];
}

/// What one printed code says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PageCode {
    /// The case's opaque reference.
    pub reference: CaseReference,
    /// The revision of the print.
    pub revision: Revision,
    /// The page, from 1.
    pub page: u8,
    /// How many pages the print has.
    pub pages: u8,
    /// The corner of the page.
    pub corner: Corner,
}

impl PageCode {
    /// The 48 digits of this code under `key`.
    #[must_use]
    pub fn digits(&self, key: &CodeKey) -> String {
        let head = self.head();
        let mac = key.mac(b"casebind page code 1\0", &head.to_be_bytes());
        let mut bytes = [0_u8; 20];
        // 71 bits of fields, then 88 bits of MAC: 159 bits, right-aligned in 160.
        bytes[..9].copy_from_slice(&head.to_be_bytes()[7..]);
        bytes[9..].copy_from_slice(&mac[..MAC_BYTES]);
        to_decimal(&bytes)
    }

    /// Reads 48 digits. `None`: not one of our codes at all (foreign QR codes are ordinary on paper).
    #[must_use]
    pub fn read(digits: &str) -> Option<UnverifiedCode> {
        let bytes = from_decimal(digits)?;
        let mut head = [0_u8; 16];
        head[7..].copy_from_slice(&bytes[..9]);
        let head = u128::from_be_bytes(head);
        let field = |shift: u32, bits: u32| (head >> shift) & ((1 << bits) - 1);
        if head >> 68 != u128::from(VERSION) {
            return None;
        }
        let reference = field(26, 40).to_be_bytes();
        let code = Self {
            reference: CaseReference::from_bytes(reference[11..].try_into().ok()?),
            revision: Revision::try_from(i64::try_from(field(16, 10)).ok()?).ok()?,
            page: u8::try_from(field(8, 8)).ok()?,
            pages: u8::try_from(field(0, 8)).ok()?,
            corner: Corner::ALL[usize::try_from(field(66, 2)).ok()?],
        };
        if code.page == 0 || code.page > code.pages {
            return None;
        }
        Some(UnverifiedCode { code, mac: bytes[9..].try_into().ok()? })
    }

    fn head(&self) -> u128 {
        let mut reference = [0_u8; 16];
        reference[11..].copy_from_slice(&self.reference.as_bytes());
        (u128::from(VERSION) << 68)
            | ((self.corner as u128) << 66)
            | (u128::from_be_bytes(reference) << 26)
            | (u128::from(self.revision.get()) << 16)
            | (u128::from(self.page) << 8)
            | u128::from(self.pages)
    }
}

/// A code as read from paper, before its MAC is checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct UnverifiedCode {
    /// What it claims.
    pub code: PageCode,
    mac: [u8; MAC_BYTES],
}

impl UnverifiedCode {
    /// Whether `key` made this code.
    #[must_use]
    pub fn verify(&self, key: &CodeKey) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
        mac.update(b"casebind page code 1\0");
        mac.update(&self.code.head().to_be_bytes());
        mac.verify_truncated_left(&self.mac).is_ok()
    }
}

/// The code for typing: case reference, revision and ten bits that catch typing errors,
/// twelve letters and digits in groups of four.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortCode {
    /// The case's opaque reference.
    pub reference: CaseReference,
    /// The revision of the print.
    pub revision: Revision,
}

impl ShortCode {
    /// As printed: `K7Q2-9XBD-0G5T`.
    #[must_use]
    pub fn text(&self, key: &CodeKey) -> String {
        let text = crockford().encode(&self.bits(key).to_be_bytes()[8..]);
        // 64 bits make 13 symbols of which the last is padding of the encoding; 60 are ours.
        format!("{}-{}-{}", &text[..4], &text[4..8], &text[8..12])
    }

    /// Reads what a person typed: small letters, spaces and hyphens in any place, O for 0, I or L for 1.
    ///
    /// # Errors
    /// When it isn't twelve such letters and digits, or its check doesn't fit (a typing error,
    /// or a code of another installation).
    pub fn read(text: &str, key: &CodeKey) -> Result<Self, Malformed> {
        let wrong = || Malformed("a short code is twelve letters and digits, such as K7Q2-9XBD-0G5T".into());
        let mut symbols: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        if symbols.len() != 12 {
            return Err(wrong());
        }
        symbols.push('0');
        let bytes = crockford().decode(symbols.as_bytes()).map_err(|_| wrong())?;
        let bits = u64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
        let reference = (bits >> 24).to_be_bytes();
        let code = Self {
            reference: CaseReference::from_bytes(reference[3..].try_into().map_err(|_| wrong())?),
            revision: Revision::try_from(i64::try_from((bits >> 14) & 0x3ff).unwrap_or(0))
                .map_err(|_| wrong())?,
        };
        if code.bits(key) == u128::from(bits) {
            Ok(code)
        } else {
            Err(Malformed("the short code has a typing error, or is another installation's".into()))
        }
    }

    /// 40 bits of reference, 10 of revision, 10 of check, left-aligned in 64.
    fn bits(&self, key: &CodeKey) -> u128 {
        let mut reference = [0_u8; 16];
        reference[11..].copy_from_slice(&self.reference.as_bytes());
        let head = (u128::from_be_bytes(reference) << 10) | u128::from(self.revision.get());
        let mac = key.mac(b"casebind short code 1\0", &head.to_be_bytes());
        let check = (u128::from(mac[0]) << 2) | u128::from(mac[1] >> 6);
        ((head << 10) | check) << 4
    }
}

fn to_decimal(bytes: &[u8; 20]) -> String {
    // Long division by ten to the twelfth: four groups of twelve digits.
    const GROUP: u64 = 1_000_000_000_000;
    let mut limbs: Vec<u32> =
        bytes.chunks_exact(4).map(|c| u32::from_be_bytes(c.try_into().expect("chunks of four"))).collect();
    let mut groups = [0_u64; 4];
    for group in groups.iter_mut().rev() {
        let mut rest: u64 = 0;
        for limb in &mut limbs {
            let value = (u128::from(rest) << 32) | u128::from(*limb);
            *limb = u32::try_from(value / u128::from(GROUP)).expect("rest is below the divisor");
            rest = u64::try_from(value % u128::from(GROUP)).expect("below the divisor");
        }
        *group = rest;
    }
    groups.iter().map(|g| format!("{g:012}")).collect()
}

fn from_decimal(digits: &str) -> Option<[u8; 20]> {
    if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut limbs = [0_u32; 5];
    for digit in digits.bytes() {
        let mut carry = u64::from(digit - b'0');
        for limb in limbs.iter_mut().rev() {
            let value = u64::from(*limb) * 10 + carry;
            *limb = (value & 0xffff_ffff) as u32;
            carry = value >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let mut bytes = [0_u8; 20];
    for (chunk, limb) in bytes.chunks_exact_mut(4).zip(limbs) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CodeKey {
        CodeKey::from_bytes([7; 32])
    }

    fn code() -> PageCode {
        PageCode {
            reference: CaseReference::from_bytes([0xff, 0, 0xab, 1, 0x80]),
            revision: Revision::try_from(1023).expect("in range"),
            page: 2,
            pages: 255,
            corner: Corner::BottomRight,
        }
    }

    #[test]
    fn a_code_reads_back_as_it_was_printed() {
        for corner in Corner::ALL {
            let printed = PageCode { corner, ..code() };
            let digits = printed.digits(&key());
            assert_eq!(digits.len(), DIGITS);
            let read = PageCode::read(&digits).expect("ours");
            assert_eq!(read.code, printed);
            assert!(read.verify(&key()));
            assert!(!read.verify(&CodeKey::from_bytes([8; 32])));
        }
    }

    #[test]
    fn a_changed_digit_is_never_accepted() {
        let digits = code().digits(&key());
        for at in 0..DIGITS {
            let mut forged = digits.clone().into_bytes();
            forged[at] = b'0' + (forged[at] - b'0' + 1) % 10;
            let forged = String::from_utf8(forged).expect("digits");
            assert!(!PageCode::read(&forged).is_some_and(|read| read.verify(&key())), "digit {at}");
        }
    }

    #[test]
    fn foreign_texts_are_not_ours() {
        for text in ["", "https://example.org", "9".repeat(48).as_str(), "0".repeat(48).as_str(), "1234"] {
            assert_eq!(PageCode::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_short_code_reads_as_people_type_it() {
        let short = ShortCode { reference: code().reference, revision: code().revision };
        let text = short.text(&key());
        assert_eq!(text.len(), 14);
        assert_eq!(ShortCode::read(&text, &key()), Ok(short));
        assert_eq!(ShortCode::read(&text.to_lowercase().replace('-', " "), &key()), Ok(short));
        assert!(ShortCode::read(&text[..13], &key()).is_err());
        let mut wrong = text.into_bytes();
        wrong[0] = if wrong[0] == b'2' { b'3' } else { b'2' };
        assert!(ShortCode::read(&String::from_utf8(wrong).expect("ASCII"), &key()).is_err());
    }

    #[test]
    fn key_files_are_hex_or_key_material() {
        assert!(CodeKey::parse(key().to_text().as_bytes()).is_ok());
        assert!(CodeKey::parse(b"a passphrase of some length").is_ok());
        assert!(CodeKey::parse(b"short").is_err());
    }
}
