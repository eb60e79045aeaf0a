//! Leases: what one process at a time does, and not before the last lease has ended.

use sqlx::AnyConnection;

use super::StoreError;

/// Takes the lease `name` until `until`. False: another process has it.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &mut AnyConnection, name: &str, now: i64, until: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO leases (name, until) VALUES ($1, $3) \
         ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE leases.until <= $2",
    )
    .bind(name)
    .bind(now)
    .bind(until)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the lease back that was taken until `until`, so that the next round needn't wait for its end.
///
/// # Errors
/// When the database fails.
pub async fn give_back(db: &mut AnyConnection, name: &str, until: i64, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE leases SET until = $3 WHERE name = $1 AND until = $2")
        .bind(name)
        .bind(until)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
