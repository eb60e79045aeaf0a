//! The keys of an installation, as its database and its archive take them.

use std::path::Path;

use crate::archive::Vault;
use crate::config::{Config, DataDir, DataDirError, Encryption};
use crate::keyring::{self, KeyringError, Keys};
use crate::store::{Store, sealed};

use super::house::{Trouble, database_trouble};

/// The keys of an installation whose database is there, its schema up to date; none: neither has any, as before there
/// were keys. None is ever made here: beside a database that was sealed another key would only hide that its own is lost.
///
/// # Errors
/// When the database knows a generation and no key is there, or a key file can't be read or holds no key.
pub(super) async fn existing_keys(
    config: &Config,
    data: &DataDir,
    store: &Store,
) -> Result<Option<Keys>, Trouble> {
    match data.existing_archive_keys(&config.encryption) {
        Ok(keys) => Ok(Some(keys)),
        Err(DataDirError::Keyring(KeyringError::NoKey { folder })) => {
            if let Err(lost) = refuse_lost(store, &folder).await {
                // Another process that started for the first time may have made it just now: its file came first.
                return data.existing_archive_keys(&config.encryption).map(Some).map_err(|_| lost);
            }
            match config.encryption.key_dir {
                Some(_) => Err(KeyringError::NoKey { folder }.into()),
                None => Ok(None),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// A folder without keys beside a database that was sealed was emptied, moved or not restored.
///
/// # Errors
/// When the database knows a generation; the message names all of them.
pub(super) async fn refuse_lost(store: &Store, folder: &Path) -> Result<(), Trouble> {
    let known = sealed::known(&mut *store.read().await?).await.map_err(database_trouble)?;
    if known.is_empty() {
        return Ok(());
    }
    let files: Vec<String> = known.iter().map(|number| format!("archive-{number}.key")).collect();
    Err(format!(
        "{} has no archive-N.key, and the database is sealed: restore {} there from where the keys are kept \
         (`casebind backup --keys-to` wrote them), or set `encryption.key_dir`; no new key is made, because it would open \
         nothing",
        folder.display(),
        files.join(", ")
    )
    .into())
}

/// The vault of an installation that is only looked at: no key is made. One from before files were sealed has none.
///
/// # Errors
/// When a key file can't be read or holds no key.
pub(super) fn of_existing(data: &DataDir, settings: &Encryption) -> Result<Vault, DataDirError> {
    let here = settings.key.is_none() && settings.key_dir.is_none();
    match data.existing_archive_keys(settings) {
        Err(DataDirError::Keyring(KeyringError::NoKey { .. })) if here => Ok(Vault::without_keys()),
        other => Ok(Vault::new(other?)),
    }
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
