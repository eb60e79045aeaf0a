//! How an object leaves a bucket: noted first, so that no upload comes to rely on it meanwhile (see [`super::put`]).

use std::fs::File;
use std::io;
use std::time::{Duration, Instant};

use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::objects::Facts;
use super::put::ABANDONED_MILLIS;
use super::{Bucket, away, found, nonce, trouble};
use crate::case::ids::Digest;

/// How long a note counts for whoever has written it: half the time after which others take no notice of it.
const COUNTS: Duration = Duration::from_millis(ABANDONED_MILLIS.unsigned_abs() / 2);

/// An object that no upload comes to rely on until this is dropped.
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
    /// Holds an object; none: it isn't there.
    pub(in crate::archive) fn hold(&self, digest: &Digest) -> io::Result<Option<Held>> {
        self.wait(async {
            let note = Path::from(format!("{}/{}", self.removing(digest), nonce()));
            let since = Instant::now();
            self.store.put(&note, "removing\n".into()).await.map_err(trouble)?;
            let facts = Facts { bytes: 0, changed_millis: 0 };
            let (bucket, note) = (self.clone(), Some(note));
            let mut held = Held { bucket, digest: *digest, note, since, facts };
            // Only now: what an upload has written before it could see the note is seen here.
            let Some(facts) = self.look(digest).await? else { return Ok(None) };
            held.facts = facts;
            Ok(Some(held))
        })
    }
}

impl Held {
    /// What was known of it when it was held.
    pub(in crate::archive) fn facts(&self) -> Facts {
        self.facts
    }

    /// Writes over it what holds the same.
    pub(in crate::archive) fn replace(&self, sealed: &mut File) -> io::Result<()> {
        let bytes = sealed.metadata()?.len();
        if self.since.elapsed() > COUNTS {
            return Err(away("it was held for too long to be replaced now".into()));
        }
        self.bucket.wait(self.bucket.write(&self.bucket.object(&self.digest), sealed, bytes))
    }

    /// Removes it. Where the store doesn't say that it did, the note stays: it may remove it yet, and until the note counts
    /// for nobody no upload relies on what stands there.
    pub(in crate::archive) fn remove(mut self) -> io::Result<()> {
        if self.since.elapsed() > COUNTS {
            return Err(away("it was held for too long to be removed now".into()));
        }
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
}

impl Drop for Held {
    /// Takes the note away. One that stays counts for nobody after a while.
    fn drop(&mut self) {
        let (bucket, Some(note)) = (self.bucket.clone(), self.note.take()) else { return };
        self.bucket.runtime.spawn(async move {
            if let Err(error) = found(bucket.store.delete(&note).await) {
                tracing::warn!(%error, "the note of a removal stays in the bucket for a while");
            }
        });
    }
}
