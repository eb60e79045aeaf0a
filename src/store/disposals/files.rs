//! The files of a case: who else holds them, which are to be removed, and which are gone.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::Digest;

use crate::store::{StoreError, Tx, parsed};

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its digest.
    pub digest: Digest,
    /// What it is there: `scan`, `photo`, `attachment`, `print`, `record-file`, `stack`.
    pub kind: String,
    /// How many bytes.
    pub bytes: i64,
    /// Whether somebody else holds it too, and so it stays.
    pub shared: bool,
    /// When it was gone, epoch milliseconds.
    pub removed_at: Option<i64>,
}

#[derive(FromRow)]
struct HeldRow {
    digest: String,
    kind: String,
    bytes: i64,
    shared: i64,
    removed_at: Option<i64>,
}

impl TryFrom<HeldRow> for Held {
    type Error = StoreError;

    fn try_from(row: HeldRow) -> Result<Self, StoreError> {
        Ok(Self {
            digest: parsed(&row.digest, "documents", "digest", &row.digest)?,
            kind: row.kind,
            bytes: row.bytes,
            shared: row.shared != 0,
            removed_at: row.removed_at,
        })
    }
}

/// Every file of the case `$1`, with its kind: the same file can be there as several.
const OF_CASE: &str = "SELECT digest, 'scan' AS kind FROM scans WHERE case_id = $1 \
    UNION ALL SELECT p.digest, 'photo' AS kind FROM scan_photos p JOIN scans s ON s.id = p.scan_id WHERE s.case_id = $1 \
    UNION ALL SELECT digest, 'attachment' AS kind FROM attachments WHERE case_id = $1 \
    UNION ALL SELECT digest, 'print' AS kind FROM prints WHERE case_id = $1 \
    UNION ALL SELECT f.digest, 'record-file' AS kind FROM record_files f JOIN service_records r ON r.id = f.record_id \
    WHERE r.case_id = $1 \
    UNION ALL SELECT t.digest, 'stack' AS kind FROM stacks t JOIN stack_cases m ON m.stack_id = t.id WHERE m.case_id = $1 \
    UNION ALL SELECT t.digest, 'stack' AS kind FROM stacks t JOIN stack_pages p ON p.stack_id = t.id WHERE p.case_id = $1";

/// Cases other than `$1` that aren't gone and hold the file of the row `n` as a file of their own; and certificates, which
/// stay. A stack holds nothing against a disposal: it has the pages of every case in it, so it goes with the first of them,
/// and the others keep what was cut out for them.
const OTHERS: &str = "EXISTS (SELECT 1 FROM scans x JOIN cases c ON c.id = x.case_id WHERE x.digest = n.digest \
    AND c.id <> $1 AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM scan_photos x JOIN scans s ON s.id = x.scan_id JOIN cases c ON c.id = s.case_id \
    WHERE x.digest = n.digest AND c.id <> $1 AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM attachments x JOIN cases c ON c.id = x.case_id WHERE x.digest = n.digest \
    AND c.id <> $1 AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM prints x JOIN cases c ON c.id = x.case_id WHERE x.digest = n.digest \
    AND c.id <> $1 AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM record_files x JOIN service_records r ON r.id = x.record_id JOIN cases c ON c.id = r.case_id \
    WHERE x.digest = n.digest AND c.id <> $1 AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM disposals x WHERE x.certificate = n.digest)";

/// Stacks that are still kept and have the file of the row `n`: of a case that isn't gone, or of none. They hold it against
/// the fall of another stack with the same.
const STACKS: &str = "EXISTS (SELECT 1 FROM stacks x JOIN stack_cases m ON m.stack_id = x.id JOIN cases c ON c.id = m.case_id \
    WHERE x.digest = n.digest AND c.disposed_at IS NULL) \
    OR EXISTS (SELECT 1 FROM stacks x WHERE x.digest = n.digest AND x.let_go_at IS NULL AND NOT EXISTS \
    (SELECT 1 FROM stack_cases m WHERE m.stack_id = x.id))";

