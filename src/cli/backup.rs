//! `casebind backup`: a consistent copy of an installation, taken while people work in it.
//!
//! First the rows as they are at one moment, then the originals that they name, then the manifest. Whoever was answered
//! before the moment is in it: an answer comes after its transaction, and its original was there before that. The
//! ledger of disposals is kept beside the backups, and the installation notes that it was backed up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use data_encoding::HEXLOWER;
use serde_json::json;

use crate::archive::backup::{
    BackupFolder, Copied, DISPOSALS, Documents, Finding, Fingerprint, Generation, KeyPrint, Kind, LAYOUT,
    Manifest, Migration, RowsFile, SealKey, Swept, TableRows, copy_new, sweep,
};
use crate::archive::{Originals, Vault};
use crate::clock::World;
use crate::config::{Config, DataDir, Database, Environment, KeptKeys};
use crate::steps::disposal::ledger::{self, ReplayTrouble};
use crate::store::backups::Backup;
use crate::store::snapshot::{LEFT_OUT, Reading, Snapshot};
use crate::store::{Backend, Store, sealed};

use super::house::{Trouble, database_trouble};
use super::migrate_store::refuse_closed;
use super::noted;
use super::progress::Progress;
use super::restore::Findings;
use super::{fail, runtime, shelf, vault};

/// Copies a running installation, its database and its originals, into a folder. What is there already isn't copied
/// again. Exit code 2: something could not be copied, and is named.
#[derive(Args)]
pub struct BackupArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// A data directory with an embedded database, such as that of the demo.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
    /// The folder of backups: empty, new, or of earlier backups of the same installation. On another disk.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Keeps the newest N generations, and removes older ones with the originals that only they name.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Reads the originals that are there already, and copies damaged ones again.
    #[arg(long)]
    reread: bool,
    /// Copies the keys, which no backup holds, into a folder that is kept apart from it.
    #[arg(long, value_name = "DIR")]
    keys_to: Option<PathBuf>,
    /// Findings and the summary as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

