//! Stacks as an archivist meets them: found by digest, name and day; the cases in one, the stacks that a case came from, and
//! for what a file is taken out.

use std::collections::HashSet;

use crate::case::ids::Digest;
use crate::store::retrievals::Retrieval;
use crate::store::{Db, StoreError, Tx, parsed, sealed};

use super::{Row, SELECT, Stack};

/// Stacks that are looked through for a name, the newest first.
const LOOKED_THROUGH: i64 = 2_000;

/// A stack is the archive's when nobody works on it any more, and nobody on a case whose page lies in it.
const ARCHIVED: &str = "t.state = 'done' AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.state IN ('draft', 'sealing') \
    AND c.disposed_at IS NULL AND c.id IN (SELECT m.case_id FROM stacks s JOIN stack_cases m ON m.stack_id = s.id \
    WHERE s.digest = t.digest UNION SELECT p.case_id FROM stacks s JOIN stack_pages p ON p.stack_id = s.id \
    WHERE s.digest = t.digest AND p.case_id IS NOT NULL))";

/// What is known of a stack.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The first hex digits of its digest, in lower case; empty: any.
    pub digits: &'a str,
    /// A part of its file's name; empty: any.
    pub name: &'a str,
    /// It came at this moment or later, epoch milliseconds.
    pub from: Option<i64>,
    /// It came before this moment.
    pub before: Option<i64>,
}

/// Stacks of the archive whose file is kept and that are so, the newest first, each file once.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn known_by(db: &mut Db, known: &Known<'_>, limit: usize) -> Result<Vec<Stack>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE t.digest >= $1 AND t.digest < $2 AND t.created_at >= $3 AND t.created_at < $4 \
         AND {ARCHIVED} ORDER BY t.created_at DESC, t.id DESC LIMIT $5"
    );
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(known.digits)
        // No hex digit comes after this: what begins so lies between.
        .bind(format!("{}g", known.digits))
        .bind(known.from.unwrap_or(0))
        .bind(known.before.unwrap_or(i64::MAX))
        .bind(LOOKED_THROUGH)
        .fetch_all(&mut **db)
        .await?;
    let (sealer, name) = (db.sealer(), known.name.to_lowercase());
    let (mut found, mut files) = (Vec::new(), HashSet::new());
    for row in rows {
        if found.len() == limit {
            break;
        }
        let stack = row.opened(&sealer)?;
        if stack.file_name.to_lowercase().contains(&name) && files.insert(stack.digest) {
            found.push(stack);
        }
    }
    Ok(found)
}

/// The archive's stack with this file, the newest where it came several times, as long as the file is kept.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn by_digest(db: &mut Db, digest: &Digest) -> Result<Option<Stack>, StoreError> {
    let sql =
        format!("{SELECT} WHERE t.digest = $1 AND {ARCHIVED} ORDER BY t.created_at DESC, t.id DESC LIMIT 1");
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(digest.to_string()).fetch_optional(&mut **db).await?;
    let sealer = db.sealer();
    row.map(|row| row.opened(&sealer)).transpose()
}

/// Identifiers of the cases of which pages were found in this file, whatever came of them and whoever may know.
///
/// # Errors
/// When the database fails.
pub async fn cases_in(db: &mut Db, digest: &Digest) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT c.id FROM cases c WHERE c.disposed_at IS NULL AND c.id IN (SELECT m.case_id FROM stacks t \
         JOIN stack_cases m ON m.stack_id = t.id WHERE t.digest = $1 UNION SELECT p.case_id FROM stacks t \
         JOIN stack_pages p ON p.stack_id = t.id WHERE t.digest = $1 AND p.case_id IS NOT NULL) ORDER BY c.id",
    )
    .bind(digest.to_string())
    .fetch_all(&mut **db)
    .await?)
}

/// A stack that a scan was cut out of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutFrom {
    /// The scan.
    pub scan: String,
    /// The stack's digest.
    pub digest: Digest,
    /// Whether its file is gone.
    pub gone: bool,
}

/// The stacks that the scans of a case were cut out of, the oldest first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn cut_from(db: &mut Db, case: &str) -> Result<Vec<CutFrom>, StoreError> {
    let rows: Vec<(String, String, Option<i64>)> = sqlx::query_as(
        "SELECT m.scan_id, t.digest, d.disposed_at FROM stack_cases m JOIN stacks t ON t.id = m.stack_id \
         JOIN documents d ON d.digest = t.digest WHERE m.case_id = $1 AND m.scan_id IS NOT NULL \
         ORDER BY t.created_at, t.id",
    )
    .bind(case)
    .fetch_all(&mut **db)
    .await?;
    rows.into_iter()
        .map(|(scan, digest, disposed_at)| {
            let digest = parsed(&digest, "stacks", "digest", &scan)?;
            Ok(CutFrom { scan, digest, gone: disposed_at.is_some() })
        })
        .collect()
}

/// Keeps for what a stack's file is taken out.
///
/// # Errors
/// When the database fails.
pub async fn state_purpose(
    tx: &mut Tx,
    person: &str,
    digest: &Digest,
    retrieval: &Retrieval,
) -> Result<(), StoreError> {
    let purpose = tx.sealer().seal(&sealed::STACK_PURPOSE, &retrieval.id, &retrieval.purpose)?;
    sqlx::query(
        "INSERT INTO stack_retrievals (id, person_id, digest, purpose, at, until) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&retrieval.id)
    .bind(person)
    .bind(digest.to_string())
    .bind(purpose)
    .bind(retrieval.at)
    .bind(retrieval.until)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// The purpose that this person stated last of a stack's file, while it holds.
///
/// # Errors
/// When the database fails.
pub async fn stated_purpose(
    db: &mut Db,
    person: &str,
    digest: &Digest,
    now: i64,
) -> Result<Option<Retrieval>, StoreError> {
    let found: Option<Retrieval> = sqlx::query_as(
        "SELECT id, purpose, at, until FROM stack_retrievals WHERE person_id = $1 AND digest = $2 AND until > $3 \
         ORDER BY until DESC, id DESC LIMIT 1",
    )
    .bind(person)
    .bind(digest.to_string())
    .bind(now)
    .fetch_optional(&mut **db)
    .await?;
    let sealer = db.sealer();
    found.map(|found| found.opened(&sealer, &sealed::STACK_PURPOSE)).transpose()
}
