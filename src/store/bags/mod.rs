//! Whole cases, row by row, as bags hold them: read out of one database and written into another, unchanged but for the
//! names of scans that were cut out of a stack ([`super::file_names`]).
//!
//! [`TABLES`] says which rows belong to a case. What isn't there is either derived (the index of words, milestones) or
//! of the moment (drafts, looks, notices, reminders, links of phones, bulk prints, stacks), and stays behind: so do
//! passwords, second factors, sessions and roles, so that a bag opens no door.

mod imports;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sqlx::Row as _;

use crate::case::ids::is_case_number;

use super::sealed::{Place, Sealer};
use super::sql::Sql;
use super::{Db, StoreError, Tx, file_names, parsed_json, sealed, search, statistics};

pub use imports::{Imported, custody_before, foreign, imported, remember};
pub use tables::{Column, Keeps, Kind, TABLES, Table};

/// A row: its columns by name.
pub type Row = Map<String, Value>;

/// The rows of one case, table by table.
pub type Rows = BTreeMap<String, Vec<Row>>;

/// Which cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// These, by number.
    Numbers(Vec<String>),
    /// Every case.
    All,
    /// 結案 before this moment, epoch milliseconds.
    ClosedBefore(i64),
}

/// A case that was selected.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Selected {
    /// The identifier; cases are selected in its order.
    pub id: String,
    /// 案件編號.
    pub number: String,
    /// The version of its record.
    pub version: i64,
    /// How often a hold was placed or lifted.
    pub holds: i64,
}

/// How a case stands, by which a bag of it is seen to be older: the version of its record, and how often a hold, which
/// changes no record and gets in nobody's way, was placed or lifted, if ever.
#[must_use]
pub fn standing(version: i64, holds: i64) -> String {
    if holds == 0 { version.to_string() } else { format!("{version}+{holds}") }
}

/// How often a hold was placed or lifted by the rows of a case.
#[must_use]
pub fn count_holds(rows: &Rows) -> i64 {
    let words = |row: &Row| 1 + i64::from(row.get("lifted_at").is_some_and(|at| !at.is_null()));
    rows.get("holds").into_iter().flatten().map(words).sum()
}

/// Why rows can't be taken in.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// They aren't what they should be: the table, and what is wrong.
    #[error("{table}: {why}")]
    Rows {
        /// The table.
        table: String,
        /// What is wrong.
        why: String,
    },
    /// The database failed, or said no to a row.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfit(table: &str, why: impl Into<String>) -> Unfit {
    Unfit::Rows { table: table.to_owned(), why: why.into() }
}

/// Some cases of a selection that are still there, after `after`, in the order of identifiers, so that however many there are, few are in
/// memory.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &mut Db,
    selection: &Selection,
    after: &str,
    limit: i64,
) -> Result<Vec<Selected>, StoreError> {
    let mut sql = Sql::default();
    let (after, limit) = (sql.text(after), sql.number(limit));
    let chosen = match selection {
        Selection::All => "1 = 1".to_owned(),
        Selection::Numbers(numbers) => {
            format!("number IN ({})", sql.list(numbers.iter().map(String::as_str)))
        }
        Selection::ClosedBefore(at) => format!("state = 'closed' AND state_at < {}", sql.number(*at)),
    };
    let statement = format!(
        "SELECT id, number, version, (SELECT COUNT(*) + COUNT(h.lifted_at) FROM holds h WHERE h.case_id = cases.id) AS holds \
         FROM cases WHERE id > {after} AND disposed_at IS NULL AND {chosen} ORDER BY id LIMIT {limit}"
    );
    sql.rows(db, statement).await
}

/// How many cases a selection has.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &mut Db, selection: &Selection) -> Result<i64, StoreError> {
    let (state, before) = match selection {
        Selection::All => ("", 0),
        Selection::Numbers(numbers) => return Ok(i64::try_from(numbers.len()).unwrap_or(i64::MAX)),
        Selection::ClosedBefore(at) => ("closed", *at),
    };
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM cases WHERE disposed_at IS NULL AND ($1 = '' OR (state = $1 AND state_at < $2))",
    )
        .bind(state)
        .bind(before)
        .fetch_one(&mut **db)
        .await?)
}

