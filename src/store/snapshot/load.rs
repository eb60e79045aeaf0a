//! Rows into an empty database: its schema is brought to what the rows were written under, and all of them are there, or
//! none.
//!
//! References are checked at the end, because tables are filled in the order of their names. Guards against changes
//! ([`crate::store::append_only`]), what is derived, and newer migrations come afterwards, by [`Store::migrate`].

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::migrate::Migrator;

use super::catalogue::{self, Kind};
use super::{Applied, Row, Table, dangling};
use crate::store::sql::Sql;
use crate::store::{Backend, MIGRATOR, Store, StoreError, Tx};

/// Parameters of one statement at most: what both databases take.
const PARAMETERS: usize = 30_000;

/// Tables by whose rows one sees that somebody has been here.
const LIVED_IN: [&str; 4] = ["people", "cases", "documents", "traces"];

/// Why rows can't be taken in.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// A migration that this program doesn't know.
    #[error(
        "the rows were written under migration {0}, which this program doesn't have: use the program that wrote them, or a newer one"
    )]
    Newer(i64),
    /// A migration that is another one here.
    #[error("migration {0} is another one in this program: use the program that wrote the rows")]
    OtherMigration(i64),
    /// Somebody uses that database.
    #[error("the database isn't empty: table {0} has rows; name an empty one")]
    NotEmpty(&'static str),
    /// A table that there isn't, or with other columns.
    #[error("table {0} isn't the one of this schema")]
    OtherTable(String),
    /// A row that isn't what it should be: the table, the line and what is wrong.
    #[error("{table}, line {line}: {why}")]
    Row {
        /// The table.
        table: String,
        /// The line of its file, from 1; of several rows written at once the first.
        line: u64,
        /// What is wrong; never the row's content.
        why: String,
    },
    /// Rows that name rows that aren't there.
    #[error("{0}")]
    Dangling(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unfit {
    /// Whether it is the rows' fault, and not the place's.
    #[must_use]
    pub fn is_of_rows(&self) -> bool {
        matches!(self, Self::OtherTable(_) | Self::Row { .. } | Self::Dangling(_))
    }
}

/// Makes the schema that the rows were written under, and tells its tables.
///
/// # Errors
/// When the program doesn't know that schema, the database isn't empty, or fails.
pub async fn prepare(store: &Store, wanted: &[Applied]) -> Result<Vec<Table>, Unfit> {
    let mut chosen = Vec::new();
    for applied in wanted {
        let known = MIGRATOR.iter().find(|known| known.version == applied.version);
        let known = known.ok_or(Unfit::Newer(applied.version))?;
        if known.checksum.as_ref() != applied.checksum.as_slice() {
            return Err(Unfit::OtherMigration(applied.version));
        }
        chosen.push(known.clone());
    }
    let there = catalogue::tables(&mut *store.read().await?, store.backend).await?;
    for table in LIVED_IN {
        if there.iter().any(|one| one.name == table) && count(&mut *store.read().await?, table).await? > 0 {
            return Err(Unfit::NotEmpty(table));
        }
    }
    // A database that a program has opened has triggers that count, and an index of words that it takes for made; that
    // table came before the ones that are kept, and isn't among them.
    if there.iter().any(|one| one.name == "saved_filters")
        && count(&mut *store.read().await?, "search_index").await? > 0
    {
        return Err(Unfit::NotEmpty("search_index"));
    }
    Migrator::with_migrations(chosen).run(&store.pool).await.map_err(StoreError::from)?;
    Ok(catalogue::tables(&mut *store.read().await?, store.backend).await?)
}

/// Rows on their way in.
pub struct Loading {
    tx: Tx,
    backend: Backend,
}

impl Loading {
    /// Begins; what migrations put into the tables goes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(store: &Store, tables: &[Table]) -> Result<Self, StoreError> {
        let mut tx = store.write().await?;
        if store.backend == Backend::Sqlite {
            run(&mut tx, "PRAGMA defer_foreign_keys = ON").await?;
        } else {
            references(&mut tx, "DEFERRABLE INITIALLY DEFERRED").await?;
        }
        for table in tables {
            run(&mut tx, &format!("DELETE FROM \"{}\"", table.name)).await?;
        }
        Ok(Self { tx, backend: store.backend })
    }

    /// How many rows of a table are best given at once.
    #[must_use]
    pub fn at_once(table: &Table) -> usize {
        (PARAMETERS / table.columns.len().max(1)).min(500)
    }

    /// Writes rows; `first` is the line of the first in their file.
    ///
    /// # Errors
    /// [`Unfit::Row`], and when the database fails.
    pub async fn put(&mut self, table: &Table, rows: &[String], first: u64) -> Result<(), Unfit> {
        let unfit =
            |line: u64, why: &str| Unfit::Row { table: table.name.clone(), line, why: why.to_owned() };
        let mut sql = Sql::default();
        let mut values = Vec::with_capacity(rows.len());
        for (line, text) in (first..).zip(rows) {
            let row: Row = serde_json::from_str(text).map_err(|_| unfit(line, "not a JSON object"))?;
            if row.len() != table.columns.len() {
                return Err(unfit(line, "other columns than the table has"));
            }
            let mut names = Vec::with_capacity(row.len());
            for column in &table.columns {
                names.push(match (column.kind, row.get(&column.name)) {
                    (Kind::Text, Some(Value::Null)) => sql.maybe_text(None),
                    (Kind::Text, Some(Value::String(text))) => sql.text(text.as_str()),
                    (Kind::Number, Some(Value::Null)) => sql.maybe_number(None),
                    (Kind::Number, Some(Value::Number(number))) if number.is_i64() => {
                        sql.maybe_number(number.as_i64())
                    }
                    _ => return Err(unfit(line, &format!("{} isn't what it should be", column.name))),
                });
            }
            values.push(format!("({})", names.join(", ")));
        }
        if values.is_empty() {
            return Ok(());
        }
        let statement =
            format!("INSERT INTO \"{}\" ({}) VALUES {}", table.name, table.column_names(), values.join(", "));
        sql.run(&mut self.tx, statement).await.map_err(|error| match &error {
            // The database's own words may quote values.
            StoreError::Database(sqlx::Error::Database(said)) if said.is_unique_violation() => {
                unfit(first, "a row that is there already")
            }
            StoreError::Database(sqlx::Error::Database(said)) if said.is_check_violation() => {
                unfit(first, "a value that there can't be")
            }
            _ => Unfit::Store(error),
        })
    }

    /// The database with the rows that were put, for looking at them before they stay.
    pub fn look(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// How many rows a table has now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&mut self, table: &Table) -> Result<i64, StoreError> {
        count(&mut self.tx, &table.name).await
    }

    /// Checks every reference, and lets the rows stay.
    ///
    /// # Errors
    /// [`Unfit::Dangling`], and when the database fails; then no row is there.
    pub async fn commit(mut self) -> Result<(), Unfit> {
        if self.backend == Backend::Sqlite {
            if let Some((table, parent, rows)) = dangling(&mut self.tx).await?.into_iter().next() {
                return Err(Unfit::Dangling(format!("{rows} rows of {table} name no row of {parent}")));
            }
        } else {
            run(&mut self.tx, "SET CONSTRAINTS ALL IMMEDIATE").await.map_err(|error| match &error {
                StoreError::Database(sqlx::Error::Database(said)) if said.is_foreign_key_violation() => {
                    let which = said.constraint().unwrap_or("a foreign key");
                    Unfit::Dangling(format!("a row names one that isn't there ({which})"))
                }
                _ => Unfit::Store(error),
            })?;
            references(&mut self.tx, "NOT DEFERRABLE").await?;
        }
        self.tx.commit().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Lets the rows go again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}

impl Table {
    /// Whether it has exactly these columns, in whatever order.
    #[must_use]
    pub fn has_exactly(&self, columns: &[String]) -> bool {
        let distinct: BTreeSet<&String> = columns.iter().collect();
        distinct.len() == self.columns.len() && distinct.iter().all(|name| self.column(name).is_some())
    }
}

/// Changes when PostgreSQL checks the references of our tables.
async fn references(tx: &mut Tx, when: &str) -> Result<(), StoreError> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(t.relname AS TEXT), CAST(c.conname AS TEXT) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
         WHERE c.contype = 'f' \
         AND c.connamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema())",
    )
    .fetch_all(&mut ***tx)
    .await?;
    for (table, constraint) in found {
        run(tx, &format!("ALTER TABLE \"{table}\" ALTER CONSTRAINT \"{constraint}\" {when}")).await?;
    }
    Ok(())
}

async fn count(db: &mut AnyConnection, table: &str) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM \"{table}\"");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(db).await?)
}

async fn run(tx: &mut Tx, sql: &str) -> Result<(), StoreError> {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut ***tx).await?;
    Ok(())
}
