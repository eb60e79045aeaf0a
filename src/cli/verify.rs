//! `casebind verify`: checks every original, and every row that names one; or a slice of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::archive::Vault;
use crate::archive::verify::{Finding, Kind, Slice, Summary};
use crate::clock::World;
use crate::config::{Config, DataDir, Database, Environment};
use crate::steps::fixity::DAY;
use crate::steps::fixity::check::{self, Scope};
use crate::store::Store;

use super::house::{Trouble, database_trouble, database_url};
use super::migrate_store::refuse_closed;
use super::{fail, repair, runtime, shelf, vault};

/// Checks every original against its digest, and every row that names one. Exit code 2: findings.
///
/// What was read and found is kept in the database, as by the schedule. A long check that was broken off goes on
/// with `--older-than-days 1`.
#[derive(Args)]
pub struct VerifyArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// A data directory with an embedded database, such as that of the demo.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// Only the slice i of n, such as 3/30; all n slices together are the whole.
    #[arg(long, value_name = "i/n")]
    slice: Option<Slice>,
    /// Reads only originals that were not read for N days; of the others it is looked whether a file of the right size is there.
    #[arg(long, value_name = "N")]
    older_than_days: Option<u32>,
    /// Removes files that no row names and that are older than a day, each told by its digest; counts the cases anew
    /// where the kept counts are wrong; and nothing else.
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
    if let Database::Sqlite(file) = &config.database
        && !file.is_file()
    {
        // Connecting would make an empty one, against which every original is an orphan.
        return Err(format!("{}: the database isn't there; restore it from a backup", file.display()).into());
    }
    let store = Store::connect(&database_url(&config)).await.map_err(database_trouble)?;
    store.update_schema().await.map_err(database_trouble)?;
    // Without the right keys every original would only lack one: that is said once, and not of each.
    let keys = vault::existing_keys(&config, &data, &store).await?;
    let vault = keys.clone().map_or_else(Vault::without_keys, Vault::new);
    let store = match keys {
        Some(keys) => store.with_keys(keys, world.entropy.clone()),
        None => store,
    };
    store.migrate().await.map_err(database_trouble)?;
    // The rows of an installation that was moved are of before: what came since would be an orphan to them.
    refuse_closed(&store, &world).await?;
    let originals = shelf::for_check(&config, &vault)?;
    let scope = Scope {
        slice: args.slice.unwrap_or(Slice::ALL),
        before: args.older_than_days.map(|days| world.now() - i64::from(days) * DAY),
    };
    let json = args.json;
    let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut orphans = Vec::new();
    let mut tell = |finding: &Finding| {
        *kinds.entry(finding.kind.as_str()).or_default() += 1;
        if finding.kind == Kind::Orphan {
            orphans.extend(finding.digest);
        }
        print(finding, json);
    };
    let mut summary = check::check(&store, &originals, &world, scope, &mut tell).await?;
    if args.repair {
        summary.findings -= repair::remove(&store, &originals, &orphans, world.now(), json).await?;
        if kinds.contains_key(Kind::Miscounted.as_str()) {
            repair::recount(&store, world.now(), json).await?;
            summary.findings -= 1;
        }
    }
    store.close().await;
    if json {
        say!("{}", serde_json::json!({ "summary": summary, "kinds": kinds }));
    } else {
        let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        say!(
            "{} originals ({} bytes) named by {} rows, {} not due: {} findings{kinds}",
            summary.originals,
            summary.bytes,
            summary.rows,
            summary.not_due,
            summary.findings
        );
    }
    Ok(summary)
}

fn print(finding: &Finding, json: bool) {
    if json {
        say!("{}", serde_json::json!({ "finding": finding }));
        return;
    }
    say!("{}: {}", finding.kind.as_str(), finding.id);
    say!("    expected: {}", finding.expected);
    say!("    found: {}", finding.actual);
    for row in &finding.rows {
        say!("    named by {row}");
    }
    say!("    repair: {}", finding.repair);
}
