//! Who saw or tried what, when and from where. Rows are only ever added; the database holds that
//! ([`super::append_only`]).

use sqlx::FromRow;

use crate::case::role::Role;
use crate::custody::entry::TraceRow;

use super::sql::Sql;
use super::{Db, StoreError, custody, parsed, sealed};

/// Traces on one page: 每頁 20 筆.
pub const PAGE: usize = 20;

/// One trace to keep.
#[derive(Clone, Debug, Default)]
pub struct Trace<'a> {
    /// Who; nobody before a log-in.
    pub person: Option<&'a str>,
    /// What was done, such as `view-case`; the words for people are in [`crate::case::trace`].
    pub action: &'a str,
    /// Which case.
    pub case: Option<&'a str>,
    /// Which cases, where it is about many at once: their page of traces tells it as well.
    pub cases: &'a [&'a str],
    /// The same by their numbers: the cases of a list.
    pub numbers: &'a [&'a str],
    /// Which document.
    pub digest: Option<&'a str>,
    /// More, without personal data.
    pub detail: &'a str,
    /// From which network address.
    pub remote: &'a str,
    /// In which request.
    pub request: &'a str,
    /// Random, for the trace's entry in the custody chain.
    pub salt: &'a str,
}

/// Keeps a trace, with the name and the roles that the person has at this moment, and lets it wait for its link in
/// the custody chain.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut Db, id: &str, at: i64, trace: &Trace<'_>) -> Result<(), StoreError> {
    let detail = db.sealer().seal(&sealed::TRACE_DETAIL, id, trace.detail)?;
    let (actor_name, roles) = sqlx::query_as(
        "INSERT INTO traces (id, at, person_id, person_name, roles, action, case_id, digest, detail, remote, request_id) \
         VALUES ($1, $2, $3, COALESCE((SELECT name FROM people WHERE id = $3), ''), \
         COALESCE((SELECT string_agg(role, ' ' ORDER BY role) FROM roles WHERE person_id = $3), ''), \
         $4, $5, $6, $7, $8, $9) RETURNING person_name, roles",
    )
    .bind(id)
    .bind(at)
    .bind(trace.person)
    .bind(trace.action)
    .bind(trace.case)
    .bind(trace.digest)
    .bind(detail)
    .bind(trace.remote)
    .bind(trace.request)
    .fetch_one(&mut **db)
    .await?;
    let mut cases = add_cases(db, id, at, "id", trace.cases).await?;
    cases.extend(add_cases(db, id, at, "number", trace.numbers).await?);
    let row = TraceRow {
        id: id.to_owned(),
        at,
        actor: trace.person.map(str::to_owned),
        actor_name,
        roles,
        action: trace.action.to_owned(),
        case: trace.case.map(str::to_owned),
        digest: trace.digest.map(str::to_owned),
        detail: trace.detail.to_owned(),
        remote: trace.remote.to_owned(),
        request: trace.request.to_owned(),
        cases,
    };
    custody::wait_trace(db, &row, trace.salt).await
}

/// Notes that a trace is about many cases, named by `column`; returns the ids of those that there are.
async fn add_cases(
    db: &mut Db,
    id: &str,
    at: i64,
    column: &str,
    named: &[&str],
) -> Result<Vec<String>, StoreError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::default();
    let (trace_id, at) = (sql.text(id), sql.number(at));
    let list = sql.list(named.iter().copied());
    let statement = format!(
        "INSERT INTO trace_cases (trace_id, case_id, at) SELECT {trace_id}, c.id, {at} FROM cases c \
         WHERE c.{column} IN ({list}) RETURNING case_id"
    );
    Ok(sql.rows::<(String,)>(db, statement).await?.into_iter().map(|(case,)| case).collect())
}

/// Whether this person left a trace since `since` (epoch milliseconds): at this case, or any where it is empty;
/// with this document, or any.
///
/// # Errors
/// When the database fails.
pub async fn left_since(
    db: &mut Db,
    person: &str,
    since: i64,
    case: &str,
    digest: &str,
) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM traces WHERE person_id = $1 AND at >= $2 AND ($3 = '' OR case_id = $3) \
         AND ($4 = '' OR digest = $4) LIMIT 1",
    )
    .bind(person)
    .bind(since)
    .bind(case)
    .bind(digest)
    .fetch_optional(&mut **db)
    .await?;
    Ok(found.is_some())
}

/// The actions traced for one case, oldest first: action, person, detail.
///
/// # Errors
/// When the database fails.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<(String, Option<String>, String)>, StoreError> {
    let rows: Vec<(String, String, Option<String>, String)> =
        sqlx::query_as("SELECT id, action, person_id, detail FROM traces WHERE case_id = $1 ORDER BY at, id")
            .bind(case)
            .fetch_all(&mut **db)
            .await?;
    let sealer = db.sealer();
    let open = |(id, action, person, detail): (String, String, Option<String>, String)| {
        Ok((action, person, sealer.open(&sealed::TRACE_DETAIL, &id, detail)?))
    };
    rows.into_iter().map(open).collect()
}

