//! `casebind restore`: the drill with `--check`, the real thing with `--into` or `--config`.

mod check;
mod disposals;
mod into;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::archive::Vault;
use crate::archive::backup::{Finding, Fingerprint, Kind, Manifest};
use crate::config::{Config, DataDirError, Environment, KeptKeys, archive_keys_elsewhere};

use super::house::Trouble;
use super::{fail, runtime};

/// Checks a backup by restoring it into scratch, or restores it into an empty installation. Exit code 2: findings.
#[derive(Args)]
pub struct RestoreArgs {
    /// The folder of backups.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Checks every file and every original, restores the rows into scratch, and reports.
    #[arg(long, conflicts_with = "into", required_unless_present_any = ["into", "config"])]
    check: bool,
    /// Restores into this data directory, which is empty or new.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// A configuration file (TOML). Restores into the data directory, the database and the bucket that it names, which are
    /// empty or new. With --check the drill is noted in that installation, beside the backup that it has read; with --into
    /// it says where keys lie outside of the data directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Restores the rows into this empty database instead of an embedded one.
    #[arg(long, value_name = "URL", env = "CASEBIND_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Not the newest generation but this one.
    #[arg(long, value_name = "N")]
    generation: Option<u64>,
    /// The folder with the installation's keys, which no backup holds.
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    keys: Option<PathBuf>,
    /// A folder of exported disposals beside that which lies with the backups: what is newer than the backup is disposed
    /// of again.
    #[arg(long, value_name = "DIR")]
    disposals: Vec<PathBuf>,
    /// Where the scratch database of a check lies; it goes at the end.
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Findings and the summary as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

/// Checks or restores.
pub fn run(args: &RestoreArgs) -> ExitCode {
    let outcome = runtime().block_on(async {
        match (&args.into, &args.config) {
            _ if args.check => check::check(args).await,
            (Some(into), _) => into::restore(args, into, None).await,
            (None, Some(file)) => {
                let config = Config::load(file, &Environment::of_process())?;
                into::restore(args, &config.data_dir, Some(&config)).await
            }
            (None, None) => Err("say --check, --into DIR or --config FILE".into()),
        }
    });
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

/// Findings as they come, on standard output.
pub struct Findings {
    json: bool,
    /// Nobody reads standard output: they go into the log.
    logged: bool,
    /// How many there were.
    pub count: u64,
}

impl Findings {
    /// None yet.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self { json, logged: false, count: 0 }
    }

    /// None yet; they are for the log.
    #[must_use]
    pub fn for_the_log() -> Self {
        Self { json: false, logged: true, count: 0 }
    }

    /// Another one.
    pub fn tell(&mut self, finding: &Finding) {
        self.count += 1;
        if self.logged {
            let (id, expected, actual) = (&finding.id, &finding.expected, &finding.actual);
            tracing::error!(alert = true, finding = id, %expected, %actual, "a backup found something");
            return;
        }
        if self.json {
            say!("{}", json!({ "finding": finding }));
            return;
        }
        say!("{}: expected {}; found {}", finding.id, finding.expected, finding.actual);
        for row in &finding.rows {
            say!("    named by {row}");
        }
        say!("    repair: {}", finding.repair);
    }
}

/// The keys that were named, if any.
fn keys(args: &RestoreArgs) -> Result<Option<KeptKeys>, Trouble> {
    let Some(folder) = &args.keys else { return Ok(None) };
    match KeptKeys::read(folder) {
        Ok(keys) => Ok(Some(keys)),
        Err(DataDirError::KeyMissing { file }) => {
            Err(format!("{} isn't there: name the folder that holds the installation's keys", file.display())
                .into())
        }
        Err(error) => Err(error.into()),
    }
}

/// What opens the backup's originals: the keys that a configuration keeps elsewhere, or those that were named, if any.
fn vault(args: &RestoreArgs) -> Result<Vault, Trouble> {
    if let Some(file) = &args.config {
        let config = Config::load(file, &Environment::of_process())?;
        if let Some(keys) = archive_keys_elsewhere(&config.encryption)? {
            return Ok(Vault::new(keys));
        }
    }
    Ok(args.keys.as_deref().map_or_else(|| Ok(Vault::without_keys()), super::vault::of_folder)?)
}

/// Whether the keys are those that belong to the backup.
fn check_keys(keys: &KeptKeys, manifest: &Manifest, findings: &mut Findings) {
    for wanted in &manifest.keys {
        let there = keys.files().find(|(name, _)| *name == wanted.file).map(|(_, key)| Fingerprint::of(key));
        if there.as_ref() != Some(&wanted.fingerprint) {
            findings.tell(&Finding::new(
                Kind::WrongKey,
                &wanted.file,
                format!("the key with fingerprint {}", wanted.fingerprint),
                there.map_or_else(|| "no such file".to_owned(), |other| format!("a key with fingerprint {other}")),
                "Name the folder that holds the keys of this installation: what they sealed can't be read without them.",
            ));
        }
    }
}
