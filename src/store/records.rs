//! 紀錄: what professionals did for a case, by revision, and the files that go with it. Never overwritten.

use sqlx::FromRow;

use crate::case::ids::Digest;
use crate::case::record::Entry;

use super::sql::{ByCase, Sql};
use super::{Db, StoreError, parsed, sealed, search};

/// A service record with all its revisions and files.
#[derive(Clone, Debug)]
pub struct Record {
    /// The identifier.
    pub id: String,
    /// Its revisions, newest first; never empty.
    pub revisions: Vec<Revision>,
    /// Its files, oldest first.
    pub files: Vec<RecordFile>,
}

/// One revision of a record.
#[derive(Clone, Debug)]
pub struct Revision {
    /// From 1.
    pub number: i64,
    /// What it says.
    pub entry: Entry,
    /// Who wrote it: the account.
    pub written_by: String,
    /// Their name.
    pub writer: String,
    /// When, epoch milliseconds.
    pub written_at: i64,
}

/// A file that goes with a record.
#[derive(Clone, Debug)]
pub struct RecordFile {
    /// The identifier.
    pub id: String,
    /// Its name as uploaded.
    pub file_name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: i64,
    /// Its media type, by content.
    pub kind: String,
    /// Who uploaded it, by name.
    pub uploaded_by: String,
    /// When, epoch milliseconds.
    pub uploaded_at: i64,
}

#[derive(FromRow)]
struct RevisionRow {
    case_id: String,
    record_id: String,
    revision: i64,
    held_on: String,
    kind: String,
    minutes: i64,
    participants: String,
    summary: String,
    written_by: String,
    name: String,
    written_at: i64,
}

#[derive(FromRow)]
struct FileRow {
    id: String,
    record_id: String,
    file_name: String,
    digest: String,
    bytes: i64,
    kind: String,
    name: String,
    uploaded_at: i64,
}

/// The records of a case, the newest session first.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_case(db: &mut Db, case: &str) -> Result<Vec<Record>, StoreError> {
    Ok(of_cases(db, &[case]).await?.take(case))
}

/// The same of several cases at once.
pub(crate) async fn of_cases(db: &mut Db, cases: &[&str]) -> Result<ByCase<Record>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT r.case_id, v.record_id, v.revision, v.held_on, v.kind, v.minutes, v.participants, v.summary, \
         v.written_by, p.name, v.written_at FROM service_records r JOIN record_revisions v ON v.record_id = r.id \
         JOIN people p ON p.id = v.written_by WHERE r.case_id IN ({ids}) \
         ORDER BY r.created_at, r.id, v.revision DESC"
    );
    let rows: Vec<RevisionRow> = sql.rows(db, statement).await?;
    let mut records: Vec<(String, Record)> = Vec::new();
    let sealer = db.sealer();
    for row in rows {
        let id = row.record_id.clone();
        let name = format!("{id}/{}", row.revision);
        let revision = Revision {
            number: row.revision,
            entry: Entry {
                held_on: parsed(&row.held_on, "record_revisions", "held_on", &id)?,
                kind: parsed(&row.kind, "record_revisions", "kind", &id)?,
                minutes: row.minutes,
                participants: sealer.open(&sealed::PARTICIPANTS, &name, row.participants)?,
                summary: sealer.open(&sealed::SUMMARY, &name, row.summary)?,
            },
            written_by: row.written_by,
            writer: row.name,
            written_at: row.written_at,
        };
        match records.last_mut() {
            Some((_, record)) if record.id == id => record.revisions.push(revision),
            _ => records.push((row.case_id, Record { id, revisions: vec![revision], files: Vec::new() })),
        }
    }
    if !records.is_empty() {
        for (record_id, file) in files(db, cases).await? {
            if let Some((_, record)) = records.iter_mut().find(|(_, record)| record.id == record_id) {
                record.files.push(file);
            }
        }
    }
    records.sort_by(|(_, a), (_, b)| b.revisions[0].entry.held_on.cmp(&a.revisions[0].entry.held_on));
    ByCase::new(records.into_iter().map(Ok))
}

