//! `casebind export`: cases become bags in a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::case::dates;
use crate::clock::World;
use crate::config::{Config, DataDir, Environment};
use crate::steps::bags::export::{Asked, Exported, Outcome, Told};
use crate::steps::custody::When;
use crate::store::bags::Selection;

use super::house::{House, Trouble};
use super::jobs::custody_room;
use super::{fail, runtime};

/// Which cases, and where to. Exit code 2: a bag that needs somebody, named on standard error.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct ExportArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A case, by its number; may be said several times.
    #[arg(long, value_name = "NUMBER", group = "which")]
    case: Vec<String>,
    /// Every case.
    #[arg(long, group = "which")]
    all: bool,
    /// Every case that was closed before this day (2025-12-18).
    #[arg(long, value_name = "DATE", group = "which")]
    closed_before: Option<String>,
    /// The folder of the bags. Run again, whole bags in it are checked and kept, and a half one goes on.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// One bag of this name for all cases, in place of one for each.
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
}

/// Exports.
pub fn run(args: &ExportArgs) -> ExitCode {
    match runtime().block_on(export(args)) {
        Ok(exported) if exported.wanting == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

async fn export(args: &ExportArgs) -> Result<Exported, Trouble> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if let Some(name) = args.batch.as_deref().filter(|name| name.is_empty() || !name.chars().all(plain)) {
        return Err(format!("--batch {name}: letters, digits, - and _ only").into());
    }
    let config = Config::load(&args.config, &Environment::of_process())?;
    // A wrong configuration makes no new installation to export nothing from.
    let data = DataDir::open_existing(&config.data_dir)?;
    let world = World::system();
    let room = custody_room(&config, &data, &world)?;
    let office = House::open(&config, world).await?.app.office;
    let selection = if args.all {
        Selection::All
    } else if let Some(typed) = &args.closed_before {
        let day = dates::parse(typed)
            .ok_or_else(|| format!("--closed-before {typed}: not a day, such as 2025-12-18"))?;
        Selection::ClosedBefore(office.begin_of(day))
    } else {
        let mut numbers = args.case.clone();
        numbers.sort();
        numbers.dedup();
        Selection::Numbers(numbers)
    };
    // What a checkpoint covers now has its proof in the bags.
    while office.chain().await? > 0 {}
    if let Err(error) = office.checkpoint(&room, When::Now).await {
        eprintln!("no checkpoint could be signed, the bags' proofs lead to the one before: {error}");
    }
    let asked = Asked { selection, to: &args.to, batch: args.batch.as_deref() };
    let exported = office.export_bags(&asked, &mut |told| tell(&told)).await?;
    office.store.close().await;
    say!("{} bags written, {} kept, {} need somebody", exported.written, exported.kept, exported.wanting);
    Ok(exported)
}

fn tell(told: &Told<'_>) {
    let Told { done, of, name, outcome } = told;
    let place = format!("{done}/{of} {name}");
    match outcome {
        None => eprintln!("{place}: growing"),
        Some(Outcome::Written(written)) => {
            say!("{place}: written, {} files, {} bytes", written.files, written.bytes);
        }
        Some(Outcome::Kept) => say!("{place}: was there, whole"),
        Some(Outcome::Flawed(flaws)) => {
            eprintln!("{place}: was there, and isn't whole any more: move it away and export again");
            flaws.iter().for_each(|flaw| eprintln!("    {flaw}"));
        }
        Some(Outcome::Outdated) => {
            eprintln!(
                "{place}: was there, and what belongs into it has changed since: move it away and export again"
            );
        }
        Some(Outcome::Failed(error)) => eprintln!("{place}: not written: {error}; see `casebind verify`"),
    }
}
