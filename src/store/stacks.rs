//! Stacks: files with the signed forms of many cases, what each page is, and what came of each case.

use sqlx::{AnyConnection, FromRow};

use crate::case::ids::{CaseReference, Digest};

use super::cases::Scope;
use super::{StoreError, parsed, parsed_json, to_json};

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
}

const SELECT: &str = "SELECT t.id, t.file_name, t.digest, d.bytes, t.pages, t.state, t.created_at, t.beat_at \
    FROM stacks t JOIN documents d ON d.digest = t.digest";

impl TryFrom<Row> for Stack {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            digest: parsed(&row.digest, "stacks", "digest", &row.id)?,
            stage: parsed(&row.state, "stacks", "state", &row.id)?,
            id: row.id,
            file_name: row.file_name,
            bytes: row.bytes,
            pages: row.pages,
            created_at: row.created_at,
            beat_at: row.beat_at,
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
}

/// Adds a stack that is about to be read.
///
/// # Errors
/// When the database fails, or the person has another one under way (a unique violation).
pub async fn add(db: &mut AnyConnection, new: &NewStack<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stacks (id, person_id, file_name, digest, pages, state, created_at, beat_at) \
         VALUES ($1, $2, $3, $4, $5, 'reading', $6, $6)",
    )
    .bind(new.id)
    .bind(new.person)
    .bind(new.file_name)
    .bind(new.digest.to_string())
    .bind(new.pages)
    .bind(new.at)
    .execute(db)
    .await?;
    Ok(())
}

/// The stack with this id, if it is this person's.
///
/// # Errors
/// When the database fails or the row can't be.
pub async fn find(db: &mut AnyConnection, id: &str, person: &str) -> Result<Option<Stack>, StoreError> {
    let sql = format!("{SELECT} WHERE t.id = $1 AND t.person_id = $2");
    let row: Option<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(person).fetch_optional(db).await?;
    row.map(Stack::try_from).transpose()
}

/// The newest stacks of a person.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn of_person(db: &mut AnyConnection, person: &str, most: i64) -> Result<Vec<Stack>, StoreError> {
    let sql = format!("{SELECT} WHERE t.person_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2");
    let rows: Vec<Row> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(person).bind(most).fetch_all(db).await?;
    rows.into_iter().map(Stack::try_from).collect()
}

/// The stack of this person's that is under way.
///
/// # Errors
/// When the database fails.
pub async fn under_way(db: &mut AnyConnection, person: &str) -> Result<Option<(String, i64)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT id, beat_at FROM stacks WHERE person_id = $1 AND state IN ('reading', 'binding')",
    )
    .bind(person)
    .fetch_optional(db)
    .await?)
}

/// Moves a stack on from `from`, with a sign of life. False: it wasn't there any more.
///
/// # Errors
/// When the database fails, or the person has another one under way (a unique violation).
pub async fn move_on(
    db: &mut AnyConnection,
    id: &str,
    from: Stage,
    to: Stage,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE stacks SET state = $3, beat_at = $4 WHERE id = $1 AND state = $2")
        .bind(id)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A sign of life while it is under way.
///
/// # Errors
/// When the database fails.
pub async fn beat(db: &mut AnyConnection, id: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE stacks SET beat_at = $2 WHERE id = $1 AND state IN ('reading', 'binding')")
        .bind(id)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// What a page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// A page of a form of one of the cases.
    Form,
    /// An empty back.
    Blank,
    /// It belongs nowhere: why, and what to do.
    Stray(String),
}

/// Writes down what a page (from 1) is.
///
/// # Errors
/// When the database fails.
pub async fn add_page(
    db: &mut AnyConnection,
    id: &str,
    page: u32,
    kind: &PageKind,
) -> Result<(), StoreError> {
    let (word, reason) = match kind {
        PageKind::Form => ("form", ""),
        PageKind::Blank => ("blank", ""),
        PageKind::Stray(reason) => ("stray", reason.as_str()),
    };
    sqlx::query("INSERT INTO stack_pages (stack_id, page, kind, reason) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(i64::from(page))
        .bind(word)
        .bind(reason)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets what was read, so that the reading can begin anew.
///
/// # Errors
/// When the database fails.
pub async fn forget_pages(db: &mut AnyConnection, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM stack_pages WHERE stack_id = $1").bind(id).execute(db).await?;
    Ok(())
}

/// How much of a stack is through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pages that were read.
    pub read: i64,
    /// Empty backs among them.
    pub blank: i64,
    /// Cases in it, once all pages were read.
    pub cases: i64,
    /// Cases that still wait for their pages.
    pub waiting: i64,
}

/// How much of a stack is through.
///
/// # Errors
/// When the database fails.
pub async fn tally(db: &mut AnyConnection, id: &str) -> Result<Tally, StoreError> {
    let count = |rows: Vec<(String, i64)>, word: &str| -> (i64, i64) {
        let all = rows.iter().map(|(_, count)| count).sum();
        (all, rows.iter().find(|(kind, _)| kind == word).map_or(0, |(_, count)| *count))
    };
    let pages = sqlx::query_as("SELECT kind, COUNT(*) FROM stack_pages WHERE stack_id = $1 GROUP BY kind")
        .bind(id)
        .fetch_all(&mut *db)
        .await?;
    let cases =
        sqlx::query_as("SELECT outcome, COUNT(*) FROM stack_cases WHERE stack_id = $1 GROUP BY outcome")
            .bind(id)
            .fetch_all(db)
            .await?;
    let ((read, blank), (cases, waiting)) = (count(pages, "blank"), count(cases, "waiting"));
    Ok(Tally { read, blank, cases, waiting })
}

/// The pages that belong nowhere, in order: the page of the file (from 1), and why.
///
/// # Errors
/// When the database fails.
pub async fn strays(db: &mut AnyConnection, id: &str) -> Result<Vec<(i64, String)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT page, reason FROM stack_pages WHERE stack_id = $1 AND kind = 'stray' ORDER BY page",
    )
    .bind(id)
    .fetch_all(db)
    .await?)
}

