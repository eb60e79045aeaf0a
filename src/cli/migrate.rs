//! `casebind migrate`: brings the database's schema up to date, and does nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::clock::World;
use crate::config::{Config, Environment};

use super::house::open_store;
use super::{fail, runtime};

/// Brings the database's schema up to date. `serve` does it too, at its start.
#[derive(Args)]
pub struct MigrateArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Migrates.
pub fn run(args: &MigrateArgs) -> ExitCode {
    let config = match Config::load(&args.config, &Environment::of_process()) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    runtime().block_on(async {
        let migrated = async {
            let (_, store) = open_store(&config, &World::system()).await?;
            store.close().await;
            Ok::<(), super::house::Trouble>(())
        };
        match migrated.await {
            Ok(()) => {
                say!("the database is up to date");
                ExitCode::SUCCESS
            }
            Err(error) => fail(error.as_ref()),
        }
    })
}
