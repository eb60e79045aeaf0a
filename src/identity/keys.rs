//! The installation's key for what concerns accounts: seals secrets that the database keeps, signs the tokens of
//! known devices, and blinds login names in logs. One key in a file, one derived key for each purpose.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::clock::Entropy;
use crate::keyring::aead;

/// The key. Never shown.
#[derive(Clone)]
pub struct DoorKey([u8; 32]);

/// What is sealed was sealed with another key, for something else, or changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value can't be opened with this key")]
pub struct Unopened;

impl std::fmt::Debug for DoorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DoorKey(redacted)")
    }
}

impl DoorKey {
    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the text of a key file: 64 hex digits. None: it holds something else.
    #[must_use]
    pub fn parse(content: &[u8]) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(content.trim_ascii()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The key file's text.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n", HEXLOWER.encode(&self.0))
    }

    /// A MAC of the parts for one purpose; their borders count.
    #[must_use]
    pub fn mac(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut mac =
            <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }

    /// What stands in logs for a text that must not: the same for the same text, and telling nothing else.
    #[must_use]
    pub fn blind(&self, text: &str) -> String {
        HEXLOWER.encode(&self.mac("log", &[text])[..6])
    }

    /// Seals `secret` so that only this key opens it, and only for `of`.
    #[must_use]
    pub fn seal(&self, entropy: &Entropy, of: &str, secret: &[u8]) -> String {
        let nonce = entropy.bytes();
        let sealed = aead::seal(&self.mac("seal", &[]), nonce, of.as_bytes(), secret);
        format!("1.{}.{}", BASE64URL_NOPAD.encode(&nonce), BASE64URL_NOPAD.encode(&sealed))
    }

    /// Opens what [`Self::seal`] sealed.
    ///
    /// # Errors
    /// When it was sealed with another key or for something else, or changed since.
    pub fn open(&self, of: &str, sealed: &str) -> Result<Vec<u8>, Unopened> {
        let mut parts = sealed.strip_prefix("1.").ok_or(Unopened)?.split('.');
        let mut part =
            || parts.next().and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok()).ok_or(Unopened);
        let nonce = part()?.try_into().map_err(|_| Unopened)?;
        aead::open(&self.mac("seal", &[]), nonce, of.as_bytes(), &part()?).ok_or(Unopened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_for_its_owner_only() {
        let entropy = Entropy::seeded(7);
        let key = DoorKey::from_bytes([1; 32]);
        let sealed = key.seal(&entropy, "person-1", b"secret");
        assert!(!sealed.contains("secret"));
        assert_eq!(key.open("person-1", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("person-2", &sealed), Err(Unopened));
        assert_eq!(DoorKey::from_bytes([2; 32]).open("person-1", &sealed), Err(Unopened));
        let mut broken = sealed.clone();
        broken.replace_range(sealed.len() - 1.., if sealed.ends_with('A') { "B" } else { "A" });
        assert_eq!(key.open("person-1", &broken), Err(Unopened));
        for nonsense in ["", "1.", "1.AA.AA", "2.x"] {
            assert_eq!(key.open("person-1", nonsense), Err(Unopened), "{nonsense:?}");
        }
        assert_ne!(key.seal(&entropy, "person-1", b"secret"), sealed, "a nonce of its own each time");
    }

    #[test]
    fn a_key_file_holds_64_hex_digits() {
        let key = DoorKey::from_bytes([9; 32]);
        let again = DoorKey::parse(key.to_text().as_bytes()).unwrap();
        assert_eq!(again.to_text(), key.to_text());
        assert!(DoorKey::parse(b"short").is_none());
        assert_eq!(format!("{key:?}"), "DoorKey(redacted)");
    }

    #[test]
    fn parts_and_purposes_have_borders() {
        let key = DoorKey::from_bytes([3; 32]);
        assert_ne!(key.mac("a", &["bc"]), key.mac("ab", &["c"]));
        assert_ne!(key.mac("a", &["b", "c"]), key.mac("a", &["bc"]));
        assert_eq!(key.blind("applicant"), key.blind("applicant"));
        assert_ne!(key.blind("applicant"), DoorKey::from_bytes([4; 32]).blind("applicant"));
    }
}
