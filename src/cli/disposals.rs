//! `casebind disposals`: what was disposed of, taken along beside the backups, and done again in a restored installation.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Subcommand};

use crate::archive::backup::SealKey;
use crate::clock::World;
use crate::config::{Config, DataDir, Environment, KeptKeys};

use super::house::{House, Trouble};
use super::{fail, runtime};

/// Stands in a data directory from its restore until what was disposed of since the backup is disposed of again.
pub(super) const DUE: &str = "DISPOSALS-DUE";

/// Refuses to serve what is to be disposed of again first.
///
/// # Errors
/// While it is; the message says how.
pub(super) fn refuse_due(data_dir: &Path) -> Result<(), Trouble> {
    if !data_dir.join(DUE).exists() {
        return Ok(());
    }
    Err(format!(
        "{} was restored, and what was disposed of since the backup isn't disposed of again: run `casebind disposals \
         replay DIR --config FILE` over the ledger beside the backups",
        data_dir.display()
    )
    .into())
}

/// It is done.
///
/// # Errors
/// When the directory can't be written.
pub(super) fn done(data_dir: &Path) -> io::Result<()> {
    match fs::remove_file(data_dir.join(DUE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What to do with disposals.
#[derive(Subcommand)]
pub enum DisposalsCommand {
    /// Writes each disposal, with its certificate, into a folder; those that are there are left alone.
    Export(ExportArgs),
    /// Does the disposals of a folder again, after a backup was restored that is older than they are.
    Replay(ReplayArgs),
}

/// Where to.
#[derive(Args)]
pub struct ExportArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder, best where the backups are.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// From where.
#[derive(Args)]
pub struct ReplayArgs {
    /// The folder that was exported.
    dir: PathBuf,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Exports or replays.
pub fn run(command: &DisposalsCommand) -> ExitCode {
    let done = match command {
        DisposalsCommand::Export(args) => runtime().block_on(export(args)),
        DisposalsCommand::Replay(args) => runtime().block_on(replay(args)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

/// What disposals are sealed with.
fn key(config: &Config) -> Result<SealKey, Trouble> {
    let keys = KeptKeys::of(&DataDir::open_existing(&config.data_dir)?)?;
    Ok(SealKey::of(keys.first().ok_or("the data directory has no keys")?))
}

async fn export(args: &ExportArgs) -> Result<(), Trouble> {
    let config = Config::load(&args.config, &Environment::of_process())?;
    let key = key(&config)?;
    let office = House::open(&config, World::system()).await?.app.office;
    let written = office.export_disposals(&args.to, &key).await?;
    office.store.close().await;
    say!("{written} disposals written to {}", args.to.display());
    Ok(())
}

async fn replay(args: &ReplayArgs) -> Result<(), Trouble> {
    let config = Config::load(&args.config, &Environment::of_process())?;
    let key = key(&config)?;
    let office = House::open(&config, World::system()).await?.app.office;
    let replayed = office.replay_disposals(&args.dir, &key).await?;
    let removed = office.remove_disposed().await?.unwrap_or(0);
    office.store.close().await;
    done(&config.data_dir)?;
    say!(
        "{} cases disposed of again, {} known, {} not here; {removed} files removed",
        replayed.done,
        replayed.known,
        replayed.absent
    );
    Ok(())
}