/// A case of a stack with the pages of the file that are its own, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The case's identifier.
    pub case: String,
    /// Pages that bear its codes.
    pub pages: Vec<u32>,
    /// Pages beside them without a readable code that may be its missing ones.
    pub lent: Vec<u32>,
}

impl Group {
    /// All its pages in the order of the file.
    #[must_use]
    pub fn all(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.pages.iter().chain(&self.lent).copied().collect();
        all.sort_unstable();
        all
    }
}

/// Writes down the cases of a stack, waiting for their pages.
///
/// # Errors
/// When the database fails.
pub async fn add_groups(db: &mut AnyConnection, id: &str, groups: &[Group]) -> Result<(), StoreError> {
    for (seq, group) in (1_i64..).zip(groups) {
        sqlx::query(
            "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, reason) \
             VALUES ($1, $2, $3, $4, $5, 'waiting', '')",
        )
        .bind(id)
        .bind(seq)
        .bind(&group.case)
        .bind(to_json(&group.pages))
        .bind(to_json(&group.lent))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The cases that still wait, by place, number and pages, in order.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn waiting(db: &mut AnyConnection, id: &str) -> Result<Vec<(i64, String, Group)>, StoreError> {
    let rows: Vec<(i64, String, String, String, String)> = sqlx::query_as(
        "SELECT b.seq, c.number, b.case_id, b.pages, b.lent FROM stack_cases b \
         JOIN cases c ON c.id = b.case_id WHERE b.stack_id = $1 AND b.outcome = 'waiting' ORDER BY b.seq",
    )
    .bind(id)
    .fetch_all(db)
    .await?;
    let group = |(seq, number, case, pages, lent): (i64, String, String, String, String)| {
        let pages = parsed_json(&pages, "stack_cases", "pages", id)?;
        let lent = parsed_json(&lent, "stack_cases", "lent", id)?;
        Ok((seq, number, Group { case, pages, lent }))
    };
    rows.into_iter().map(group).collect()
}

/// What came of a case of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It still waits.
    Waiting,
    /// Its pages are this scan.
    Bound(String),
    /// Its pages were refused: why, and what to do.
    Refused(String),
}

/// Writes down what came of a case; lent pages that proved to be its own are strays no more.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    db: &mut AnyConnection,
    id: &str,
    seq: i64,
    outcome: &Outcome,
    proved: &[u32],
) -> Result<(), StoreError> {
    let (word, scan, reason) = match outcome {
        Outcome::Waiting => ("waiting", None, ""),
        Outcome::Bound(scan) => ("bound", Some(scan), ""),
        Outcome::Refused(reason) => ("refused", None, reason.as_str()),
    };
    sqlx::query(
        "UPDATE stack_cases SET outcome = $3, scan_id = $4, reason = $5 WHERE stack_id = $1 AND seq = $2",
    )
    .bind(id)
    .bind(seq)
    .bind(word)
    .bind(scan)
    .bind(reason)
    .execute(&mut *db)
    .await?;
    are_the_forms(db, id, proved).await
}

