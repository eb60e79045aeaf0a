//! Passwords: argon2id, and random ones for first log-ins.
//!
//! The floor of the parameters is OWASP's: 19 MiB, two passes, one lane.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::clock::Entropy;

/// The fewest characters of a password for an account without a second factor.
pub const MIN_LENGTH: usize = 15;

/// Makes and checks password hashes.
#[derive(Clone, Debug)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a password that nobody has: checked when the account doesn't exist,
    /// so that the answer takes as long.
    decoy: String,
}

/// A password that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer characters than [`MIN_LENGTH`].
    #[error("a password has at least {MIN_LENGTH} characters")]
    TooShort,
    /// The hash couldn't be made.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

impl Passwords {
    /// With `memory` KiB, `passes` and `lanes`.
    ///
    /// # Errors
    /// When argon2 doesn't take the parameters.
    pub fn new(memory: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let params =
            Params::new(memory, passes, lanes, None).map_err(|why| PasswordError::Hash(why.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut passwords = Self { argon2, decoy: String::new() };
        passwords.decoy = passwords.hash_any("a password that nobody has")?;
        Ok(passwords)
    }

    /// The PHC string of a password. Takes tens of milliseconds: not on an async worker.
    ///
    /// # Errors
    /// When it is too short.
    pub fn hash(&self, password: &str) -> Result<String, PasswordError> {
        if password.chars().count() < MIN_LENGTH {
            return Err(PasswordError::TooShort);
        }
        self.hash_any(password)
    }

    fn hash_any(&self, password: &str) -> Result<String, PasswordError> {
        let hash = self.argon2.hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|why| PasswordError::Hash(why.to_string()))
    }

    /// Whether the password fits the hash; without a hash the same work is done for nothing.
    #[must_use]
    pub fn verify(&self, password: &str, hash: Option<&str>) -> bool {
        let known = hash.is_some();
        let Ok(parsed) = PasswordHash::new(hash.unwrap_or(&self.decoy)) else { return false };
        self.argon2.verify_password(password.as_bytes(), &parsed).is_ok() && known
    }
}

/// A random password: 20 letters and digits in groups of five, about 100 bits.
#[must_use]
pub fn random(entropy: &Entropy) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters: Vec<char> =
        entropy.bytes::<20>().iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new(19 * 1024, 2, 1).expect("the floor");
        let hash = passwords.hash("correct horse battery").expect("long enough");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery", Some(&hash)));
        assert!(!passwords.verify("correct horse batterx", Some(&hash)));
        assert!(!passwords.verify("a password that nobody has", None));
        assert_eq!(passwords.hash("short"), Err(PasswordError::TooShort));
    }

    #[test]
    fn random_passwords_are_long_enough_and_differ() {
        let entropy = Entropy::seeded(1);
        let (one, two) = (random(&entropy), random(&entropy));
        assert_ne!(one, two);
        assert_eq!(one.len(), 23);
    }
}
