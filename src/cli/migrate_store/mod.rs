//! `casebind migrate-store`: moves an installation to another database, its originals into a bucket or out of one, or
//! both, while nobody serves it.
//!
//! First the keys are held against every row and every original where they lie now: what they don't open is refused before
//! anything is written elsewhere. Then, in the order of every write: originals first, each read back and hashed; then all rows in one transaction; then keys
//! and VERSION, where the data directory is a new one. What was broken off goes on where it stood when the same is asked
//! again. In the end every row of both databases is compared, the heads of the custody chain too, and every original is
//! read once more where it lies now. Last of all, while nobody can write to the source, the rows are compared again, so
//! that nothing stays behind that was written since. Nothing of the source is deleted or written over.

mod closed;
mod keys;
mod land;
mod originals;
mod rows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::archive::backup::Copied;
use crate::archive::verify::Summary;
use crate::archive::{Checkpoints, Originals, Vault};
use crate::case::ids::Digest;
use crate::clock::World;
use crate::config::{Config, DataDir, Environment};
use crate::store::{Store, custody};

use super::backup::connect;
use super::house::{Trouble, database_trouble, database_url};
use super::restore::Findings;
use super::{fail, runtime, shelf, vault};

use closed::Closed;
use land::Landing;

pub use closed::{refuse_closed, was_moved};

/// Moves an installation to another database, its originals into a bucket or out of one, or both, while nobody serves it.
/// Asked again it goes on where it was broken off. Exit code 2: something could not be moved, and is named.
#[derive(Args)]
pub struct MigrateStoreArgs {
    /// The configuration file (TOML) of the installation as it is.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The configuration file of the installation as it will be.
    #[arg(long, value_name = "FILE", required_unless_present = "reopen")]
    to: Option<PathBuf>,
    /// Lets an installation be served again that was moved before, or whose move was broken off; what was written in the
    /// new one isn't in it.
    #[arg(long, conflicts_with = "to")]
    reopen: bool,
    /// Findings and the summary as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

/// Moves.
pub fn run(args: &MigrateStoreArgs) -> ExitCode {
    let outcome = runtime().block_on(async {
        match &args.to {
            Some(to) => migrate(args, to).await,
            None => reopen(&args.config).await,
        }
    });
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(2),
        Err(error) => fail(error.as_ref()),
    }
}

/// The head of the custody chain: how many links, and the root of their tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    size: u64,
    root: Option<Digest>,
}

impl Head {
    async fn of(store: &Store) -> Result<Self, Trouble> {
        let mut db = store.read().await?;
        let size = custody::links(&mut db).await?;
        let root = if size == 0 { None } else { Some(custody::range(&mut db, 0..size).await?) };
        Ok(Self { size, root })
    }
}

/// What is moved.
struct Plan {
    rows: bool,
    originals: bool,
}

impl Plan {
    fn new(from: &Config, to: &Config) -> Result<Self, Trouble> {
        let rows = from.database.url() != to.database.url();
        let originals = match (&from.originals, &to.originals) {
            (None, None) => from.data_dir != to.data_dir,
            (Some(one), Some(other)) => {
                (&one.name, &one.endpoint, &one.prefix) != (&other.name, &other.endpoint, &other.prefix)
            }
            _ => true,
        };
        if !rows && !originals {
            return Err("both configurations name the same database and the same place of originals: there is nothing \
                        to move (what is set in the environment counts for both)"
                .into());
        }
        Ok(Self { rows, originals })
    }

    /// What is left where it was.
    fn left(&self) -> &'static str {
        match (self.rows, self.originals) {
            (true, true) => "the old database and the old originals are still there",
            (true, false) => "the old database is still there",
            (false, _) => "the old originals are still there",
        }
    }
}

async fn migrate(args: &MigrateStoreArgs, to: &Path) -> Result<u64, Trouble> {
    let environment = Environment::of_process();
    let (from, to) = (Config::load(&args.config, &environment)?, Config::load(to, &environment)?);
    let plan = Plan::new(&from, &to)?;
    let world = World::system();
    let data = DataDir::open_existing(&from.data_dir)?;
    let store = connect(&from).await?;
    if !store.is_current().await? {
        return Err("the installation's schema isn't of this program: run `casebind migrate` first".into());
    }
    let closed = Closed::begin(&store, &data, &world).await?;
    let moved = async {
        let documents = rows::documents(&store).await?;
        let moved = move_all(args, (&from, &to), &plan, (&data, &store, &closed), &world).await?;
        Ok::<_, Trouble>((documents, moved))
    };
    let (documents, moved) = match moved.await {
        Ok(moved) => moved,
        Err(error) => {
            closed.reopen().await;
            return Err(error);
        }
    };
    if moved.findings > 0 {
        closed.reopen().await;
    } else {
        let unchanged = async {
            if plan.rows {
                rows::compare(&store, &moved.target).await?;
            } else if rows::documents(&store).await? != documents {
                return Err("a file was handed in or removed while the originals were moved: stop every process of this \
                            installation, and run this again; what is there isn't copied again"
                    .into());
            }
            Ok::<_, Trouble>(())
        };
        closed.finish(plan.rows, unchanged).await?;
    }
    moved.target.close().await;
    store.close().await;
    moved.tell(&plan, args.json);
    Ok(moved.findings)
}

/// What was moved, and is the same in both.
struct Moved {
    target: Store,
    compared: rows::Compared,
    copied: Copied,
    read: Summary,
    head: Head,
    findings: u64,
}

