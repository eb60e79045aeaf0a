//! The real thing: an empty installation becomes the one that was backed up, in a directory or as a configuration says.
//!
//! In the order of every write: originals first, then all rows in one transaction, then keys, and VERSION last. What was
//! broken off before that is no data directory, and goes on where it stood when the same is restored again. Then what was
//! disposed of since the backup is disposed of again.

use std::path::Path;

use serde_json::json;

use crate::archive::backup::{
    BackupFolder, Copied, Documents, Finding, Generation, SealKey, check_generation, copy_back,
};
use crate::archive::{Originals, Vault};
use crate::cli::backup::refuse_inside;
use crate::cli::house::{Trouble, database_trouble, database_url};
use crate::cli::progress::Progress;
use crate::cli::shelf;
use crate::clock::World;
use crate::config::{Config, Restoring};
use crate::steps::disposal::replay::Replayed;
use crate::store::{Store, snapshot};

use super::{Findings, RestoreArgs, check_keys, disposals, keys, rows, vault};

/// Restores; tells how many findings there were.
pub async fn restore(args: &RestoreArgs, into: &Path, config: Option<&Config>) -> Result<u64, Trouble> {
    let keys = keys(args)?.ok_or("say --keys DIR: the keys aren't in the backup")?;
    let seal = SealKey::of(keys.first().ok_or("the folder of keys lacks the first one")?);
    let backup = BackupFolder::open_existing(&args.folder)?;
    refuse_inside(into, &args.folder, "the folder of backups")?;
    disposals::insist(args, &seal)?;
    let generation = backup.generation(args.generation)?;
    let mut findings = Findings::new(args.json);
    let sound = check_generation(&generation, Some(&seal), &mut |finding| findings.tell(&finding))?;
    let Some(sound) = sound.filter(|sound| sound.whole) else {
        eprintln!("casebind: nothing was restored, because of what was found");
        return Ok(findings.count.max(1));
    };
    let manifest = sound.manifest;
    check_keys(&keys, &manifest, &mut findings);
    if findings.count > 0 {
        eprintln!("casebind: nothing was restored, because of what was found");
        return Ok(findings.count);
    }

    let of = format!("generation {} of {}", manifest.generation, manifest.taken_at);
    let restoring = Restoring::begin(into, &of)?;
    let url = args.database_url.clone().or_else(|| config.map(database_url));
    let url = url.unwrap_or_else(|| rows::embedded(restoring.root()));
    let store = Store::connect(&url).await.map_err(database_trouble)?;
    // Before hours of copying: whether the database will do.
    snapshot::prepare(&store, &rows::schema(&manifest)?).await?;

    let copied = originals(&backup, &generation, (restoring.root(), config), &vault(args)?).await?;
    for digest in &copied.lacking {
        findings.tell(&lacking(&digest.to_string(), manifest.lacking.contains(digest)));
    }
    let (mut loading, tables) = rows::load(&store, &generation, &manifest).await?;
    rows::look(&mut loading, &tables, &manifest, &mut |finding| findings.tell(&finding)).await?;
    loading.commit().await?;
    store.migrate().await.map_err(database_trouble)?;
    store.close().await;
    disposals::announce(args, into)?;
    restoring.finish(&keys)?;
    let replayed = disposals::replay(args, into, &seal).await?;

    let restored: u64 = manifest.tables.iter().map(|table| table.held.rows).sum();
    if args.json {
        let summary = json!({
            "generation": manifest.generation,
            "taken_at": manifest.taken_at,
            "tables": manifest.tables.len(),
            "rows": restored,
            "originals": copied,
            "disposals": replayed,
            "findings": findings.count,
        });
        say!("{}", json!({ "summary": summary }));
    } else {
        say!(
            "generation {} is restored into {}: {restored} rows of {} tables, {} originals ({} bytes); {} findings",
            manifest.generation,
            into.display(),
            manifest.tables.len(),
            copied.named,
            copied.bytes,
            findings.count
        );
        if replayed != Replayed::default() {
            say!(
                "{} cases disposed of again, {} known, {} not here",
                replayed.done,
                replayed.known,
                replayed.absent
            );
        }
        eprintln!(
            "casebind: everybody signs in anew; set data_dir (and database.url), and run `casebind verify`"
        );
    }
    Ok(findings.count)
}

async fn originals(
    backup: &BackupFolder,
    generation: &Generation,
    (root, config): (&Path, Option<&Config>),
    vault: &Vault,
) -> Result<Copied, Trouble> {
    let world = World::system();
    let to = match config {
        Some(config) => shelf::open_at(config, root, vault, &world).await?,
        None => Originals::open(root, vault, &world.clock)?,
    };
    let documents = Documents::of(std::slice::from_ref(generation))?;
    let mut progress = Progress::new();
    let mut tell = move |so_far: &Copied| {
        progress.tell(|| format!("{} originals looked at, {} restored", so_far.named, so_far.copied));
    };
    Ok(copy_back(&backup.originals(vault), &to, documents, &mut tell).await?)
}

/// An original that the backup hasn't whole. Everything else is restored all the same.
fn lacking(digest: &str, known: bool) -> Finding {
    let actual = if known {
        "missing, damaged or without its key in the installation already when it was backed up"
    } else {
        "missing or damaged in the backup, or sealed with a key that isn't among those that were named"
    };
    Finding {
        id: format!("lacking-{}", &digest[..12]),
        kind: "lacking",
        expected: format!("the original {digest}"),
        actual: actual.into(),
        rows: Vec::new(),
        repair: format!(
            "Any file whose sha256sum is {digest}, or that `age -d` opens to it, will do; `casebind verify` names the rows \
             and the place."
        ),
    }
}
