//! Backups that are older than a disposal: what the ledger ([`super::ledger`]) has is done again in what was restored,
//! before anybody comes in.

use std::path::Path;

use crate::archive::backup::SealKey;
use crate::store::disposals::{self, Decided};
use crate::store::documents::Document;
use crate::store::traces::Trace;
use crate::store::{Store, cases};

use crate::steps::office::Origin;
use crate::steps::{Office, StepError};

use super::ledger::{self, ReplayTrouble};

/// What came of a replay, or would come of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Cases that were there again, and are gone now.
    pub done: u64,
    /// Disposals that the installation knew.
    pub known: u64,
    /// Cases that the installation doesn't have.
    pub absent: u64,
}

impl Replayed {
    /// One more: whether the case was disposed of before; none: there is no such case.
    fn count(&mut self, was_done: Option<bool>) {
        match was_done {
            Some(false) => self.done += 1,
            Some(true) => self.known += 1,
            None => self.absent += 1,
        }
    }
}

/// What a replay of a folder would do over these rows, without doing it.
///
/// # Errors
/// [`ReplayTrouble`].
pub async fn foresee(store: &Store, from: &Path, key: Option<&SealKey>) -> Result<Replayed, ReplayTrouble> {
    let mut foreseen = Replayed::default();
    let mut db = store.read().await.map_err(StepError::from)?;
    for path in ledger::names(from)? {
        let (one, _) = ledger::read(&path, key)?;
        foreseen.count(disposals::was_done(&mut db, &one).await.map_err(StepError::from)?);
    }
    Ok(foreseen)
}

impl Office {
    /// Writes every disposal into a folder; those that are there already are left alone. Returns how many were written.
    ///
    /// # Errors
    /// [`ReplayTrouble`].
    pub async fn export_disposals(&self, to: &Path, key: &SealKey) -> Result<u64, ReplayTrouble> {
        ledger::write(&self.store, &self.originals, to, key).await
    }

    /// The same, where anything was disposed of since `since`, which moves on then: for a job that comes often.
    ///
    /// # Errors
    /// [`ReplayTrouble`]; it is tried again the next time.
    pub async fn keep_ledger(
        &self,
        to: &Path,
        key: &SealKey,
        since: &mut Option<i64>,
    ) -> Result<(), ReplayTrouble> {
        let newest = async { disposals::newest(&mut *self.store.read().await?).await };
        let newest = newest.await.map_err(StepError::from)?;
        if newest > *since {
            match self.export_disposals(to, key).await {
                Err(error @ ReplayTrouble::File { .. }) => return Err(error),
                // A certificate that lacks is told once for each disposal.
                other => {
                    *since = newest;
                    other?;
                }
            }
        }
        Ok(())
    }

    /// Does the disposals of a folder again, each in a transaction of its own: the cases of an older backup are emptied,
    /// and their files go with the next round of the job. Asked again it goes on where it was.
    ///
    /// # Errors
    /// [`ReplayTrouble`]; what was done until then is done.
    pub async fn replay_disposals(&self, from: &Path, key: &SealKey) -> Result<Replayed, ReplayTrouble> {
        let mut replayed = Replayed::default();
        for path in ledger::names(from)? {
            let (one, pdf) = ledger::read(&path, Some(key))?;
            replayed.count(self.replay_disposal(&one, &pdf).await?);
        }
        Ok(replayed)
    }

    /// Whether the case had been disposed of before; none: there is no such case.
    async fn replay_disposal(&self, one: &Decided, pdf: &[u8]) -> Result<Option<bool>, StepError> {
        let mut tx = self.store.write().await?;
        cases::lock(&mut tx, &one.number).await?;
        let was_done = disposals::was_done(&mut tx, one).await?;
        if was_done != Some(false) {
            return Ok(was_done);
        }
        let case = &one.case_id;
        disposals::lock_documents(&mut tx, case).await?;
        let mut files = disposals::held(&mut tx, case).await?;
        // What was decided is done again; a stack that another case needs meanwhile, by a hold, goes with that one.
        if disposals::is_held_by_stack(&mut tx, case).await? {
            files.iter_mut().filter(|file| file.kind == "stack").for_each(|file| file.shared = true);
        }
        let files = self.with_times(files).await?;
        let stored = self.originals.put_bytes(pdf).await?;
        let bytes = i64::try_from(stored.bytes).unwrap_or(i64::MAX);
        let document = Document { digest: stored.digest, bytes, kind: "application/pdf".into() };
        self.hold_original(&mut tx, &document).await?;
        disposals::replay(&mut tx, one).await?;
        let erased = self.empty(&mut tx, case, &one.number, (&one.id, &files), one.decided_at).await?.text();
        let trace = Trace {
            action: "replay-disposal",
            case: Some(case),
            digest: Some(&one.certificate),
            detail: &erased,
            ..Trace::default()
        };
        self.trace_in(&mut tx, &Origin::default(), trace).await?;
        tx.commit().await?;
        tracing::info!(case = %one.number, "a disposal was done again");
        Ok(was_done)
    }
}
