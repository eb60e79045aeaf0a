//! The key that signs checkpoints (Ed25519), and the public keys that check them.
//!
//! The secret one is a PEM file (PKCS #8) outside the database. The public one is told in two forms: a line as
//! C2SP's signed notes have it (`name+id+key`), and PEM for OpenSSL.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::case::ids::Digest;

/// The kind of signature: Ed25519 (C2SP signed-note).
const ED25519: u8 = 1;

/// A key file that holds no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoKey(&'static str);

/// The secret key. Never shown.
#[derive(Clone)]
pub struct CustodyKey(SigningKey);

impl std::fmt::Debug for CustodyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustodyKey(redacted)")
    }
}

impl CustodyKey {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&bytes))
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it isn't an Ed25519 key in PEM (PKCS #8).
    pub fn parse(pem: &str) -> Result<Self, NoKey> {
        let key = SigningKey::from_pkcs8_pem(pem.trim());
        key.map(Self).map_err(|_| NoKey("a key file holds an Ed25519 private key in PEM (PKCS #8)"))
    }

    /// The key file's text.
    ///
    /// # Panics
    /// Never: a key of 32 bytes can be encoded.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_pkcs8_pem(LineEnding::LF).expect("a key of 32 bytes can be encoded").to_string()
    }

    /// The public key, for notes under this name.
    #[must_use]
    pub fn public(&self, name: &str) -> PublicKey {
        PublicKey { name: Some(name.to_owned()), key: self.0.verifying_key() }
    }

    /// Signs bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The name under which it signs; none where only the key is known.
    name: Option<String>,
    key: VerifyingKey,
}

impl PublicKey {
    /// Reads the line of a signed note's key, or PEM.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let text = text.trim();
        if text.starts_with("-----BEGIN") {
            let key = VerifyingKey::from_public_key_pem(text);
            return key
                .map(|key| Self { name: None, key })
                .map_err(|_| NoKey("the PEM holds no Ed25519 public key"));
        }
        let wrong = NoKey("a public key file holds one line, name+id+key, or a public key in PEM");
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong);
        };
        let bytes = BASE64.decode(key.as_bytes()).map_err(|_| wrong)?;
        let [ED25519, key @ ..] = bytes.as_slice() else { return Err(wrong) };
        let key = VerifyingKey::try_from(key).map_err(|_| wrong)?;
        let this = Self { name: Some(name.to_owned()), key };
        if HEXLOWER.encode(&this.id(name)) != id {
            return Err(NoKey("the public key's id isn't that of its name and key"));
        }
        Ok(this)
    }

    /// The line of a signed note's key. None where no name is known.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let name = self.name.as_ref()?;
        let key = [&[ED25519][..], self.key.as_bytes()].concat();
        Some(format!("{name}+{}+{}", HEXLOWER.encode(&self.id(name)), BASE64.encode(&key)))
    }

    /// The same key whatever name it signs under: an installation's address may have changed.
    #[must_use]
    pub fn under_any_name(self) -> Self {
        Self { name: None, ..self }
    }

    /// The key in PEM.
    ///
    /// # Panics
    /// Never: a key of 32 bytes can be encoded.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.key.to_public_key_pem(LineEnding::LF).expect("a key of 32 bytes can be encoded")
    }

    /// The id that signatures under a name carry.
    #[must_use]
    pub fn id(&self, name: &str) -> [u8; 4] {
        let hash = Digest::of(&[name.as_bytes(), b"\n", &[ED25519], self.key.as_bytes()].concat()).as_bytes();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Whether notes under this name can be this key's.
    #[must_use]
    pub fn goes_by(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
    }

    /// Whether the signature of these bytes is this key's.
    #[must_use]
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(bytes, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_written() {
        let key = CustodyKey::from_bytes([5; 32]);
        assert_eq!(CustodyKey::parse(&key.to_pem()).unwrap().to_pem(), key.to_pem());
        let public = key.public("casebind.example.org/custody");
        assert_eq!(PublicKey::parse(&public.line().unwrap()).unwrap(), public);
        let bare = PublicKey::parse(&public.to_pem()).unwrap();
        assert_eq!(public.clone().under_any_name(), bare);
        assert!(bare.line().is_none() && bare.goes_by("any") && !public.goes_by("any"));
        assert!(bare.signed(b"x", &key.sign(b"x")) && !bare.signed(b"y", &key.sign(b"x")));
        assert_eq!(format!("{key:?}"), "CustodyKey(redacted)");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let line = CustodyKey::from_bytes([5; 32]).public("a").line().unwrap();
        for text in ["", "a+b", "a+00000000+AAAA", &line.replace("a+", "b+"), "-----BEGIN PUBLIC KEY-----"] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
        assert!(CustodyKey::parse("64 hex digits").is_err());
    }
}
