//! The printing itself: as many forms at once as there are cores, their revisions kept in small batches.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::case::ids::Revision;
use crate::case::role::Actor;
use crate::fault::{self, Point};
use crate::forms::bulk::workers;
use crate::steps::print::{Due, Stowed};
use crate::steps::{Office, StepError};
use crate::store::Tx;
use crate::store::bulk::{self, Outcome, Stage};

/// Cases whose revisions are written in one transaction: few enough that other people's steps hardly wait.
const BATCH: usize = 16;
/// Cases for each core that are read, set or stored ahead of the one whose turn it is to be kept.
const AHEAD: usize = 6;

/// What came of a case before it was written down.
struct Made {
    seq: i64,
    number: String,
    came: Came,
}

enum Came {
    Current(Revision),
    New(Box<Stowed>),
    Refused(String),
}

impl Office {
    /// Prints what waits, as `worker`. A failure that concerns all of them stops the printing, and so does the end of the
    /// process; what was kept stays.
    pub(super) async fn run_bulk(&self, actor: &Actor, id: &str, worker: &str) {
        let to = match self.print_waiting(actor, id, worker).await {
            Ok(()) => Stage::Done,
            Err(StepError::Stopped) if self.process.is_ending() => {
                tracing::info!(bulk = id, "a bulk print stops with the process; it can go on");
                Stage::Stopped
            }
            Err(error) => {
                tracing::error!(%error, bulk = id, "a bulk print stopped");
                Stage::Stopped
            }
        };
        if let Err(error) = self.end_bulk(id, worker, to).await {
            tracing::error!(%error, bulk = id, "a bulk print's end couldn't be written down");
        }
    }

    async fn end_bulk(&self, id: &str, worker: &str, to: Stage) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        bulk::move_on(&mut tx, id, worker, Stage::Printing, to, self.world.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn print_waiting(&self, actor: &Actor, id: &str, worker: &str) -> Result<(), StepError> {
        let mut waiting = bulk::waiting(&mut *self.store.read().await?, id).await?.into_iter();
        let cores = workers().get();
        let desks = Arc::new(Semaphore::new(cores));
        let mut under_way = VecDeque::new();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            while under_way.len() < cores * AHEAD
                && !self.process.is_ending()
                && let Some((seq, number)) = waiting.next()
            {
                let (office, actor, desks) = (self.clone(), actor.clone(), Arc::clone(&desks));
                under_way.push_back(tokio::spawn(async move {
                    let came = office.make(&actor, &number, &desks).await?;
                    Ok::<_, StepError>(Made { seq, number, came })
                }));
            }
            let Some(first) = under_way.pop_front() else { break };
            batch.push(first.await.map_err(|_| StepError::Stopped)??);
            if batch.len() == BATCH || under_way.is_empty() {
                self.keep_batch(actor, id, worker, std::mem::take(&mut batch)).await?;
            }
        }
        // Only the end of the process leaves some waiting.
        if waiting.next().is_some() { Err(StepError::Stopped) } else { Ok(()) }
    }

    /// Reads, sets and stores one case's form. Nothing is written into the case yet.
    async fn make(&self, actor: &Actor, number: &str, desks: &Semaphore) -> Result<Came, StepError> {
        let made = async {
            let dossier = self.dossier(actor, number).await?;
            let revision = match dossier.due(actor)? {
                Due::Current(revision) => return Ok(Came::Current(revision)),
                Due::Fresh(revision) => revision,
            };
            // Only the setting takes a core; the disk is waited for beside it.
            let desk = desks.acquire().await.map_err(|_| StepError::Stopped)?;
            let laid_out = self.lay_out(dossier, revision).await?;
            drop(desk);
            Ok(Came::New(Box::new(self.stow(laid_out).await?)))
        };
        made.await.or_else(|error| super::words(&error).map(Came::Refused).ok_or(error))
    }

    /// Keeps the revisions of a batch in one transaction, with what came of each case.
    async fn keep_batch(
        &self,
        actor: &Actor,
        id: &str,
        worker: &str,
        batch: Vec<Made>,
    ) -> Result<(), StepError> {
        let mut changed = Vec::new();
        let mut kept = Vec::new();
        let mut tx = self.store.write().await?;
        for Made { seq, number, came } in batch {
            let outcome = match came {
                Came::Current(revision) => Outcome::Printed { revision, fresh: false },
                Came::Refused(reason) => Outcome::Refused(reason),
                Came::New(stowed) => match self.keep_print(&mut tx, actor, &stowed).await {
                    Ok(()) => {
                        let revision = stowed.revision();
                        kept.push(stowed);
                        Outcome::Printed { revision, fresh: true }
                    }
                    Err(StepError::Conflict) => {
                        changed.push((seq, number));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            bulk::settle(&mut tx, id, seq, &outcome).await?;
        }
        self.bulk_is_ours(&mut tx, id, worker).await?;
        fault::here(Point::BulkWritten);
        tx.commit().await?;
        fault::here(Point::BulkCommitted);
        for stowed in &kept {
            stowed.log();
            self.metrics.printed();
        }
        for (seq, number) in changed {
            self.print_changed(actor, id, worker, seq, &number).await?;
        }
        Ok(())
    }

    /// Gives a sign of life, and insists that nobody took this one for dead and has gone on with it.
    async fn bulk_is_ours(&self, tx: &mut Tx, id: &str, worker: &str) -> Result<(), StepError> {
        let now = self.world.now();
        let ours = bulk::move_on(tx, id, worker, Stage::Printing, Stage::Printing, now).await?;
        if ours { Ok(()) } else { Err(StepError::Conflict) }
    }

    /// A case that was changed while its form was being set: once more, by itself.
    async fn print_changed(
        &self,
        actor: &Actor,
        id: &str,
        worker: &str,
        seq: i64,
        number: &str,
    ) -> Result<(), StepError> {
        let outcome = match self.print_form(actor, number).await {
            Ok(revision) => Outcome::Printed { revision, fresh: true },
            Err(error) => Outcome::Refused(super::words(&error).ok_or(error)?),
        };
        let mut tx = self.store.write().await?;
        bulk::settle(&mut tx, id, seq, &outcome).await?;
        self.bulk_is_ours(&mut tx, id, worker).await?;
        Ok(tx.commit().await?)
    }
}
