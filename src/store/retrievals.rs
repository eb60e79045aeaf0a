//! 調閱: for what originals are taken out, how cases are found by their papers, and who read one of them.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::{CaseReference, Digest};

use super::sql::Sql;
use super::{StoreError, Tx};

/// A stated purpose.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Retrieval {
    /// The identifier.
    pub id: String,
    /// For what.
    pub purpose: String,
    /// When it was stated, epoch milliseconds.
    pub at: i64,
    /// Until when it opens the case's originals to that person.
    pub until: i64,
}

/// Keeps a stated purpose.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, person: &str, case: &str, retrieval: &Retrieval) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO retrievals (id, person_id, case_id, purpose, at, until) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&retrieval.id)
    .bind(person)
    .bind(case)
    .bind(&retrieval.purpose)
    .bind(retrieval.at)
    .bind(retrieval.until)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The purpose that this person stated last at this case, while it holds.
///
/// # Errors
/// When the database fails.
pub async fn open(
    db: &mut AnyConnection,
    person: &str,
    case: &str,
    now: i64,
) -> Result<Option<Retrieval>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, purpose, at, until FROM retrievals WHERE person_id = $1 AND case_id = $2 AND until > $3 \
         ORDER BY until DESC, id DESC LIMIT 1",
    )
    .bind(person)
    .bind(case)
    .bind(now)
    .fetch_optional(db)
    .await?)
}

/// The cases with a paper whose digest begins so: lower-case hex digits. At most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn cases_by_digest(
    db: &mut AnyConnection,
    digits: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    // No hex digit comes after this: what begins so lies between.
    let until = format!("{digits}g");
    Ok(sqlx::query_scalar(
        "SELECT case_id FROM (SELECT case_id FROM scans WHERE digest >= $1 AND digest < $2 \
         UNION SELECT case_id FROM attachments WHERE digest >= $1 AND digest < $2 AND deleted_at IS NULL \
         UNION SELECT case_id FROM prints WHERE digest >= $1 AND digest < $2 \
         UNION SELECT s.case_id FROM scan_photos p JOIN scans s ON s.id = p.scan_id \
         WHERE p.digest >= $1 AND p.digest < $2) n ORDER BY case_id LIMIT $3",
    )
    .bind(digits)
    .bind(until)
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// The cases with an uploaded paper whose file name has this in it, at most `limit`, the newest uploads first.
///
/// # Errors
/// When the database fails.
pub async fn cases_by_file(
    db: &mut AnyConnection,
    name: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let mut sql = Sql::default();
    let (name, limit) = (sql.anywhere(&name.to_lowercase()), sql.number(limit));
    let statement = format!(
        "SELECT case_id FROM (SELECT case_id, uploaded_at FROM scans WHERE LOWER(file_name) LIKE {name} ESCAPE '!' \
         UNION ALL SELECT case_id, uploaded_at FROM attachments WHERE LOWER(file_name) LIKE {name} ESCAPE '!' \
         AND deleted_at IS NULL) n GROUP BY case_id ORDER BY MAX(uploaded_at) DESC, case_id LIMIT {limit}"
    );
    Ok(sql.rows::<(String,)>(db, statement).await?.into_iter().map(|(case,)| case).collect())
}

/// The case that the printed code names.
///
/// # Errors
/// When the database fails.
pub async fn case_by_reference(
    db: &mut AnyConnection,
    reference: CaseReference,
) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM cases WHERE reference = $1")
        .bind(reference.to_string())
        .fetch_optional(db)
        .await?)
}

/// The case with this number.
///
/// # Errors
/// When the database fails.
pub async fn case_by_number(db: &mut AnyConnection, number: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM cases WHERE number = $1").bind(number).fetch_optional(db).await?)
}

/// Somebody who read or took a document.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Access {
    /// When, epoch milliseconds.
    pub at: i64,
    /// The name at that moment; empty: nobody signed in.
    pub name: String,
    /// What was done.
    pub action: String,
}

/// Who read or took this document of this case, newest first.
///
/// # Errors
/// When the database fails.
pub async fn accesses(
    db: &mut AnyConnection,
    case: &str,
    digest: &Digest,
    limit: i64,
) -> Result<Vec<Access>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT at, person_name AS name, action FROM traces WHERE digest = $1 AND case_id = $2 \
         ORDER BY at DESC, id DESC LIMIT $3",
    )
    .bind(digest.to_string())
    .bind(case)
    .bind(limit)
    .fetch_all(db)
    .await?)
}

/// A place where a document is registered.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Registered {
    /// What it is there: `scan`, `attachment`, `print`, `photo`, `record-file`, `stack` or `certificate`.
    pub place: String,
    /// The case's identifier; empty for a stack.
    pub case_id: String,
    /// When it came, epoch milliseconds.
    pub at: i64,
}

/// Where the document with this digest is registered, oldest first; not where it was disposed of.
///
/// # Errors
/// When the database fails.
pub async fn registered(db: &mut AnyConnection, digest: &Digest) -> Result<Vec<Registered>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT place, case_id, at FROM ( \
         SELECT 'scan' AS place, case_id, uploaded_at AS at FROM scans WHERE digest = $1 \
         UNION SELECT 'attachment' AS place, case_id, uploaded_at AS at FROM attachments WHERE digest = $1 \
         UNION SELECT 'print' AS place, case_id, printed_at AS at FROM prints WHERE digest = $1 \
         UNION SELECT 'photo' AS place, s.case_id, s.uploaded_at AS at FROM scan_photos p \
         JOIN scans s ON s.id = p.scan_id WHERE p.digest = $1 \
         UNION SELECT 'record-file' AS place, r.case_id, f.uploaded_at AS at FROM record_files f \
         JOIN service_records r ON r.id = f.record_id WHERE f.digest = $1 \
         UNION SELECT 'stack' AS place, '' AS case_id, created_at AS at FROM stacks WHERE digest = $1 \
         UNION SELECT 'certificate' AS place, '' AS case_id, decided_at AS at FROM disposals WHERE certificate = $1) n \
         WHERE EXISTS (SELECT 1 FROM documents d WHERE d.digest = $1 AND d.disposed_at IS NULL) \
         AND (n.case_id = '' OR EXISTS (SELECT 1 FROM cases c WHERE c.id = n.case_id AND c.disposed_at IS NULL)) \
         ORDER BY at, place, case_id",
    )
    .bind(digest.to_string())
    .fetch_all(db)
    .await?)
}
