//! Which backups were made, and which of them a drill has read.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// A backup that was finished.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Backup {
    /// The identifier.
    pub id: String,
    /// Its number in the folder of backups.
    pub generation: i64,
    /// 1: the service made it itself; 0: somebody by the command.
    pub scheduled: i64,
    /// The moment whose rows it holds, epoch milliseconds.
    pub taken_at: i64,
    /// When it began.
    pub began_at: i64,
    /// When it was finished.
    pub ended_at: i64,
    /// Rows of all tables.
    pub row_count: i64,
    /// Originals that the rows name.
    pub originals: i64,
    /// Their bytes.
    pub bytes: i64,
    /// Those of them that weren't in the folder yet.
    pub copied: i64,
    /// Their bytes.
    pub copied_bytes: i64,
    /// What was found wrong meanwhile.
    pub findings: i64,
    /// When a drill read it last; none: none has.
    pub checked_at: Option<i64>,
    /// What that drill found.
    pub found: Option<i64>,
}

/// Keeps that a backup was finished.
///
/// # Errors
/// When the database fails, or hasn't this program's schema.
pub async fn add(db: &mut AnyConnection, new: &Backup) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO backups (id, generation, scheduled, taken_at, began_at, ended_at, row_count, originals, bytes, \
         copied, copied_bytes, findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(&new.id)
    .bind(new.generation)
    .bind(new.scheduled)
    .bind(new.taken_at)
    .bind(new.began_at)
    .bind(new.ended_at)
    .bind(new.row_count)
    .bind(new.originals)
    .bind(new.bytes)
    .bind(new.copied)
    .bind(new.copied_bytes)
    .bind(new.findings)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a drill has read the backup of this moment. False: the installation knows of none.
///
/// # Errors
/// When the database fails.
pub async fn checked(
    db: &mut AnyConnection,
    (generation, taken_at): (i64, i64),
    at: i64,
    found: i64,
) -> Result<bool, StoreError> {
    let done =
        sqlx::query("UPDATE backups SET checked_at = $3, found = $4 WHERE generation = $1 AND taken_at = $2")
            .bind(generation)
            .bind(taken_at)
            .bind(at)
            .bind(found)
            .execute(db)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// The newest backup; none: the installation knows of none.
///
/// # Errors
/// When the database fails.
pub async fn newest(db: &mut AnyConnection) -> Result<Option<Backup>, StoreError> {
    one(db, "").await
}

/// The newest of those that a drill has read and found sound.
///
/// # Errors
/// When the database fails.
pub async fn newest_sound(db: &mut AnyConnection) -> Result<Option<Backup>, StoreError> {
    one(db, "WHERE checked_at IS NOT NULL AND found = 0").await
}

async fn one(db: &mut AnyConnection, which: &str) -> Result<Option<Backup>, StoreError> {
    let sql = format!(
        "SELECT id, generation, scheduled, taken_at, began_at, ended_at, row_count, originals, bytes, copied, \
         copied_bytes, findings, checked_at, found FROM backups {which} ORDER BY taken_at DESC, id DESC LIMIT 1"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_optional(db).await?)
}
