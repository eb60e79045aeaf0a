//! 封存包: cases go out as bags that tools of others find right, and come back the same into an empty installation.

mod command;
mod damaged;
mod long;
mod round;

use std::path::{Path, PathBuf};
use std::process::Command;

use casebind::case::request::ClosingReason;
use casebind::case::validate::Typed;
use casebind::custody::key::PublicKey;
use casebind::steps::bags::BagTrouble;
use casebind::steps::bags::export::{Asked, Exported, Outcome, Told};
use casebind::steps::bags::import::{self, TakenIn};
use casebind::steps::upload::Upload;
use casebind::store::bags::Selection;

use crate::review::{in_service, version};
use crate::support::command::repository;
use crate::support::{Case, Database, House, Who, paper};

/// Runs a tool that isn't ours; it must be there.
fn tool(name: &str, arguments: &[&Path]) -> (bool, String) {
    let mut command = Command::new(repository("tests/bags/tools"));
    let output = command.arg(name).args(arguments).output().expect("tests/bags/tools runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_ne!(output.status.code(), Some(127), "{said}");
    (output.status.success(), said)
}

/// Insists that bagit.py finds a bag right.
fn bagit_agrees(bag: &Path) {
    let (valid, said) = tool("bagit.py", &["--validate".as_ref(), bag]);
    assert!(valid, "{}: {said}", bag.display());
}

/// An installation of its own without cases.
async fn empty(database: Database, name: &str) -> House {
    House::build(database, name, |_| {}).await
}

/// The other database.
fn other(database: Database) -> Database {
    match database {
        Database::Sqlite => Database::Postgres,
        Database::Postgres => Database::Sqlite,
    }
}

/// In 結案, with a service record of two revisions and a file.
async fn closed(house: &House) -> Case {
    let case = in_service(house).await;
    let (office, who) = (house.office(), Who::Professional.actor());
    let id = office.add_record(&who, &case.number, "t1", &session("初談")).await.unwrap();
    office.revise_record(&who, &case.number, &id, 1, &session("初談，建立關係")).await.unwrap();
    let scale = paper::letter("a scale");
    let mut staging = office.originals.stage(scale.len() as u64).await.unwrap();
    staging.write(&scale).await.unwrap();
    let upload = Upload { file_name: "量表.pdf".into(), staged: staging.finish().await.unwrap() };
    office.add_record_file(&who, &case.number, &id, upload).await.unwrap();
    let at = version(house, &case).await;
    let reason = Some(ClosingReason::Improved);
    office.propose_closing(&who, &case.number, at, reason, "", "情緒穩定").await.unwrap();
    let at = version(house, &case).await;
    office.close_case(&Who::Supervisor.actor(), &case.number, at).await.unwrap();
    case
}

fn session(summary: &str) -> Typed {
    let pairs = [
        ("held_on", "115/11/20"),
        ("kind", "individual"),
        ("minutes", "50"),
        ("participants", "學生、輔導老師"),
        ("summary", summary),
    ];
    pairs.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect()
}

/// What an export told of each bag.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    name: String,
    outcome: &'static str,
}

async fn export(house: &House, selection: Selection, to: &Path) -> (Exported, Vec<Line>) {
    export_as(house, &Asked { selection, to, batch: None }).await
}

/// Every case in one bag of this name; returns what became of it.
async fn export_batch(house: &House, to: &Path, name: &str) -> &'static str {
    let asked = Asked { selection: Selection::All, to, batch: Some(name) };
    let (_, lines) = export_as(house, &asked).await;
    let outcomes: Vec<_> = lines.iter().map(|line| line.outcome).filter(|one| *one != "growing").collect();
    assert_eq!(outcomes.len(), 1, "{lines:?}");
    outcomes[0]
}

async fn export_as(house: &House, asked: &Asked<'_>) -> (Exported, Vec<Line>) {
    let mut lines = Vec::new();
    let mut tell = |told: Told<'_>| {
        let outcome = match told.outcome {
            None => "growing",
            Some(Outcome::Written(_)) => "written",
            Some(Outcome::Kept) => "kept",
            Some(Outcome::Flawed(_)) => "flawed",
            Some(Outcome::Outdated) => "outdated",
            Some(Outcome::Failed(_)) => "failed",
        };
        lines.push(Line { name: told.name.to_owned(), outcome });
    };
    let exported = house.office().export_bags(asked, &mut tell).await.expect("an export");
    // Cases of one moment are exported in any order.
    lines.sort_by(|one, other| one.name.cmp(&other.name));
    (exported, lines)
}

fn line(case: &Case, outcome: &'static str) -> Line {
    Line { name: format!("casebind-{}", case.number), outcome }
}

/// Takes bags in; what was refused is told as `file: reason`.
async fn import(house: &House, from: &Path) -> Result<(TakenIn, Vec<String>), BagTrouble> {
    import_signed(house, from, &[]).await
}

/// The same, where one of these keys must have signed.
async fn import_signed(
    house: &House,
    from: &Path,
    keys: &[PublicKey],
) -> Result<(TakenIn, Vec<String>), BagTrouble> {
    let mut refused = Vec::new();
    let mut tell = |told: import::Told<'_>| {
        if let import::Outcome::Refused(flaws) = told.outcome {
            refused.extend(flaws.iter().map(ToString::to_string));
        }
    };
    let taken = house.office().import_bags(from, keys, &mut tell).await?;
    Ok((taken, refused))
}

/// The bag of a case below `to`.
fn bag(to: &Path, case: &Case) -> PathBuf {
    to.join(format!("casebind-{}", case.number))
}
