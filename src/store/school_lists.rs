//! Lists of schools between the look at what they would change and the change.

use sqlx::{AnyConnection, FromRow};

use crate::case::school_list::SchoolList;

use super::{StoreError, parsed_json, to_json};

/// A list that was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The identifier.
    pub id: String,
    /// The file's name.
    pub file_name: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// What it says.
    pub list: SchoolList,
    /// When it was applied; none: not yet.
    pub applied_at: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    file_name: String,
    at: i64,
    listed: String,
    applied_at: Option<i64>,
}

/// Keeps a list, and forgets those that are older than `before` (epoch milliseconds).
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, person: &str, kept: &Kept, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM school_lists WHERE at < $1").bind(before).execute(&mut *db).await?;
    sqlx::query(
        "INSERT INTO school_lists (id, person_id, at, file_name, listed) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&kept.id)
    .bind(person)
    .bind(kept.at)
    .bind(&kept.file_name)
    .bind(to_json(&kept.list))
    .execute(db)
    .await?;
    Ok(())
}

/// The list with this identifier.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut AnyConnection, id: &str) -> Result<Option<Kept>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, file_name, at, listed, applied_at FROM school_lists WHERE id = $1")
            .bind(id)
            .fetch_optional(db)
            .await?;
    row.map(|row| {
        Ok(Kept {
            list: parsed_json(&row.listed, "school_lists", "listed", &row.id)?,
            id: row.id,
            file_name: row.file_name,
            at: row.at,
            applied_at: row.applied_at,
        })
    })
    .transpose()
}

/// Notes that a list was applied. False: it was already.
///
/// # Errors
/// When the database fails.
pub async fn applied(db: &mut AnyConnection, id: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE school_lists SET applied_at = $2 WHERE id = $1 AND applied_at IS NULL")
        .bind(id)
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}
