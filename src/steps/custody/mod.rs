//! The custody chain: linking what was written, signing checkpoints, checking all of it, and proving one document.

mod case;
mod check;

use jiff::Timestamp;

use crate::archive::Checkpoints;
use crate::custody::checkpoint::{Checkpoint, Note};
use crate::custody::key::CustodyKey;
use crate::store::Tx;
use crate::store::custody::{self, Head, Signed};

pub use case::{CaseCustody, DocumentCustody, Registered};

use super::{Office, StepError};

/// Rows that are linked in one transaction.
const BATCH: usize = 500;
/// Transactions of one round at most: what there is to catch up with leaves room for people.
const BATCHES: u32 = 20;

/// What checkpoints are made with.
#[derive(Clone, Debug)]
pub struct CustodyRoom {
    /// The name of the chain.
    pub origin: String,
    /// The key that signs.
    pub key: CustodyKey,
    /// Where they go.
    pub folder: Checkpoints,
    /// Milliseconds between two of them.
    pub every_millis: i64,
}

/// Why no checkpoint could be made.
#[derive(Debug, thiserror::Error)]
pub enum CustodyTrouble {
    /// The chain isn't the one that was signed before.
    #[error(
        "the custody chain doesn't lead to {place}: somebody changed it, or the database is an older copy; \
         run `casebind custody verify`, and sign nothing before it is known what happened"
    )]
    Differs {
        /// The checkpoint.
        place: String,
    },
}

/// When a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When enough time has passed since the last one.
    Due,
    /// At once.
    Now,
}

impl Office {
    /// Links what waits, in many short transactions. Returns how many rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chain(&self) -> Result<u64, StepError> {
        let mut linked = 0;
        // Where nothing waits, nothing is written either.
        if !custody::waits(&mut *self.store.read().await?).await? {
            return Ok(linked);
        }
        for _ in 0..BATCHES {
            let mut tx = self.store.write().await?;
            let done = custody::append(&mut tx, self.world.now(), BATCH, || self.world.new_salt()).await?;
            tx.commit().await?;
            linked += done;
            if done < BATCH as u64 {
                break;
            }
        }
        Ok(linked)
    }

    /// Signs the chain as it stands, if anything was linked since the last checkpoint. Returns how many links it covers.
    ///
    /// # Errors
    /// When the chain doesn't lead to the newest checkpoint, and when folder or database fail.
    pub async fn checkpoint(&self, room: &CustodyRoom, when: When) -> Result<Option<u64>, StepError> {
        let (now, last) =
            (self.world.now(), custody::newest_checkpoint(&mut *self.store.read().await?).await?);
        let early = |last: &Signed| when == When::Due && now < last.at.saturating_add(room.every_millis);
        if last.as_ref().is_some_and(early) {
            return Ok(None);
        }
        let mut tx = self.store.write().await?;
        // Whoever else would make one waits here, and finds it made.
        let head = custody::lock(&mut tx).await?;
        let last = custody::newest_checkpoint(&mut tx).await?;
        if head.size == 0 || last.as_ref().is_some_and(|last| early(last) || last.size == head.size) {
            return Ok(None);
        }
        let last = last.map(|last| ("the newest checkpoint of the database".to_owned(), last.note));
        for (place, note) in last.into_iter().chain(room.folder.newest().await?) {
            hold(&mut tx, room, head, &place, &note).await?;
        }
        let root = custody::range(&mut tx, 0..head.size).await?;
        let time = Timestamp::from_millisecond(now).unwrap_or_default();
        let mut more = vec![format!("time {time}")];
        more.extend(head.hash.map(|hash| format!("last {hash}")));
        let note = Checkpoint { origin: room.origin.clone(), size: head.size, root, more }.sign(&room.key);
        let note = room.folder.put(head.size, note).await?;
        hold(&mut tx, room, head, &format!("{:012}.checkpoint", head.size), &note).await?;
        custody::add_checkpoint(&mut tx, &Signed { size: head.size, at: now, note }).await?;
        tx.commit().await?;
        Ok(Some(head.size))
    }
}

/// Holds the chain against a checkpoint that was signed before: it must have grown from it.
async fn hold(tx: &mut Tx, room: &CustodyRoom, head: Head, place: &str, note: &str) -> Result<(), StepError> {
    let differs = || CustodyTrouble::Differs { place: place.to_owned() };
    let note = Note::parse(note).map_err(|_| differs())?;
    let known = &note.checkpoint;
    if !note.signed_by(&room.key.public(&known.origin)) {
        tracing::warn!(
            place,
            alert = true,
            "a checkpoint is signed by another key: keep the old public key as well"
        );
    }
    if known.size > head.size || custody::range(tx, 0..known.size).await? != known.root {
        return Err(differs().into());
    }
    Ok(())
}
