//! Lists of cases: filtered, counted, twenty a page, and always inside a scope.

use sqlx::AnyConnection;

use crate::case::state::State;

use super::StoreError;
use super::cases::{COLUMNS, Case, FROM, Row, Scope};

/// Cases on one page: 每頁 20 筆.
pub const PAGE: i64 = 20;

/// What a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this service item.
    pub service: Option<String>,
    /// Only this state.
    pub state: Option<State>,
    /// Only cases in which every word is found.
    pub keyword: String,
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The cases, newest change first.
    pub cases: Vec<Case>,
    /// How many there are in all.
    pub total: i64,
}

/// A page of the cases in the scope that fit the filter; `page` counts from 1.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn cases(
    db: &mut AnyConnection,
    scope: &Scope,
    filter: &Filter,
    page: i64,
) -> Result<Page, StoreError> {
    let narrowed = Narrowed::new(scope, filter);
    let sql = format!("SELECT COUNT(*) {FROM} WHERE {}", narrowed.condition);
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql));
    for value in &narrowed.values {
        query = query.bind(value);
    }
    let total: i64 = query.fetch_one(&mut *db).await?;
    let next = narrowed.values.len() + 1;
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE {} ORDER BY c.changed_at DESC, c.id DESC LIMIT ${next} OFFSET ${}",
        narrowed.condition,
        next + 1
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
    for value in &narrowed.values {
        query = query.bind(value);
    }
    let rows: Vec<Row> = query.bind(PAGE).bind((page.max(1) - 1) * PAGE).fetch_all(db).await?;
    Ok(Page { cases: rows.into_iter().map(Case::try_from).collect::<Result<_, _>>()?, total })
}

/// The numbers of all cases in the scope that fit the filter, in the list's order, `most` of them.
///
/// # Errors
/// When the database fails.
pub async fn numbers(
    db: &mut AnyConnection,
    scope: &Scope,
    filter: &Filter,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    let narrowed = Narrowed::new(scope, filter);
    let sql = format!(
        "SELECT c.number {FROM} WHERE {} ORDER BY c.changed_at DESC, c.id DESC LIMIT ${}",
        narrowed.condition,
        narrowed.values.len() + 1
    );
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql));
    for value in &narrowed.values {
        query = query.bind(value);
    }
    Ok(query.bind(most).fetch_all(db).await?)
}

/// A scope and a filter in SQL.
struct Narrowed {
    condition: String,
    /// The values of its parameters, from `$1`.
    values: Vec<String>,
}

impl Narrowed {
    fn new(scope: &Scope, filter: &Filter) -> Self {
        let words: Vec<String> = filter.keyword.split_whitespace().take(5).map(like).collect();
        let mut condition =
            format!("{} AND ($4 = '' OR c.service = $4) AND ($5 = '' OR c.state = $5)", scope.sql());
        for at in 0..words.len() {
            condition.push_str(&format!(" AND c.keywords LIKE ${} ESCAPE '!'", at + 6));
        }
        let mut values: Vec<String> = scope.parameters().map(str::to_owned).into();
        values.push(filter.service.clone().unwrap_or_default());
        values.push(filter.state.map_or("", State::as_str).to_owned());
        values.extend(words);
        Self { condition, values }
    }
}

/// A pattern that finds `word` anywhere; `%`, `_` and the escape itself are taken literally.
fn like(word: &str) -> String {
    let escaped = word.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
