//! Stacks: files with the signed forms of many cases, what each page is, and what came of each case.

mod cases;
mod kept;
mod let_go;
mod pages;

use sqlx::FromRow;

use crate::case::ids::Digest;

use super::{Db, StoreError, parsed, sealed};

pub use cases::{Claim, Group, Line, Outcome, add_groups, case_of, claim, line_of, lines, settle, waiting};
pub use kept::{CutFrom, Known, by_digest, cases_in, cut_from, known_by, state_purpose, stated_purpose};
pub use let_go::{LetGo, count_without_case, hold, let_go, to_remove, without_case};
pub use pages::{PageKind, Tally, add_page, forget_pages, strays, tally};

/// How far a stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its pages are being read.
    Reading,
    /// Its cases get their pages.
    Binding,
    /// Broken off by a failure; what was bound stays, the rest can go on.
    Stopped,
    /// At its end.
    Done,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Binding => "binding",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }
}

impl std::str::FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Reading, Self::Binding, Self::Stopped, Self::Done];
        all.into_iter().find(|stage| stage.as_str() == text).ok_or_else(|| format!("no such stage: {text:?}"))
    }
}

/// A stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The identifier.
    pub id: String,
    /// The file's name as uploaded.
    pub file_name: String,
    /// The file's digest.
    pub digest: Digest,
    /// The file's size in bytes.
    pub bytes: i64,
    /// How many pages it has.
    pub pages: i64,
    /// How far it is.
    pub stage: Stage,
    /// When it came, epoch milliseconds.
    pub created_at: i64,
    /// The last sign of life of whoever works on it, epoch milliseconds.
    pub beat_at: i64,
    /// Who works on it, or did last.
    pub worker: String,
}

#[derive(FromRow)]
struct Row {
    id: String,
    file_name: String,
    digest: String,
    bytes: i64,
    pages: i64,
    state: String,
    created_at: i64,
    beat_at: i64,
    worker: String,
}

const SELECT: &str = "SELECT t.id, t.file_name, t.digest, d.bytes, t.pages, t.state, t.created_at, t.beat_at, \
    t.worker FROM stacks t JOIN documents d ON d.digest = t.digest AND d.disposed_at IS NULL \
    AND t.let_go_at IS NULL";

impl Row {
    fn opened(self, sealer: &sealed::Sealer) -> Result<Stack, StoreError> {
        let row = self;
        Ok(Stack {
            digest: parsed(&row.digest, "stacks", "digest", &row.id)?,
            stage: parsed(&row.state, "stacks", "state", &row.id)?,
            file_name: sealer.open(&sealed::STACK_NAME, &row.id, row.file_name)?,
            id: row.id,
            bytes: row.bytes,
            pages: row.pages,
            created_at: row.created_at,
            beat_at: row.beat_at,
            worker: row.worker,
        })
    }
}

/// A stack to add.
#[derive(Debug)]
pub struct NewStack<'a> {
    /// The identifier.
    pub id: &'a str,
    /// Who.
    pub person: &'a str,
    /// The file's name as uploaded.
    pub file_name: &'a str,
    /// The file's digest; the document is registered already.
    pub digest: &'a Digest,
    /// How many pages it has.
    pub pages: i64,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Who works on it.
    pub worker: &'a str,
}

/// Adds a stack that is about to be read.
///
/// # Errors
/// When the database fails, or the person has another one under way (a unique violation).
pub async fn add(db: &mut Db, new: &NewStack<'_>) -> Result<(), StoreError> {
    let file_name = db.sealer().seal(&sealed::STACK_NAME, new.id, new.file_name)?;
    sqlx::query(
        "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at, worker) \
         VALUES ($1, $2, $3, $4, $5, 'reading', $6, $6, $7)",
    )
    .bind(new.id)
    .bind(new.person)
    .bind(file_name)
    .bind(new.digest.to_string())
    .bind(new.pages)
    .bind(new.at)
    .bind(new.worker)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// The stack with this id, if it is this person's.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut Db, id: &str, person: &str) -> Result<Option<Stack>, StoreError> {
    let sql = format!("{SELECT} WHERE t.id = $1 AND t.person_id = $2");
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(person).fetch_optional(&mut **db).await?;
    let sealer = db.sealer();
    row.map(|row| row.opened(&sealer)).transpose()
}

/// The newest stacks of a person.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_person(db: &mut Db, person: &str, most: i64) -> Result<Vec<Stack>, StoreError> {
    let sql = format!("{SELECT} WHERE t.person_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2");
    let rows: Vec<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(person).bind(most).fetch_all(&mut **db).await?;
    let sealer = db.sealer();
    rows.into_iter().map(|row| row.opened(&sealer)).collect()
}

/// The stack of this person's that is under way: its id, its last sign of life, and who works on it.
///
/// # Errors
/// When the database fails.
pub async fn under_way(db: &mut Db, person: &str) -> Result<Option<(String, i64, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, beat_at, worker FROM stacks WHERE person_id = $1 AND state IN ('reading', 'binding')",
    )
    .bind(person)
    .fetch_optional(&mut **db)
    .await?)
}

/// `worker` begins to work on it, in place of `before`. False: it isn't at `from` any more, or somebody else was
/// faster.
///
/// # Errors
/// When the database fails, or the person has another one under way (a unique violation).
pub async fn begin(
    db: &mut Db,
    id: &str,
    (from, to): (Stage, Stage),
    before: &str,
    worker: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE stacks SET state = $3, worker = $5, beat_at = $6 WHERE id = $1 AND state = $2 AND worker = $4",
    )
    .bind(id)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(before)
    .bind(worker)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `worker` moves a stack on from `from`, with a sign of life. False: it wasn't there any more, or somebody else works
/// on it.
///
/// # Errors
/// When the database fails.
pub async fn move_on(
    db: &mut Db,
    id: &str,
    worker: &str,
    from: Stage,
    to: Stage,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE stacks SET state = $4, beat_at = $5 WHERE id = $1 AND worker = $2 AND state = $3",
    )
    .bind(id)
    .bind(worker)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A sign of life of `worker` while it is under way. False: it isn't, or somebody else works on it.
///
/// # Errors
/// When the database fails.
pub async fn beat(db: &mut Db, id: &str, worker: &str, now: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE stacks SET beat_at = $3 WHERE id = $1 AND worker = $2 AND state IN ('reading', 'binding')",
    )
    .bind(id)
    .bind(worker)
    .bind(now)
    .execute(&mut **db)
    .await?;
    Ok(done.rows_affected() == 1)
}
