//! SQL that is put together: text and the values of its parameters grow side by side. And rows of many cases,
//! asked for at once.

use std::collections::HashMap;

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A value of a parameter.
enum Bound {
    Text(Option<String>),
    Number(Option<i64>),
}

/// The values of a statement's parameters, from `$1`.
#[derive(Default)]
pub(crate) struct Sql(Vec<Bound>);

impl Sql {
    /// Another parameter with a text; returns its name.
    pub fn text(&mut self, value: impl Into<String>) -> String {
        self.maybe_text(Some(value.into()))
    }

    /// The same where there may be none.
    pub fn maybe_text(&mut self, value: Option<String>) -> String {
        self.0.push(Bound::Text(value));
        format!("${}", self.0.len())
    }

    /// Another parameter with a number; returns its name.
    pub fn number(&mut self, value: i64) -> String {
        self.maybe_number(Some(value))
    }

    /// The same where there may be none.
    pub fn maybe_number(&mut self, value: Option<i64>) -> String {
        self.0.push(Bound::Number(value));
        format!("${}", self.0.len())
    }

    /// Another parameter with a pattern that finds `word` anywhere; signs of patterns are taken literally.
    /// Its statement says `ESCAPE '!'`.
    pub fn anywhere(&mut self, word: &str) -> String {
        let escaped = word.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        self.text(format!("%{escaped}%"))
    }

    /// Parameters for texts of an `IN (…)`, in one of few lengths, so that few statements are kept prepared.
    pub fn list<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> String {
        let mut names: Vec<String> = texts.map(|text| self.text(text)).collect();
        if let Some(last) = names.last().cloned() {
            let full = match names.len() {
                1 => 1,
                2..=20 => 20,
                more => more.next_multiple_of(100),
            };
            // The same parameter again changes nothing.
            names.resize(full, last);
        }
        names.join(", ")
    }

    /// Asks `statement` with these values.
    pub async fn rows<T>(self, db: &mut AnyConnection, statement: String) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(statement));
        for value in self.0 {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Number(number) => query.bind(number),
            };
        }
        Ok(query.fetch_all(db).await?)
    }

    /// Asks `statement` with these values, for rows whose columns are known by then only.
    pub async fn raw_rows(
        self,
        db: &mut AnyConnection,
        statement: String,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for value in self.0 {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Number(number) => query.bind(number),
            };
        }
        Ok(query.fetch_all(db).await?)
    }

    /// Does `statement` with these values.
    pub async fn run(self, db: &mut AnyConnection, statement: String) -> Result<(), StoreError> {
        self.count(db, statement).await.map(drop)
    }

    /// The same; returns how many rows it was about.
    pub async fn count(self, db: &mut AnyConnection, statement: String) -> Result<u64, StoreError> {
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for value in self.0 {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Number(number) => query.bind(number),
            };
        }
        Ok(query.execute(db).await?.rows_affected())
    }
}

/// Rows of several cases, each case's in the order in which they came.
#[derive(Debug)]
pub(crate) struct ByCase<T>(HashMap<String, Vec<T>>);

impl<T> ByCase<T> {
    /// These rows, each with its case.
    pub fn new(rows: impl Iterator<Item = Result<(String, T), StoreError>>) -> Result<Self, StoreError> {
        let mut by_case: HashMap<String, Vec<T>> = HashMap::new();
        for row in rows {
            let (case, row) = row?;
            by_case.entry(case).or_default().push(row);
        }
        Ok(Self(by_case))
    }

    /// The rows of one case; afterwards it has none.
    pub fn take(&mut self, case: &str) -> Vec<T> {
        self.0.remove(case).unwrap_or_default()
    }
}
