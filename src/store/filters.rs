//! Saved filters: a filtered list under a name, for its owner alone.

use sqlx::FromRow;

use super::sealed::{self, Sealer};
use super::sql::Sql;
use super::{Db, StoreError};

/// Filters that one person keeps at most.
pub const MOST: i64 = 30;

/// A saved filter.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SavedFilter {
    /// The identifier.
    pub id: String,
    /// The name.
    pub name: String,
    /// The list's address after the question mark.
    pub query: String,
}

/// Name and address of a kept filter. They are sealed together, and the column of the name holds a hash by which the
/// same name is known again; both stand there as they are where they were kept before there were keys.
pub(super) fn opened(
    sealer: &Sealer,
    id: &str,
    name: &str,
    value: String,
) -> Result<(String, String), StoreError> {
    if sealed::generation_of(&value).is_none() {
        return Ok((name.to_owned(), value));
    }
    let whole = sealer.open(&sealed::FILTER, id, value)?;
    let (name, query) = whole.split_once('\n').unwrap_or((name, whole.as_str()));
    Ok((name.to_owned(), query.to_owned()))
}

/// The filters of a person, by name.
///
/// # Errors
/// When the database fails or one can't be opened.
pub async fn of_person(db: &mut Db, person: &str) -> Result<Vec<SavedFilter>, StoreError> {
    let rows: Vec<SavedFilter> =
        sqlx::query_as("SELECT id, name, query FROM saved_filters WHERE person_id = $1 ORDER BY id LIMIT $2")
            .bind(person)
            .bind(MOST)
            .fetch_all(&mut **db)
            .await?;
    let sealer = db.sealer();
    let open = |row: SavedFilter| {
        let (name, query) = opened(&sealer, &row.id, &row.name, row.query)?;
        Ok(SavedFilter { id: row.id, name, query })
    };
    let mut filters = rows.into_iter().map(open).collect::<Result<Vec<_>, StoreError>>()?;
    filters.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(filters)
}

/// Keeps a filter; one of the same name is replaced. False: the person keeps [`MOST`] already.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &mut Db, person: &str, filter: &SavedFilter, now: i64) -> Result<bool, StoreError> {
    let sealer = db.sealer();
    let mut sql = Sql::default();
    let owner = sql.text(person);
    let names = sealer.look_ups(&sealed::FILTER_NAME, &filter.name);
    let names = sql.list(names.iter().map(String::as_str));
    let statement = format!("DELETE FROM saved_filters WHERE person_id = {owner} AND name IN ({names})");
    let replaced = sql.count(db, statement).await? > 0;
    let query = sealer.seal(&sealed::FILTER, &filter.id, &format!("{}\n{}", filter.name, filter.query))?;
    let done = sqlx::query(
        "INSERT INTO saved_filters (id, person_id, name, query, created_at) \
         SELECT $1, $2, $3, $4, $5 FROM (SELECT COUNT(*) AS kept FROM saved_filters WHERE person_id = $2) k \
         WHERE k.kept < $6 ON CONFLICT (person_id, name) DO NOTHING",
    )
    .bind(&filter.id)
    .bind(person)
    .bind(sealer.look_up(&sealed::FILTER_NAME, &filter.name)?)
    .bind(query)
    .bind(now)
    .bind(MOST)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1 || replaced)
}

/// Forgets a filter of this person's. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut Db, person: &str, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM saved_filters WHERE id = $1 AND person_id = $2")
        .bind(id)
        .bind(person)
        .execute(&mut **db)
        .await?;
    Ok(done.rows_affected() == 1)
}
