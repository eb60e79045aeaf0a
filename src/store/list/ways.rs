//! How the cases of a list are come by.
//!
//! | way | when | what it costs |
//! | --- | --- | --- |
//! | gather | few cases fit the filter | all of those, put in order |
//! | walk | many fit | the order's index from the page's place until the page is full |
//! | find | few cases have the words | all of those, put in order |
//! | look | many have the words | as a walk, looking into each text; when that takes too long, find |
//!
//! "Few" is at most [`FEW`]; how many there are is counted up to there beforehand. Words are always looked for in
//! the text itself at the end: tokens alone would find too much.

use std::collections::HashMap;

use sqlx::AnyConnection;

use crate::store::cases::Scope;
use crate::store::{StoreError, search};

use super::counts::{Total, count, kept};
use super::terms::{By, Texts, narrowing, reasons};
use super::{BATCH, Filter, Key, Place, Sort, Wanted};
use crate::store::sql::Sql;

/// Cases that are gathered and put in order rather than walked to.
pub(super) const FEW: i64 = 2_000;
/// Texts that are looked into before they are all found by their tokens.
const LOOKS: usize = 4_000;

/// How the cases of a list are come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Gather,
    Walk,
    Find,
    Look,
}

/// What was found out before a list is read.
pub(super) struct Plan {
    way: Way,
    /// How many fit but for the texts, up to [`FEW`].
    fit: Total,
    texts: Texts,
}

impl Plan {
    /// Counts a little, and chooses the way.
    pub async fn new(
        db: &mut AnyConnection,
        scope: &Scope,
        filter: &Filter,
        sort: Sort,
    ) -> Result<Self, StoreError> {
        let texts = Texts::of(filter);
        let fit = count(db, scope, filter, sort, &Texts::default(), FEW).await?;
        let way = match (fit.more, texts.is_empty()) {
            (false, _) => Way::Gather,
            (true, true) => Way::Walk,
            (true, false) => {
                let mut sql = Sql::default();
                let found = found(db, &mut sql, &texts, Some(FEW + 1));
                let rows: Vec<(i64,)> = sql.rows(db, format!("SELECT COUNT(*) FROM ({found}) t")).await?;
                if rows.iter().any(|(n,)| *n > FEW) { Way::Look } else { Way::Find }
            }
        };
        Ok(Self { way, fit, texts })
    }

    /// How many cases fit.
    pub async fn total(
        &self,
        db: &mut AnyConnection,
        scope: &Scope,
        filter: &Filter,
        sort: Sort,
    ) -> Result<Total, StoreError> {
        let texts = &self.texts;
        match self.way {
            Way::Gather if texts.is_empty() => Ok(self.fit),
            Way::Gather => count(db, scope, filter, sort, texts, FEW).await,
            Way::Walk => match kept(db, scope, filter, sort).await? {
                Some(states) => Ok(Total { count: states.iter().map(|(_, count)| count).sum(), more: false }),
                None => count(db, scope, filter, sort, texts, Total::BOUND).await,
            },
            Way::Find | Way::Look => {
                let tokens = (self.way == Way::Find).then_some(FEW + 1);
                let mut sql = Sql::default();
                let from = found_cases(db, &mut sql, scope, filter, sort, texts, tokens);
                let statement = format!("SELECT COUNT(*) FROM (SELECT c.id {from} LIMIT {}) x", FEW + 1);
                let rows: Vec<(i64,)> = sql.rows(db, statement).await?;
                Ok(Total::bounded(rows.first().map_or(0, |(n,)| *n), FEW))
            }
        }
    }

    /// The next `most` keys of the list from a place on, the nearest first.
    pub async fn keys(
        &self,
        db: &mut AnyConnection,
        scope: &Scope,
        wanted: &Wanted,
        most: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let Wanted { filter, sort, place } = wanted;
        let texts = &self.texts;
        match self.way {
            Way::Gather => gather(db, scope, wanted, texts, most).await,
            Way::Walk => walk(db, scope, filter, *sort, place, most).await,
            Way::Find => find(db, scope, wanted, texts, Some(FEW + 1), most).await,
            Way::Look => look(db, scope, wanted, texts, most).await,
        }
    }
}

/// Few fit the filter: all of them, put in order.
async fn gather(
    db: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    texts: &Texts,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let Wanted { filter, sort, place } = wanted;
    let mut sql = Sql::default();
    let parts: Vec<String> = reasons(scope)
        .into_iter()
        .map(|reason| {
            let mut terms = reason.condition(&mut sql, By::Narrowest);
            terms.push_str(&narrowing(&mut sql, By::Narrowest, filter, *sort));
            terms.push_str(&texts.condition(&mut sql));
            format!("SELECT c.id, {} AS at FROM cases c WHERE {terms}", sort.at())
        })
        .collect();
    ordered(db, sql, &parts.join(" UNION "), *sort, place, most).await
}

