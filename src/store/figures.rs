//! What whoever watches the service asks the database: whether its schema is this program's, and a few counts.

use sqlx::AnyConnection;

use super::{MIGRATOR, Store, StoreError};

impl Store {
    /// Whether the database has the migrations of this program, each as it is written here, and no others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        // Whether one of them failed half-way the start has found out; `success` can't be read on SQLite.
        let applied: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
                .fetch_all(&mut **self.read().await?)
                .await?;
        let ours = MIGRATOR.iter().map(|ours| (ours.version, &*ours.checksum));
        Ok(ours.eq(applied.iter().map(|(version, checksum)| (*version, checksum.as_slice()))))
    }

    /// Connections in use, those that wait for use, and how many there may be.
    #[must_use]
    pub fn connections(&self) -> (u32, u32, u32) {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        (self.pool.size().saturating_sub(idle), idle, self.pool.options().get_max_connections())
    }
}

/// Sessions that were seen since `seen_since` and began since `created_since`: those that haven't ended.
///
/// # Errors
/// When the database fails.
pub async fn sessions(
    db: &mut AnyConnection,
    seen_since: i64,
    created_since: i64,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT COUNT(*) FROM sessions WHERE seen_at >= $1 AND created_at >= $2")
        .bind(seen_since)
        .bind(created_since)
        .fetch_one(db)
        .await?)
}