/// The files of a case as it stands, each once, in the order of digests.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn held(db: &mut AnyConnection, case: &str) -> Result<Vec<Held>, StoreError> {
    let sql = format!(
        "SELECT n.digest, n.kind, d.bytes, CAST(CASE WHEN {OTHERS} THEN 1 ELSE 0 END AS BIGINT) AS shared, \
         d.disposed_at AS removed_at FROM (SELECT h.digest, MIN(h.kind) AS kind FROM ({OF_CASE}) h GROUP BY h.digest) n \
         JOIN documents d ON d.digest = n.digest ORDER BY n.digest"
    );
    let rows: Vec<HeldRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(case).fetch_all(db).await?;
    rows.into_iter().map(Held::try_from).collect()
}

/// Whether anybody holds the file with this digest.
///
/// # Errors
/// When the database fails.
pub async fn is_held(db: &mut AnyConnection, digest: &Digest) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT CAST(CASE WHEN {OTHERS} OR {STACKS} THEN 1 ELSE 0 END AS BIGINT) FROM documents n WHERE n.digest = $2"
    );
    let held: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        // No case has such an identifier: those of all cases count.
        .bind("")
        .bind(digest.to_string())
        .fetch_optional(db)
        .await?;
    Ok(held == Some(1))
}

/// Whether another case in a stack with this one is under a legal hold: the stack would go with this case.
///
/// # Errors
/// When the database fails.
pub async fn is_held_by_stack(db: &mut AnyConnection, case: &str) -> Result<bool, StoreError> {
    let held: Option<i64> = sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM stacks t JOIN documents d ON d.digest = t.digest AND d.disposed_at IS NULL \
         JOIN stacks o ON o.digest = t.digest WHERE t.id IN (SELECT m.stack_id FROM stack_cases m WHERE m.case_id = $1 \
         UNION SELECT p.stack_id FROM stack_pages p WHERE p.case_id = $1) AND (EXISTS (SELECT 1 FROM stack_cases n \
         JOIN holds h ON h.case_id = n.case_id AND h.lifted_at IS NULL WHERE n.stack_id = o.id AND n.case_id <> $1) \
         OR EXISTS (SELECT 1 FROM stack_pages n JOIN holds h ON h.case_id = n.case_id AND h.lifted_at IS NULL \
         WHERE n.stack_id = o.id AND n.case_id <> $1)) LIMIT 1",
    )
    .bind(case)
    .fetch_optional(db)
    .await?;
    Ok(held.is_some())
}

/// Holds a document until the transaction ends, as [`lock_documents`] does.
///
/// # Errors
/// When the database fails.
pub async fn lock_document(tx: &mut Tx, digest: &Digest) -> Result<(), StoreError> {
    sqlx::query("UPDATE documents SET disposed_at = disposed_at WHERE digest = $1")
        .bind(digest.to_string())
        .execute(&mut ***tx)
        .await?;
    Ok(())
}

/// Holds the documents of a case until the transaction ends: whoever registers one of them meanwhile, or disposes of
/// another case with the same, waits, and then sees what was done.
///
/// # Errors
/// When the database fails.
pub async fn lock_documents(tx: &mut Tx, case: &str) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE documents SET disposed_at = disposed_at WHERE digest IN (SELECT n.digest FROM ({OF_CASE}) n)"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(case).execute(&mut ***tx).await?;
    Ok(())
}

/// Writes down what a case held, each file with its own time, and lets go of those that nobody else holds.
///
/// # Errors
/// When the database fails.
pub async fn add_files(
    tx: &mut Tx,
    disposal: &str,
    files: &[(Held, i64)],
    at: i64,
) -> Result<(), StoreError> {
    for (file, changed_at) in files {
        let digest = file.digest.to_string();
        sqlx::query(
            "INSERT INTO disposed_files (disposal_id, digest, kind, bytes, shared, changed_at, removed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, NULL)",
        )
        .bind(disposal)
        .bind(&digest)
        .bind(&file.kind)
        .bind(file.bytes)
        .bind(i64::from(file.shared))
        .bind(changed_at)
        .execute(&mut ***tx)
        .await?;
        if !file.shared {
            // A stack may have gone with another of its cases before.
            sqlx::query("UPDATE documents SET disposed_at = $2 WHERE digest = $1 AND disposed_at IS NULL")
                .bind(&digest)
                .bind(at)
                .execute(&mut ***tx)
                .await?;
        }
    }
    Ok(())
}

/// What a disposal took and what it left, in the order of digests.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn files(db: &mut AnyConnection, disposal: &str) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<HeldRow> = sqlx::query_as(
        "SELECT digest, kind, bytes, shared, removed_at FROM disposed_files WHERE disposal_id = $1 ORDER BY digest",
    )
    .bind(disposal)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Held::try_from).collect()
}

