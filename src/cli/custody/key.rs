//! `casebind custody key` and `casebind custody checkpoint`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::house::{House, Trouble};
use crate::cli::jobs::custody_room;
use crate::clock::World;
use crate::config::DataDir;
use crate::steps::custody::When;

use super::Installed;

/// Shows the public key that checks checkpoints.
#[derive(Args)]
pub struct KeyArgs {
    #[command(flatten)]
    installed: Installed,
    /// In PEM, for OpenSSL, and not as the line of a signed note's key.
    #[arg(long)]
    pem: bool,
}

/// Links what waits and signs a checkpoint now.
#[derive(Args)]
pub struct CheckpointArgs {
    #[command(flatten)]
    installed: Installed,
}

/// Shows the public key.
pub fn show(args: &KeyArgs, world: &World) -> Result<ExitCode, Trouble> {
    let config = args.installed.config()?;
    let data = DataDir::open(&config.data_dir, &world.entropy)?;
    let room = custody_room(&config, &data, world)?;
    let public = room.key.public(&room.origin);
    match public.line().filter(|_| !args.pem) {
        Some(line) => say!("{line}"),
        None => say!("{}", public.to_pem().trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Signs now.
pub async fn checkpoint(args: &CheckpointArgs, world: World) -> Result<ExitCode, Trouble> {
    let config = args.installed.config()?;
    let house = House::open(&config, world.clone()).await?;
    let data = DataDir::open_existing(&config.data_dir)?;
    let room = custody_room(&config, &data, &world)?;
    let office = &house.app.office;
    let mut linked = 0;
    loop {
        let now = office.chain().await?;
        linked += now;
        if now == 0 {
            break;
        }
    }
    match office.checkpoint(&room, When::Now).await? {
        Some(size) => say!("{linked} rows linked, a checkpoint of {size} links signed"),
        None => say!("{linked} rows linked; the newest checkpoint covers everything"),
    }
    office.store.close().await;
    Ok(ExitCode::SUCCESS)
}
