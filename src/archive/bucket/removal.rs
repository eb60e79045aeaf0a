//! How an object is held by one alone, who removes it or seals it anew, while no upload comes to rely on it (see
//! [`super::put`]).
//!
//! Whoever holds writes a note of its own first, and then looks for the notes of others. A store reads its own writes: of
//! two at once at least one sees the other's note, and gives way. It may be both; then both try again. How old a note is,
//! is told by the store's clock alone, against the own note.

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::objects::{Facts, changed};
use super::put::{LOOK, PATIENCE};
use super::{Bucket, NOTED_MILLIS, away, found, nonce, trouble};
use crate::archive::hold::Hold;
use crate::case::ids::Digest;

/// How long a note counts for whoever has written it: half the time after which others take no notice of it.
const COUNTS: Duration = Duration::from_millis(NOTED_MILLIS.unsigned_abs() / 2);

/// An object that no upload comes to rely on, and nobody else holds, until this is dropped.
#[derive(Debug)]
pub(in crate::archive) struct Held {
    bucket: Bucket,
    digest: Digest,
    /// None: it stays.
    note: Option<Path>,
    since: Instant,
    facts: Facts,
}

impl Bucket {
    /// Holds an object, unless somebody else does.
    pub(in crate::archive) fn hold(&self, digest: &Digest) -> io::Result<Hold<Held>> {
        self.wait(async {
            let note = Path::from(format!("{}/{}", self.removing(digest), nonce()));
            let mut held = Held {
                bucket: self.clone(),
                digest: *digest,
                note: Some(note.clone()),
                since: Instant::now(),
                facts: Facts { bytes: 0, changed_millis: 0 },
            };
            self.store.put(&note, "held\n".into()).await.map_err(trouble)?;
            // Only now: whatever others have written before they could see the note is seen here.
            if self.others_hold(digest, &note).await? {
                held.end().await;
                return Ok(Hold::Others);
            }
            let Some(facts) = self.look(digest).await? else {
                held.end().await;
                return Ok(Hold::Gone);
            };
            held.facts = facts;
            Ok(Hold::Ours(held))
        })
    }

    /// The same, but whoever else holds it is waited for.
    pub(in crate::archive) fn hold_patiently(&self, digest: &Digest) -> io::Result<Hold<Held>> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.hold(digest)? {
                Hold::Others if Instant::now() < end => self.wait(async { tokio::time::sleep(LOOK).await }),
                other => return Ok(other),
            }
        }
    }

    /// Whether anybody else has noted that the object is held.
    async fn others_hold(&self, digest: &Digest, own: &Path) -> io::Result<bool> {
        let (notes, _) = self.list(&self.removing(digest), false).await?;
        let Some(ours) = notes.iter().find(|note| note.location == *own) else {
            return Err(away("it doesn't list what it was given".into()));
        };
        let counts = |age: i64| age <= self.abandoned_millis;
        Ok(notes.iter().any(|note| note.location != *own && counts(changed(ours) - changed(note))))
    }
}

impl Held {
    /// What was known of it when it was held.
    pub(in crate::archive) fn facts(&self) -> Facts {
        self.facts
    }

    /// Writes over it what holds the same. Where the store doesn't say that it did, the note stays, as in [`Self::remove`]:
    /// what is written yet must not come after a removal.
    pub(in crate::archive) fn replace(&mut self, sealed: &mut File) -> io::Result<()> {
        let bytes = sealed.metadata()?.len();
        self.insist_in_time()?;
        let (note, until) = (self.note.take(), self.since + COUNTS);
        let (bucket, name) = (&self.bucket, self.bucket.object(&self.digest));
        bucket.wait(bucket.write(&name, sealed, bytes, Some(until)))?;
        self.note = note;
        Ok(())
    }

    /// Removes it. Where the store doesn't say that it did, the note stays: it may remove it yet, and until the note counts
    /// for nobody no upload relies on what stands there.
    pub(in crate::archive) fn remove(mut self) -> io::Result<()> {
        self.insist_in_time()?;
        let note = self.note.take();
        let bucket = &self.bucket;
        bucket.wait(async {
            let names = [bucket.object(&self.digest), bucket.again(&self.digest)];
            // Whoever waits for the note needn't wait longer.
            for name in names.into_iter().chain(note) {
                found(bucket.store.delete(&name).await)?;
            }
            Ok(())
        })
    }

    /// Lets it go at once. What is dropped is let go of a moment later, and not by a process that ends.
    pub(in crate::archive) fn let_go(mut self) {
        let bucket = self.bucket.clone();
        bucket.wait(self.end());
    }

    fn insist_in_time(&self) -> io::Result<()> {
        if self.since.elapsed() > COUNTS {
            return Err(away("it was held for too long to be changed now".into()));
        }
        Ok(())
    }

    async fn end(&mut self) {
        if let Some(note) = self.note.take() {
            forget(&self.bucket, &note).await;
        }
    }
}

impl Drop for Held {
    /// Takes the note away. One that stays counts for nobody after a while.
    fn drop(&mut self) {
        let (bucket, Some(note)) = (self.bucket.clone(), self.note.take()) else { return };
        self.bucket.runtime.spawn(async move { forget(&bucket, &note).await });
    }
}

async fn forget(bucket: &Bucket, note: &Path) {
    if let Err(error) = found(bucket.store.delete(note).await) {
        tracing::warn!(%error, "the note of who held an original stays in the bucket for a while");
    }
}
