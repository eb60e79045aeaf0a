//! What an installation notes of its backups: that one was made or couldn't be, and that a drill has read it.

use crate::archive::backup::Manifest;
use crate::clock::World;
use crate::config::Config;
use crate::steps::jobs::Outcome;
use crate::store::backups::{self, Backup};
use crate::store::jobs::{self, Run};

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

/// Lets the installation know how a run of the command went that began at `began`: a few words, or that it failed. It is
/// expected again before the newest backup is too old.
///
/// # Errors
/// As [`backup`].
pub(super) async fn ran(config: &Config, began: i64, outcome: Outcome) -> Result<(), Trouble> {
    const DAY: i64 = 24 * 60 * 60_000;
    let now = World::system().now();
    // Nobody is warned: nobody waits for it.
    let days = match config.backup.warn_days {
        0 => 36_500,
        days => i64::from(days),
    };
    let run = Run {
        name: "backup".into(),
        began_at: began,
        ended_at: now,
        outcome: if outcome.is_ok() { "done" } else { "failed" }.into(),
        done_at: outcome.is_ok().then_some(now),
        detail: outcome.unwrap_or_default(),
        due_at: now + days * DAY,
    };
    let store = connect(config).await?;
    let mut tx = store.write().await?;
    jobs::ran(&mut tx, &run).await?;
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
