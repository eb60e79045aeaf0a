//! What was disposed of after the backup is disposed of again: by the ledger beside the backups, and by those that are
//! named.

use std::path::{Path, PathBuf};

use crate::archive::backup::{DISPOSALS, Finding, Kind, SealKey};
use crate::cli::house::{House, Trouble};
use crate::clock::World;
use crate::config::{Config, DataDir, Database, Environment};
use crate::steps::disposal::ledger::{self, ReplayTrouble};
use crate::steps::disposal::replay::{self, Replayed};
use crate::store::Store;

use super::{Findings, RestoreArgs};

/// The folders in which disposals are looked for.
pub fn ledgers(args: &RestoreArgs) -> Vec<PathBuf> {
    let beside = args.folder.join(DISPOSALS);
    let named = args.disposals.iter().filter(|named| **named != beside).cloned();
    Some(beside.clone()).filter(|beside| beside.is_dir()).into_iter().chain(named).collect()
}

/// Insists that every ledger can be read, before hours of copying.
pub fn insist(args: &RestoreArgs, key: &SealKey) -> Result<(), ReplayTrouble> {
    for ledger in ledgers(args) {
        for path in ledger::names(&ledger)? {
            ledger::read(&path, Some(key))?;
        }
    }
    Ok(())
}

/// What would be disposed of again over the rows in `store`; a ledger that can't be read is a finding.
pub async fn foresee(
    args: &RestoreArgs,
    store: &Store,
    key: Option<&SealKey>,
    findings: &mut Findings,
) -> Result<Replayed, Trouble> {
    let mut foreseen = Replayed::default();
    for ledger in ledgers(args) {
        match replay::foresee(store, &ledger, key).await {
            Ok(one) => foreseen = sum(foreseen, one),
            Err(ReplayTrouble::Step(error)) => return Err(error.into()),
            Err(unfit) => findings.tell(&Finding::new(
                Kind::LedgerUnfit,
                &ledger.display().to_string(),
                "disposals, each with its certificate",
                unfit.to_string(),
                "Run `casebind disposals export` over the installation, or take another copy of the ledger.",
            )),
        }
    }
    Ok(foreseen)
}

/// Disposes again in the installation that was restored.
pub async fn replay(args: &RestoreArgs, into: &Path, key: &SealKey) -> Result<Replayed, Trouble> {
    let ledgers = ledgers(args);
    if ledgers.is_empty() {
        return Ok(Replayed::default());
    }
    let done = apply(args, into, &ledgers, key).await;
    done.map_err(|error| {
        let folders: Vec<_> = ledgers.iter().map(|ledger| ledger.display().to_string()).collect();
        format!(
            "everything is restored, but disposals weren't done again: {error}; before anybody comes in run \
             `casebind disposals replay` over {}",
            folders.join(" and over ")
        )
        .into()
    })
}

async fn apply(
    args: &RestoreArgs,
    into: &Path,
    ledgers: &[PathBuf],
    seal: &SealKey,
) -> Result<Replayed, Trouble> {
    let mut config = match &args.config {
        Some(file) => Config::load(file, &Environment::of_process())?,
        None => Config::demo(into),
    };
    into.clone_into(&mut config.data_dir);
    config.tls = None;
    if args.into.is_some() {
        config.originals = None;
        config.database = Database::Sqlite(into.join(DataDir::DATABASE));
    }
    config.database = match args.database_url.as_deref().map(|url| (url, url.strip_prefix("sqlite:"))) {
        None => config.database,
        Some((url, None)) => Database::Postgres(url.to_owned()),
        Some((_, Some(path))) => {
            let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
            Database::Sqlite(path.into())
        }
    };
    // Where the chain's key lies elsewhere, none is left here in its stead.
    let key = DataDir::open_existing(into)?.root().join("keys").join("custody.key");
    let had_key = key.exists();
    let office = House::open(&config, World::system()).await?.app.office;
    let mut done = Replayed::default();
    for ledger in ledgers {
        done = sum(done, office.replay_disposals(ledger, seal).await?);
    }
    office.remove_disposed().await?;
    office.store.close().await;
    if !had_key && key.exists() {
        std::fs::remove_file(&key)?;
    }
    Ok(done)
}

fn sum(one: Replayed, other: Replayed) -> Replayed {
    Replayed {
        done: one.done + other.done,
        known: one.known + other.known,
        absent: one.absent + other.absent,
    }
}
