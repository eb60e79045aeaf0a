//! The keys of an installation, as its archive takes them.

use std::path::Path;

use crate::archive::Vault;
use crate::config::{DataDir, DataDirError, Encryption};
use crate::keyring::{self, KeyringError, Keys};

/// The vault of an installation that is only looked at: no key is made. One from before files were sealed has none.
///
/// # Errors
/// When a key file can't be read or holds no key.
pub(super) fn of_existing(data: &DataDir, settings: &Encryption) -> Result<Vault, DataDirError> {
    let here = settings.key.is_none() && settings.key_dir.is_none();
    if here && keyring::numbers(&data.root().join("keys"))?.is_empty() {
        return Ok(Vault::without_keys());
    }
    Ok(Vault::new(data.archive_keys(settings)?))
}

/// The vault of keys that are kept in a folder, which needn't have any of originals.
///
/// # Errors
/// When the folder can't be read, or a key file holds no key.
pub(super) fn of_folder(folder: &Path) -> Result<Vault, KeyringError> {
    if keyring::numbers(folder)?.is_empty() {
        return Ok(Vault::without_keys());
    }
    Ok(Vault::new(Keys::of_folder(folder)?))
}
