//! What an installation notes of its backups: that one was made, and that a drill has read it.

use crate::archive::backup::Manifest;
use crate::clock::World;
use crate::config::Config;
use crate::store::backups::{self, Backup};

use super::backup::connect;
use super::house::Trouble;

/// Lets the installation know that it was backed up.
///
/// # Errors
/// When its database can't be used, or hasn't this program's schema.
pub(super) async fn backup(config: &Config, backup: &Backup) -> Result<(), Trouble> {
    let store = connect(config).await?;
    let mut tx = store.write().await?;
    backups::add(&mut tx, backup).await?;
    tx.commit().await?;
    store.close().await;
    Ok(())
}

/// Lets the installation know that a drill has read one of its backups, and how much it found.
///
/// # Errors
/// When its database can't be used, or hasn't this program's schema.
pub(super) async fn drill(config: &Config, manifest: &Manifest, found: u64) -> Result<(), Trouble> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let store = connect(config).await?;
    let mut tx = store.write().await?;
    let which = (count(manifest.generation), manifest.taken_at);
    let known = backups::checked(&mut tx, which, World::system().now(), count(found)).await?;
    tx.commit().await?;
    store.close().await;
    if !known {
        eprintln!("casebind: the installation knows of no such backup, so the drill isn't noted there");
    }
    Ok(())
}