/// Those of these numbers that no case has which is still there.
///
/// # Errors
/// When the database fails.
pub async fn unknown(db: &mut Db, numbers: &[String]) -> Result<Vec<String>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let names = sql.list(numbers.iter().map(String::as_str));
    let rows: Vec<(String,)> = sql
        .rows(db, format!("SELECT number FROM cases WHERE number IN ({names}) AND disposed_at IS NULL"))
        .await?;
    let known: BTreeSet<String> = rows.into_iter().map(|(number,)| number).collect();
    Ok(numbers.iter().filter(|number| !known.contains(*number)).cloned().collect())
}

/// Every row of a case. The caller holds the case by [`super::cases::lock`], so that no step moves it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn rows_of(db: &mut Db, case: &str) -> Result<Rows, StoreError> {
    let mut all = Rows::new();
    for table in &TABLES {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {}",
            table.column_names(),
            table.name,
            table.of_case,
            table.order
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(case).fetch_all(&mut **db).await?;
        let sealer = db.sealer();
        let rows = found.iter().map(|row| {
            let cells = table.columns.iter().enumerate().map(|(at, column)| {
                let value = if column.kind.is_text() {
                    row.try_get::<Option<String>, _>(at)?.map_or(Value::Null, Value::from)
                } else {
                    row.try_get::<Option<i64>, _>(at)?.map_or(Value::Null, Value::from)
                };
                Ok((column.name.to_owned(), value))
            });
            let cells = cells.collect::<Result<Row, sqlx::Error>>()?;
            opened(&sealer, table, cells)
        });
        all.insert(table.name.to_owned(), rows.collect::<Result<Vec<_>, StoreError>>()?);
    }
    let names = file_names::of_scans(db, case).await?;
    for row in all.get_mut("scans").into_iter().flatten() {
        if let Some(name) = row["id"].as_str().and_then(|id| names.get(id)) {
            row.insert("file_name".to_owned(), name.clone().into());
        }
    }
    Ok(all)
}

/// A row as bags hold it: its words opened, and what it is looked up by in words again.
fn opened(sealer: &Sealer, table: &Table, mut row: Row) -> Result<Row, StoreError> {
    for column in table.columns {
        if let (Some(place), Some(value)) =
            (sealed::place(table.name, column.name), row[column.name].as_str().map(str::to_owned))
        {
            let text = sealer.open(place, &named_by(place, &row), value)?;
            row.insert(column.name.to_owned(), text.into());
        }
    }
    if table.name == "subjects" {
        let answers = row["answers"].as_str().unwrap_or_default();
        let id = row["id"].as_str().unwrap_or_default();
        let (name, number) = search::keys(&parsed_json(answers, "subjects", "answers", id)?);
        row.insert("name_key".to_owned(), name.into());
        row.insert("id_key".to_owned(), number.into());
    }
    Ok(row)
}

