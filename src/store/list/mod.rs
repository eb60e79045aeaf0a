//! Lists of cases: filtered, ordered, counted, twenty a page, and always inside a scope.
//!
//! No list reads through all cases. [`ways`] chooses how the cases of a list are come by, from how many there are:
//! few are gathered by the narrowest index and put in order, many are walked in their order until the page is
//! full. How many there are the database keeps count of itself, of each school, state and service; what is narrowed
//! otherwise is counted up to a bound, and that is said. Pages follow each other by the key of their last case, so that
//! the thousandth costs what the first does and nothing is skipped or shown twice when a case moves.

mod counts;
mod terms;
mod ways;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use crate::case::state::State;

use super::cases::{COLUMNS, Case, FROM, Row, Scope};
use super::sealed::{self, Sealer};
use super::sql::Sql;
use super::{Db, StoreError};
use ways::Plan;

pub use counts::{Total, states};

/// Cases on one page: 每頁 20 筆.
pub const PAGE: usize = 20;
/// Rows that are asked for by their identifiers at a time.
const BATCH: usize = 200;

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this service item.
    pub service: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// Only cases in which every word is found.
    pub keyword: String,
    /// Opened at this moment or later, epoch milliseconds.
    pub opened_from: Option<i64>,
    /// Opened before this moment, epoch milliseconds.
    pub opened_before: Option<i64>,
    /// Only schools with this code, or this in their name.
    pub school: Option<String>,
    /// Only schools of this district.
    pub district: Option<String>,
    /// Only schools of this zone.
    pub zone: Option<String>,
    /// Only cases that this account serves now.
    pub professional: Option<String>,
    /// Only cases about this subject.
    pub subject: Option<Sought>,
    /// Only cases with these identifiers, some hundred at most; none found by them: an empty list.
    pub among: Option<Vec<String>>,
}

/// How a subject is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// By a part of the name.
    Name(String),
    /// By the whole number of the document.
    Number(String),
    /// The same, by what the database may keep in the number's place.
    Kept(Vec<String>),
}

impl Filter {
    /// The filter as the database is asked: a number is found by its hashes.
    fn kept(&self, sealer: &Sealer) -> Self {
        let subject = match &self.subject {
            Some(Sought::Number(number)) => Some(Sought::Kept(sealer.look_ups(&sealed::ID_KEY, number))),
            other => other.clone(),
        };
        Self { subject, ..self.clone() }
    }
}

impl Wanted {
    /// The same of what is listed.
    fn kept(&self, sealer: &Sealer) -> Self {
        Self { filter: self.filter.kept(sealer), ..self.clone() }
    }
}

impl Sought {
    /// A number where it can be one: letters and digits, with a digit, six or more.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let number = typed.len() >= 6
            && typed.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && typed.bytes().any(|b| b.is_ascii_digit());
        match typed {
            "" => None,
            number_typed if number => Some(Self::Number(number_typed.to_uppercase())),
            name => Some(Self::Name(name.to_lowercase())),
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The newest change first.
    #[default]
    Change,
    /// What has waited longest first; without a state in the filter only what hasn't ended.
    Waiting,
    /// What was opened last first.
    Opening,
    /// The highest number first.
    Number,
}

/// Where a case stands in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The moment, or the number, that the order goes by.
    pub at: i64,
    /// The case's identifier: the order among equals.
    pub id: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (at, id) = text.split_once('.').ok_or("a key has a dot")?;
        let at = at.parse().map_err(|_| "a key begins with a number")?;
        Ok(Self { at, id: id.into() })
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Its head.
    #[default]
    First,
    /// What follows this case.
    After(Key),
    /// What goes before this case.
    Before(Key),
}

/// What is listed, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What it is narrowed to.
    pub filter: Filter,
    /// Its order.
    pub sort: Sort,
    /// Which part of it.
    pub place: Place,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The cases in their order.
    pub cases: Vec<Case>,
    /// How many there are in all.
    pub total: Total,
    /// Where the page before ends; none on the first.
    pub previous: Option<Place>,
    /// Where the page after begins; none on the last.
    pub next: Option<Place>,
}

/// A page of the cases in the scope.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut Db, scope: &Scope, wanted: &Wanted) -> Result<Page, StoreError> {
    page_of(db, scope, wanted, PAGE).await
}

