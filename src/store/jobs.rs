//! What happens by itself: the last run of each job.

use sqlx::{AnyConnection, FromRow};

use super::StoreError;

/// The last run of a job.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Run {
    /// The job.
    pub name: String,
    /// When it began, epoch milliseconds.
    pub began_at: i64,
    /// When it ended.
    pub ended_at: i64,
    /// `done` or `failed`.
    pub outcome: String,
    /// What came of it, in a few words without personal data.
    pub detail: String,
    /// When it comes again.
    pub due_at: i64,
    /// When it went well last; none: never.
    pub done_at: Option<i64>,
}

/// Notes how a job went.
///
/// # Errors
/// When the database fails.
pub async fn ran(db: &mut AnyConnection, run: &Run) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO job_runs (name, began_at, ended_at, outcome, detail, due_at, done_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET began_at = $2, ended_at = $3, \
         outcome = $4, detail = $5, due_at = $6, done_at = COALESCE($7, job_runs.done_at)",
    )
    .bind(&run.name)
    .bind(run.began_at)
    .bind(run.ended_at)
    .bind(&run.outcome)
    .bind(&run.detail)
    .bind(run.due_at)
    .bind(run.done_at)
    .execute(db)
    .await?;
    Ok(())
}

/// The last run of every job that has run, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &mut AnyConnection) -> Result<Vec<Run>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT name, began_at, ended_at, outcome, detail, due_at, done_at FROM job_runs ORDER BY name",
    )
    .fetch_all(db)
    .await?)
}