/// A case of a stack as pages show it.
#[derive(Clone, Debug)]
pub struct Line {
    /// 案件編號.
    pub number: String,
    /// Its pages in the file, from 1.
    pub pages: Vec<u32>,
    /// What came of it.
    pub outcome: Outcome,
}

#[derive(FromRow)]
struct LineRow {
    number: String,
    pages: String,
    lent: String,
    outcome: String,
    scan_id: Option<String>,
    reason: String,
}

/// The cases of a stack in order, those in the scope alone.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn lines(db: &mut AnyConnection, id: &str, scope: &Scope) -> Result<Vec<Line>, StoreError> {
    read_lines(db, id, scope, None).await
}

async fn read_lines(
    db: &mut AnyConnection,
    id: &str,
    scope: &Scope,
    case: Option<&str>,
) -> Result<Vec<Line>, StoreError> {
    let sql = format!(
        "SELECT c.number, b.pages, b.lent, b.outcome, b.scan_id, b.reason FROM stack_cases b \
         JOIN cases c ON c.id = b.case_id JOIN schools s ON s.code = c.school_code \
         WHERE {} AND b.stack_id = $4 AND ($5 IS NULL OR b.case_id = $5) ORDER BY b.seq",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    let rows: Vec<LineRow> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(id)
        .bind(case)
        .fetch_all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let mut pages: Vec<u32> = parsed_json(&row.pages, "stack_cases", "pages", id)?;
            let outcome = match (row.outcome.as_str(), row.scan_id) {
                ("bound", Some(scan)) => {
                    pages.extend(parsed_json::<Vec<u32>>(&row.lent, "stack_cases", "lent", id)?);
                    pages.sort_unstable();
                    Outcome::Bound(scan)
                }
                ("refused", _) => Outcome::Refused(row.reason),
                _ => Outcome::Waiting,
            };
            Ok(Line { number: row.number, pages, outcome })
        })
        .collect()
}

/// What came of one case of a stack, if the stack has pages of it and it lies in the scope.
///
/// # Errors
/// When the database fails or a row can't be.
pub async fn line_of(
    db: &mut AnyConnection,
    id: &str,
    case: &str,
    scope: &Scope,
) -> Result<Option<Line>, StoreError> {
    Ok(read_lines(db, id, scope, Some(case)).await?.pop())
}

/// Pages that a person gave to a case.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The case's identifier.
    pub case: &'a str,
    /// All its pages in the file, from 1.
    pub pages: &'a [u32],
    /// The scan that they became.
    pub scan: &'a str,
}

/// Writes down that pages which belonged nowhere are a case's.
///
/// # Errors
/// When the database fails.
pub async fn claim(db: &mut AnyConnection, id: &str, claim: &Claim<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stack_cases (stack_id, seq, case_id, pages, lent, outcome, scan_id, reason) \
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, '[]', 'bound', $4, '' FROM stack_cases WHERE stack_id = $1 \
         ON CONFLICT (stack_id, case_id) DO UPDATE \
         SET pages = excluded.pages, lent = '[]', outcome = 'bound', scan_id = excluded.scan_id, reason = ''",
    )
    .bind(id)
    .bind(claim.case)
    .bind(to_json(&claim.pages))
    .bind(claim.scan)
    .execute(&mut *db)
    .await?;
    are_the_forms(db, id, claim.pages).await
}

/// These pages are a form's: strays no more.
async fn are_the_forms(db: &mut AnyConnection, id: &str, pages: &[u32]) -> Result<(), StoreError> {
    for page in pages {
        sqlx::query("UPDATE stack_pages SET kind = 'form', reason = '' WHERE stack_id = $1 AND page = $2")
            .bind(id)
            .bind(i64::from(*page))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The case that a printed code names, if it lies in the scope: identifier and number.
///
/// # Errors
/// When the database fails.
pub async fn case_of(
    db: &mut AnyConnection,
    reference: CaseReference,
    scope: &Scope,
) -> Result<Option<(String, String)>, StoreError> {
    let sql = format!(
        "SELECT c.id, c.number FROM cases c JOIN schools s ON s.code = c.school_code \
         WHERE {} AND c.reference = $4",
        scope.sql()
    );
    let [own, assigned, zone] = scope.parameters();
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(own)
        .bind(assigned)
        .bind(zone)
        .bind(reference.to_string())
        .fetch_optional(db)
        .await?)
}
