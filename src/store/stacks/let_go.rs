//! Stacks in which no case was found: nobody's disposal takes them along, so they fall away after a period of their own.

use sqlx::AnyConnection;

use crate::case::ids::Digest;
use crate::store::disposals;
use crate::store::{StoreError, Tx, parsed};

/// A file that is to be removed.
#[derive(Clone, Debug)]
pub struct LetGo {
    /// The stack.
    pub id: String,
    /// The file.
    pub digest: Digest,
    /// Its own time when it was let go, epoch milliseconds.
    pub file_at: i64,
}

/// How many stacks there are in which no case was found, and whose file is kept.
///
/// # Errors
/// When the database fails.
pub async fn count_without_case(db: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT COUNT(*) FROM stacks t JOIN documents d ON d.digest = t.digest AND d.disposed_at IS NULL \
         WHERE t.let_go_at IS NULL AND NOT EXISTS (SELECT 1 FROM stack_cases m WHERE m.stack_id = t.id)",
    )
    .fetch_one(db)
    .await?)
}

/// Stacks that came before `before` (epoch milliseconds), that nobody has worked on since, in which no case was found, and
/// no page of one that is held lies unclaimed: identifier and digest, the oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn without_case(
    db: &mut AnyConnection,
    before: i64,
    (after, last): (i64, &str),
    limit: i64,
) -> Result<Vec<(i64, String, Digest)>, StoreError> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT t.created_at, t.id, t.digest FROM stacks t JOIN documents d ON d.digest = t.digest AND d.disposed_at IS NULL \
         WHERE t.let_go_at IS NULL AND t.created_at < $1 AND t.beat_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM stack_cases m WHERE m.stack_id = t.id) \
         AND NOT EXISTS (SELECT 1 FROM stack_pages p JOIN holds h ON h.case_id = p.case_id AND h.lifted_at IS NULL \
         WHERE p.stack_id = t.id) AND (t.created_at, t.id) > ($2, $3) ORDER BY t.created_at, t.id LIMIT $4",
    )
    .bind(before)
    .bind(after)
    .bind(last)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let row = |(at, id, digest): (i64, String, String)| {
        parsed(&digest, "stacks", "digest", &id).map(|digest| (at, id, digest))
    };
    rows.into_iter().map(row).collect()
}

/// Holds a stack until the transaction ends. False: it isn't there any more.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE stacks SET beat_at = beat_at WHERE id = $1 AND let_go_at IS NULL")
        .bind(id)
        .execute(&mut ***tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a stack go at `now`, and its file, whose own time is `file_at`, unless somebody else holds that. The caller holds
/// stack and document. False: a case was found in it since, or is held.
///
/// # Errors
/// When the database fails.
pub async fn let_go(
    tx: &mut Tx,
    (id, digest): (&str, &Digest),
    file_at: i64,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE stacks SET let_go_at = $2, file_name = '' WHERE id = $1 AND let_go_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM stack_cases m WHERE m.stack_id = stacks.id) \
         AND NOT EXISTS (SELECT 1 FROM stack_pages p JOIN holds h ON h.case_id = p.case_id AND h.lifted_at IS NULL \
         WHERE p.stack_id = stacks.id)",
    )
    .bind(id)
    .bind(now)
    .execute(&mut ***tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("UPDATE stack_pages SET reason = '' WHERE stack_id = $1 AND reason <> ''")
        .bind(id)
        .execute(&mut ***tx)
        .await?;
    if !disposals::is_held(tx, digest).await? {
        sqlx::query("UPDATE stacks SET file_at = $2 WHERE id = $1")
            .bind(id)
            .bind(file_at)
            .execute(&mut ***tx)
            .await?;
        sqlx::query("UPDATE stack_retrievals SET purpose = '' WHERE digest = $1")
            .bind(digest.to_string())
            .execute(&mut ***tx)
            .await?;
        sqlx::query("UPDATE documents SET disposed_at = $2 WHERE digest = $1")
            .bind(digest.to_string())
            .bind(now)
            .execute(&mut ***tx)
            .await?;
    }
    Ok(true)
}

/// Files of such stacks that are to be removed, after a stack and in the order of stacks.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn to_remove(db: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<LetGo>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT id, digest, file_at FROM stacks WHERE let_go_at IS NOT NULL AND file_at IS NOT NULL \
         AND removed_at IS NULL AND id > $1 ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(id, digest, file_at)| {
            Ok(LetGo { digest: parsed(&digest, "stacks", "digest", &id)?, id, file_at })
        })
        .collect()
}
