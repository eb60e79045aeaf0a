//! The settings of encryption at rest: where the key ring comes from.

use std::fmt;
use std::path::PathBuf;

use crate::keyring::Keyring;

use super::reader::Reader;

/// The settings of encryption at rest.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Encryption {
    /// The folder of the key files; `keys` in the data directory by default.
    pub key_dir: Option<PathBuf>,
    /// The identities themselves, oldest first, from the environment alone; never shown.
    pub key: Option<String>,
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|_| "redacted");
        f.debug_struct("Encryption").field("key_dir", &self.key_dir).field("key", &key).finish()
    }
}

impl Encryption {
    pub(super) fn read(r: &mut Reader) -> Self {
        let this =
            Self { key_dir: r.path("encryption.key_dir"), key: r.secret_of_environment("encryption.key") };
        if this.key_dir.is_some() && this.key.is_some() {
            r.problem(
                "encryption.key_dir",
                None::<&str>,
                "a folder of keys, or keys in the environment, not both",
            );
        }
        if let Some(Err(reason)) = this.key.as_deref().map(Keyring::parse) {
            r.problem("encryption.key", None::<&str>, format!("age identities, oldest first ({reason})"));
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Generation;

    #[test]
    fn identities_are_never_shown() {
        let settings = Encryption { key_dir: None, key: Some(Generation::generate(1).identity().into()) };
        let told = format!("{settings:?}");
        assert!(told.contains("redacted") && !told.contains("AGE-SECRET-KEY"), "{told}");
    }
}