async fn files(db: &mut Db, cases: &[&str]) -> Result<Vec<(String, RecordFile)>, StoreError> {
    let mut sql = Sql::default();
    let ids = sql.list(cases.iter().copied());
    let statement = format!(
        "SELECT f.id, f.record_id, f.file_name, f.digest, d.bytes, d.kind, p.name, f.uploaded_at \
         FROM record_files f JOIN service_records r ON r.id = f.record_id JOIN documents d ON d.digest = f.digest \
         JOIN people p ON p.id = f.uploaded_by WHERE r.case_id IN ({ids}) ORDER BY f.uploaded_at, f.id"
    );
    let rows: Vec<FileRow> = sql.rows(db, statement).await?;
    let sealer = db.sealer();
    rows.into_iter()
        .map(|row| {
            let digest = parsed(&row.digest, "record_files", "digest", &row.id)?;
            let file = RecordFile {
                file_name: sealer.open(&sealed::RECORD_FILE_NAME, &row.id, row.file_name)?,
                id: row.id,
                digest,
                bytes: row.bytes,
                kind: row.kind,
                uploaded_by: row.name,
                uploaded_at: row.uploaded_at,
            };
            Ok((row.record_id, file))
        })
        .collect()
}

/// Begins a record. Its first revision is written by [`revise`].
///
/// # Errors
/// When the database fails, or the page's token has written one already (a unique violation).
pub async fn begin(
    db: &mut Db,
    id: &str,
    case: &str,
    token: &str,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO service_records (id, case_id, open_token, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(case)
    .bind(token)
    .bind(by)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// The record that a page with this token has written already: its identifier and its case.
///
/// # Errors
/// When the database fails.
pub async fn of_token(db: &mut Db, token: &str) -> Result<Option<(String, String)>, StoreError> {
    Ok(sqlx::query_as("SELECT id, case_id FROM service_records WHERE open_token = $1")
        .bind(token)
        .fetch_optional(&mut **db)
        .await?)
}

/// Writes a revision of a record.
///
/// # Errors
/// When the database fails, or somebody wrote this revision already (a unique violation).
pub async fn revise(
    db: &mut Db,
    record: &str,
    revision: i64,
    entry: &Entry,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    let (sealer, row) = (db.sealer(), format!("{record}/{revision}"));
    sqlx::query(
        "INSERT INTO record_revisions (record_id, revision, held_on, kind, minutes, participants, summary, \
         written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(record)
    .bind(revision)
    .bind(entry.held_on.to_string())
    .bind(entry.kind.as_str())
    .bind(entry.minutes)
    .bind(sealer.seal(&sealed::PARTICIPANTS, &row, &entry.participants)?)
    .bind(sealer.seal(&sealed::SUMMARY, &row, &entry.summary)?)
    .bind(by)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Adds a file to a record; the document is registered already.
///
/// # Errors
/// When the database fails.
pub async fn add_file(
    db: &mut Db,
    id: &str,
    record: &str,
    file_name: &str,
    digest: &Digest,
    by: &str,
    now: i64,
) -> Result<(), StoreError> {
    let file_name = db.sealer().seal(&sealed::RECORD_FILE_NAME, id, file_name)?;
    sqlx::query(
        "INSERT INTO record_files (id, record_id, file_name, digest, uploaded_by, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(record)
    .bind(file_name)
    .bind(digest.to_string())
    .bind(by)
    .bind(now)
    .execute(&mut **db)
    .await?;
    let case: String = sqlx::query_scalar("SELECT case_id FROM service_records WHERE id = $1")
        .bind(record)
        .fetch_one(&mut **db)
        .await?;
    search::refresh(db, &case).await
}