async fn move_all(
    args: &MigrateStoreArgs,
    (from, to): (&Config, &Config),
    plan: &Plan,
    (data, store, closed): (&DataDir, &Store, &Closed),
    world: &World,
) -> Result<Moved, Trouble> {
    let mut findings = Findings::new(args.json);
    let head = Head::of(store).await?;
    // What isn't sealed yet is sealed on the way.
    let ring = keys::of(from, data, store).await?;
    let vault = Vault::new(ring.clone());
    let source = shelf::for_check(from, &vault)?;
    keys::prove((from, to), (data, store), (&ring, &source), world).await?;
    let landing = Landing::begin(data, &to.data_dir)?;
    let target = Store::connect(&database_url(to)).await.map_err(database_trouble)?;
    if plan.rows && closed.is_also(&target).await? {
        return Err(
            "both configurations name one database, in two ways: where it stays, write `database.url` (or \
                    `data_dir`) the same way in both files; where it moves, name an empty one"
                .into(),
        );
    }
    let target = target.with_keys(ring, world.entropy.clone());
    let places = if plan.originals {
        let new = shelf::open_at(to, landing.root(), &vault, world).await?;
        refuse_same_place(&source, &new).await?;
        Some((source, new))
    } else {
        None
    };
    let filled = if plan.rows { rows::is_filled(store, &target).await? } else { true };

    let mut copied = Copied::default();
    if let Some((source, new)) = &places {
        copied = originals::copy(store, source, new).await?;
        for digest in &copied.lacking {
            findings.tell(&originals::lacking(digest));
        }
    }
    if !filled {
        rows::copy(store, &target).await?;
    }
    let compared = if plan.rows { rows::compare(store, &target).await? } else { rows::Compared::default() };
    let there = Head::of(&target).await?;
    if there != head {
        return Err(format!(
            "the custody chain isn't the same: {} links before and {} now; nothing was deleted, and the new database \
             must not be served",
            head.size, there.size
        )
        .into());
    }
    checkpoints(from, to, data, &landing).await?;
    landing.finish()?;
    let keys = vault::of_existing(&DataDir::open_existing(&to.data_dir)?, &to.encryption)?;
    let new = shelf::for_check(to, &keys)?;
    let read = originals::read_again(&target, &new, world, &mut findings).await?;
    Ok(Moved { target, compared, copied, read, head, findings: findings.count })
}

/// Refuses one place under two names: nothing would be moved, and both would be taken for whole.
async fn refuse_same_place(source: &Originals, new: &Originals) -> Result<(), Trouble> {
    if !new.is_same_place(source).await? {
        return Ok(());
    }
    Err(format!(
        "both configurations name one place of originals, in two ways ({} and {}): where they stay, write `data_dir` or \
         `[originals]` the same way in both files; where they move, name another place",
        source.place().display(),
        new.place().display()
    )
    .into())
}

impl Moved {
    fn tell(&self, plan: &Plan, as_json: bool) {
        let Self { compared, copied, read, head, findings, .. } = self;
        let root = head.root.map(|root| root.to_string());
        if as_json {
            let summary = json!({
                "tables": compared.tables,
                "rows": compared.rows,
                "originals": copied,
                "read_again": read.originals,
                "custody": { "links": head.size, "head": root },
                "findings": findings,
            });
            say!("{}", json!({ "summary": summary }));
            return;
        }
        say!(
            "{} rows of {} tables are the same in both; {} originals ({} bytes), {} of them copied now, {} read again; \
             {} links of the custody chain, head {}; {findings} findings",
            compared.rows,
            compared.tables,
            copied.named,
            copied.bytes,
            copied.copied,
            read.originals,
            head.size,
            root.as_deref().unwrap_or("none"),
        );
        eprintln!(
            "casebind: serve it with the new configuration alone; everybody signs in anew where the rows were moved.\n\
             Nothing was deleted where it came from: {}. What is disposed of from now on stays there: once the new \
             installation has proved itself and is backed up, destroy it yourself",
            plan.left()
        );
    }
}

/// Signed checkpoints that lie in the data directory go along.
async fn checkpoints(from: &Config, to: &Config, data: &DataDir, landing: &Landing) -> Result<(), Trouble> {
    let old = from.custody.checkpoint_dir.clone().unwrap_or_else(|| data.checkpoints());
    let new = to.custody.checkpoint_dir.clone().unwrap_or_else(|| landing.root().join("checkpoints"));
    if old == new {
        return Ok(());
    }
    let target = Checkpoints::at(&new);
    for (name, text) in Checkpoints::at(&old).all()? {
        let size = name.split('.').next().and_then(|size| size.parse().ok());
        let size = size.ok_or_else(|| format!("{}: {name} is no checkpoint", old.display()))?;
        if target.put(size, text.clone()).await? != text {
            return Err(
                format!("{}: another checkpoint of {size} links is there already", new.display()).into()
            );
        }
    }
    Ok(())
}

async fn reopen(config: &Path) -> Result<u64, Trouble> {
    let config = Config::load(config, &Environment::of_process())?;
    let data = DataDir::open_existing(&config.data_dir)?;
    let store = connect(&config).await?;
    closed::reopen(&store, &data).await?;
    store.close().await;
    say!("it can be served again; what was written in the new one meanwhile isn't in it");
    Ok(0)
}
