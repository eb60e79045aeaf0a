//! Disposals as they leave an installation, and as they come into one that was restored from an older backup.

use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, FromRow};

use crate::store::{StoreError, Tx};

/// An approved disposal, column by column, with the accounts that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Decided {
    /// The identifier.
    pub id: String,
    /// The case.
    pub case_id: String,
    /// 案件編號.
    pub number: String,
    /// The kind of retention.
    pub kind: String,
    /// Its period in years.
    pub years: i64,
    /// The last day on which the case had to be kept.
    pub kept_until: String,
    /// Who proposed it: the account.
    pub proposed_by: String,
    /// Its login.
    pub proposer_login: String,
    /// Its name.
    pub proposer_name: String,
    /// When, epoch milliseconds.
    pub proposed_at: i64,
    /// Who approved: the account.
    pub decided_by: String,
    /// Its login.
    pub decider_login: String,
    /// Its name.
    pub decider_name: String,
    /// When, epoch milliseconds.
    pub decided_at: i64,
    /// The certificate's digest.
    pub certificate: String,
}

/// Approved disposals after an identifier, in the order of identifiers.
///
/// # Errors
/// When the database fails.
pub async fn decided(db: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Decided>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT d.id, d.case_id, c.number, d.kind, d.years, d.kept_until, d.proposed_by, p.login AS proposer_login, \
         p.name AS proposer_name, d.proposed_at, d.decided_by, q.login AS decider_login, q.name AS decider_name, \
         d.decided_at, d.certificate FROM disposals d JOIN cases c ON c.id = d.case_id \
         JOIN people p ON p.id = d.proposed_by JOIN people q ON q.id = d.decided_by \
         WHERE d.outcome = 'approved' AND d.id > $1 ORDER BY d.id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// When a case was disposed of last, epoch milliseconds; none: never.
///
/// # Errors
/// When the database fails.
pub async fn newest(db: &mut AnyConnection) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT MAX(decided_at) FROM disposals WHERE outcome = 'approved'")
        .fetch_one(db)
        .await?)
}

/// Whether the case of a disposal was disposed of already. None: there is no such case.
///
/// # Errors
/// When the database fails.
pub async fn was_done(db: &mut AnyConnection, one: &Decided) -> Result<Option<bool>, StoreError> {
    let found: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT id, disposed_at FROM cases WHERE id = $1 AND number = $2")
            .bind(&one.case_id)
            .bind(&one.number)
            .fetch_optional(db)
            .await?;
    Ok(found.map(|(_, disposed_at)| disposed_at.is_some()))
}

/// Writes an approved disposal down as it was; accounts that aren't there come along disabled. The caller has registered
/// the certificate, and erases the case.
///
/// # Errors
/// When the database fails.
pub async fn replay(tx: &mut Tx, one: &Decided) -> Result<(), StoreError> {
    let people = [
        (&one.proposed_by, &one.proposer_login, &one.proposer_name, one.proposed_at),
        (&one.decided_by, &one.decider_login, &one.decider_name, one.decided_at),
    ];
    for (id, login, name, at) in people {
        sqlx::query(
            "INSERT INTO people (id, login, name, email, password_hash, status, created_at, changed_at) \
             VALUES ($1, $2, $3, '', NULL, 'disabled', $4, $4) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(login)
        .bind(name)
        .bind(at)
        .execute(&mut ***tx)
        .await?;
    }
    // The proposal may have been there already when the backup was made.
    sqlx::query("DELETE FROM disposals WHERE case_id = $1 AND outcome = 'open'")
        .bind(&one.case_id)
        .execute(&mut ***tx)
        .await?;
    sqlx::query(
        "INSERT INTO disposals (id, case_id, kind, years, kept_until, proposed_by, proposed_at, outcome, decided_by, \
         decided_at, remark, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7, 'approved', $8, $9, '', $10)",
    )
    .bind(&one.id)
    .bind(&one.case_id)
    .bind(&one.kind)
    .bind(one.years)
    .bind(&one.kept_until)
    .bind(&one.proposed_by)
    .bind(one.proposed_at)
    .bind(&one.decided_by)
    .bind(one.decided_at)
    .bind(&one.certificate)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}