/// A file that is to be removed.
#[derive(Clone, Debug)]
pub struct Due {
    /// The disposal.
    pub disposal: String,
    /// The file.
    pub digest: Digest,
    /// Its own time when it was let go, epoch milliseconds.
    pub changed_at: i64,
}

/// Files that are to be removed, after a place.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn due(
    db: &mut AnyConnection,
    after: &(String, String),
    limit: i64,
) -> Result<Vec<Due>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT disposal_id, digest, changed_at FROM disposed_files WHERE shared = 0 \
         AND removed_at IS NULL AND (disposal_id, digest) > ($1, $2) \
         ORDER BY disposal_id, digest LIMIT $3",
    )
    .bind(&after.0)
    .bind(&after.1)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter()
        .map(|(disposal, digest, changed_at)| {
            Ok(Due { digest: parsed(&digest, "disposed_files", "digest", &disposal)?, disposal, changed_at })
        })
        .collect()
}

/// Files that were let go of and are still to be removed or were removed since `since` (epoch milliseconds), of cases and of
/// stacks, after a digest and in the order of digests. Those that somebody has brought again aren't among them.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn gone_since(
    db: &mut AnyConnection,
    after: &str,
    since: i64,
    limit: i64,
) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT n.digest FROM (SELECT f.digest FROM disposed_files f WHERE f.shared = 0 \
         AND (f.removed_at IS NULL OR f.removed_at > $2) \
         UNION SELECT t.digest FROM stacks t WHERE t.let_go_at IS NOT NULL AND t.file_at IS NOT NULL \
         AND (t.removed_at IS NULL OR t.removed_at > $2)) n JOIN documents d ON d.digest = n.digest \
         WHERE d.disposed_at IS NOT NULL AND n.digest > $1 ORDER BY n.digest LIMIT $3",
    )
    .bind(after)
    .bind(since)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|digest| parsed(&digest, "disposed_files", "digest", &digest)).collect()
}

/// Whether a document is still let go of; if so nobody registers it again until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn stands(tx: &mut Tx, digest: &Digest) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE documents SET disposed_at = disposed_at WHERE digest = $1 AND disposed_at IS NOT NULL",
    )
    .bind(digest.to_string())
    .execute(&mut ***tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a file is gone.
///
/// # Errors
/// When the database fails.
pub async fn mark_removed(tx: &mut Tx, digest: &Digest, at: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE disposed_files SET removed_at = $2 WHERE digest = $1 AND shared = 0 AND removed_at IS NULL",
    )
    .bind(digest.to_string())
    .bind(at)
    .execute(&mut ***tx)
    .await?;
    sqlx::query(
        "UPDATE stacks SET removed_at = $2 WHERE digest = $1 AND file_at IS NOT NULL AND removed_at IS NULL",
    )
    .bind(digest.to_string())
    .bind(at)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// Notes that somebody has brought a file again before it was removed: it is theirs now, and stays.
///
/// # Errors
/// When the database fails.
pub async fn mark_shared(tx: &mut Tx, digest: &Digest) -> Result<(), StoreError> {
    sqlx::query("UPDATE disposed_files SET shared = 1 WHERE digest = $1 AND removed_at IS NULL")
        .bind(digest.to_string())
        .execute(&mut ***tx)
        .await?;
    sqlx::query("UPDATE stacks SET file_at = NULL WHERE digest = $1 AND removed_at IS NULL")
        .bind(digest.to_string())
        .execute(&mut ***tx)
        .await?;
    Ok(())
}

/// The disposals that took a file with this digest: the case's number and when. A stack that fell away by itself has no
/// number.
///
/// # Errors
/// When the database fails.
pub async fn of_digest(db: &mut AnyConnection, digest: &Digest) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT c.number, d.decided_at FROM disposed_files f JOIN disposals d ON d.id = f.disposal_id \
         JOIN cases c ON c.id = d.case_id WHERE f.digest = $1 AND d.outcome = 'approved' \
         UNION ALL SELECT '' AS number, t.let_go_at AS decided_at FROM stacks t WHERE t.digest = $1 \
         AND t.file_at IS NOT NULL ORDER BY 2, 1",
    )
    .bind(digest.to_string())
    .fetch_all(db)
    .await?)
}
