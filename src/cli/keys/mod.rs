//! `casebind keys …`: the generations of keys with which originals and the database are encrypted at rest.

mod files;
mod retire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use crate::clock::World;
use crate::config::{Config, DataDir, Environment};
use crate::keyring::{self, Generation, Keys};
use crate::store::sealed::{self, Rotation};
use crate::store::{Store, StoreError};

use super::house::{Trouble, database_trouble, database_url, open_store};
use super::migrate_store::refuse_closed;
use super::{fail, runtime, vault, watch};

/// How often it is looked whether running processes have come so far.
const LOOKS: Duration = Duration::from_millis(500);
/// How long they are waited for: also for what a process that has died said of itself.
const PATIENCE: Duration = Duration::from_secs(sealed::HOLDS.as_secs() + 10);
/// How long somebody who reads is waited for, each time.
const READING: Duration = Duration::from_secs(2);
/// How often the database is asked to let go of what stood in clear, while somebody still reads.
const ASKED: u32 = 10;

/// The keys of what is encrypted at rest.
#[derive(Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Shows the generations, and how many values of the database need each.
    List(Installed),
    /// Adds a generation. What is written from then on uses it, in running processes too.
    New(Installed),
    /// Encrypts with the newest generation what older ones did, beside running processes. Goes on where it was broken off.
    Rotate(RotateArgs),
    /// Lets the installation do without a generation, unless something needs it. Exit code 2: something does.
    Retire(RetireArgs),
}

/// Which installation.
#[derive(Args)]
struct Installed {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data_dir")]
    config: Option<PathBuf>,
    /// A data directory with an embedded database, instead of a configuration.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data_dir: Option<PathBuf>,
}

#[derive(Args)]
struct RotateArgs {
    #[command(flatten)]
    installed: Installed,
    /// Adds a generation first.
    #[arg(long)]
    new: bool,
}

#[derive(Args)]
struct RetireArgs {
    /// The number of the generation.
    number: u32,
    #[command(flatten)]
    installed: Installed,
}

impl Installed {
    /// The configuration of an installation that is there.
    fn config(&self) -> Result<Config, Trouble> {
        let config = match (&self.config, &self.data_dir) {
            (Some(file), _) => Config::load(file, &Environment::of_process())?,
            (None, Some(dir)) => Config::demo(dir),
            (None, None) => return Err("say --config FILE or --data-dir DIR".into()),
        };
        DataDir::open_existing(&config.data_dir)?;
        Ok(config)
    }
}

/// Runs a command about keys.
pub fn run(args: &KeysArgs) -> ExitCode {
    let done = match &args.command {
        KeysCommand::List(installed) => runtime().block_on(list(installed)),
        KeysCommand::New(installed) => runtime().block_on(new(installed)),
        KeysCommand::Rotate(args) => runtime().block_on(rotate(args)),
        KeysCommand::Retire(args) => runtime().block_on(retire::retire(&args.installed, args.number)),
    };
    match done {
        Ok(code) => code,
        Err(error) => fail(error.as_ref()),
    }
}

