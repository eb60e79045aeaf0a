//! `casebind import`: bags of cases come into an installation without cases.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::clock::World;
use crate::config::{Config, Environment};
use crate::steps::bags::import::{Outcome, TakenIn, Told};

use super::house::{House, Trouble};
use super::{custody, fail, runtime};

/// Which bags. Exit code 2: a bag was refused; file and reason are on standard error.
#[derive(Args)]
pub struct ImportArgs {
    /// A bag, or a folder of bags. Run again, bags that were taken in are left out.
    dir: PathBuf,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A file with the public key of where the bags come from, as `casebind custody key` tells it; several where the key
    /// has changed. Cases without a proof of custody that one of them signed are refused.
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
}

/// Imports.
pub fn run(args: &ImportArgs) -> ExitCode {
    match runtime().block_on(import(args)) {
        Ok(taken) if taken.refused == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

async fn import(args: &ImportArgs) -> Result<TakenIn, Trouble> {
    let keys = custody::keys(&args.public_key)?;
    let config = Config::load(&args.config, &Environment::of_process())?;
    let office = House::open(&config, World::system()).await?.app.office;
    let taken = office.import_bags(&args.dir, &keys, &mut |told| tell(&told)).await?;
    office.store.close().await;
    say!(
        "{} cases taken in, {} bags known already, {} refused; accounts that came along are disabled and have no role",
        taken.cases,
        taken.known,
        taken.refused
    );
    if args.public_key.is_empty() && taken.cases > 0 {
        eprintln!(
            "casebind: who signed their proofs of custody was not asked: --public-key names the old installation's key"
        );
    }
    Ok(taken)
}

fn tell(told: &Told<'_>) {
    let place = format!("{}/{} {}", told.done, told.of, told.bag.display());
    match told.outcome {
        Outcome::Taken { cases } => say!("{place}: taken in, {cases} cases"),
        Outcome::Known => say!("{place}: was taken in before"),
        Outcome::Refused(flaws) => {
            eprintln!("{place}: refused, nothing of it was taken:");
            flaws.iter().for_each(|flaw| eprintln!("    {flaw}"));
        }
    }
}
