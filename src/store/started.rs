//! What the service was started with last: the settings as they may be shown.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A setting as a start found it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Started {
    /// The key, such as `limits.pages`.
    pub name: String,
    /// Its value as it may be shown; empty: nothing is set.
    pub value: String,
    /// A keyed hash of the value where it may not be shown whole; else empty.
    pub mark: String,
}

/// The settings of the last start; none: there was none.
///
/// # Errors
/// When the database fails.
pub async fn last(db: &mut AnyConnection) -> Result<Vec<Started>, StoreError> {
    Ok(sqlx::query_as("SELECT name, value, mark FROM started_settings ORDER BY name").fetch_all(db).await?)
}

/// Keeps a setting. Two processes may start at once: the later one's stays.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &mut AnyConnection, setting: &Started, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO started_settings (name, value, mark, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (name) DO UPDATE SET value = $2, mark = $3, at = $4",
    )
    .bind(&setting.name)
    .bind(&setting.value)
    .bind(&setting.mark)
    .bind(at)
    .execute(db)
    .await?;
    Ok(())
}
