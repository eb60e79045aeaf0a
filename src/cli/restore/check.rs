//! The drill: every file of the backup is read, the rows are restored into a scratch database, and what is found is told.
//!
//! The scratch is an embedded database, whichever the rows came from: they are neutral. Originals are read where they
//! lie and not copied: their digests say the same there.

use std::collections::BTreeMap;

use serde_json::json;

use crate::archive::Vault;
use crate::archive::backup::{
    BackupFolder, Documents, Finding, Kind, SealKey, Sound, check_generation, check_places,
};
use crate::archive::verify::{self, Report, Summary};
use crate::cli::house::Trouble;
use crate::cli::noted;
use crate::cli::progress::Progress;
use crate::clock::World;
use crate::config::{Config, Environment};
use crate::steps::disposal::replay::Replayed;
use crate::store::Store;
use crate::store::snapshot::{self, Unfit};

use super::{Findings, RestoreArgs, check_keys, disposals, keys, rows, vault};

/// What restoring the rows showed.
struct Drill {
    /// The newest migration under which the rows were written.
    schema: i64,
    /// The newest migration after this program has brought them up to date; none: not tried, because of findings.
    schema_now: Option<i64>,
    /// What a restore would dispose of again.
    disposals: Replayed,
}

/// Checks; tells how many findings there were.
pub async fn check(args: &RestoreArgs) -> Result<u64, Trouble> {
    let keys = keys(args)?;
    let seal = keys.as_ref().and_then(|keys| keys.first()).map(SealKey::of);
    let backup = BackupFolder::open_existing(&args.folder)?;
    let mut findings = Findings::new(args.json);
    check_places(&backup, &mut |finding| findings.tell(&finding))?;
    let finished = backup.finished()?;
    let mut sound = Vec::new();
    for generation in &finished {
        sound.extend(check_generation(generation, seal.as_ref(), &mut |finding| findings.tell(&finding))?);
    }
    let wanted = match args.generation {
        Some(number) => Some(backup.generation(Some(number))?.number),
        None => finished.last().map(|generation| generation.number),
    };
    let chosen = sound.iter().find(|sound| Some(sound.generation.number) == wanted);
    if let (Some(keys), Some(chosen)) = (&keys, chosen) {
        check_keys(keys, &chosen.manifest, &mut findings);
    }
    let drill = match chosen.filter(|chosen| chosen.whole) {
        Some(chosen) => restore_rows(args, chosen, seal.as_ref(), &mut findings).await?,
        None => None,
    };
    let every_list = sound.len() == finished.len() && sound.iter().all(|sound| sound.documents);
    let read = originals(&backup, &vault(args)?, &sound, every_list, &mut findings).await?;
    report(args, chosen, drill.as_ref(), &read, seal.is_some(), findings.count);
    if let (Some(config), Some(chosen)) = (&args.config, chosen) {
        let config = Config::load(config, &Environment::of_process())?;
        noted::drill(&config, &chosen.manifest, findings.count).await?;
    }
    Ok(findings.count)
}

