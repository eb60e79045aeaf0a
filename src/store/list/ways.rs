//! How the cases of a list are come by.
//!
//! | way | when | what it costs |
//! | --- | --- | --- |
//! | gather | few cases fit the filter | all of those, put in order |
//! | walk | many fit | the order's index from the page's place until the page is full |
//! | find | few cases fit, or have the words' tokens | all of those, their texts opened, put in order |
//! | look | many have the words | as a walk, opening each text; when that takes too long, find |
//!
//! "Few" is at most [`FEW`]; how many there are is counted up to there beforehand. Words are always looked for in
//! the text itself at the end: tokens alone would find too much. The texts are sealed, so that this is done here and
//! not by the database.

use std::collections::HashSet;

use sqlx::AnyConnection;

use crate::store::cases::Scope;
use crate::store::sealed::{self, Sealer};
use crate::store::words::Text;
use crate::store::{Db, StoreError, parsed, search};

use super::counts::{Total, count, kept};
use super::terms::{By, Texts, narrowing, reasons};
use super::{BATCH, Filter, Key, Place, Sort, Wanted};
use crate::store::sql::Sql;

/// Cases that are gathered and put in order rather than walked to.
pub(super) const FEW: i64 = 2_000;
/// Texts that are looked into before they are all found by their tokens.
const LOOKS: usize = 4_000;
/// Cases with the tokens whose texts are opened at first, and at a time when they are many.
const OPENED: (i64, i64) = (2_500, 20_000);

/// How the cases of a list are come by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Gather,
    Walk,
    /// These are all that there are.
    Found(Vec<Key>),
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
    pub async fn new(db: &mut Db, scope: &Scope, filter: &Filter, sort: Sort) -> Result<Self, StoreError> {
        let texts = Texts::of(filter);
        let fit = count(db, scope, filter, sort, FEW).await?;
        let way = match (fit.more, texts.is_empty()) {
            (false, true) => Way::Gather,
            (true, true) => Way::Walk,
            (false, false) => Way::Found(holding(db, scope, filter, sort, &texts).await?),
            (true, false) => {
                let ways = search::ways(db).await?;
                let mut sql = Sql::default();
                let found = found(db, &mut sql, &ways, &texts);
                let statement = format!("SELECT COUNT(*) FROM ({found} LIMIT {}) t", FEW + 1);
                let rows: Vec<(i64,)> = sql.rows(db, statement).await?;
                if rows.iter().any(|(n,)| *n > FEW) {
                    Way::Look
                } else {
                    Way::Found(having(db, scope, filter, sort, &texts, usize::MAX).await?)
                }
            }
        };
        Ok(Self { way, fit, texts })
    }

    /// How many cases fit.
    pub async fn total(
        &self,
        db: &mut Db,
        scope: &Scope,
        filter: &Filter,
        sort: Sort,
    ) -> Result<Total, StoreError> {
        match &self.way {
            Way::Gather => Ok(self.fit),
            Way::Walk => match kept(db, scope, filter, sort).await? {
                Some(states) => Ok(Total { count: states.iter().map(|(_, count)| count).sum(), more: false }),
                None => count(db, scope, filter, sort, Total::BOUND).await,
            },
            Way::Found(keys) => Ok(Total::bounded(i64::try_from(keys.len()).unwrap_or(i64::MAX), FEW)),
            Way::Look => {
                let most = usize::try_from(FEW).unwrap_or(usize::MAX) + 1;
                let keys = having(db, scope, filter, sort, &self.texts, most).await?;
                Ok(Total::bounded(i64::try_from(keys.len()).unwrap_or(i64::MAX), FEW))
            }
        }
    }

    /// The next `most` keys of the list from a place on, the nearest first.
    pub async fn keys(
        &self,
        db: &mut Db,
        scope: &Scope,
        wanted: &Wanted,
        most: usize,
    ) -> Result<Vec<Key>, StoreError> {
        let Wanted { filter, sort, place } = wanted;
        match &self.way {
            Way::Gather => gather(db, scope, wanted, most).await,
            Way::Walk => walk(db, scope, filter, *sort, place, most).await,
            Way::Found(keys) => Ok(from(keys.clone(), *sort, place, most)),
            Way::Look => look(db, scope, wanted, &self.texts, most).await,
        }
    }
}

