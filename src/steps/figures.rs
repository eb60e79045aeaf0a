//! Figures for whoever watches the service, looked up when they are asked for: counts alone, of the whole installation.

use crate::identity::sessions::Limits;
use crate::metrics::{Looked, Stored};
use crate::store::{backups, figures, jobs as runs, mails};

use super::jobs::JOBS;
use super::{Office, StepError};

impl Office {
    /// What this process and the database tell; without the database's part when it fails, which is logged.
    pub async fn figures(&self, sessions: &Limits) -> Looked {
        let stored = match self.stored_figures(sessions).await {
            Ok(stored) => Some(stored),
            Err(error) => {
                tracing::warn!(%error, "the database's figures can't be had");
                None
            }
        };
        Looked { stored, ..self.figures_of_this_process() }
    }

    /// What is known without the database.
    #[must_use]
    pub fn figures_of_this_process(&self) -> Looked {
        let (used, idle, most) = self.store.connections();
        Looked { connections: (used, idle), connections_most: most, stored: None }
    }

    async fn stored_figures(&self, limits: &Limits) -> Result<Stored, StepError> {
        let now = self.world.now();
        let mut db = self.store.read().await?;
        let sessions = figures::sessions(&mut db, now - limits.idle, now - limits.absolute).await?;
        // What was sent lately is counted there too; nobody asks for it here.
        let tally = mails::tally(&mut db, now).await?;
        let mails =
            vec![("waiting", tally.waiting), ("failing", tally.failing), ("given-up", tally.given_up)];
        let runs = runs::all(&mut db).await?;
        let done = |(name, _): (&'static str, i64)| {
            let run = runs.iter().find(|run| run.name == name)?;
            run.done_at.map(|at| (name, at))
        };
        let backup = backups::newest(&mut db).await?.map(|newest| newest.taken_at);
        Ok(Stored { sessions, mails, jobs: JOBS.into_iter().filter_map(done).collect(), backup })
    }
}
