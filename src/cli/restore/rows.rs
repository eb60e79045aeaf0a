//! A generation's rows on their way into an empty database, and what is looked at before they stay.

use std::path::Path;

use data_encoding::HEXLOWER;

use crate::archive::backup::{Finding, Generation, Kind, Lines, Manifest};
use crate::cli::house::Trouble;
use crate::cli::progress::Progress;
use crate::config::{DataDir, Database};
use crate::store::snapshot::{self, Applied, Loading, Table, Unfit};
use crate::store::{Store, StoreError, documents};

/// Bytes of rows that are written at once.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The migrations under which the rows were written.
pub fn schema(manifest: &Manifest) -> Result<Vec<Applied>, Trouble> {
    let applied = manifest.migrations.iter().map(|one| {
        let checksum = HEXLOWER.decode(one.checksum.as_bytes());
        let checksum = checksum.map_err(|_| format!("migration {}: the checksum isn't hex", one.version))?;
        Ok(Applied { version: one.version, checksum })
    });
    applied.collect()
}

/// The URL of an embedded database in a folder, made where there is none.
pub fn embedded(folder: &Path) -> String {
    format!("{}?mode=rwc", Database::Sqlite(folder.join(DataDir::DATABASE)).url())
}

/// Puts every row into the database, where they stay or go by the caller's word.
pub async fn load(
    store: &Store,
    generation: &Generation,
    manifest: &Manifest,
) -> Result<(Loading, Vec<Table>), Trouble> {
    let tables = snapshot::prepare(store, &schema(manifest)?).await?;
    for table in &tables {
        let held = manifest.tables.iter().find(|held| held.name == table.name);
        if !held.is_some_and(|held| table.has_exactly(&held.columns)) {
            return Err(Unfit::OtherTable(table.name.clone()).into());
        }
    }
    if let Some(other) =
        manifest.tables.iter().find(|held| tables.iter().all(|table| table.name != held.name))
    {
        return Err(Unfit::OtherTable(other.name.clone()).into());
    }
    let mut loading = Loading::begin(store, &tables).await?;
    let mut progress = Progress::new();
    for (at, table) in tables.iter().enumerate() {
        let mut lines = Lines::open(&generation.rows_of(&table.name))?;
        let mut done = 0;
        loop {
            let batch = batch(&mut lines, Loading::at_once(table))?;
            if batch.is_empty() {
                break;
            }
            loading.put(table, &batch, done + 1).await?;
            done += batch.len() as u64;
            progress.tell(|| format!("table {} of {}, {}: {done} rows", at + 1, tables.len(), table.name));
        }
    }
    Ok((loading, tables))
}

fn batch(lines: &mut Lines, most: usize) -> Result<Vec<String>, Trouble> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < most && bytes < BATCH_BYTES {
        let Some(line) = lines.next_line()? else { break };
        bytes += line.len();
        batch.push(line);
    }
    Ok(batch)
}

/// Looks whether all rows are there, and agree with each other.
pub async fn look(
    loading: &mut Loading,
    tables: &[Table],
    manifest: &Manifest,
    find: &mut (dyn FnMut(Finding) + Send),
) -> Result<(), StoreError> {
    const SAME: &str = "Restore another generation, and tell whoever looks after the program: such rows can't be written by it.";
    for table in tables {
        let wanted =
            manifest.tables.iter().find(|held| held.name == table.name).map_or(0, |held| held.held.rows);
        let there = loading.count(table).await?;
        if u64::try_from(there) != Ok(wanted) {
            let (wanted, there) = (format!("{wanted} rows"), format!("{there} rows"));
            find(Finding::new(Kind::WrongCount, &table.name, wanted, there, SAME));
        }
    }
    for number in snapshot::out_of_step(loading.look()).await? {
        let words = ("the state in which its flow ends, without gaps", "another state, or a gap");
        find(Finding::new(Kind::StateAndFlow, &number, words.0, words.1, SAME));
    }
    for number in documents::badly_bound(loading.look()).await? {
        let words = ("a scan of this case that is marked as bound", "no such scan");
        find(Finding::new(Kind::BadlyBound, &number, words.0, words.1, SAME));
    }
    Ok(())
}
