//! A database at one moment: what others write meanwhile isn't seen, and nobody waits for it.
//!
//! SQLite in WAL gives a reading transaction the state of its first read, PostgreSQL at REPEATABLE READ the same. Each
//! table is read in pages by its primary key, so that a few rows are in memory, however many there are.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::catalogue::{self, Kind, listed};
use super::{Applied, Row, Table};
use crate::store::sql::Sql;
use crate::store::{Backend, Store, StoreError, Tx, to_json};

/// Rows of a page.
const PAGE: i64 = 500;

/// A database at one moment.
pub struct Snapshot {
    tx: Tx,
    backend: Backend,
}

/// Where a reading of a table stands.
pub struct Reading<'t> {
    table: &'t Table,
    after: Option<Row>,
    ended: bool,
}

impl Snapshot {
    /// The database as it is now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(store: &Store) -> Result<Self, StoreError> {
        let begin = match store.backend {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut tx = store.begin(begin).await?;
        // The moment is that of the first read.
        catalogue::applied(&mut tx).await?;
        Ok(Self { tx, backend: store.backend })
    }

    /// The migrations that it has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn migrations(&mut self) -> Result<Vec<Applied>, StoreError> {
        catalogue::applied(&mut self.tx).await
    }

    /// The tables whose rows are kept.
    ///
    /// # Errors
    /// When the database fails, or has a table that can't be kept.
    pub async fn tables(&mut self) -> Result<Vec<Table>, StoreError> {
        catalogue::tables(&mut self.tx, self.backend).await
    }

    /// Some more rows of a table as JSON, in the order of its primary key; none: the table has ended.
    ///
    /// # Errors
    /// When the database fails, or a value isn't of its column's type.
    pub async fn next_rows(&mut self, reading: &mut Reading<'_>) -> Result<Vec<String>, StoreError> {
        if reading.ended {
            return Ok(Vec::new());
        }
        let table = reading.table;
        let mut sql = Sql::default();
        let keys = listed(table.key.iter().map(String::as_str));
        let beyond = reading.after.as_ref().map_or_else(String::new, |last| {
            let values: Vec<String> = table
                .key
                .iter()
                .map(|column| match &last[column] {
                    Value::Number(number) => sql.maybe_number(number.as_i64()),
                    other => sql.maybe_text(other.as_str().map(str::to_owned)),
                })
                .collect();
            format!(" WHERE ({keys}) > ({})", values.join(", "))
        });
        let limit = sql.number(PAGE);
        let statement = format!(
            "SELECT {} FROM \"{}\"{beyond} ORDER BY {keys} LIMIT {limit}",
            table.column_names(),
            table.name
        );
        let found = sql.raw_rows(&mut self.tx, statement).await?;
        reading.ended = i64::try_from(found.len()).is_ok_and(|many| many < PAGE);
        let rows = found.iter().map(|row| as_read(table, row)).collect::<Result<Vec<_>, sqlx::Error>>()?;
        let texts = rows.iter().map(to_json).collect();
        reading.after = rows.into_iter().next_back();
        Ok(texts)
    }

    /// Lets the moment go.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}

impl<'t> Reading<'t> {
    /// From the table's first row on.
    #[must_use]
    pub fn new(table: &'t Table) -> Self {
        Self { table, after: None, ended: false }
    }
}

fn as_read(table: &Table, row: &AnyRow) -> Result<Row, sqlx::Error> {
    let cells = table.columns.iter().enumerate().map(|(at, column)| {
        let value = match column.kind {
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Value::Null, Value::from),
            Kind::Number => row.try_get::<Option<i64>, _>(at)?.map_or(Value::Null, Value::from),
        };
        Ok((column.name.clone(), value))
    });
    cells.collect()
}
