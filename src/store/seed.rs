//! Many rows at once, for a made-up installation: no step of a person's ever writes this way.
//!
//! Rows are kept back and written table by table, many with one statement, in an order that the foreign keys allow.

use std::collections::BTreeMap;

use super::sealed::{self, Sealer};
use super::sql::Sql;
use super::{Backend, Db, Store, StoreError, Tx, custody, search, statistics};

/// Parameters of one statement at most: what both databases take.
const PARAMETERS: usize = 30_000;
/// Rows of one statement at most.
const ROWS: usize = 500;

/// A table that is filled, in the order of the foreign keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Accounts.
    People,
    /// What they are here for.
    Roles,
    /// Cases.
    Cases,
    /// Subjects.
    Subjects,
    /// Attachments.
    Attachments,
    /// Printed revisions.
    Prints,
    /// Signed scans.
    Scans,
    /// Who serves a case.
    Assignments,
    /// What happened.
    Flow,
    /// 補件.
    Supplements,
    /// What of it is open.
    SupplementItems,
    /// Proposals of closing.
    Closings,
}

impl Table {
    /// The table and its columns, in the order of a row's cells.
    const fn columns(self) -> &'static str {
        match self {
            Self::People => {
                "people (id, login, name, email, password_hash, school_code, zone_id, profession, status, created_at, \
                 changed_at)"
            }
            Self::Roles => "roles (person_id, role, granted_at)",
            Self::Cases => {
                "cases (id, number, reference, open_token, service, school_code, applicant_id, state, content, \
                 keywords, bound_scan_id, opened_at, changed_at, state_at, version)"
            }
            Self::Subjects => "subjects (id, case_id, answers, created_at, changed_at, name_key, id_key)",
            Self::Attachments => {
                "attachments (id, case_id, category, file_name, digest, verdict, remark, uploaded_by, uploaded_at)"
            }
            Self::Prints => {
                "prints (id, case_id, revision, template_version, snapshot, layout, pages, digest, printed_by, printed_at)"
            }
            Self::Scans => {
                "scans (id, case_id, print_id, digest, file_name, report, by_hand, all_empty, confirmed_empty, \
                 uploaded_by, uploaded_at, bound_at)"
            }
            Self::Assignments => "assignments (id, case_id, person_id, since)",
            Self::Flow => {
                "flow (id, case_id, seq, at, actor_id, actor_name, event, from_state, to_state, reason, evidence)"
            }
            Self::Supplements => "supplements (id, case_id, reason, asked_by, asked_at, answered_at)",
            Self::SupplementItems => {
                "supplement_items (supplement_id, seq, place, item, label, baseline, answer)"
            }
            Self::Closings => {
                "closings (id, case_id, reason, detail, summary, proposed_by, proposed_at, outcome, decided_by, \
                 decided_at, remark)"
            }
        }
    }
}

/// A value of a row.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A text, or none.
    Text(Option<String>),
    /// A number, or none.
    Number(Option<i64>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Cell {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

/// Rows that wait to be written.
#[derive(Debug, Default)]
pub struct Rows(BTreeMap<Table, Vec<Vec<Cell>>>);

impl Rows {
    /// Another row; its cells are in the order of the table's columns.
    pub fn add(&mut self, table: Table, row: Vec<Cell>) {
        self.0.entry(table).or_default().push(row);
    }

    /// Writes everything that waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for (table, rows) in std::mem::take(&mut self.0) {
            let most = (PARAMETERS / rows.first().map_or(1, Vec::len).max(1)).min(ROWS);
            let mut rows = rows.into_iter().peekable();
            while rows.peek().is_some() {
                insert(tx, table, rows.by_ref().take(most)).await?;
            }
        }
        Ok(())
    }
}

async fn insert(db: &mut Db, table: Table, rows: impl Iterator<Item = Vec<Cell>>) -> Result<(), StoreError> {
    let mut sql = Sql::default();
    let mut values = Vec::new();
    let sealer = db.sealer();
    for row in rows {
        let row = sealed(&sealer, table, row)?;
        let names = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => sql.maybe_text(text),
            Cell::Number(number) => sql.maybe_number(number),
        });
        values.push(format!("({})", names.collect::<Vec<_>>().join(", ")));
    }
    sql.run(db, format!("INSERT INTO {} VALUES {}", table.columns(), values.join(", "))).await?;
    Ok(())
}

/// A row as it is kept: what is sealed by every step is sealed here too.
fn sealed(sealer: &Sealer, table: Table, mut row: Vec<Cell>) -> Result<Vec<Cell>, StoreError> {
    let (name, columns) = table.columns().split_once(" (").unwrap_or_default();
    let columns: Vec<&str> = columns.trim_end_matches(')').split(", ").map(str::trim).collect();
    let plain = row.clone();
    for (at, column) in columns.iter().enumerate() {
        let Some(Cell::Text(Some(text))) = plain.get(at) else { continue };
        if let Some(place) = sealed::place(name, column) {
            let parts = place.key.iter().map(|key| {
                match columns.iter().position(|one| *one == key.column()).and_then(|at| plain.get(at)) {
                    Some(Cell::Text(Some(text))) => text.clone(),
                    Some(Cell::Number(Some(number))) => number.to_string(),
                    _ => String::new(),
                }
            });
            let of = parts.collect::<Vec<_>>().join("/");
            row[at] = sealer.seal(place, &of, text)?.into();
        } else if (name, *column) == ("subjects", "name_key") {
            row[at] = sealer.look_up(&sealed::NAME_KEY, text)?.into();
        } else if (name, *column) == ("subjects", "id_key") {
            row[at] = sealer.look_up(&sealed::ID_KEY, text)?.into();
        }
    }
    Ok(row)
}

/// Lets a counter go on from `value`.
///
/// # Errors
/// When the database fails.
pub async fn count_on(tx: &mut Tx, counter: &str, value: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
    )
    .bind(counter)
    .bind(value)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// Makes the index of words and the statistics of everything that was written, lets it wait for the custody chain, and lets the database look at its
/// new contents.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx) -> Result<(), StoreError> {
    search::rebuild(tx).await?;
    statistics::complete(tx).await?;
    custody::wait_for_all(tx).await?;
    analyze(tx).await
}

/// Lets the embedded database look at what it has; PostgreSQL does so in [`vacuum`].
async fn analyze(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.backend_name() == "SQLite" {
        sqlx::query("ANALYZE").execute(&mut ***tx).await?;
    }
    Ok(())
}

/// Lets PostgreSQL look at our own tables once all is committed, and note that each page's rows are seen by
/// everyone: until then no query is answered from an index alone. Others' tables in the same database are none of
/// our business, and to look at all of them at once would lock them all.
///
/// # Errors
/// When the database fails.
pub async fn vacuum(store: &Store) -> Result<(), StoreError> {
    if store.backend == Backend::Sqlite {
        return Ok(());
    }
    let mut connection = store.pool.acquire().await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()",
    )
    .fetch_all(&mut *connection)
    .await?;
    for table in tables {
        let vacuum = sqlx::AssertSqlSafe(format!("VACUUM (ANALYZE) \"{table}\""));
        sqlx::query(vacuum).execute(&mut *connection).await?;
    }
    Ok(())
}
