//! The files of what was disposed of, and of stacks that fell away, go here, after the commit: again and again until each
//! is gone.
//!
//! A file is removed while its document's row is held, so that nobody registers the same file meanwhile; one that
//! somebody has brought again stays, and is theirs. With a file go all pictures that this process made of it; those of
//! others go as `pictures` says. At the end the database lets go of what the emptied rows held. What fails keeps
//! nothing else: it is tried again with the next round.

use crate::archive::Removed;
use crate::case::ids::Digest;
use crate::fault::{self, Point};
use crate::store::disposals;
use crate::store::{StoreError, stacks};

use crate::steps::{Office, StepError};

/// Files that are looked for at once.
const BATCH: i64 = 200;

/// What went, and the first that failed, of a round in which one failure stops nothing else.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Stacks without a case that fell away.
    pub fallen: u64,
    /// Files that went.
    gone: u64,
    /// The first failure, which is told of with its file.
    failed: Option<StepError>,
}

impl Round {
    /// Notes a failure.
    pub fn failed(&mut self, digest: &Digest, error: StepError) {
        if self.failed.is_none() {
            tracing::error!(%digest, %error, "a file that was disposed of isn't gone; the others are tried nevertheless");
            self.failed = Some(error);
        }
    }

    fn removed(&mut self, digest: &Digest, removed: Result<bool, StepError>) {
        match removed {
            Ok(now) => self.gone += u64::from(now),
            Err(error) => self.failed(digest, error),
        }
    }
}

impl Office {
    /// Removes what is to be removed. Returns how many files went; nothing if there was nothing to do.
    ///
    /// # Errors
    /// When folder or database fail, the first failure; what could be removed was, and the rest is tried again.
    pub async fn remove_disposed(&self) -> Result<Option<u64>, StepError> {
        let mut round = Round::default();
        self.let_stacks_go(&mut round).await?;
        let mut after = String::new();
        loop {
            let due = stacks::to_remove(&mut *self.store.read().await?, &after, BATCH).await?;
            let Some(last) = due.last() else { break };
            after.clone_from(&last.id);
            for file in &due {
                round.removed(&file.digest, self.remove_file(&file.digest, file.file_at).await);
            }
        }
        let mut after = (String::new(), String::new());
        loop {
            let due = disposals::due(&mut *self.store.read().await?, &after, BATCH).await?;
            let Some(last) = due.last() else { break };
            after = (last.disposal.clone(), last.digest.to_string());
            for file in &due {
                round.removed(&file.digest, self.remove_file(&file.digest, file.changed_at).await);
            }
        }
        let done = self.call_clean(&round).await?;
        match round.failed {
            Some(error) => Err(error),
            None => Ok((round.gone > 0 || done).then_some(round.gone)),
        }
    }

    /// Lets the database go of what the rows held of which every file is gone. True: there were such disposals.
    async fn call_clean(&self, round: &Round) -> Result<bool, StepError> {
        let done = disposals::to_clean(&mut *self.store.read().await?).await?;
        if done.is_empty() && round.fallen == 0 {
            return Ok(false);
        }
        // Only then is a disposal called done: a crash before lets all of this be done again.
        self.store.let_go().await?;
        fault::here(Point::DisposalLetGo);
        let mut tx = self.store.write().await?;
        for id in &done {
            disposals::mark_clean(&mut tx, id, self.world.now()).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        let (stacks, files) = (round.fallen, round.gone);
        tracing::info!(disposals = done.len(), stacks, files, "what was disposed of is gone");
        Ok(!done.is_empty())
    }

    /// Whether a file went now, whose own time was `changed_at` when it was let go.
    async fn remove_file(&self, digest: &Digest, changed_at: i64) -> Result<bool, StepError> {
        let mut tx = self.store.write().await?;
        if !disposals::stands(&mut tx, digest).await? {
            disposals::mark_shared(&mut tx, digest).await?;
            tx.commit().await.map_err(StoreError::from)?;
            return Ok(false);
        }
        let now = self.world.now();
        let removed = self.originals.remove(digest, changed_at, now).await?;
        if removed == Removed::Touched {
            // An upload of the same bytes may be under way: it is looked at again. One that put them before the file was
            // let go of isn't seen here, and finds that its file went when it registers it.
            return Ok(false);
        }
        fault::here(Point::RemovalGone);
        self.renditions.remove_of(digest).await?;
        disposals::mark_removed(&mut tx, digest, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        fault::here(Point::RemovalNoted);
        Ok(removed == Removed::Now)
    }
}
