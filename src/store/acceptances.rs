//! Who accepted which collection notice, when and from where; and the texts that were accepted. Only ever added.

use sqlx::AnyConnection;

use super::StoreError;

/// An acceptance.
#[derive(Clone, Copy, Debug)]
pub struct Acceptance<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Who.
    pub person: &'a str,
    /// Which text.
    pub digest: &'a str,
    /// When, epoch milliseconds.
    pub at: i64,
    /// From which network address.
    pub remote: &'a str,
    /// In which request.
    pub request: &'a str,
}

/// Whether this person has accepted this text.
///
/// # Errors
/// When the database fails.
pub async fn is_there(db: &mut AnyConnection, person: &str, digest: &str) -> Result<bool, StoreError> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT at FROM acceptances WHERE person_id = $1 AND digest = $2")
            .bind(person)
            .bind(digest)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

/// Keeps a text, once.
///
/// # Errors
/// When the database fails.
pub async fn keep_text(db: &mut AnyConnection, digest: &str, body: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO collection_notices (digest, body, at) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
    )
    .bind(digest)
    .bind(body)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps an acceptance; the first one of a text stands.
///
/// # Errors
/// When the database fails.
pub async fn add(db: &mut AnyConnection, acceptance: &Acceptance<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO acceptances (id, person_id, digest, at, remote, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id, digest) DO NOTHING",
    )
    .bind(acceptance.id)
    .bind(acceptance.person)
    .bind(acceptance.digest)
    .bind(acceptance.at)
    .bind(acceptance.remote)
    .bind(acceptance.request)
    .execute(db)
    .await?;
    Ok(())
}

/// Lets everybody who is there accept a text, without anybody having read it: for demonstrations and made-up
/// installations only.
///
/// # Errors
/// When the database fails.
pub async fn add_for_everybody(db: &mut AnyConnection, digest: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO acceptances (id, person_id, digest, at, remote, request_id) \
         SELECT 'made-up-' || $1 || '-' || p.id, p.id, $1, $2, '', '' FROM people p WHERE p.id <> '' \
         ON CONFLICT (person_id, digest) DO NOTHING",
    )
    .bind(digest)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