/// Backs up.
pub fn run(args: &BackupArgs) -> ExitCode {
    match runtime().block_on(take(args)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

/// What a run made.
struct Taken {
    manifest: Manifest,
    copied: Copied,
    swept: Swept,
    findings: u64,
}

async fn take(args: &BackupArgs) -> Result<u64, Trouble> {
    let config = match (&args.config, &args.data_dir) {
        (Some(file), _) => Config::load(file, &Environment::of_process())?,
        (None, Some(dir)) => Config::demo(dir),
        (None, None) => return Err("say --config FILE or --data-dir DIR".into()),
    };
    let began = World::system().now();
    let (taken, noted) = match back_up(args, &config, false, Findings::new(args.json)).await {
        Ok(done) => done,
        Err(error) => {
            // Where it can't be noted either, the exit code and the age of the newest backup tell.
            let _ = noted::ran(&config, began, Err(())).await;
            return Err(error);
        }
    };
    report(args, &taken);
    let noted = match noted {
        Ok(()) => noted::ran(&config, began, Ok(taken.words())).await,
        failed => failed,
    };
    if let Err(error) = noted {
        eprintln!("casebind: the backup is whole, but the installation couldn't note it: {error}");
    }
    Ok(taken.findings)
}

impl Taken {
    /// What came of it, for the page of jobs.
    fn words(&self) -> String {
        let (number, copied) = (self.manifest.generation, self.copied.copied);
        format!("第 {number} 份，新增 {copied} 個原件，{} 個問題", self.findings)
    }
}

/// The backup that the service makes itself; tells what came of it in a few words.
///
/// # Errors
/// When it couldn't be finished; nothing of it counts then.
pub(super) async fn scheduled(config: &Config, to: &Path) -> Result<String, Trouble> {
    let args = BackupArgs {
        config: None,
        data_dir: None,
        to: to.to_owned(),
        keep: Some(config.backup.keep),
        reread: false,
        keys_to: None,
        json: false,
    };
    let (taken, noted) = back_up(&args, config, true, Findings::for_the_log()).await?;
    // Not noted it would be made again at the next turn.
    noted?;
    Ok(taken.words())
}

/// Backs up; and whether the installation could note it.
async fn back_up(
    args: &BackupArgs,
    config: &Config,
    scheduled: bool,
    mut findings: Findings,
) -> Result<(Taken, Result<(), Trouble>), Trouble> {
    let world = World::system();
    let began_at = world.now();
    let data = DataDir::open_existing(&config.data_dir)?;
    refuse_inside(&args.to, data.root(), "the data directory: it would be lost together with it")?;
    let store = connect(config).await?;
    let ring = vault::existing_keys(config, &data, &store).await?;
    let ring = ring.ok_or("the installation has no keys yet: `casebind migrate` makes the first one")?;
    let vault = Vault::new(ring.clone());
    let keys = KeptKeys::of(&data)?;
    let first = keys.first().ok_or("the data directory has no keys")?;
    if let Some(folder) = &args.keys_to {
        refuse_inside(folder, &args.to, "the folder of backups: keys are kept apart from it")?;
        keys.write(folder)?;
    }
    let backup = BackupFolder::open(&args.to, &Fingerprint::of(first))?;
    let key = SealKey::of(first);
    let store = store.with_keys(ring, world.entropy.clone());
    refuse_closed(&store, &world).await?;
    // With other keys than the rows were sealed with every original would lack.
    sealed::prove(&store).await?;
    let generation = backup.begin()?;

    let taken_at = world.now();
    let (migrations, tables) = rows(&store, &generation).await?;
    let backend = store.backend();
    keep_ledger(&store, &shelf::for_check(config, &vault)?, (&args.to, &key), &mut findings).await?;
    store.close().await;
    let copied = originals((config, &vault), &backup, &generation, args.reread, &world).await?;

    for digest in &copied.lacking {
        findings.tell(&lacking(&digest.to_string()));
    }
    let manifest = Manifest {
        format: "casebind-backup".into(),
        layout: LAYOUT,
        generation: generation.number,
        program: env!("CARGO_PKG_VERSION").into(),
        database: match backend {
            Backend::Sqlite => "sqlite".into(),
            Backend::Postgres => "postgres".into(),
        },
        taken_at,
        finished_at: world.now(),
        migrations,
        tables,
        left_out: LEFT_OUT.iter().map(|name| (*name).to_owned()).collect(),
        originals: copied.named,
        original_bytes: copied.bytes,
        lacking: copied.lacking.clone(),
        keys: keys
            .files()
            .map(|(name, content)| KeyPrint { file: name.into(), fingerprint: Fingerprint::of(content) })
            .collect(),
    };
    generation.finish(&manifest, &key)?;
    let swept = match args.keep {
        Some(keep) => {
            let mut tell = |finding: Finding| findings.tell(&finding);
            sweep(&backup, usize::from(keep), &key, &mut tell)?
        }
        None => Swept::default(),
    };
    let taken = Taken { manifest, copied, swept, findings: findings.count };
    let backup = noted_as(&taken, scheduled, began_at, &world);
    let noted = noted::backup(config, &backup).await;
    Ok((taken, noted))
}

/// What the installation notes of it.
fn noted_as(taken: &Taken, scheduled: bool, began_at: i64, world: &World) -> Backup {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let Taken { manifest, copied, findings, .. } = taken;
    Backup {
        id: world.new_id(),
        generation: count(manifest.generation),
        scheduled: i64::from(scheduled),
        taken_at: manifest.taken_at,
        began_at,
        ended_at: world.now(),
        row_count: count(rows_of(manifest)),
        originals: count(copied.named),
        bytes: count(copied.bytes),
        copied: count(copied.copied),
        copied_bytes: count(copied.copied_bytes),
        findings: count(*findings),
        checked_at: None,
        found: None,
    }
}

/// Writes down what was disposed of, so that it is disposed of again in what is restored from an older backup. A
/// certificate that can't be read is told, and stops no backup.
async fn keep_ledger(
    store: &Store,
    originals: &Originals,
    (to, key): (&Path, &SealKey),
    findings: &mut Findings,
) -> Result<(), Trouble> {
    match ledger::write(store, originals, &to.join(DISPOSALS), key).await {
        Ok(_) => Ok(()),
        Err(error @ ReplayTrouble::File { .. }) => Err(error.into()),
        Err(error) => {
            findings.tell(&Finding::new(
                Kind::LedgerUnfit,
                DISPOSALS,
                "each disposal with its certificate",
                error.to_string(),
                "Run `casebind verify`: it names the certificate that lacks. Until it is back, its disposal isn't beside the \
                 backups.",
            ));
            Ok(())
        }
    }
}

/// Rows of all tables.
fn rows_of(manifest: &Manifest) -> u64 {
    manifest.tables.iter().map(|table| table.held.rows).sum()
}

/// The rows of every table as they are at one moment.
async fn rows(store: &Store, generation: &Generation) -> Result<(Vec<Migration>, Vec<TableRows>), Trouble> {
    let mut snapshot = Snapshot::begin(store).await.map_err(database_trouble)?;
    let mut held = Vec::new();
    let mut progress = Progress::new();
    let migrations = snapshot.migrations().await?;
    let tables = snapshot.tables().await?;
    for table in &tables {
        let mut file = RowsFile::create(&generation.rows_of(&table.name))?;
        let mut reading = Reading::new(table);
        let mut count = 0_u64;
        loop {
            let page = snapshot.next_rows(&mut reading).await?;
            if page.is_empty() {
                break;
            }
            count += page.len() as u64;
            for row in &page {
                file.row(row)?;
            }
            progress.tell(|| {
                format!("table {} of {}, {}: {count} rows", held.len() + 1, tables.len(), table.name)
            });
        }
        held.push(TableRows {
            name: table.name.clone(),
            columns: table.columns.iter().map(|column| column.name.clone()).collect(),
            held: file.finish()?,
        });
    }
    snapshot.end().await?;
    let migrations = migrations
        .into_iter()
        .map(|one| Migration { version: one.version, checksum: HEXLOWER.encode(&one.checksum) })
        .collect();
    Ok((migrations, held))
}

/// The originals that the rows name.
async fn originals(
    (config, vault): (&Config, &Vault),
    backup: &BackupFolder,
    generation: &Generation,
    reread: bool,
    world: &World,
) -> Result<Copied, Trouble> {
    let from = shelf::for_check(config, vault)?;
    let to = backup.originals_to_fill(vault, &world.clock)?;
    let documents = Documents::of(std::slice::from_ref(generation))?;
    let mut progress = Progress::new();
    let mut tell = move |so_far: &Copied| {
        progress.tell(|| format!("{} originals looked at, {} copied", so_far.named, so_far.copied));
    };
    Ok(copy_new(&from, &to, documents, reread, &mut tell).await?)
}

/// The database as it is: it is neither made nor migrated here.
pub(super) async fn connect(config: &Config) -> Result<Store, Trouble> {
    let url = match &config.database {
        Database::Postgres(url) => url.clone(),
        Database::Sqlite(file) if file.is_file() => format!("{}?mode=rw", config.database.url()),
        Database::Sqlite(file) => return Err(format!("{}: the database isn't there", file.display()).into()),
    };
    Store::connect(&url).await.map_err(database_trouble)
}

/// A folder may not be there yet: then its parents count.
pub(super) fn refuse_inside(inner: &Path, outer: &Path, why: &str) -> Result<(), Trouble> {
    let outer = std::path::absolute(outer)?;
    let outer = outer.canonicalize().unwrap_or(outer);
    let inner = std::path::absolute(inner)?;
    let there = inner.ancestors().find_map(|path| path.canonicalize().ok()).unwrap_or_default();
    if there.starts_with(&outer) || inner.starts_with(&outer) {
        return Err(format!("{} lies in {why}; name another folder", inner.display()).into());
    }
    Ok(())
}

/// An original that the installation itself hasn't whole. The rest of the backup is good.
fn lacking(digest: &str) -> Finding {
    Finding {
        id: format!("lacking-{}", &digest[..12]),
        kind: "lacking",
        expected: format!("the original {digest}"),
        actual: "missing, damaged or without its key in the installation, and not in the backup".into(),
        rows: Vec::new(),
        repair: "Run `casebind verify`: it names the rows and the way forward.".into(),
    }
}

fn report(args: &BackupArgs, taken: &Taken) {
    let Taken { manifest, copied, swept, findings } = taken;
    let rows = rows_of(manifest);
    if args.json {
        let summary = json!({
            "generation": manifest.generation,
            "taken_at": manifest.taken_at,
            "tables": manifest.tables.len(),
            "rows": rows,
            "originals": copied,
            "removed": swept,
            "findings": findings,
        });
        say!("{}", json!({ "summary": summary }));
        return;
    }
    say!(
        "generation {}: {rows} rows of {} tables; {} originals ({} bytes), {} of them ({} bytes) copied now; {findings} findings",
        manifest.generation,
        manifest.tables.len(),
        copied.named,
        copied.bytes,
        copied.copied,
        copied.copied_bytes,
    );
    if args.keep.is_some() {
        say!(
            "removed: {} generations, {} originals ({} bytes)",
            swept.generations,
            swept.originals,
            swept.bytes
        );
    }
    if args.keys_to.is_none() {
        eprintln!("casebind: the keys aren't in the backup; keep them apart from it (--keys-to DIR)");
    }
}
