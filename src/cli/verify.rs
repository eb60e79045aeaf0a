//! `casebind verify`: checks every original, and every row that names one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::archive::Originals;
use crate::archive::verify::{self, Finding, Kind, Named, NamedRows, Report, Summary};
use crate::clock::World;
use crate::config::{Config, DataDir, Database, Environment};
use crate::store::{Store, StoreError, documents};

use super::house::{Trouble, database_trouble, database_url};
use super::{fail, repair, runtime};

/// Checks every original against its digest, and every row that names one. Exit code 2: findings.
#[derive(Args)]
pub struct VerifyArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// A data directory with an embedded database, such as that of the demo.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// Removes files that no row names and that are older than a day, and nothing else; each is told by its digest.
    #[arg(long)]
    repair: bool,
    /// One JSON object a line: findings, then the summary.
    #[arg(long)]
    json: bool,
}

/// Verifies.
pub fn run(args: &VerifyArgs) -> ExitCode {
    match runtime().block_on(check(args)) {
        Ok(summary) if summary.all_is_well() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

async fn check(args: &VerifyArgs) -> Result<Summary, Trouble> {
    let config = match (&args.config, &args.data_dir) {
        (Some(file), _) => Config::load(file, &Environment::of_process())?,
        (None, Some(dir)) if dir.is_dir() => Config::demo(dir),
        (None, Some(dir)) => return Err(format!("{}: there is no such data directory", dir.display()).into()),
        (None, None) => return Err("say --config FILE or --data-dir DIR".into()),
    };
    let world = World::system();
    let data = DataDir::open_existing(&config.data_dir)?;
    let originals = Originals::for_check(data.root());
    if let Database::Sqlite(file) = &config.database
        && !file.is_file()
    {
        // Connecting would make an empty one, against which every original is an orphan.
        return Err(format!("{}: the database isn't there; restore it from a backup", file.display()).into());
    }
    let store = Store::connect(&database_url(&config)).await.map_err(database_trouble)?;
    store.migrate().await.map_err(database_trouble)?;
    let rows = Documents { store: store.clone(), after: String::new() };
    let json = args.json;
    let mut orphans = Vec::new();
    let mut tell = |report: Report| {
        if let Report::Finding(finding) = report {
            if finding.kind == Kind::Orphan {
                orphans.extend(finding.digest);
            }
            if json {
                println!("{}", serde_json::json!({ "finding": finding }));
            } else {
                println!("{}: expected {}; found {}", finding.id, finding.expected, finding.actual);
                for row in &finding.rows {
                    println!("    named by {row}");
                }
                println!("    repair: {}", finding.repair);
            }
        }
    };
    let mut summary = verify::check(&originals, rows, world.now(), &mut tell).await?;
    for number in documents::badly_bound(&mut *store.read().await?).await? {
        summary.findings += 1;
        tell(Report::Finding(badly_bound(&number)));
    }
    if args.repair {
        summary.findings -= repair::remove(&store, &originals, &orphans, world.now(), json).await?;
    }
    store.close().await;
    if json {
        println!("{}", serde_json::json!({ "summary": summary }));
    } else {
        println!(
            "{} originals ({} bytes) named by {} rows: {} findings",
            summary.originals, summary.bytes, summary.rows, summary.findings
        );
    }
    Ok(summary)
}

/// A case that names a bound scan which isn't there, isn't its own, or isn't marked as bound.
fn badly_bound(number: &str) -> Finding {
    Finding {
        id: format!("badly-bound-{number}"),
        kind: Kind::BadlyBound,
        digest: None,
        expected: "a scan of this case that is marked as bound".into(),
        actual: "no such scan".into(),
        rows: vec![format!("case {number}")],
        repair: "restore the rows of this case (cases, scans) from a backup; change nothing by hand".into(),
    }
}

/// The registered documents, page by page.
struct Documents {
    store: Store,
    after: String,
}

impl NamedRows for Documents {
    type Error = StoreError;

    async fn next_page(&mut self) -> Result<Vec<Named>, StoreError> {
        let mut db = self.store.read().await?;
        let page = documents::page(&mut db, &self.after, 500).await?;
        let Some(last) = page.last() else { return Ok(Vec::new()) };
        let until = last.digest.to_string();
        let users = documents::named(&mut db, &self.after, &until).await?;
        self.after = until;
        let mut rows = Vec::with_capacity(page.len() + users.len());
        let mut users = users.into_iter().peekable();
        for document in page {
            let bytes = u64::try_from(document.bytes).unwrap_or(0);
            let digest = document.digest;
            rows.push(Named { digest, bytes, row: format!("document {digest}") });
            while let Some((_, row)) = users.next_if(|(named, _)| *named == digest) {
                rows.push(Named { digest, bytes, row });
            }
        }
        Ok(rows)
    }
}
