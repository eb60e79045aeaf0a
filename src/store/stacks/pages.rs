//! What each page of a stack is.

use crate::store::{Db, StoreError, sealed};

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

/// Writes down what a page (from 1) is, and the case whose code stands on it, also where nobody may be told.
///
/// # Errors
/// When the database fails.
pub async fn add_page(
    db: &mut Db,
    id: &str,
    page: u32,
    kind: &PageKind,
    case: Option<&str>,
) -> Result<(), StoreError> {
    let (word, reason) = match kind {
        PageKind::Form => ("form", ""),
        PageKind::Blank => ("blank", ""),
        PageKind::Stray(reason) => ("stray", reason.as_str()),
    };
    let reason = db.sealer().seal(&sealed::STACK_PAGE_REASON, &format!("{id}/{page}"), reason)?;
    sqlx::query(
        "INSERT INTO stack_pages (stack_id, page, kind, reason, case_id) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(i64::from(page))
    .bind(word)
    .bind(reason)
    .bind(case)
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// Forgets what was read, so that the reading can begin anew.
///
/// # Errors
/// When the database fails.
pub async fn forget_pages(db: &mut Db, id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM stack_pages WHERE stack_id = $1").bind(id).execute(&mut **db).await?;
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
pub async fn tally(db: &mut Db, id: &str) -> Result<Tally, StoreError> {
    let count = |rows: Vec<(String, i64)>, word: &str| -> (i64, i64) {
        let all = rows.iter().map(|(_, count)| count).sum();
        (all, rows.iter().find(|(kind, _)| kind == word).map_or(0, |(_, count)| *count))
    };
    let pages = sqlx::query_as("SELECT kind, COUNT(*) FROM stack_pages WHERE stack_id = $1 GROUP BY kind")
        .bind(id)
        .fetch_all(&mut **db)
        .await?;
    let cases =
        sqlx::query_as("SELECT outcome, COUNT(*) FROM stack_cases WHERE stack_id = $1 GROUP BY outcome")
            .bind(id)
            .fetch_all(&mut **db)
            .await?;
    let ((read, blank), (cases, waiting)) = (count(pages, "blank"), count(cases, "waiting"));
    Ok(Tally { read, blank, cases, waiting })
}

/// The pages that belong nowhere, in order: the page of the file (from 1), and why.
///
/// # Errors
/// When the database fails.
pub async fn strays(db: &mut Db, id: &str) -> Result<Vec<(i64, String)>, StoreError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT page, reason FROM stack_pages WHERE stack_id = $1 AND kind = 'stray' ORDER BY page",
    )
    .bind(id)
    .fetch_all(&mut **db)
    .await?;
    let sealer = db.sealer();
    let open = |(page, reason): (i64, String)| {
        Ok((page, sealer.open(&sealed::STACK_PAGE_REASON, &format!("{id}/{page}"), reason)?))
    };
    rows.into_iter().map(open).collect()
}
