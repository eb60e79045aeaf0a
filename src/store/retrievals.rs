//! 調閱: for what originals are taken out, how cases are found by their papers, and who read one of them.

use std::collections::HashMap;

use sqlx::FromRow;

use crate::case::ids::{CaseReference, Digest};

use super::file_names::{self, Named};
use super::sealed::{Place, Sealer};
use super::sql::Sql;
use super::words::Text;
use super::{Db, StoreError, Tx, sealed, search};

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

impl Retrieval {
    /// The same with its purpose opened, which is sealed at `place`.
    pub(super) fn opened(self, sealer: &Sealer, place: &Place) -> Result<Self, StoreError> {
        let purpose = sealer.open(place, &self.id, self.purpose)?;
        Ok(Self { purpose, ..self })
    }
}

/// Keeps a stated purpose.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, person: &str, case: &str, retrieval: &Retrieval) -> Result<(), StoreError> {
    let purpose = tx.sealer().seal(&sealed::PURPOSE, &retrieval.id, &retrieval.purpose)?;
    sqlx::query(
        "INSERT INTO retrievals (id, person_id, case_id, purpose, at, until) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&retrieval.id)
    .bind(person)
    .bind(case)
    .bind(purpose)
    .bind(retrieval.at)
    .bind(retrieval.until)
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// The purpose that this person stated last at this case, while it holds.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &mut Db, person: &str, case: &str, now: i64) -> Result<Option<Retrieval>, StoreError> {
    let found: Option<Retrieval> = sqlx::query_as(
        "SELECT id, purpose, at, until FROM retrievals WHERE person_id = $1 AND case_id = $2 AND until > $3 \
         ORDER BY until DESC, id DESC LIMIT 1",
    )
    .bind(person)
    .bind(case)
    .bind(now)
    .fetch_optional(&mut **db)
    .await?;
    let sealer = db.sealer();
    found.map(|found| found.opened(&sealer, &sealed::PURPOSE)).transpose()
}

/// The cases with a paper whose digest begins so, deleted attachments and files of service records too: lower-case hex
/// digits. At most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn cases_by_digest(db: &mut Db, digits: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    // No hex digit comes after this: what begins so lies between.
    let until = format!("{digits}g");
    Ok(sqlx::query_scalar(
        "SELECT case_id FROM (SELECT case_id FROM scans WHERE digest >= $1 AND digest < $2 \
         UNION SELECT case_id FROM attachments WHERE digest >= $1 AND digest < $2 \
         UNION SELECT case_id FROM prints WHERE digest >= $1 AND digest < $2 \
         UNION SELECT s.case_id FROM scan_photos p JOIN scans s ON s.id = p.scan_id \
         WHERE p.digest >= $1 AND p.digest < $2 \
         UNION SELECT r.case_id FROM record_files f JOIN service_records r ON r.id = f.record_id \
         WHERE f.digest >= $1 AND f.digest < $2) n ORDER BY case_id LIMIT $3",
    )
    .bind(digits)
    .bind(until)
    .bind(limit)
    .fetch_all(&mut **db)
    .await?)
}

/// Cases that are looked through for a file's name, the highest numbers first.
const LOOKED_THROUGH: i64 = 2_000;

/// The cases with an uploaded file whose name has this in it, deleted attachments and files of service records too, at
/// most `limit`, the newest uploads first. Of more than [`LOOKED_THROUGH`] that may have it the newest are looked through.
///
/// # Errors
/// When the database fails.
pub async fn cases_by_file(db: &mut Db, name: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    let name = name.to_lowercase();
    let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let files = loop {
        let ways = search::ways(db).await?;
        let files = files_by(db, &ways, &words).await?;
        if search::stands(db, &ways).await? {
            break files;
        }
    };
    let sealer = db.sealer();
    let mut newest: HashMap<String, i64> = HashMap::new();
    for file in files {
        if file.shown(&sealer)?.to_lowercase().contains(name.trim()) {
            let known = newest.entry(file.case_id).or_insert(file.at);
            *known = file.at.max(*known);
        }
    }
    let mut cases: Vec<(String, i64)> = newest.into_iter().collect();
    cases.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    cases.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(cases.into_iter().map(|(case, _)| case).collect())
}

/// The files of cases that may have one with these words in its name.
async fn files_by(db: &mut Db, ways: &search::Ways, words: &[String]) -> Result<Vec<Named>, StoreError> {
    let mut sql = Sql::default();
    let find = search::find(db, ways, Text::FileName, words);
    let (found, number) = (find.sql.replace("{t}", &sql.text(find.tokens)), search::number_column(db));
    let some = format!("{found} ORDER BY {number} DESC LIMIT {LOOKED_THROUGH}");
    let from = format!("({some}) t CROSS JOIN cases c");
    let statement = file_names::statement(&from, "c.number = CAST(t.number AS TEXT)");
    sql.rows(db, statement).await
}

/// The case that the printed code names.
///
/// # Errors
/// When the database fails.
pub async fn case_by_reference(db: &mut Db, reference: CaseReference) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM cases WHERE reference = $1")
        .bind(reference.to_string())
        .fetch_optional(&mut **db)
        .await?)
}

/// The case with this number.
///
/// # Errors
/// When the database fails.
pub async fn case_by_number(db: &mut Db, number: &str) -> Result<Option<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM cases WHERE number = $1")
        .bind(number)
        .fetch_optional(&mut **db)
        .await?)
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
    db: &mut Db,
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
    .fetch_all(&mut **db)
    .await?)
}

/// A place where a document is registered.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Registered {
    /// What it is there: `scan`, `attachment`, `deleted-attachment`, `print`, `photo`, `record-file`, `stack` or `certificate`.
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
pub async fn registered(db: &mut Db, digest: &Digest) -> Result<Vec<Registered>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT place, case_id, at FROM ( \
         SELECT 'scan' AS place, case_id, uploaded_at AS at FROM scans WHERE digest = $1 \
         UNION SELECT CASE WHEN deleted_at IS NULL THEN 'attachment' ELSE 'deleted-attachment' END AS place, case_id, \
         uploaded_at AS at FROM attachments WHERE digest = $1 \
         UNION SELECT 'print' AS place, case_id, printed_at AS at FROM prints WHERE digest = $1 \
         UNION SELECT 'photo' AS place, s.case_id, s.uploaded_at AS at FROM scan_photos p \
         JOIN scans s ON s.id = p.scan_id WHERE p.digest = $1 \
         UNION SELECT 'record-file' AS place, r.case_id, f.uploaded_at AS at FROM record_files f \
         JOIN service_records r ON r.id = f.record_id WHERE f.digest = $1 \
         UNION SELECT 'stack' AS place, '' AS case_id, created_at AS at FROM stacks WHERE digest = $1 \
         AND let_go_at IS NULL \
         UNION SELECT 'certificate' AS place, '' AS case_id, decided_at AS at FROM disposals WHERE certificate = $1) n \
         WHERE EXISTS (SELECT 1 FROM documents d WHERE d.digest = $1 AND d.disposed_at IS NULL) \
         AND (n.case_id = '' OR EXISTS (SELECT 1 FROM cases c WHERE c.id = n.case_id AND c.disposed_at IS NULL)) \
         ORDER BY at, place, case_id",
    )
    .bind(digest.to_string())
    .fetch_all(&mut **db)
    .await?)
}
