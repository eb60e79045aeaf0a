//! Which rows belong to a case, and what a table, a column and a row of it are: [`all`] of them, and [`whose`] those are that
//! no case has alone.
//!
//! `steps/bags/case-1.schema.json` says the same to others; a test holds the two together.

mod all;
mod whose;

use serde_json::Value;

use super::Row;
use crate::store::to_json;

pub use all::TABLES;

/// A table of which a case has rows.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Whose the rows are.
    pub keeps: Keeps,
    /// Columns that an import fills by itself, and with what.
    pub(super) also: Option<(&'static str, &'static str)>,
    /// The condition by which the case `$1` has them.
    pub(super) of_case: &'static str,
    /// Their order.
    pub(super) order: &'static str,
    /// The columns that bags hold.
    pub columns: &'static [Column],
}

/// Whose rows they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// The case's alone.
    Own,
    /// Other cases may have the same, by this key: what is there already stays.
    Shared(&'static str),
    /// The same of places, which depend on where people belong at the moment.
    Around(&'static str),
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A text, or nothing.
    MaybeText,
    /// A whole number.
    Number,
    /// A whole number, or nothing.
    MaybeNumber,
}

impl Kind {
    /// Whether it is a text, if it is anything.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::MaybeText)
    }
}

impl Column {
    /// Whether the column can hold this.
    pub(super) fn takes(&self, value: Option<&Value>) -> bool {
        match (self.kind, value) {
            (Kind::MaybeText | Kind::MaybeNumber, Some(Value::Null)) => true,
            // PostgreSQL has no text with a null character.
            (Kind::Text | Kind::MaybeText, Some(Value::String(text))) => !text.contains('\0'),
            (Kind::Number | Kind::MaybeNumber, Some(value)) => value.is_i64(),
            _ => false,
        }
    }
}

impl Table {
    /// The columns, for a statement.
    pub(super) fn column_names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

impl Keeps {
    /// Whether what was read back is what was written. Of shared rows only the keys count: they may have been there
    /// before, as they were at another moment.
    pub(super) fn same(self, written: &[Row], back: &[Row]) -> bool {
        match self {
            Self::Own => sorted(written, to_json) == sorted(back, to_json),
            Self::Shared(key) => {
                let key = |row: &Row| row[key].to_string();
                sorted(written, key) == sorted(back, key)
            }
            Self::Around(_) => true,
        }
    }
}

/// Rows as texts in one order: databases sort in different ways.
fn sorted(rows: &[Row], told: impl Fn(&Row) -> String) -> Vec<String> {
    let mut texts: Vec<String> = rows.iter().map(told).collect();
    texts.sort();
    texts
}