async fn list(installed: &Installed) -> Result<ExitCode, Trouble> {
    let config = installed.config()?;
    let (_, store) = open_store(&config, &World::system()).await?;
    let ring = keys_of(&store)?.all();
    for generation in ring.all() {
        let values = values(&store, generation.number()).await?;
        let newest = if generation.number() == ring.newest().number() { ", newest" } else { "" };
        say!("{}: {}, {values} values{newest}", generation.number(), generation.recipient());
    }
    match values(&store, 0).await? {
        0 => {}
        plain => say!("in clear: {plain} values; `casebind keys rotate` seals them"),
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// The keys of an open store.
fn keys_of(store: &Store) -> Result<Keys, Trouble> {
    Ok(store.sealer().keys().ok_or("there are no keys")?.clone())
}

/// How many values of the database need a generation; of 0: how many are in clear.
async fn values(store: &Store, generation: u32) -> Result<i64, StoreError> {
    let named = sealed::named(&mut *store.read().await?, generation).await?;
    Ok(named.iter().map(|named| named.rows).sum())
}

async fn new(installed: &Installed) -> Result<ExitCode, Trouble> {
    let config = installed.config()?;
    let made = match &config.encryption.key_dir {
        Some(folder) if keyring::numbers(folder)?.is_empty() => first(&config, folder).await?,
        _ => {
            // All that the database knows must be here first: a second key of one number would seal beside the first.
            open_here(&config, &World::system()).await?.close().await;
            add(&config)?
        }
    };
    // From now on the database asks for it.
    open_store(&config, &World::system()).await?.1.close().await;
    say!("generation {}: {}", made.number(), made.recipient());
    eprintln!(
        "casebind: keep a copy of its file apart from the backups (`casebind backup --keys-to DIR` writes one)"
    );
    Ok(ExitCode::SUCCESS)
}

/// Makes the first generation in a folder elsewhere, unless the database was sealed already: then its keys are lost.
async fn first(config: &Config, folder: &Path) -> Result<Generation, Trouble> {
    let store = Store::connect(&database_url(config)).await.map_err(database_trouble)?;
    store.update_schema().await.map_err(database_trouble)?;
    refuse_closed(&store, &World::system()).await?;
    vault::refuse_lost(&store, folder).await?;
    store.close().await;
    Ok(keyring::add(folder)?)
}

/// The database, unless the installation was moved: its rows are of before then, and need other keys than it has.
async fn open_here(config: &Config, world: &World) -> Result<Store, Trouble> {
    let (_, store) = open_store(config, world).await?;
    refuse_closed(&store, world).await?;
    Ok(store)
}

/// Adds a generation where the installation has its keys.
fn add(config: &Config) -> Result<Generation, Trouble> {
    if config.encryption.key.is_some() {
        let way = "the keys come from CASEBIND_ENCRYPTION_KEY: append an identity there (age-keygen makes one), with its number \
                   before it (`2:AGE-SECRET-KEY-1…`), and restart every process";
        return Err(way.into());
    }
    let folder = config.encryption.key_dir.clone().unwrap_or_else(|| config.data_dir.join("keys"));
    Ok(keyring::add(&folder)?)
}

async fn rotate(args: &RotateArgs) -> Result<ExitCode, Trouble> {
    let config = args.installed.config()?;
    if args.new {
        open_here(&config, &World::system()).await?.close().await;
        let made = add(&config)?;
        eprintln!("casebind: generation {} is made: {}", made.number(), made.recipient());
    }
    let world = World::system();
    let store = open_here(&config, &world).await?;
    watch::keys(&store, &world).await?;
    let keys = keys_of(&store)?;
    let newest = close_older(&store, &world).await?;
    let plain = values(&store, 0).await? > 0;
    let mut tell = |done: Rotation| {
        if done.rows > 0 {
            eprintln!("casebind: {}: {} values", done.place, done.rows);
        }
    };
    let rows = sealed::rotate(&store, world.now(), &mut tell).await?;
    if plain {
        eprintln!("casebind: the database is written anew, so that nothing in clear is left in its pages");
        let_go(&store).await?;
    }
    let files = files::rotate(&config, &keys, &world).await?;
    store.close().await;
    say!("{rows} values and {files} files encrypted anew with generation {newest}");
    Ok(ExitCode::SUCCESS)
}

async fn let_go(store: &Store) -> Result<(), Trouble> {
    for _ in 0..ASKED {
        match store.let_go().await {
            Err(StoreError::Busy) => tokio::time::sleep(READING).await,
            other => return Ok(other?),
        }
    }
    eprintln!(
        "casebind: somebody kept reading; run `casebind keys rotate` again, so that the log is written over"
    );
    Ok(())
}

/// Lets nobody write with older generations than the newest, as soon as all running processes have come to it. Returns its
/// number.
async fn close_older(store: &Store, world: &World) -> Result<u32, Trouble> {
    let mut told = false;
    let since = Instant::now();
    loop {
        match sealed::close_older(store, world.now()).await {
            Ok(newest) => return Ok(newest.ok_or("there are no keys")?),
            Err(StoreError::Lagging { processes, generation }) if since.elapsed() < PATIENCE => {
                if !std::mem::replace(&mut told, true) {
                    eprintln!("casebind: {processes} running processes come to generation {generation}");
                }
                tokio::time::sleep(LOOKS).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
