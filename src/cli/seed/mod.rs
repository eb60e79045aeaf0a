//! `casebind seed`: fills a new installation with many made-up schools, people and cases, to see how it does with
//! them. The same seed on the same day makes the same cases. Nobody in it is real.

mod cases;
mod dice;
mod journey;
mod places;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::case::dates;
use crate::case::role::Actor;
use crate::cli::house::{House, Trouble};
use crate::clock::World;
use crate::config::{Config, Environment};
use crate::identity::passwords::{self, About};
use crate::store::seed::{self, Rows};

use super::demo;
use super::{fail, runtime};
use cases::{Maker, Model};
use dice::Dice;

/// Cases whose rows are written at a time.
const BATCH: i64 = 500;

/// Fills a new installation with made-up schools, people and cases, to try how fast it is.
#[derive(Args)]
pub struct SeedArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// A data directory with an embedded database; made when it isn't there.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// How many cases.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000_000))]
    cases: i64,
    /// What chance begins with.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Fills the installation.
pub fn run(args: &SeedArgs) -> ExitCode {
    match runtime().block_on(fill(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

async fn fill(args: &SeedArgs) -> Result<(), Trouble> {
    let config = match (&args.config, &args.data_dir) {
        (Some(file), _) => Config::load(file, &Environment::of_process())?,
        (None, Some(dir)) => Config::demo(dir),
        (None, None) => return Err("say --config FILE or --data-dir DIR".into()),
    };
    let begun = Instant::now();
    let house = House::open(&config, World::system()).await?;
    if house.people().await? > 0 {
        return Err("this installation has people already: made-up cases belong into one of their own".into());
    }
    let office = &house.app.office;
    // Midnight: the same seed makes the same cases all day.
    let today = office.today();
    let now = office.begin_of(today);
    let mut dice = Dice::new(args.seed);
    let password = passwords::random(&office.world.entropy);
    let hash = house.app.passwords.hash(&password, &About::default())?;
    let mut rows = Rows::default();
    let mut tx = office.store.write().await?;
    let settled = places::settle(&mut tx, &mut rows, &mut dice, &hash, now).await?;
    rows.write(&mut tx).await?;
    tx.commit().await?;
    office.accept_notice_for_made_up_people().await?;
    let model = model(&house, &settled.applicants[0][0]).await?;
    // The model was opened today and has its year's first number.
    let numbers = [(dates::roc_year(today), 1)].into();
    let services = office.services().cloned().collect();
    let (organisation, zone) = (office.organisation.clone(), office.time_zone.clone());
    let mut maker = Maker { settled: &settled, services, model, organisation, zone, now, numbers, dice };
    let mut tx = office.store.write().await?;
    // The model is one of them.
    let made = args.cases - 1;
    for at in 0..made {
        maker.make(&mut rows, at, made);
        if at % BATCH == BATCH - 1 {
            rows.write(&mut tx).await?;
        }
    }
    rows.write(&mut tx).await?;
    for (year, number) in &maker.numbers {
        seed::count_on(&mut tx, &format!("case-{year}"), *number).await?;
    }
    eprintln!("casebind: {} cases written in {:.0?}; making the index of words", args.cases, begun.elapsed());
    seed::finish(&mut tx).await?;
    tx.commit().await?;
    seed::vacuum(&office.store).await?;
    office.store.close().await;
    say!("{} cases of {} schools made in {:.0?}", args.cases, settled.schools.len(), begun.elapsed());
    say!("logins: applicant-001a … applicant-500b, manager-1 … 6, supervisor-1 … 6, professional-01 … 60,");
    say!("        archivist, administrator");
    say!("everyone's password: {password}");
    Ok(())
}

/// The papers that all share: of a case that goes through the steps as any other.
async fn model(house: &House, applicant: &Actor) -> Result<Model, Trouble> {
    let app = &house.app;
    let number = demo::cases::submitted(app, applicant).await?;
    let dossier = app.office.dossier(applicant, &number).await?;
    let print = dossier.newest_print().ok_or("the model was printed")?;
    let scan = dossier.bound_scan().ok_or("the model was submitted")?;
    let attachment = dossier.attachments.first().ok_or("the model has attachments")?;
    Ok(Model {
        attachment: attachment.digest,
        attachment_bytes: attachment.bytes,
        print: print.digest,
        layout: serde_json::to_string(&print.layout)?,
        pages: print.pages,
        scan: scan.digest,
        report: scan.report.clone(),
    })
}
