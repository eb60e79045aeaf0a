//! Authenticated encryption of short secrets (XChaCha20-Poly1305), bound to what they belong to.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

/// Bytes of a nonce: so many that random ones don't meet.
pub const NONCE: usize = 24;

/// Encrypts `secret` under a nonce that is used once; only the same key opens it, and only for `of`.
///
/// # Panics
/// Never: the cipher takes secrets of up to 256 GiB.
#[must_use]
pub fn seal(key: &[u8; 32], nonce: [u8; NONCE], of: &[u8], secret: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: secret, aad: of };
    cipher(key).encrypt(&XNonce::from(nonce), payload).expect("a short secret can be sealed")
}

/// Opens what [`seal`] encrypted; none where it was with another key or for something else, or changed since.
#[must_use]
pub fn open(key: &[u8; 32], nonce: [u8; NONCE], of: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    cipher(key).decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: of }).ok()
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}
