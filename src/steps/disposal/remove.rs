//! The files of what was disposed of, and of stacks that fell away, go here, after the commit: again and again until each
//! is gone.
//!
//! A file is removed while its document's row is held, so that nobody registers the same file meanwhile; one that
//! somebody has brought again stays, and is theirs. With a file go all pictures that were made of it. At the end the
//! database lets go of what the emptied rows held.

use crate::archive::Removed;
use crate::case::ids::Digest;
use crate::store::disposals;
use crate::store::{StoreError, stacks};

use crate::steps::{Office, StepError};

/// Files that are looked for at once.
const BATCH: i64 = 200;
/// How long pictures are swept behind a file that is gone: longer than anybody draws one.
const SWEPT_MILLIS: i64 = 10 * 60_000;

impl Office {
    /// Removes what is to be removed. Returns how many files went; nothing if there was nothing to do.
    ///
    /// # Errors
    /// When folder or database fail; what was removed until then stays removed, and the rest is tried again.
    pub async fn remove_disposed(&self) -> Result<Option<u64>, StepError> {
        let fallen = self.let_stacks_go().await?;
        let (mut gone, mut after) = (0, (String::new(), String::new()));
        let since = self.world.now().saturating_sub(SWEPT_MILLIS);
        let of_stacks = stacks::to_remove(&mut *self.store.read().await?, since, BATCH).await?;
        for file in &of_stacks {
            gone += u64::from(self.remove_file(&file.digest, file.file_at).await?);
        }
        loop {
            let since = self.world.now().saturating_sub(SWEPT_MILLIS);
            let due = disposals::due(&mut *self.store.read().await?, &after, since, BATCH).await?;
            let Some(last) = due.last() else { break };
            after = (last.disposal.clone(), last.digest.to_string());
            for file in &due {
                gone += u64::from(self.remove_file(&file.digest, file.changed_at).await?);
            }
        }
        let done = disposals::to_clean(&mut *self.store.read().await?).await?;
        if done.is_empty() && fallen == 0 {
            return Ok((gone > 0).then_some(gone));
        }
        // Only then is a disposal called done: a crash before lets all of this be done again.
        self.store.let_go().await?;
        let mut tx = self.store.write().await?;
        for id in &done {
            disposals::mark_clean(&mut tx, id, self.world.now()).await?;
        }
        tx.commit().await.map_err(StoreError::from)?;
        tracing::info!(disposals = done.len(), stacks = fallen, files = gone, "what was disposed of is gone");
        Ok((gone > 0 || !done.is_empty()).then_some(gone))
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
            // An upload of the same bytes may be under way: it is looked at again.
            return Ok(false);
        }
        self.renditions.remove_of(digest).await?;
        disposals::mark_removed(&mut tx, digest, now).await?;
        tx.commit().await.map_err(StoreError::from)?;
        Ok(removed == Removed::Now)
    }
}
