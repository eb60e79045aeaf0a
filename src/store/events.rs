//! What happened to accounts, for their owners: sign-ins, changes, and what alarms.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// One thing that happened to an account.
#[derive(Clone, Debug, FromRow)]
pub struct Event {
    /// What, by its stable name.
    pub kind: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// From which address.
    pub address: String,
    /// The browser's family.
    pub agent: String,
    /// 1: the owner is told on every page until it was seen.
    pub alarming: i64,
}

/// Keeps an event.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, id: &str, person: &str, event: &Event) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO account_events (id, person_id, kind, at, address, agent, alarming) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(person)
    .bind(&event.kind)
    .bind(event.at)
    .bind(&event.address)
    .bind(&event.agent)
    .bind(event.alarming)
    .execute(db)
    .await?;
    Ok(())
}

/// The newest events of an account.
///
/// # Errors
/// When the database fails.
pub async fn newest(db: &mut AnyConnection, person: &str, limit: i64) -> Result<Vec<Event>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT kind, at, address, agent, alarming FROM account_events WHERE person_id = $1 \
         ORDER BY id DESC LIMIT $2",
    )
    .bind(person)
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// Whether an event of this kind was kept after `since`.
///
/// # Errors
/// When the database fails.
pub async fn any_since(
    db: &mut AnyConnection,
    person: &str,
    kind: &str,
    since: i64,
) -> Result<bool, StoreError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT at FROM account_events WHERE person_id = $1 AND kind = $2 AND at > $3 LIMIT 1",
    )
    .bind(person)
    .bind(kind)
    .bind(since)
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// When an event of this kind happened before the newest one of the kind.
///
/// # Errors
/// When the database fails.
pub async fn before_last(
    db: &mut AnyConnection,
    person: &str,
    kind: &str,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT at FROM account_events WHERE person_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1 OFFSET 1",
    )
    .bind(person)
    .bind(kind)
    .fetch_optional(db)
    .await?)
}

/// The person has seen what alarmed.
///
/// # Errors
/// When the database fails.
pub async fn seen(db: &mut AnyConnection, person: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE account_events SET seen_at = $2 WHERE person_id = $1 AND alarming = 1 AND seen_at IS NULL",
    )
    .bind(person)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets a person's events before `before`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(db: &mut AnyConnection, person: &str, before: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM account_events WHERE person_id = $1 AND at < $2")
        .bind(person)
        .bind(before)
        .execute(db)
        .await?;
    Ok(())
}
