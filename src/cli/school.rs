//! `casebind school import`: the ministry's list of schools, looked at and applied by the same steps as on the
//! administrators' page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::case::school_list::{ListedSchool, Plan, SchoolList};
use crate::case::stage::SchoolStage;
use crate::clock::World;
use crate::config::{Config, Environment};

use super::house::{House, Trouble};
use super::{fail, runtime};

/// Lines of each kind that are printed.
const SHOWN: usize = 20;

/// Schools.
#[derive(Args)]
pub struct SchoolArgs {
    #[command(subcommand)]
    command: SchoolCommand,
}

#[derive(Subcommand)]
enum SchoolCommand {
    /// Tells what a list of the ministry's (各級學校名錄, CSV) would change, and with --apply changes it.
    Import(ImportArgs),
}

/// Which list.
#[derive(Args)]
struct ImportArgs {
    /// The list, as it was downloaded.
    file: PathBuf,
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The city or county, such as 高雄市; without one the city with the most schools in the list.
    #[arg(long)]
    city: Option<String>,
    /// What all schools of the list are: kindergarten, elementary, junior-high, senior-high or non-school;
    /// without it their codes tell it.
    #[arg(long)]
    stage: Option<SchoolStage>,
    /// Changes what is told.
    #[arg(long)]
    apply: bool,
    /// Also closes the schools of that city and of the list's stages that the list doesn't have.
    #[arg(long, requires = "apply")]
    close_missing: bool,
}

/// Runs a command about schools. Lines that can't be taken are findings: 2.
pub fn run(args: &SchoolArgs) -> ExitCode {
    let SchoolCommand::Import(args) = &args.command;
    match runtime().block_on(import(args)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

/// Returns how many lines couldn't be taken.
async fn import(args: &ImportArgs) -> Result<usize, Trouble> {
    let bytes = std::fs::read(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let list =
        SchoolList::read(&bytes, args.stage).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let cities = list.cities();
    let city = match &args.city {
        Some(city) if cities.iter().any(|(name, _)| name == city) => city.clone(),
        Some(city) => {
            let known: Vec<_> = cities.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!("--city {city}: the list has {}", known.join(", ")).into());
        }
        None => cities.first().map(|(name, _)| name.clone()).unwrap_or_default(),
    };
    let config = Config::load(&args.config, &Environment::of_process())?;
    let office = House::open(&config, World::system()).await?.app.office;
    tell(&office.compare_schools(&list, &city).await?, &city);
    for one in &list.skipped {
        eprintln!("line {}: {}: {}", one.line, one.what, one.why.english());
    }
    if args.apply {
        let applied = office.import_schools(&list, &city, args.close_missing).await?;
        say!("applied: {} new, {} changed, {} closed", applied.added, applied.changed, applied.closed);
    } else {
        say!("nothing was changed; apply it with --apply");
    }
    office.store.close().await;
    Ok(list.skipped.len())
}

fn tell(plan: &Plan, city: &str) {
    say!(
        "{city}: {} new, {} changed, {} not in the list, {} as they are",
        plan.added.len(),
        plan.changed.len(),
        plan.missing.len(),
        plan.same
    );
    let changed: Vec<&ListedSchool> = plan.changed.iter().map(|(school, _)| school).collect();
    let groups = [
        ("new", plan.added.iter().collect()),
        ("changed", changed),
        ("not in the list", plan.missing.iter().collect::<Vec<_>>()),
    ];
    for (label, schools) in groups {
        for school in schools.iter().take(SHOWN) {
            say!("{label}: {} {} ({}, {})", school.code, school.name, school.district, school.stage.as_str());
        }
        if schools.len() > SHOWN {
            say!("{label}: and {} more", schools.len() - SHOWN);
        }
    }
}
