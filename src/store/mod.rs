//! The only SQL. One text for SQLite and PostgreSQL, behind sqlx's `Any` driver; what can't be one text
//! is in [`append_only`], [`counted`], [`guards`], [`search`] and [`snapshot`] alone.
//!
//! Reads take a connection; steps take a [`Tx`]. On SQLite a transaction begins with `BEGIN IMMEDIATE`,
//! so that two writers queue instead of failing half-way. Look-ups return `Result<Option<T>>`:
//! a database failure never reads as "not found". Both are a [`Db`], which knows how to seal and open what is kept about
//! children ([`sealed`]); statements are given to the plain connection in it.
//!
//! What doesn't work with `Any` on SQLite: BOOLEAN columns (BIGINT 0 or 1 here) and compile-time macros
//! (every query is run by a test on both databases instead).

pub mod acceptances;
pub mod accounts;
pub mod addresses;
pub mod allowances;
pub mod append_only;
pub mod backups;
pub mod bags;
pub mod bulk;
pub mod captchas;
pub mod cases;
pub mod changes;
pub mod counted;
pub mod custody;
mod db;
pub mod devices;
pub mod disposals;
pub mod documents;
pub mod drafts;
pub mod duties;
pub mod events;
pub mod factors;
pub mod figures;
mod file_names;
pub mod filters;
pub mod fixity;
pub mod flow;
pub mod gaps;
mod guards;
pub mod held;
pub mod identities;
pub mod jobs;
pub mod leases;
pub mod links;
pub mod list;
pub mod mails;
pub mod notices;
pub mod papers;
pub mod people;
pub mod phones;
pub mod queue;
pub mod records;
pub mod referred;
pub mod registrations;
pub mod reminders;
pub mod retention;
pub mod retrievals;
pub mod reviews;
pub mod school_lists;
pub mod schools;
pub mod sealed;
mod search;
pub mod seed;
pub mod sessions;
pub mod snapshot;
mod sql;
pub mod stacks;
pub mod staff;
pub mod started;
pub mod statistics;
pub mod supplements;
pub mod throttles;
pub mod traces;
pub mod words;
pub mod zones;

use std::sync::Once;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Executor as _};

use crate::clock::Entropy;
use crate::keyring::Keys;

pub use db::{Db, Tx, Uncommitted};
use sealed::Sealer;

/// The largest embedded database that is written anew after a disposal: a gigabyte takes some ten seconds, in which
/// nobody else can write.
const REWRITTEN_BYTES: i64 = 1024 * 1024 * 1024;

/// The tables whose rows a disposal empties, or that were sealed only later, on PostgreSQL.
const VACUUMED: &str = "VACUUM cases, subjects, attachments, prints, scans, flow, traces, verdicts, supplements, \
    supplement_items, corrections, closings, record_revisions, record_files, holds, drafts, held_forms, saved_filters, \
    retrievals, stack_retrievals, disposals, imports, identities, sign_on_attempts, stack_pages, custody_links, \
    custody_waiting, stacks, stack_cases, bulk_print_cases, notices, looks, case_tokens";

/// How long a process that ends tries to say so.
const LEAVING: Duration = Duration::from_secs(2);

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// A failure of the database, or a row that can't be.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no, or didn't answer.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema couldn't be brought up to date.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// What was written was sealed with a generation of keys that was given up meanwhile. Nothing of it is there.
    #[error(
        "it was sealed with generation {generation} of the keys, which a newer one has replaced meanwhile: try again"
    )]
    Rekeyed {
        /// The generation.
        generation: u32,
    },
    /// Processes of this installation seal with an older generation of keys.
    #[error(
        "{processes} running processes don't use generation {generation} of the keys yet: each needs its key file, and \
         a restart where keys come from the environment"
    )]
    Lagging {
        /// How many.
        processes: i64,
        /// The newest generation.
        generation: u32,
    },
    /// Somebody reads an older state of the database.
    #[error("the database's log is being read; it is tried again")]
    Busy,
    /// A row that can't be: table, column and row by name.
    #[error("impossible value in {table}.{column} of row {row}: {why}")]
    Impossible {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong.
        why: String,
    },
}

impl StoreError {
    /// Whether a row with the same unique value is there already: somebody was faster.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the database can't be used just now: it is gone, locked, full or read-only. What was being committed
    /// may be there or not.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        use sqlx::Error;
        match self {
            Self::Database(Error::Database(error)) => error.code().is_some_and(|code| is_outage(&code)),
            Self::Database(
                Error::Io(_)
                | Error::Tls(_)
                | Error::Protocol(_)
                | Error::PoolTimedOut
                | Error::PoolClosed
                | Error::WorkerCrashed,
            )
            | Self::Rekeyed { .. } => true,
            Self::Database(_)
            | Self::Migrate(_)
            | Self::Busy
            | Self::Lagging { .. }
            | Self::Impossible { .. } => false,
        }
    }
}

/// Whether an error's code means that the database can't be used: an SQLSTATE has five characters, a result code of
/// SQLite's is a smaller number.
fn is_outage(code: &str) -> bool {
    /// Connection, resources, operator, system: the classes; and a database that takes reads only.
    const SQLSTATE: [&str; 5] = ["08", "53", "57P", "58", "25006"];
    /// BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
    const SQLITE: [u32; 6] = [5, 6, 8, 10, 13, 14];
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => SQLITE.contains(&(number & 0xff)),
        _ => SQLSTATE.iter().any(|class| code.starts_with(class)),
    }
}

/// Which database is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded.
    Sqlite,
    /// For many machines.
    Postgres,
}

