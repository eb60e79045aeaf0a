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
    let words: Vec<String> = filter.keyword.split_whitespace().take(5).map(like).collect();
    let mut condition =
        format!("{} AND ($4 = '' OR c.service = $4) AND ($5 = '' OR c.state = $5)", scope.sql());
    for at in 0..words.len() {
        condition.push_str(&format!(" AND c.keywords LIKE ${} ESCAPE '!'", at + 6));
    }
    let sql = format!("SELECT COUNT(*) {FROM} WHERE {condition}");
    let [own, assigned, zone] = scope.parameters();
    let service = filter.service.as_deref().unwrap_or("");
    let state = filter.state.map_or("", State::as_str);
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(service)
        .bind(state);
    for word in &words {
        query = query.bind(word);
    }
    let total: i64 = query.fetch_one(&mut *db).await?;
    let next = words.len() + 6;
    let sql = format!(
        "SELECT {COLUMNS} {FROM} WHERE {condition} ORDER BY c.changed_at DESC, c.id DESC LIMIT ${next} OFFSET ${}",
        next + 1
    );
    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(service)
        .bind(state);
    for word in &words {
        query = query.bind(word);
    }
    let rows: Vec<Row> = query.bind(PAGE).bind((page.max(1) - 1) * PAGE).fetch_all(db).await?;
    Ok(Page { cases: rows.into_iter().map(Case::try_from).collect::<Result<_, _>>()?, total })
}

/// A pattern that finds `word` anywhere; `%`, `_` and the escape itself are taken literally.
fn like(word: &str) -> String {
    let escaped = word.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
