//! `casebind custody verify`: the chain and every row of the database against checkpoints.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::archive;
use crate::cli::house::{House, Trouble};
use crate::cli::jobs::custody_room;
use crate::clock::World;
use crate::config::DataDir;
use crate::custody::check::Checkpoints;
use crate::store::custody;

use super::{Installed, Teller, insist_on_folder, keys};

/// Checks the chain and every row in the database against checkpoints. Exit code 2: findings.
#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    installed: Installed,
    /// A further folder of checkpoints, such as a copy that is kept elsewhere.
    #[arg(long, value_name = "DIR")]
    checkpoints: Vec<PathBuf>,
    /// A file with a public key beside the installation's own, where the key has changed.
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
    /// One JSON object a line: findings, then the summary.
    #[arg(long)]
    json: bool,
}

/// Verifies.
pub async fn run(args: &VerifyArgs, world: World) -> Result<ExitCode, Trouble> {
    let config = args.installed.config()?;
    let house = House::open(&config, world.clone()).await?;
    let data = DataDir::open_existing(&config.data_dir)?;
    let room = custody_room(&config, &data, &world)?;
    let mut keys = keys(&args.public_key)?;
    keys.push(room.key.public(&room.origin).under_any_name());
    let mut notes = room.folder.all()?;
    for folder in &args.checkpoints {
        insist_on_folder(folder)?;
        notes.extend(archive::Checkpoints::at(folder).all()?);
    }
    let office = &house.app.office;
    let kept = custody::checkpoints(&mut *office.store.read().await?).await?;
    notes.extend(
        kept.into_iter().map(|signed| (format!("row {} of custody_checkpoints", signed.size), signed.note)),
    );
    let mut teller = Teller::new(args.json);
    let mut known = Checkpoints::default();
    for (name, note) in notes {
        if let Some(finding) = known.take(&name, &note, &keys) {
            teller.tell(&finding);
        }
    }
    let summary = office.check_custody(known, &mut |finding| teller.tell(&finding)).await?;
    office.store.close().await;
    Ok(teller.end(&summary))
}
