//! Which tables a database has, and what their columns hold.
//!
//! The two databases tell this in words of their own; everything else about rows is one text.

use std::collections::BTreeMap;

use sqlx::AnyConnection;

use crate::store::{Backend, Store, StoreError};

/// Tables whose rows stay behind. What opens a door for a while (sessions, devices, links) must not be opened again by a
/// backup after it was shut; leases, limits and what processes seal with are of the moment; the index of words and the
/// triggers are made anew; the schema is told by its migrations.
pub const LEFT_OUT: [&str; 13] = [
    "_sqlx_migrations",
    "allowances",
    "captchas",
    "case_tokens",
    "devices",
    "guards",
    "leases",
    "one_time_links",
    "phone_links",
    "search_index",
    "sealers",
    "sessions",
    "sign_on_attempts",
];

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of its primary key, in their order.
    pub(super) key: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds, or nothing.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Number,
}

/// A migration that has been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// The checksum of its text.
    pub checksum: Vec<u8>,
}

impl Table {
    /// The column of this name.
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns, for a statement.
    pub(super) fn column_names(&self) -> String {
        listed(self.columns.iter().map(|column| column.name.as_str()))
    }
}

/// Names for a statement. They come from the database itself, never from a file.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

const SQLITE: &str = "SELECT CAST(m.name AS TEXT), CAST(p.name AS TEXT), CAST(p.type AS TEXT), CAST(p.pk AS BIGINT) \
     FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY m.name, p.cid";

/// Of the catalogue itself: the views of `information_schema` go through all schemas of the database.
const POSTGRES: &str = "SELECT CAST(t.relname AS TEXT), CAST(a.attname AS TEXT), format_type(a.atttypid, a.atttypmod), \
     CAST(COALESCE(array_position(p.conkey, a.attnum), 0) AS BIGINT) FROM pg_class t \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_constraint p ON p.conrelid = t.oid AND p.contype = 'p' \
     WHERE t.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema()) AND t.relkind = 'r' \
     ORDER BY t.relname, a.attnum";

/// The tables whose rows are kept, by name.
///
/// # Errors
/// When the database fails, or has a table that can't be kept: a column of another type, or no primary key.
pub(super) async fn tables(db: &mut AnyConnection, backend: Backend) -> Result<Vec<Table>, StoreError> {
    let sql = if backend == Backend::Sqlite { SQLITE } else { POSTGRES };
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(sql).fetch_all(db).await?;
    let mut tables: BTreeMap<String, (Table, Vec<(i64, String)>)> = BTreeMap::new();
    for (table, column, kind, key) in rows {
        if stays_behind(&table) {
            continue;
        }
        let kind = match kind.to_lowercase().as_str() {
            "text" => Kind::Text,
            "bigint" | "integer" => Kind::Number,
            other => return Err(unknown(&table, &format!("column {column} of type {other}"))),
        };
        let (table, keys) = tables.entry(table).or_insert_with_key(|name| {
            (Table { name: name.clone(), columns: Vec::new(), key: Vec::new() }, Vec::new())
        });
        if key > 0 {
            keys.push((key, column.clone()));
        }
        table.columns.push(Column { name: column, kind });
    }
    tables
        .into_values()
        .map(|(mut table, mut keys)| {
            keys.sort();
            table.key = keys.into_iter().map(|(_, column)| column).collect();
            if table.key.is_empty() { Err(unknown(&table.name, "no primary key")) } else { Ok(table) }
        })
        .collect()
}

/// Whether there is a table of this name, whether or not its rows are kept.
///
/// # Errors
/// When the database fails.
pub async fn has_table(store: &Store, name: &str) -> Result<bool, StoreError> {
    let sql = match store.backend {
        Backend::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
        Backend::Postgres => {
            "SELECT COUNT(*) FROM pg_class t WHERE t.relkind = 'r' AND CAST(t.relname AS TEXT) = $1 \
             AND t.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = current_schema())"
        }
    };
    let found: i64 = sqlx::query_scalar(sql).bind(name).fetch_one(&mut **store.read().await?).await?;
    Ok(found > 0)
}

fn stays_behind(table: &str) -> bool {
    // The shadows of SQLite's index of words, and what its planner noted.
    LEFT_OUT.contains(&table) || table.starts_with("case_tokens_") || table.starts_with("sqlite_")
}

fn unknown(table: &str, what: &str) -> StoreError {
    StoreError::Database(sqlx::Error::Protocol(format!(
        "table {table} has {what}, which a backup can't hold: name the table in LEFT_OUT or change it"
    )))
}

/// The migrations that the database has, in their order; none where there is no schema yet.
///
/// # Errors
/// When the database fails.
pub async fn applied(db: &mut AnyConnection) -> Result<Vec<Applied>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|(version, checksum)| Applied { version, checksum }).collect())
}