/// Few fit the filter: all of them, put in order.
async fn gather(db: &mut Db, scope: &Scope, wanted: &Wanted, most: usize) -> Result<Vec<Key>, StoreError> {
    let Wanted { filter, sort, place } = wanted;
    let mut sql = Sql::default();
    let query = gathered(&mut sql, scope, filter, *sort);
    ordered(db, sql, &query, *sort, place, most).await
}

/// All that fit the filter, as a query of `id` and `at`.
fn gathered(sql: &mut Sql, scope: &Scope, filter: &Filter, sort: Sort) -> String {
    let parts = reasons(scope).into_iter().map(|reason| {
        let mut terms = reason.condition(sql, By::Narrowest);
        terms.push_str(&narrowing(sql, By::Narrowest, filter, sort));
        format!("SELECT c.id, {} AS at FROM cases c WHERE {terms}", sort.at())
    });
    parts.collect::<Vec<_>>().join(" UNION ")
}

/// Puts what a query of `id` and `at` finds in order, from a place on.
async fn ordered(
    db: &mut Db,
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
    db: &mut Db,
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
fn found(db: &AnyConnection, sql: &mut Sql, ways: &search::Ways, texts: &Texts) -> String {
    let find = search::find(db, ways, Text::Keywords, &texts.all());
    find.sql.replace("{t}", &sql.text(find.tokens))
}

/// A case with the texts in which words are looked for, as the database keeps them.
#[derive(sqlx::FromRow)]
struct Sealed {
    id: String,
    at: i64,
    keywords: String,
    subject: String,
    answers: String,
}

impl Sealed {
    /// Its key, if its texts hold what is looked for.
    fn holding(self, sealer: &Sealer, texts: &Texts) -> Result<Option<Key>, StoreError> {
        let keywords = sealer.open(&sealed::KEYWORDS, &self.id, self.keywords)?;
        let name = if texts.name.is_empty() || self.subject.is_empty() {
            String::new()
        } else {
            search::keys(&sealer.open_json(&sealed::ANSWERS, &self.subject, self.answers)?).0
        };
        Ok(texts.are_in(&keywords, &name).then_some(Key { at: self.at, id: self.id }))
    }
}

/// The columns of [`Sealed`] beside `id` and `at`, and the tables behind `cases c` for them.
fn texts_of(texts: &Texts) -> (&'static str, &'static str) {
    if texts.name.is_empty() {
        return ("c.keywords, '' AS subject, '' AS answers", "");
    }
    (
        "c.keywords, COALESCE(j.id, '') AS subject, COALESCE(j.answers, '') AS answers",
        " LEFT JOIN subjects j ON j.case_id = c.id AND j.deleted_at IS NULL",
    )
}

/// Few fit the filter: those of them that hold the texts.
async fn holding(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    texts: &Texts,
) -> Result<Vec<Key>, StoreError> {
    let mut sql = Sql::default();
    let query = gathered(&mut sql, scope, filter, sort);
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let (columns, joined) = texts_of(texts);
    let statement =
        format!("SELECT x.id, x.at, {columns} FROM ({query}) x CROSS JOIN cases c{joined} WHERE c.id = x.id");
    let rows: Vec<Sealed> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    rows.into_iter().filter_map(|row| row.holding(&sealer, texts).transpose()).collect()
}

/// The cases that have all tokens, fit, and hold the texts: the tokens' index leads, then each case is read, the highest
/// number first, until there are `most`.
async fn having(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    texts: &Texts,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    loop {
        let ways = search::ways(db).await?;
        let all = having_by(db, &ways, scope, filter, sort, texts, most).await?;
        if search::stands(db, &ways).await? {
            return Ok(all);
        }
    }
}

/// The same in these ways.
async fn having_by(
    db: &mut Db,
    ways: &search::Ways,
    scope: &Scope,
    filter: &Filter,
    sort: Sort,
    texts: &Texts,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let (mut all, mut below, mut many) = (Vec::new(), i64::MAX, OPENED.0);
    let sealer = db.sealer();
    loop {
        let mut sql = Sql::default();
        let found = found(db, &mut sql, ways, texts);
        let number = search::number_column(db);
        let below_this = sql.number(below);
        let reasons: Vec<String> = reasons(scope)
            .into_iter()
            .map(|reason| reason.condition(&mut sql, By::Order(Sort::Number)))
            .map(|condition| format!("({condition})"))
            .collect();
        let terms = narrowing(&mut sql, By::Order(Sort::Number), filter, sort);
        let seen = if reasons.is_empty() { "1 = 0".to_owned() } else { reasons.join(" OR ") };
        let (columns, joined) = texts_of(texts);
        // The row without an id tells how far the index was gone through, whatever is left out of it.
        let statement = format!(
            "WITH t AS MATERIALIZED ({found} AND {number} < {below_this} ORDER BY {number} DESC LIMIT {many}) \
             SELECT '' AS id, COUNT(*) AS at, COALESCE(CAST(MIN(t.number) AS TEXT), '') AS keywords, \
             '' AS subject, '' AS answers FROM t UNION ALL \
             SELECT c.id, {} AS at, {columns} FROM t CROSS JOIN cases c{joined} \
             WHERE c.number = CAST(t.number AS TEXT) AND ({seen}){terms}",
            sort.at()
        );
        let mut rows: Vec<Sealed> = sql.rows(db, statement).await?;
        let Some(end) = rows.iter().position(|row| row.id.is_empty()).map(|at| rows.swap_remove(at)) else {
            return Ok(all);
        };
        for row in rows {
            all.extend(row.holding(&sealer, texts)?);
        }
        if end.at < many || all.len() >= most {
            return Ok(all);
        }
        let end = parsed(&end.keywords, "case_tokens", "number", "the last of a stretch")?;
        (below, many) = (end, (2 * many).min(OPENED.1));
    }
}

/// The next `most` of these keys from a place on, the nearest first.
fn from(mut keys: Vec<Key>, sort: Sort, place: &Place, most: usize) -> Vec<Key> {
    let rises = sort.rises(place);
    let order = |one: &Key, other: &Key| {
        let order = (one.at, &one.id).cmp(&(other.at, &other.id));
        if rises { order } else { order.reverse() }
    };
    if let Place::After(edge) | Place::Before(edge) = place {
        keys.retain(|key| order(key, edge).is_gt());
    }
    keys.sort_unstable_by(order);
    keys.truncate(most);
    keys
}

/// Many have the words: a walk that looks into each text. Where they all lie far from this place, the walk is
/// given up and they are found.
async fn look(
    db: &mut Db,
    scope: &Scope,
    wanted: &Wanted,
    texts: &Texts,
    most: usize,
) -> Result<Vec<Key>, StoreError> {
    let Wanted { filter, sort, place } = wanted;
    let (mut found, mut looked) = (Vec::new(), 0);
    let mut here = place.clone();
    while looked < LOOKS {
        let next = walk(db, scope, filter, *sort, &here, BATCH).await?;
        looked += next.len();
        found.extend(read(db, &next, texts).await?);
        if found.len() >= most {
            found.truncate(most);
            return Ok(found);
        }
        let (Some(last), BATCH) = (next.last().cloned(), next.len()) else { return Ok(found) };
        here = if matches!(place, Place::Before(_)) { Place::Before(last) } else { Place::After(last) };
    }
    let all = having(db, scope, filter, *sort, texts, usize::MAX).await?;
    Ok(self::from(all, *sort, place, most))
}

/// Those of these cases whose texts hold what is looked for, in their order.
async fn read(db: &mut Db, keys: &[Key], texts: &Texts) -> Result<Vec<Key>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let ids = sql.list(keys.iter().map(|key| key.id.as_str()));
    let (columns, joined) = texts_of(texts);
    let statement =
        format!("SELECT c.id, c.changed_at AS at, {columns} FROM cases c{joined} WHERE c.id IN ({ids})");
    let rows: Vec<Sealed> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    let mut holding: HashSet<String> = HashSet::with_capacity(rows.len());
    for row in rows {
        holding.extend(row.holding(&sealer, texts)?.map(|key| key.id));
    }
    Ok(keys.iter().filter(|key| holding.contains(&key.id)).cloned().collect())
}

fn named(rows: Vec<(String, i64)>) -> Vec<Key> {
    rows.into_iter().map(|(id, at)| Key { at, id }).collect()
}