/// The same with another number of cases on a page.
///
/// # Errors
/// As [`page`].
pub async fn page_of(db: &mut Db, scope: &Scope, wanted: &Wanted, most: usize) -> Result<Page, StoreError> {
    let wanted = &wanted.kept(&db.sealer());
    let plan = Plan::new(db, scope, &wanted.filter, wanted.sort).await?;
    let total = plan.total(db, scope, &wanted.filter, wanted.sort).await?;
    let mut part = part(db, &plan, scope, wanted, most).await?;
    if part.keys.len() < most && matches!(wanted.place, Place::Before(_)) {
        // Cases have moved: what stands at the head now is a whole page.
        let first = Wanted { place: Place::First, ..wanted.clone() };
        part = self::part(db, &plan, scope, &first, most).await?;
    }
    let cases = fetch(db, &part.keys).await?;
    let previous = part.keys.first().filter(|_| part.before).cloned().map(Place::Before);
    let next = part.keys.last().filter(|_| part.after).cloned().map(Place::After);
    Ok(Page { cases, total, previous, next })
}

/// The next `most` cases of a list after `wanted.place`, and from where to go on; none: that was all.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn stretch(
    db: &mut Db,
    scope: &Scope,
    wanted: &Wanted,
    most: usize,
) -> Result<(Vec<Case>, Option<Place>), StoreError> {
    let wanted = &wanted.kept(&db.sealer());
    let plan = Plan::new(db, scope, &wanted.filter, wanted.sort).await?;
    let part = part(db, &plan, scope, wanted, most).await?;
    let next = part.keys.last().filter(|_| part.after).cloned().map(Place::After);
    Ok((fetch(db, &part.keys).await?, next))
}

/// Where the first `most` cases of a list stand, all at once: what is then read by [`at`] is neither left out nor
/// read twice when cases move meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn keys(db: &mut Db, scope: &Scope, wanted: &Wanted, most: usize) -> Result<Vec<Key>, StoreError> {
    let wanted = &wanted.kept(&db.sealer());
    Plan::new(db, scope, &wanted.filter, wanted.sort).await?.keys(db, scope, wanted, most).await
}

/// The cases with these keys that still lie in the scope, in the order of the keys.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn at(db: &mut Db, scope: &Scope, keys: &[Key]) -> Result<Vec<Case>, StoreError> {
    in_order(db, Some(scope), keys).await
}

/// The numbers of all cases in the scope that fit the filter, in the list's order, `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn numbers(
    db: &mut Db,
    scope: &Scope,
    wanted: &Wanted,
    most: usize,
) -> Result<Vec<String>, StoreError> {
    let (cases, _) = stretch(db, scope, wanted, most).await?;
    Ok(cases.into_iter().map(|case| case.number).collect())
}

/// Keys of a part of a list, in its order.
struct Part {
    keys: Vec<Key>,
    before: bool,
    after: bool,
}

async fn part(
    db: &mut Db,
    plan: &Plan,
    scope: &Scope,
    wanted: &Wanted,
    most: usize,
) -> Result<Part, StoreError> {
    let mut keys = plan.keys(db, scope, wanted, most + 1).await?;
    let more = keys.len() > most;
    keys.truncate(most);
    let (before, after) = match wanted.place {
        Place::First => (false, more),
        Place::After(_) => (true, more),
        Place::Before(_) => {
            keys.reverse();
            (more, true)
        }
    };
    Ok(Part { keys, before, after })
}

/// The cases with these keys, which were found in the scope just now.
async fn fetch(db: &mut Db, keys: &[Key]) -> Result<Vec<Case>, StoreError> {
    in_order(db, None, keys).await
}

/// The cases with these keys, in the order of the keys; with a scope, those that lie in it.
async fn in_order(db: &mut Db, scope: Option<&Scope>, keys: &[Key]) -> Result<Vec<Case>, StoreError> {
    let mut found = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(BATCH) {
        let mut sql = Sql::default();
        let within = scope.map_or_else(String::new, |scope| {
            // The scope's parameters come first.
            for part in scope.parameters() {
                sql.text(part);
            }
            format!("{} AND ", scope.sql())
        });
        let ids = sql.list(keys.iter().map(|key| key.id.as_str()));
        let statement = format!("SELECT {COLUMNS} {FROM} WHERE {within}c.id IN ({ids})");
        let rows: Vec<Row> = sql.rows(db, statement).await?;
        let sealer = db.sealer();
        for row in rows {
            let case = row.opened(&sealer)?;
            found.insert(case.id.clone(), case);
        }
    }
    Ok(keys.iter().filter_map(|key| found.remove(&key.id)).collect())
}
