//! The rows of one database into another, and whether both hold the same.

use std::collections::BTreeMap;

use crate::case::ids::Digest;
use crate::cli::house::{Trouble, database_trouble};
use crate::cli::progress::Progress;
use crate::store::Store;
use crate::store::snapshot::{self, Loading, Reading, Snapshot, Table, Unfit};

/// What both databases hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Tables.
    pub tables: usize,
    /// Their rows.
    pub rows: u64,
}

/// The rows of a table, whatever their order: how many, and their digests together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    rows: u64,
    sum: [u8; 32],
}

impl Held {
    fn add(&mut self, row: &str) {
        self.rows += 1;
        for (sum, byte) in self.sum.iter_mut().zip(Digest::of(row.as_bytes()).as_bytes()) {
            *sum ^= byte;
        }
    }
}

/// Whether the target has rows already: then they must be the same as the source's. An empty one is prepared.
///
/// # Errors
/// When the target holds something else, or a database fails.
pub async fn is_filled(from: &Store, to: &Store) -> Result<bool, Trouble> {
    let mut snapshot = Snapshot::begin(from).await.map_err(database_trouble)?;
    let migrations = snapshot.migrations().await?;
    snapshot.end().await?;
    match snapshot::prepare(to, &migrations).await {
        Ok(_) => Ok(false),
        Err(Unfit::NotEmpty(_)) => {
            compare(from, to).await?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

/// Copies every row; all are there afterwards, or none.
///
/// # Errors
/// When a database fails, or the target doesn't take a row.
pub async fn copy(from: &Store, to: &Store) -> Result<(), Trouble> {
    let mut snapshot = Snapshot::begin(from).await.map_err(database_trouble)?;
    let migrations = snapshot.migrations().await?;
    let tables = snapshot.tables().await?;
    let targets = snapshot::prepare(to, &migrations).await?;
    let mut loading = Loading::begin(to, &targets).await?;
    let mut progress = Progress::new();
    for (at, table) in tables.iter().enumerate() {
        let target = same(table, &targets)?;
        let (mut reading, mut done) = (Reading::new(table), 0_u64);
        loop {
            let page = snapshot.next_rows(&mut reading).await?;
            if page.is_empty() {
                break;
            }
            for some in page.chunks(Loading::at_once(target)) {
                loading.put(target, some, done + 1).await?;
                done += some.len() as u64;
            }
            progress.tell(|| format!("table {} of {}, {}: {done} rows", at + 1, tables.len(), table.name));
        }
    }
    snapshot.end().await?;
    loading.commit().await?;
    // What is derived, and the guards.
    to.migrate().await.map_err(database_trouble)
}

/// Compares every row of both.
///
/// # Errors
/// When a table differs, which is named, or a database fails.
pub async fn compare(from: &Store, to: &Store) -> Result<Compared, Trouble> {
    let (there, here) = (read(from).await?, read(to).await?);
    let mut compared = Compared { tables: there.len(), rows: 0 };
    for (table, held) in &there {
        let other = here.get(table).copied().unwrap_or_default();
        if other != *held {
            return Err(format!(
                "table {table} isn't the same in both databases ({} rows here, {} there): somebody has written to one of \
                 them meanwhile or before; stop every process of either, name an empty database and do it again",
                held.rows, other.rows
            )
            .into());
        }
        compared.rows += held.rows;
    }
    if let Some(table) = here.keys().find(|table| !there.contains_key(*table)) {
        return Err(format!("table {table} is in the new database alone").into());
    }
    Ok(compared)
}

/// The documents that the rows name: what of their table can be told apart.
///
/// # Errors
/// When the database fails.
pub async fn documents(store: &Store) -> Result<Held, Trouble> {
    Ok(read_some(store, |table| table.name == "documents").await?.into_values().next().unwrap_or_default())
}

async fn read(store: &Store) -> Result<BTreeMap<String, Held>, Trouble> {
    read_some(store, |_| true).await
}

async fn read_some(
    store: &Store,
    wanted: impl Fn(&Table) -> bool,
) -> Result<BTreeMap<String, Held>, Trouble> {
    let mut snapshot = Snapshot::begin(store).await.map_err(database_trouble)?;
    let tables = snapshot.tables().await?;
    let mut all = BTreeMap::new();
    let mut progress = Progress::new();
    for table in tables.iter().filter(|table| wanted(table)) {
        let (mut reading, mut held) = (Reading::new(table), Held::default());
        loop {
            let page = snapshot.next_rows(&mut reading).await?;
            if page.is_empty() {
                break;
            }
            page.iter().for_each(|row| held.add(row));
            progress.tell(|| format!("comparing {}: {} rows", table.name, held.rows));
        }
        all.insert(table.name.clone(), held);
    }
    snapshot.end().await?;
    Ok(all)
}

fn same<'t>(table: &Table, targets: &'t [Table]) -> Result<&'t Table, Unfit> {
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let target = targets.iter().find(|target| target.name == table.name && target.has_exactly(&columns));
    target.ok_or_else(|| Unfit::OtherTable(table.name.clone()))
}
