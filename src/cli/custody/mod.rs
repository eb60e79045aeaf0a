//! `casebind custody …`: the custody chain on the command line.
//!
//! `check` needs neither database nor configuration: checkpoints, a public key and an exported file are enough. What
//! the others do is done on an installation.

mod bags;
mod check;
mod export;
mod file;
mod key;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::clock::World;
use crate::config::{Config, Environment};
use crate::custody::check::Summary;
use crate::custody::finding::Finding;
use crate::custody::key::PublicKey;

use super::house::Trouble;
use super::{fail, runtime};

/// The custody chain.
#[derive(Args)]
pub struct CustodyArgs {
    #[command(subcommand)]
    command: CustodyCommand,
}

#[derive(Subcommand)]
enum CustodyCommand {
    /// Checks exported links against checkpoints, or bags of cases, without a database. Exit code 2: findings.
    Check(check::CheckArgs),
    /// Checks the chain and every row in the database against checkpoints. Exit code 2: findings.
    Verify(verify::VerifyArgs),
    /// Writes the links to a file that `check` reads.
    Export(export::ExportArgs),
    /// Shows the public key that checks checkpoints.
    Key(key::KeyArgs),
    /// Links what waits and signs a checkpoint now.
    Checkpoint(key::CheckpointArgs),
}

/// Which installation.
#[derive(Args)]
struct Installed {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Installed {
    fn config(&self) -> Result<Config, Trouble> {
        Ok(Config::load(&self.config, &Environment::of_process())?)
    }
}

/// Runs a command about the chain.
pub fn run(args: &CustodyArgs) -> ExitCode {
    let world = World::system();
    let done = match &args.command {
        CustodyCommand::Check(args) => check::run(args),
        CustodyCommand::Verify(args) => runtime().block_on(verify::run(args, world)),
        CustodyCommand::Export(args) => runtime().block_on(export::run(args, world)),
        CustodyCommand::Key(args) => key::show(args, &world),
        CustodyCommand::Checkpoint(args) => runtime().block_on(key::checkpoint(args, world)),
    };
    match done {
        Ok(code) => code,
        Err(error) => fail(error.as_ref()),
    }
}

/// Reads files of public keys.
pub(super) fn keys(files: &[PathBuf]) -> Result<Vec<PublicKey>, Trouble> {
    let read = |file: &PathBuf| -> Result<PublicKey, Trouble> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        PublicKey::parse(&text).map_err(|error| format!("{}: {error}", file.display()).into())
    };
    files.iter().map(read).collect()
}

/// Insists that a folder is there: an empty one would let everything pass.
fn insist_on_folder(folder: &Path) -> Result<(), Trouble> {
    if folder.is_dir() {
        Ok(())
    } else {
        Err(format!("{}: there is no such folder", folder.display()).into())
    }
}

/// Tells findings as they come, and in the end how it went.
struct Teller {
    json: bool,
    findings: u64,
}

impl Teller {
    fn new(json: bool) -> Self {
        Self { json, findings: 0 }
    }

    fn tell(&mut self, finding: &Finding) {
        self.findings += 1;
        if self.json {
            say!("{}", serde_json::json!({ "finding": finding }));
        } else {
            say!("{}: expected {}; found {}", finding.id, finding.expected, finding.actual);
            say!("    repair: {}", finding.repair);
        }
    }

    fn end(&self, summary: &Summary) -> ExitCode {
        let summary = Summary { findings: self.findings, ..summary.clone() };
        if self.json {
            say!("{}", serde_json::json!({ "summary": summary }));
        } else {
            say!("{} links, head {}", summary.links, summary.root);
            say!(
                "{} checkpoints held; the newest of them covers {} links: {} findings",
                summary.checkpoints,
                summary.covered,
                summary.findings
            );
            if summary.covered < summary.links {
                say!(
                    "{} links came later: no checkpoint vouches for them yet",
                    summary.links - summary.covered
                );
            }
        }
        if self.findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }
    }
}
