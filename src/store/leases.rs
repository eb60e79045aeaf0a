//! Leases: what one process at a time does, and not before the last lease has ended. A lease ends by its time, so that
//! a process that was killed stands in nobody's way for long; the processes' clocks agree to within seconds.

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
pub async fn give_back_until(
    db: &mut AnyConnection,
    name: &str,
    until: i64,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE leases SET until = $3 WHERE name = $1 AND until = $2")
        .bind(name)
        .bind(until)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Takes the lease `name` for `holder` until `until`, or prolongs it. False: another holder has it.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    db: &mut AnyConnection,
    name: &str,
    holder: &str,
    now: i64,
    until: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $4) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
         WHERE leases.until <= $3 OR leases.holder = $2",
    )
    .bind(name)
    .bind(holder)
    .bind(now)
    .bind(until)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives the lease `name` back, if `holder` has it.
///
/// # Errors
/// When the database fails.
pub async fn give_back(db: &mut AnyConnection, name: &str, holder: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE leases SET until = 0 WHERE name = $1 AND holder = $2")
        .bind(name)
        .bind(holder)
        .execute(db)
        .await?;
    Ok(())
}

/// Whoever holds the lease `name`; none: it has ended, or was never taken.
///
/// # Errors
/// When the database fails.
pub async fn holder(db: &mut AnyConnection, name: &str, now: i64) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT holder FROM leases WHERE name = $1 AND until > $2")
        .bind(name)
        .bind(now)
        .fetch_optional(db)
        .await?)
}

/// Ends the lease `name`, whoever has it.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &mut AnyConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE leases SET until = 0 WHERE name = $1").bind(name).execute(db).await?;
    Ok(())
}
