//! 排程: each job runs in one process at a time, by a lease, and notes how it went, so that an administrator sees what
//! has stood still.

use crate::case::holder::Administrator;
use crate::store::jobs::{self, Run};
use crate::store::leases;

use super::{Office, StepError};

/// What a job did, for the page: a few words without personal data, or that it failed.
pub type Outcome = Result<String, ()>;

/// The jobs that an installation has, and how long each may be late before it is called so, in milliseconds.
pub const JOBS: [(&str, i64); 7] = [
    ("mail", 10 * MINUTE),
    ("reminders", 10 * MINUTE),
    ("accounts", 2 * 60 * MINUTE),
    ("custody", 10 * MINUTE),
    ("fixity", 60 * MINUTE),
    ("disposal", 30 * MINUTE),
    // Where the service makes backups itself; how old the newest is, is told beside.
    ("backup", 12 * 60 * MINUTE),
];

const MINUTE: i64 = 60_000;

impl Office {
    /// Whether this process may run a job now: it has the job's lease for so many milliseconds more. Another process
    /// takes it over once it has ended, or was given back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_job(&self, name: &str, millis: i64) -> Result<bool, StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        let held = leases::hold(&mut tx, &lease(name), self.process.id(), now, now + millis).await?;
        tx.commit().await?;
        Ok(held)
    }

    /// Leaves a job to other processes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back_job(&self, name: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        leases::give_back(&mut tx, &lease(name), self.process.id()).await?;
        Ok(tx.commit().await?)
    }

    /// Notes how a job went that began at `began`, and comes again at `due`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_ran(
        &self,
        name: &str,
        began: i64,
        outcome: &Outcome,
        due: i64,
    ) -> Result<(), StepError> {
        let ended = self.world.now();
        let run = Run {
            name: name.to_owned(),
            began_at: began,
            ended_at: ended,
            outcome: if outcome.is_ok() { "done" } else { "failed" }.to_owned(),
            detail: outcome.clone().unwrap_or_default(),
            due_at: due,
            done_at: outcome.is_ok().then_some(ended),
        };
        let mut tx = self.store.write().await?;
        jobs::ran(&mut tx, &run).await?;
        Ok(tx.commit().await?)
    }

    /// The last run of each job; none where it hasn't run yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, _: &Administrator) -> Result<Vec<(&'static str, i64, Option<Run>)>, StepError> {
        let runs = jobs::all(&mut *self.store.read().await?).await?;
        let run = |name: &str| runs.iter().find(|run| run.name == name).cloned();
        Ok(JOBS.map(|(name, late)| (name, late, run(name))).into())
    }
}

/// The lease of a job. Some jobs have others of their own, which say how often they come.
fn lease(name: &str) -> String {
    format!("job/{name}")
}