/// How a row is named where a value is bound to it.
fn named_by(place: &Place, row: &Row) -> String {
    let parts = place.key.iter().map(|key| match &row[key.column()] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Writes the rows of a case that isn't there, derives what is derived, and reads all of it back: what comes back must
/// be what went in. The caller rolls the transaction back when it isn't.
///
/// # Errors
/// [`Unfit`], with the table and what doesn't fit.
pub async fn take_in(tx: &mut Tx, rows: &Rows, now: i64) -> Result<String, Unfit> {
    let (id, number) = check(rows)?;
    for table in &TABLES {
        for row in rows.get(table.name).into_iter().flatten() {
            insert(tx, table, row).await.map_err(|error| refused(table.name, error))?;
        }
    }
    // Each was hashed on its way in.
    sqlx::query("UPDATE documents SET read_at = $1 WHERE read_at = 0")
        .bind(now)
        .execute(&mut ***tx)
        .await
        .map_err(StoreError::from)?;
    count_on(tx, &number).await?;
    let keywords = rows["cases"][0]["keywords"].as_str().unwrap_or_default().to_owned();
    search::put(tx, &number, &keywords).await?;
    statistics::complete_case(tx, &id).await?;
    let back = rows_of(tx, &id).await?;
    for table in &TABLES {
        if !table.keeps.same(&rows[table.name], &back[table.name]) {
            return Err(unfit(
                table.name,
                "has rows that don't belong to the case, or contradict what is there",
            ));
        }
    }
    Ok(id)
}

/// Whether the rows are those of one case: every table, every column, every kind. Returns its identifier and number.
///
/// # Errors
/// [`Unfit::Rows`].
pub fn check(rows: &Rows) -> Result<(String, String), Unfit> {
    if let Some(other) = rows.keys().find(|name| TABLES.iter().all(|table| table.name != name.as_str())) {
        return Err(unfit(other, "is no table of a case"));
    }
    for table in &TABLES {
        let of_table = rows.get(table.name).ok_or_else(|| unfit(table.name, "is missing"))?;
        for (at, row) in of_table.iter().enumerate() {
            if let Some(column) = table.columns.iter().find(|column| !column.takes(row.get(column.name))) {
                return Err(unfit(
                    table.name,
                    format!("row {}: {} isn't what it should be", at + 1, column.name),
                ));
            }
            if row.len() != table.columns.len() {
                return Err(unfit(table.name, format!("row {} has columns that there aren't", at + 1)));
            }
        }
    }
    let [case] = rows["cases"].as_slice() else { return Err(unfit("cases", "one case is expected")) };
    let text = |column: &str| case[column].as_str().unwrap_or_default().to_owned();
    let number = text("number");
    if !is_case_number(&number) {
        return Err(unfit("cases", "the number isn't one of a case"));
    }
    Ok((text("id"), number))
}

async fn insert(tx: &mut Tx, table: &Table, row: &Row) -> Result<(), StoreError> {
    let mut sql = Sql::default();
    let mut names: Vec<String> = Vec::new();
    let sealer = tx.sealer();
    for column in table.columns {
        let value = &row[column.name];
        names.push(if column.kind.is_text() {
            let text = value.as_str();
            sql.maybe_text(match (sealed::place(table.name, column.name), (table.name, column.name)) {
                (Some(place), _) => {
                    text.map(|text| sealer.seal(place, &named_by(place, row), text)).transpose()?
                }
                (None, ("subjects", "name_key")) => {
                    text.map(|text| sealer.look_up(&sealed::NAME_KEY, text)).transpose()?
                }
                (None, ("subjects", "id_key")) => {
                    text.map(|text| sealer.look_up(&sealed::ID_KEY, text)).transpose()?
                }
                (None, _) => text.map(str::to_owned),
            })
        } else {
            sql.maybe_number(value.as_i64())
        });
    }
    let (more, values) = table.also.unzip();
    let statement = format!(
        "INSERT INTO {} ({}{}) VALUES ({}{}){}",
        table.name,
        table.column_names(),
        more.unwrap_or_default(),
        names.join(", "),
        values.unwrap_or_default(),
        match table.keeps {
            Keeps::Own => String::new(),
            // What was let go of lives again, as by `documents::register`; its row is held against a removal.
            Keeps::Shared("digest") => " ON CONFLICT (digest) DO UPDATE SET disposed_at = NULL, read_at = 0 \
                WHERE documents.disposed_at IS NOT NULL"
                .to_owned(),
            Keeps::Shared(key) | Keeps::Around(key) => format!(" ON CONFLICT ({key}) DO NOTHING"),
        }
    );
    sql.run(tx, statement).await
}

/// A row that the database refuses is a row that doesn't fit; its words may quote values, and aren't told.
fn refused(table: &str, error: StoreError) -> Unfit {
    match &error {
        StoreError::Database(sqlx::Error::Database(said)) if said.is_unique_violation() => {
            unfit(table, "has a row that is there already under another name")
        }
        StoreError::Database(sqlx::Error::Database(said)) if said.is_foreign_key_violation() => {
            unfit(table, "names a row that isn't there")
        }
        StoreError::Database(sqlx::Error::Database(said)) if said.is_check_violation() => {
            unfit(table, "has a value that there can't be")
        }
        _ => Unfit::Store(error),
    }
}

/// Numbers that are given from now on lie above this one.
async fn count_on(tx: &mut Tx, number: &str) -> Result<(), StoreError> {
    let (year, serial) = number.split_at(number.len() - 7);
    sqlx::query(
        "INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = \
         CASE WHEN counters.value < $2 THEN $2 ELSE counters.value END",
    )
    .bind(format!("case-{year}"))
    .bind(serial.parse::<i64>().unwrap_or(0))
    .execute(&mut ***tx)
    .await?;
    Ok(())
}
