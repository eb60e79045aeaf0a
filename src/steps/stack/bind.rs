//! Each case of a stack gets its pages: cut out as a file of their own, then taken in as any signed scan.

use tokio::task::JoinSet;

use crate::case::role::Actor;
use crate::fault::{self, Point};
use crate::forms::bulk::workers;
use crate::intake::Reason;
use crate::steps::scan::Source;
use crate::steps::{Office, StepError};
use crate::store::stacks::{self, Group, Outcome, Stack, Stage};

impl Office {
    /// Binds what still waits, as many cases at once as there are cores.
    pub(super) async fn bind_stack(&self, actor: &Actor, stack: &Stack) -> Result<(), StepError> {
        let waiting = stacks::waiting(&mut *self.store.read().await?, &stack.id).await?;
        if !waiting.is_empty() {
            let bytes = u64::try_from(stack.bytes).unwrap_or(0);
            let file = self.originals.open_verified(&stack.digest, bytes).await?.into_readers()?;
            let groups = waiting.iter().map(|(.., group)| group.all()).collect();
            let mut cutting = self.judge.cut_stack(file, bytes, groups).await?;
            let mut under_way = JoinSet::new();
            for (seq, number, group) in waiting {
                if under_way.len() == workers().get() {
                    ended(under_way.join_next().await)?;
                }
                if self.process.is_ending() {
                    while let Some(done) = under_way.join_next().await {
                        ended(Some(done))?;
                    }
                    return Err(StepError::Stopped);
                }
                let cut = cutting.next().await?;
                let (office, actor, stack) = (self.clone(), actor.clone(), stack.clone());
                under_way.spawn(async move {
                    let outcome = office.bind_group(&actor, &number, &group, cut).await?;
                    let proved = if matches!(outcome, Outcome::Bound(_)) { &group.lent[..] } else { &[] };
                    fault::here(Point::StackBound);
                    let mut tx = office.store.write().await?;
                    office.stack_is_ours(&mut tx, &stack).await?;
                    stacks::settle(&mut tx, &stack.id, seq, &outcome, proved).await?;
                    tx.commit().await?;
                    fault::here(Point::StackSettled);
                    Ok::<_, StepError>(())
                });
            }
            while let Some(done) = under_way.join_next().await {
                ended(Some(done))?;
            }
        }
        let mut tx = self.store.write().await?;
        let (worker, now) = (&stack.worker, self.world.now());
        stacks::move_on(&mut tx, &stack.id, worker, Stage::Binding, Stage::Done, now).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a case's pages in as its signed scan.
    async fn bind_group(
        &self,
        actor: &Actor,
        number: &str,
        group: &Group,
        cut: Result<Vec<u8>, Reason>,
    ) -> Result<Outcome, StepError> {
        let pages = group.all();
        let taken = async {
            let staged = self.stage_cut(cut).await?;
            self.take_scan_of(actor, number, None, staged, Source::Stack).await
        };
        match taken.await {
            Ok(scan) => Ok(Outcome::Bound(scan)),
            Err(error) => Ok(Outcome::Refused(super::words(&error, &pages).ok_or(error)?)),
        }
    }
}

/// The end of one case's binding.
fn ended(done: Option<Result<Result<(), StepError>, tokio::task::JoinError>>) -> Result<(), StepError> {
    done.map_or(Ok(()), |joined| joined.map_err(|_| StepError::Stopped)?)
}
