//! Saved filters: a filtered list under a name, for its owner alone.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

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

/// The filters of a person, by name.
///
/// # Errors
/// When the database fails.
pub async fn of_person(db: &mut AnyConnection, person: &str) -> Result<Vec<SavedFilter>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, name, query FROM saved_filters WHERE person_id = $1 ORDER BY name, id LIMIT $2",
    )
    .bind(person)
    .bind(MOST)
    .fetch_all(db)
    .await?)
}

/// Keeps a filter; one of the same name is replaced. False: the person keeps [`MOST`] already.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    db: &mut AnyConnection,
    person: &str,
    filter: &SavedFilter,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO saved_filters (id, person_id, name, query, created_at) \
         SELECT $1, $2, $3, $4, $5 FROM (SELECT COUNT(*) AS kept, COUNT(CASE WHEN name = $3 THEN 1 END) AS same \
         FROM saved_filters WHERE person_id = $2) k WHERE k.kept < $6 OR k.same > 0 \
         ON CONFLICT (person_id, name) DO UPDATE SET query = $4, created_at = $5",
    )
    .bind(&filter.id)
    .bind(person)
    .bind(&filter.name)
    .bind(&filter.query)
    .bind(now)
    .bind(MOST)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a filter of this person's. False: there is none.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &mut AnyConnection, person: &str, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM saved_filters WHERE id = $1 AND person_id = $2")
        .bind(id)
        .bind(person)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