/// Restores the rows into scratch, and looks at them there. None: they can't be.
async fn restore_rows(
    args: &RestoreArgs,
    chosen: &Sound,
    seal: Option<&SealKey>,
    findings: &mut Findings,
) -> Result<Option<Drill>, Trouble> {
    let scratch = match &args.scratch {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let before = findings.count;
    let store = Store::connect(&rows::embedded(scratch.path())).await?;
    let (mut loading, tables) = match rows::load(&store, &chosen.generation, &chosen.manifest).await {
        Ok(loaded) => loaded,
        Err(error) => {
            store.close().await;
            return match error.downcast_ref::<Unfit>() {
                Some(unfit) if unfit.is_of_rows() => {
                    findings.tell(&unfit_rows(chosen, &unfit.to_string()));
                    Ok(None)
                }
                _ => Err(error),
            };
        }
    };
    rows::look(&mut loading, &tables, &chosen.manifest, &mut |finding| findings.tell(&finding)).await?;
    for (table, parent, count) in snapshot::dangling(loading.look()).await? {
        findings.tell(&Finding::new(
            Kind::DanglingRow,
            &format!("{table}-{parent}"),
            format!("every row of {table} names a row of {parent}"),
            format!("{count} rows that don't"),
            "Restore another generation.",
        ));
    }
    let schema = chosen.manifest.migrations.last().map_or(0, |last| last.version);
    let (mut schema_now, mut again) = (None, Replayed::default());
    if findings.count == before {
        loading.commit().await?;
        store.migrate().await?;
        schema_now = snapshot::applied(&mut *store.read().await?).await?.last().map(|last| last.version);
        again = disposals::foresee(args, &store, seal, findings).await?;
    } else {
        loading.forget().await?;
    }
    store.close().await;
    Ok(Some(Drill { schema, schema_now, disposals: again }))
}

fn unfit_rows(chosen: &Sound, why: &str) -> Finding {
    Finding::new(
        Kind::RowsUnfit,
        &chosen.generation.number.to_string(),
        "rows that the database takes",
        why,
        "Restore another generation (--generation N), and run `casebind backup` now.",
    )
}

/// What reading the originals showed.
#[derive(Default)]
struct Read {
    summary: Summary,
    /// Those of the right length that can't be opened, because no keys were named.
    unopened: u64,
}

/// Reads every original that a generation names. What none names counts only if every list of originals is sound.
async fn originals(
    backup: &BackupFolder,
    vault: &Vault,
    sound: &[Sound],
    every_list: bool,
    findings: &mut Findings,
) -> Result<Read, Trouble> {
    let listed: Vec<_> =
        sound.iter().filter(|sound| sound.documents).map(|sound| sound.generation.clone()).collect();
    if listed.is_empty() {
        return Ok(Read::default());
    }
    let mut progress = Progress::new();
    let mut unopened = 0;
    let mut tell = |report: Report| match report {
        Report::Finding(finding) if finding.kind == verify::Kind::Orphan && !every_list => {}
        Report::Finding(finding) if finding.kind == verify::Kind::Locked && !vault.has_keys() => {
            unopened += 1
        }
        Report::Finding(finding) => findings.tell(&finding.into()),
        Report::Looked(_) => {}
        Report::Progress(so_far) => progress.tell(|| {
            let parts = verify::Progress::PARTS;
            format!("originals: part {} of {parts}, {} read", so_far.parts, so_far.summary.originals)
        }),
    };
    let originals = backup.originals(vault);
    let rows = Documents::of(&listed)?;
    let summary = verify::check(&originals, rows, World::system().now(), &mut tell).await?;
    Ok(Read { summary, unopened })
}

fn report(
    args: &RestoreArgs,
    chosen: Option<&Sound>,
    drill: Option<&Drill>,
    read: &Read,
    seal_checked: bool,
    findings: u64,
) {
    let tables: BTreeMap<&str, u64> = chosen
        .iter()
        .flat_map(|chosen| &chosen.manifest.tables)
        .map(|table| (table.name.as_str(), table.held.rows))
        .collect();
    if args.json {
        let manifest = chosen.map(|chosen| &chosen.manifest);
        let summary = json!({
            "generation": manifest.map(|m| m.generation),
            "taken_at": manifest.map(|m| m.taken_at),
            "program": manifest.map(|m| &m.program),
            "database": manifest.map(|m| &m.database),
            "restored": drill.is_some(),
            "schema": drill.map(|drill| drill.schema),
            "schema_now": drill.and_then(|drill| drill.schema_now),
            "disposals": drill.map(|drill| drill.disposals),
            "tables": tables,
            "originals": read.summary.originals,
            "bytes": read.summary.bytes,
            "unopened": read.unopened,
            "seal": if seal_checked { "checked" } else { "not checked: no --keys" },
            "findings": findings,
        });
        say!("{}", json!({ "summary": summary }));
        return;
    }
    if let Some(chosen) = chosen {
        let taken = jiff::Timestamp::from_millisecond(chosen.manifest.taken_at).unwrap_or_default();
        say!("generation {} of {taken}, read from {}", chosen.generation.number, chosen.manifest.database);
        for (table, rows) in tables {
            say!("    {table}: {rows}");
        }
    }
    match drill {
        Some(Drill { schema, schema_now: Some(now), disposals }) => {
            say!("rows restored into scratch: schema {schema}, brought up to {now}");
            if *disposals != Replayed::default() {
                say!(
                    "a restore disposes of {} cases again; {} are gone in it already, {} aren't in it",
                    disposals.done,
                    disposals.known,
                    disposals.absent
                );
            }
        }
        Some(Drill { schema, schema_now: None, .. }) => {
            say!("rows restored into scratch under schema {schema}, with findings");
        }
        None => say!("rows not restored into scratch, because of what was found"),
    }
    let Read { summary, unopened } = read;
    say!("{} originals ({} bytes) read again: {findings} findings", summary.originals, summary.bytes);
    if *unopened > 0 {
        say!("{unopened} originals have the right length and were not opened: that takes the keys");
    }
    if !seal_checked {
        eprintln!("casebind: say --keys DIR to check originals, the manifest's seal and the keys too");
    }
}