/// Puts what a query of `id` and `at` finds in order, from a place on.
async fn ordered(
    db: &mut AnyConnection,
    mut sql: Sql,
    query: &str,
    sort: Sort,
    place: &Place,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let (sign, way) = if sort.rises(place) { ('>', "ASC") } else { ('<', "DESC") };
    let beyond = match place {
        Place::First => String::new(),
        Place::After(key) | Place::Before(key) => {
            let (at, id) = (sql.number(key.at), sql.text(&key.id));
            format!("WHERE (x.at, x.id) {sign} ({at}, {id}) ")
        }
    };
    // The sum keeps the databases from walking the order's index: what was found is all there is to order.
    let statement = format!(
        "SELECT x.id, x.at FROM ({query}) x {beyond}ORDER BY x.at + 0 {way}, x.id {way} LIMIT {most}"
    );
    Ok(named(sql.rows(db, statement).await?))
}

/// Many fit: along the order's index until there are enough.
async fn walk(
    db: &mut AnyConnection,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    place: &Place,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let mut sql = Sql::default();
    let by = By::Order(sort);
    let parts: Vec<String> = reasons(scope)
        .into_iter()
        .enumerate()
        .map(|(at, reason)| {
            let mut terms = reason.condition(&mut sql, by);
            terms.push_str(&narrowing(&mut sql, by, filter, sort));
            format!(
                "SELECT id, at FROM (SELECT c.id, {} AS at FROM cases c WHERE {} AND {terms} ORDER BY {} LIMIT {most}) p{at}",
                sort.at(),
                sort.beyond(&mut sql, place),
                sort.walked(place)
            )
        })
        .collect();
    let (way, one) = (if sort.rises(place) { "ASC" } else { "DESC" }, parts.len() == 1);
    let statement = if one {
        format!("{} ORDER BY at {way}, id {way}", parts.concat())
    } else {
        let union = parts.join(" UNION ");
        format!("SELECT id, at FROM ({union}) x ORDER BY at {way}, id {way} LIMIT {most}")
    };
    Ok(named(sql.rows(db, statement).await?))
}

/// The numbers of the cases that have all tokens, as a query.
fn found(db: &AnyConnection, sql: &mut Sql, texts: &Texts, most: Option<i64>) -> String {
    let find = search::find(db, &texts.all());
    let query = find.sql.replace("{t}", &sql.text(find.tokens));
    match most {
        Some(most) => format!("{query} LIMIT {most}"),
        None => query,
    }
}

/// `FROM` and `WHERE` of the cases that have all tokens and fit: the tokens' index leads, then each case is read.
fn found_cases(
    db: &AnyConnection,
    sql: &mut Sql,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    texts: &Texts,
    most: Option<i64>,
) -> String {
    let found = found(db, sql, texts, most);
    let reasons: Vec<String> = reasons(scope)
        .into_iter()
        .map(|reason| reason.condition(sql, By::Order(Sort::Number)))
        .map(|condition| format!("({condition})"))
        .collect();
    let terms = narrowing(sql, By::Order(Sort::Number), filter, sort);
    let texts = texts.condition(sql);
    let seen = if reasons.is_empty() { "1 = 0".to_owned() } else { reasons.join(" OR ") };
    format!(
        "FROM ({found}) t CROSS JOIN cases c WHERE c.number = CAST(t.number AS TEXT) AND ({seen}){terms}{texts}"
    )
}

/// The cases that have all tokens, put in order.
async fn find(
    db: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    texts: &Texts,
    tokens: Option<i64>,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let mut sql = Sql::default();
    let from = found_cases(db, &mut sql, scope, &wanted.filter, wanted.sort, texts, tokens);
    let query = format!("SELECT c.id, {} AS at {from}", wanted.sort.at());
    ordered(db, sql, &query, wanted.sort, &wanted.place, most).await
}

/// Many have the words: a walk that looks into each text. Where they all lie far from this place, the walk is
/// given up and they are found.
async fn look(
    db: &mut AnyConnection,
    scope: &Scope,
    wanted: &Wanted,
    texts: &Texts,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let Wanted { filter, sort, place } = wanted;
    let (mut found, mut looked) = (Vec::new(), 0);
    let mut from = place.clone();
    while looked < LOOKS {
        let next = walk(db, scope, filter, *sort, &from, BATCH).await?;
        looked += next.len();
        let read = read(db, &next).await?;
        found.extend(
            next.iter()
                .filter(|key| read.get(&key.id).is_some_and(|(keywords, name)| texts.are_in(keywords, name)))
                .cloned(),
        );
        if found.len() >= most {
            found.truncate(most);
            return Ok(found);
        }
        let (Some(last), BATCH) = (next.last().cloned(), next.len()) else { return Ok(found) };
        from = if matches!(place, Place::Before(_)) { Place::Before(last) } else { Place::After(last) };
    }
    find(db, scope, wanted, texts, None, most).await
}

/// Keywords and the subject's name of some cases.
async fn read(db: &mut AnyConnection, keys: &[Key]) -> Result<HashMap<String, (String, String)>, StoreError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::default();
    let ids = sql.list(keys.iter().map(|key| key.id.as_str()));
    let statement = format!(
        "SELECT c.id, c.keywords, COALESCE(j.name_key, '') FROM cases c \
         LEFT JOIN subjects j ON j.case_id = c.id AND j.deleted_at IS NULL WHERE c.id IN ({ids})"
    );
    let rows: Vec<(String, String, String)> = sql.rows(db, statement).await?;
    Ok(rows.into_iter().map(|(id, keywords, name)| (id, (keywords, name))).collect())
}

fn named(rows: Vec<(String, i64)>) -> Vec<Key> {
    rows.into_iter().map(|(id, at)| Key { at, id }).collect()
}