/// A pool of connections to one database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    backend: Backend,
    sealer: Sealer,
}

impl Store {
    /// Connects to `url` (`sqlite://PATH?mode=rwc` or `postgres://…`), without keys: what is sealed can be copied then, and
    /// not read. Doesn't migrate.
    ///
    /// # Errors
    /// When the database can't be reached or opened.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let backend = if url.starts_with("sqlite:") { Backend::Sqlite } else { Backend::Postgres };
        let options: AnyConnectOptions = url.parse()?;
        let pool = AnyPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if backend == Backend::Sqlite {
                        // WAL so that readers don't wait for the writer; FULL so that a commit
                        // survives a pulled plug. What is deleted is written over: an erased name stays in no page.
                        connection
                            .execute(
                                "PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; \
                                 PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                                 PRAGMA secure_delete = ON;",
                            )
                            .await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, backend, sealer: Sealer::default() })
    }

    /// The same store with the keys of what is sealed; connections that are taken from it have them.
    #[must_use]
    pub fn with_keys(self, keys: Keys, entropy: Entropy) -> Self {
        Self { sealer: Sealer::new(keys, entropy), ..self }
    }

    /// What seals and opens.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Brings the schema up to date, and guards what is only ever added. A database of a newer version is refused, and one
    /// whose keys these aren't.
    ///
    /// # Errors
    /// When a migration or the index of words fails, a key isn't here or is another one, or the database has migrations
    /// that this program doesn't know.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.update_schema().await?;
        let mut tx = self.write().await?;
        append_only::guard(&mut tx, self.backend).await?;
        counted::keep(&mut tx, self.backend).await?;
        statistics::fill(&mut tx).await?;
        tx.commit().await?;
        sealed::prove(self).await?;
        search::prepare(self).await
    }

    /// Brings the schema alone up to date, before it is known which keys belong to it.
    ///
    /// # Errors
    /// When a migration fails, or the database has migrations that this program doesn't know.
    pub async fn update_schema(&self) -> Result<(), StoreError> {
        Ok(MIGRATOR.run(&self.pool).await?)
    }

    /// Which database is behind it.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none is to be had in time.
    pub async fn read(&self) -> Result<Box<Db>, StoreError> {
        Ok(Box::new(Db::pooled(self.pool.acquire().await?, self.sealer.clone())))
    }

    /// A transaction for writing; on SQLite the only one at a time.
    ///
    /// # Errors
    /// When none is to be had in time.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        self.begin(begin).await
    }

    /// A transaction that begins with this statement.
    async fn begin(&self, statement: &'static str) -> Result<Tx, StoreError> {
        Ok(Tx::new(self.pool.begin_with(statement).await?, &self.sealer))
    }

    /// Lets the database go of what rows held before they were emptied: SQLite writes its file and its log anew, as far
    /// as the file isn't too large for that ([`REWRITTEN_BYTES`]); PostgreSQL frees dead rows.
    ///
    /// # Errors
    /// When the database fails, or somebody reads an older state just now: then it is to be tried again.
    pub async fn let_go(&self) -> Result<(), StoreError> {
        let mut db = self.read().await?;
        if self.backend == Backend::Postgres {
            sqlx::query(VACUUMED).execute(&mut **db).await?;
            return Ok(());
        }
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut **db).await?;
        let size: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut **db).await?;
        if pages.saturating_mul(size) <= REWRITTEN_BYTES {
            sqlx::query("VACUUM").execute(&mut **db).await?;
        }
        let busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut **db).await?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }

    /// Closes all connections, and says that this process seals nothing any more.
    pub async fn close(&self) {
        let left = tokio::time::timeout(LEAVING, sealed::leave(self)).await;
        if !matches!(left, Ok(Ok(()))) {
            tracing::warn!("what this process seals with couldn't be taken back; it ends by its time");
        }
        self.pool.close().await;
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }
}

/// The next value of a counter, from 1, without gaps inside one transaction's success.
pub(crate) async fn next_number(db: &mut AnyConnection, counter: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO counters (name, value) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value",
    )
    .bind(counter)
    .fetch_one(db)
    .await?)
}

/// Parses a column into a domain type; an impossible value names table, column and row.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T, StoreError> {
    text.parse().map_err(|why: T::Err| StoreError::Impossible {
        table,
        column,
        row: row.into(),
        why: why.to_string(),
    })
}

/// Parses a JSON column.
pub(crate) fn parsed_json<T: serde::de::DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|why| StoreError::Impossible {
        table,
        column,
        row: row.into(),
        // serde's message may quote the value; only its place is safe to log.
        why: format!("not the JSON expected (line {}, column {})", why.line(), why.column()),
    })
}

/// JSON for a column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records serialise: their keys are text")
}

#[cfg(test)]
mod tests {
    use super::{VACUUMED, is_outage, sealed};

    #[test]
    fn dead_rows_of_every_sealed_column_are_cleared_away() {
        let tables: Vec<&str> = VACUUMED.split([' ', ',']).collect();
        for place in sealed::ALL {
            assert!(tables.contains(&place.table), "{}", place.table);
        }
    }

    #[test]
    fn an_outage_is_told_from_a_refusal() {
        for code in ["5", "261", "8", "778", "13", "57P01", "57P03", "08006", "53300", "25006"] {
            assert!(is_outage(code), "{code}");
        }
        // A constraint, a missing table, a wrong value, a cancelled statement.
        for code in ["19", "787", "2067", "1", "23505", "42P01", "22P02", "57014", "P0001"] {
            assert!(!is_outage(code), "{code}");
        }
    }
}