/// Which traces of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrow {
    /// Only this person's; empty: everyone's.
    pub person: String,
    /// Only this action; empty: all.
    pub action: String,
}

/// A trace's place in the order: newest first, by moment and identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When, epoch milliseconds.
    pub at: i64,
    /// The row.
    pub id: String,
}

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The newest.
    First,
    /// Those right below this place: older.
    Below(Place),
    /// Those right above it: newer.
    Above(Place),
}

/// A trace as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its place.
    pub place: Place,
    /// Whose; none before a log-in.
    pub person: Option<String>,
    /// The name at that moment.
    pub name: String,
    /// The roles at that moment.
    pub roles: Vec<Role>,
    /// What was done.
    pub action: String,
    /// The document's digest.
    pub digest: Option<String>,
    /// More.
    pub detail: String,
    /// The network address.
    pub remote: String,
    /// The request.
    pub request: String,
}

#[derive(FromRow)]
struct Row {
    id: String,
    at: i64,
    person_id: Option<String>,
    name: String,
    roles: String,
    action: String,
    digest: Option<String>,
    detail: String,
    remote: String,
    request_id: String,
}

impl Row {
    fn opened(self, sealer: &sealed::Sealer) -> Result<Kept, StoreError> {
        let row = self;
        let roles = row.roles.split_whitespace().map(|role| parsed(role, "traces", "roles", &row.id));
        Ok(Kept {
            roles: roles.collect::<Result<_, _>>()?,
            detail: sealer.open(&sealed::TRACE_DETAIL, &row.id, row.detail)?,
            place: Place { at: row.at, id: row.id },
            person: row.person_id,
            name: row.name,
            action: row.action,
            digest: row.digest,
            remote: row.remote,
            request: row.request_id,
        })
    }
}

/// One page of a case's traces.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub traces: Vec<Kept>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
    /// How many there are in all.
    pub total: i64,
}

/// The traces of the case `$1`: its own, and those of many cases at once.
const OF_CASE: &str = "t.id IN (SELECT o.id FROM traces o WHERE o.case_id = $1 \
     UNION ALL SELECT l.trace_id FROM trace_cases l WHERE l.case_id = $1)";

/// A page of the traces of a case.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn page(db: &mut Db, case: &str, narrow: &Narrow, turn: &Turn) -> Result<Page, StoreError> {
    let narrowed = format!("{OF_CASE} AND ($2 = '' OR t.person_id = $2) AND ($3 = '' OR t.action = $3)");
    let total =
        sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM traces t WHERE {narrowed}")))
            .bind(case)
            .bind(&narrow.person)
            .bind(&narrow.action)
            .fetch_one(&mut **db)
            .await?;
    let (edge, order, place) = match turn {
        // The parameters are named so that both databases know their types.
        Turn::First => ("($4 = $4 AND $5 = $5)", "DESC", None),
        Turn::Below(place) => ("(t.at, t.id) < ($4, $5)", "DESC", Some(place)),
        Turn::Above(place) => ("(t.at, t.id) > ($4, $5)", "ASC", Some(place)),
    };
    let sql = format!(
        "SELECT t.id, t.at, t.person_id, COALESCE(NULLIF(t.person_name, ''), p.name, '') AS name, t.roles, t.action, \
         t.digest, t.detail, t.remote, t.request_id FROM traces t LEFT JOIN people p ON p.id = t.person_id \
         WHERE {narrowed} AND {edge} ORDER BY t.at {order}, t.id {order} LIMIT $6"
    );
    let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(case)
        .bind(&narrow.person)
        .bind(&narrow.action)
        .bind(place.map_or(0, |place| place.at))
        .bind(place.map_or("", |place| place.id.as_str()))
        .bind(most)
        .fetch_all(&mut **db)
        .await?;
    let more = rows.len() > PAGE;
    let sealer = db.sealer();
    let mut traces =
        rows.into_iter().take(PAGE).map(|row| row.opened(&sealer)).collect::<Result<Vec<_>, StoreError>>()?;
    let (newer, older) = match turn {
        Turn::First => (false, more),
        Turn::Below(_) => (true, more),
        Turn::Above(_) => {
            traces.reverse();
            (more, true)
        }
    };
    Ok(Page { traces, newer, older, total })
}

/// Who left traces at a case, by name, and what was done there: what its page can be narrowed to.
///
/// # Errors
/// When the database fails.
pub async fn choices(db: &mut Db, case: &str) -> Result<(Vec<(String, String)>, Vec<String>), StoreError> {
    let people = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT DISTINCT p.id, p.name FROM traces t JOIN people p ON p.id = t.person_id WHERE {OF_CASE} \
         ORDER BY p.name, p.id"
    )))
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    let actions = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "SELECT DISTINCT t.action FROM traces t WHERE {OF_CASE} ORDER BY t.action"
    )))
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    Ok((people, actions))
}
