//! The one way out of the archive: an original that nobody holds any more, after its disposal was committed.
//!
//! Whether nobody holds it is the caller's to know. What is known here is the file: one that somebody has put again since
//! (which sets its time, see [`Originals::put`]) may belong to an upload whose row isn't written yet, and stays for as
//! long as an upload takes.

use std::fs;
use std::io;

use super::bucket::Bucket;
use super::hold::{self, Hold};
use super::shelf::Shelf;
use super::{ArchiveError, Originals, TEMPORARY_KEPT_MILLIS, folder};
use crate::case::ids::Digest;
use crate::fault::{self, Point};

/// What became of a file that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It was there, and is gone for good.
    Now,
    /// It was gone already.
    Before,
    /// Somebody has put the same bytes a moment ago, or is sealing it anew: it stays for now.
    Touched,
}

impl Originals {
    /// The time of an original's file in epoch milliseconds; none: there is no such file.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn changed_at(&self, digest: &Digest) -> Result<Option<i64>, ArchiveError> {
        let (this, digest) = (self.clone(), *digest);
        folder::blocking(move || {
            let facts = this.shelf().facts(&digest);
            let facts =
                facts.map_err(|error| ArchiveError::from_io("looking at", &this.path_of(&digest), error))?;
            Ok(facts.map(|facts| facts.changed_millis))
        })
        .await
    }

    /// Removes an original whose file had the time `known` when it was let go of. Asked again after a crash it goes on
    /// where it was. When this returns [`Removed::Now`], the file's name doesn't come back after a power failure.
    ///
    /// # Errors
    /// When the disk is read-only or fails.
    pub async fn remove(&self, digest: &Digest, known: i64, now: i64) -> Result<Removed, ArchiveError> {
        let (this, digest) = (self.clone(), *digest);
        folder::blocking(move || match this.shelf() {
            Shelf::Folder(_) => this.remove_now(&digest, known, now),
            Shelf::Bucket(bucket) => remove_object(bucket, &digest, known, now),
        })
        .await
    }

    fn remove_now(&self, digest: &Digest, known: i64, now: i64) -> Result<Removed, ArchiveError> {
        let path = self.path_of(digest);
        // First out of the place where a put would find it: from here on a put writes a file of its own.
        let aside = self.temporary().join(format!("removing-{digest}"));
        let failed = |error| ArchiveError::from_io("removing", &path, error);
        // Held alone: an upload that has come to rely on it keeps it, and one that has to wait finds it gone and puts its own.
        let _held = match hold::file(&path).map_err(failed)? {
            Hold::Gone => None,
            Hold::Others => return Ok(Removed::Touched),
            // Looked at where it lies: what is moved aside and must come back is lost by a crash in between.
            Hold::Ours(held) if is_touched(held.changed_millis, known, now) => return Ok(Removed::Touched),
            Hold::Ours(held) => Some(held),
        };
        match folder::rename(&path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(failed)?,
        }
        let changed = match fs::metadata(&aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Removed::Before),
            meta => meta.and_then(|meta| folder::changed_millis(&meta)).map_err(failed)?,
        };
        let touched = is_touched(changed, known, now);
        if touched {
            // Back, without overwriting what was put meanwhile.
            match fs::hard_link(&aside, &path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
                _ => {}
            }
        }
        fault::here(Point::RemovalAside);
        folder::remove(&aside).map_err(failed)?;
        for changed in [path.parent(), aside.parent()].into_iter().flatten().filter(|folder| folder.is_dir())
        {
            folder::sync(changed)?;
        }
        Ok(if touched { Removed::Touched } else { Removed::Now })
    }
}

/// Whether somebody has put a file since it had the time `known`, and may be about to name it.
fn is_touched(changed: i64, known: i64, now: i64) -> bool {
    changed > known && now.saturating_sub(changed) <= TEMPORARY_KEPT_MILLIS
}

/// The same of an object: held alone, so that an upload that comes later waits and puts its own, and nobody who seals it
/// anew writes it again after it is gone.
fn remove_object(bucket: &Bucket, digest: &Digest, known: i64, now: i64) -> Result<Removed, ArchiveError> {
    let failed = |error| ArchiveError::from_io("removing", &bucket.place_of(digest), error);
    let held = match bucket.hold(digest).map_err(failed)? {
        Hold::Ours(held) => held,
        Hold::Gone => return Ok(Removed::Before),
        Hold::Others => return Ok(Removed::Touched),
    };
    if is_touched(held.facts().changed_millis, known, now) {
        held.let_go();
        return Ok(Removed::Touched);
    }
    held.remove().map_err(failed)?;
    Ok(Removed::Now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::How;
    use crate::archive::vault::tests::vault;
    use crate::clock::Clock;

    const LATER: i64 = 100 * 365 * TEMPORARY_KEPT_MILLIS;

    struct Archive {
        root: tempfile::TempDir,
        originals: Originals,
        digest: Digest,
        known: i64,
    }

    async fn archive() -> Archive {
        let root = tempfile::tempdir().unwrap();
        let originals = Originals::open(root.path(), &vault(), &Clock::System).unwrap();
        let digest = originals.put_bytes(b"signed form").await.unwrap().digest;
        let known = originals.changed_at(&digest).await.unwrap().unwrap();
        Archive { root, originals, digest, known }
    }

    #[tokio::test]
    async fn a_file_goes_once_and_can_be_put_again() {
        let a = archive().await;
        assert_eq!(a.originals.remove(&a.digest, a.known, a.known).await.unwrap(), Removed::Now);
        assert_eq!(a.originals.changed_at(&a.digest).await.unwrap(), None);
        assert_eq!(a.originals.remove(&a.digest, a.known, LATER).await.unwrap(), Removed::Before);
        assert_eq!(fs::read_dir(a.root.path().join("tmp")).unwrap().count(), 0);
        assert_eq!(a.originals.put_bytes(b"signed form").await.unwrap().how, How::New);
    }

    #[tokio::test]
    async fn what_a_crash_left_half_way_is_ended() {
        let a = archive().await;
        let aside = a.root.path().join("tmp").join(format!("removing-{}", a.digest));
        fs::rename(a.originals.path_of(&a.digest), &aside).unwrap();
        assert_eq!(a.originals.remove(&a.digest, a.known, a.known).await.unwrap(), Removed::Now);
        assert!(!aside.exists());
    }

    #[tokio::test]
    async fn a_file_that_was_put_again_stays_while_its_upload_may_be_under_way() {
        let a = archive().await;
        let known = a.known - 1;
        assert_eq!(a.originals.remove(&a.digest, known, a.known).await.unwrap(), Removed::Touched);
        assert_eq!(a.originals.changed_at(&a.digest).await.unwrap(), Some(a.known));
        let bytes = a.originals.open_verified(&a.digest, 11).await.unwrap().read_all().await.unwrap();
        assert_eq!(bytes, b"signed form");
        assert_eq!(a.originals.remove(&a.digest, known, LATER).await.unwrap(), Removed::Now);
    }
}
