//! Transactions beside which nobody writes to some tables: what is seen there is still so when they are committed.
//!
//! SQLite has one writer anyway. PostgreSQL locks the tables; readers read on, and whoever writes waits.

use super::catalogue;
use crate::store::{Backend, Store, StoreError, Tx};

/// The table of leases, whose rows are of the moment.
const LEASES: &str = "leases";

/// A transaction beside which nobody takes a lease or gives one back.
///
/// # Errors
/// When the database fails, or others write for too long.
pub async fn with_leases(store: &Store) -> Result<Tx, StoreError> {
    let mut tx = store.write().await?;
    lock(&mut tx, store.backend, &[LEASES.to_owned()]).await?;
    Ok(tx)
}

/// A transaction beside which nobody writes to a table whose rows are kept, or takes a lease.
///
/// # Errors
/// As [`with_leases`].
pub async fn with_everything(store: &Store) -> Result<Tx, StoreError> {
    let mut tx = store.write().await?;
    let kept = catalogue::tables(&mut tx, store.backend).await?.into_iter().map(|table| table.name);
    // Last: who serves takes leases all the time, and waits until this is over.
    let tables: Vec<String> = kept.chain([LEASES.to_owned()]).collect();
    lock(&mut tx, store.backend, &tables).await?;
    Ok(tx)
}

async fn lock(tx: &mut Tx, backend: Backend, tables: &[String]) -> Result<(), StoreError> {
    if backend == Backend::Sqlite {
        return Ok(());
    }
    let names = catalogue::listed(tables.iter().map(String::as_str));
    // As long as a writer of SQLite waits for another.
    for statement in [
        "SET LOCAL lock_timeout = '15s'".to_owned(),
        format!("LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut ***tx).await?;
    }
    Ok(())
}
