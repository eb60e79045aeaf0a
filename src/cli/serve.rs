//! `casebind serve`: the real thing, from a configuration file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::clock::World;
use crate::config::{Config, Environment};

use super::house::{self, House};
use super::{disposals, fail, runtime};

/// Serves one installation.
#[derive(Args)]
pub struct ServeArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs until it is told to stop.
pub fn run(args: &ServeArgs) -> ExitCode {
    let config = match Config::load(&args.config, &Environment::of_process()) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    crate::telemetry::init(&config.log);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    if let Err(error) = disposals::refuse_due(&config.data_dir) {
        return fail(error.as_ref());
    }
    runtime().block_on(async {
        let house = match House::open(&config, World::system()).await {
            Ok(house) => house,
            Err(error) => return fail(error.as_ref()),
        };
        match house.people().await {
            Ok(0) => tracing::warn!(
                "there is no account yet: casebind user add --config {} --login NAME --name NAME --role administrator",
                args.config.display()
            ),
            Ok(_) => {}
            Err(error) => return fail(&error),
        }
        let listener = match house::listen(config.listen, "listen").await {
            Ok(listener) => listener,
            Err(error) => return fail(error.as_ref()),
        };
        match house.serve(listener).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(error.as_ref()),
        }
    })
}
