//! Removing a file that no row names, although an upload of the same bytes may be on its way.
//!
//! An upload that finds its digest in the archive comes to rely on the file that is there. Both sides therefore
//! lock that file (`flock`): an upload shared, from before it looks until it has set the file's time to its own;
//! whoever removes alone, and then only a file whose time is older than the grace time. An upload that had to
//! wait finds the file gone and puts its own. Where files can't be locked, nothing is removed.
//!
//! Whether a row names the file is asked by the caller while it holds it. In a bucket notes do what locks do here
//! (see [`super::bucket`]).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::bucket::Bucket;
use super::hold::{self, Hold, Locked};
use super::shelf::Shelf;
use super::verify::GRACE_MILLIS;
use super::{ArchiveError, Originals, bucket, folder};
use crate::case::ids::Digest;

/// A file that nobody has put for longer than the grace time, and that no upload comes to rely on while it is held.
#[derive(Debug)]
pub struct Aged {
    path: PathBuf,
    held: Held,
}

/// What keeps uploads from relying on it, until it is dropped.
#[derive(Debug)]
enum Held {
    /// The locked file.
    File(Locked),
    /// The noted object.
    Object(bucket::Held),
}

impl Originals {
    /// Holds the file under this digest, if its last upload is longer ago than the grace time. Nothing, when it is
    /// younger, gone, or in somebody else's hands: an upload's, or of whoever seals it anew.
    ///
    /// # Errors
    /// When it can't be opened or locked.
    pub async fn hold_aged(&self, digest: &Digest, now_millis: i64) -> Result<Option<Aged>, ArchiveError> {
        let (this, digest, path) = (self.clone(), *digest, self.path_of(digest));
        folder::blocking(move || match this.shelf() {
            Shelf::Folder(_) => hold_aged(path, now_millis),
            Shelf::Bucket(bucket) => hold_aged_object(bucket, &digest, path, now_millis),
        })
        .await
    }
}

impl Aged {
    /// Lets it go at once. What is dropped is let go of a moment later, and not by a process that ends.
    ///
    /// # Errors
    /// When the work can't be done beside the runtime's threads.
    pub async fn let_go(self) -> Result<(), ArchiveError> {
        folder::blocking(move || {
            if let Held::Object(held) = self.held {
                held.let_go();
            }
            Ok(())
        })
        .await
    }

    /// Removes the file, durably.
    ///
    /// # Errors
    /// When the disk is read-only or fails.
    pub async fn remove(self) -> Result<(), ArchiveError> {
        folder::blocking(move || {
            let Self { path, held } = self;
            let failed = |error| ArchiveError::from_io("removing", &path, error);
            match held {
                Held::Object(held) => held.remove().map_err(failed),
                Held::File(_held) => {
                    fs::remove_file(&path).map_err(failed)?;
                    path.parent().map_or(Ok(()), folder::sync)
                }
            }
        })
        .await
    }
}

/// The file, if it is old enough; a young one is let go again.
fn hold_aged(path: PathBuf, now_millis: i64) -> Result<Option<Aged>, ArchiveError> {
    match hold::file(&path).map_err(|error| ArchiveError::from_io("holding", &path, error))? {
        Hold::Ours(held) if now_millis - held.changed_millis > GRACE_MILLIS => {
            Ok(Some(Aged { path, held: Held::File(held) }))
        }
        Hold::Ours(_) | Hold::Gone | Hold::Others => Ok(None),
    }
}

/// The same of an object.
fn hold_aged_object(
    bucket: &Bucket,
    digest: &Digest,
    path: PathBuf,
    now_millis: i64,
) -> Result<Option<Aged>, ArchiveError> {
    match bucket.hold(digest).map_err(|error| ArchiveError::from_io("holding", &path, error))? {
        Hold::Ours(held) if now_millis - held.facts().changed_millis > GRACE_MILLIS => {
            Ok(Some(Aged { path, held: Held::Object(held) }))
        }
        Hold::Ours(young) => {
            young.let_go();
            Ok(None)
        }
        Hold::Gone | Hold::Others => Ok(None),
    }
}

/// Opens the file that stands at `target` for an upload that may rely on it, and keeps it from being removed until
/// it is closed. Nothing when it was removed just now.
pub(super) fn hold(target: &Path) -> Result<Option<File>, ArchiveError> {
    let failed = |error| ArchiveError::from_io("checking", target, error);
    let file = match File::open(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    if let Err(error) = file.lock_shared() {
        // Whoever would remove it can't lock it either, and leaves it.
        tracing::debug!(%error, "an original can't be locked");
    }
    Ok((file.metadata().map_err(failed)?.nlink() > 0).then_some(file))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::archive::vault::tests::vault;
    use crate::archive::{How, Stored};
    use crate::clock::Clock;

    struct Fixture {
        _root: tempfile::TempDir,
        originals: Originals,
        now: i64,
    }

    fn fixture() -> Fixture {
        let root = tempfile::tempdir().unwrap();
        let originals = Originals::open(root.path(), &vault(), &Clock::System).unwrap();
        Fixture { _root: root, originals, now: Clock::System.now_millis() }
    }

    impl Fixture {
        /// An original whose last upload was two days ago.
        async fn aged(&self, content: &[u8]) -> Stored {
            let stored = self.originals.put_bytes(content).await.unwrap();
            self.age(&stored.digest);
            stored
        }

        fn age(&self, digest: &Digest) {
            let then = Duration::from_millis(u64::try_from(self.now - 2 * GRACE_MILLIS).unwrap());
            let file = File::open(self.originals.path_of(digest)).unwrap();
            file.set_modified(UNIX_EPOCH + then).unwrap();
        }

        async fn hold(&self, digest: &Digest) -> Option<Aged> {
            self.originals.hold_aged(digest, self.now).await.unwrap()
        }

        fn put(&self, content: &'static [u8]) -> tokio::task::JoinHandle<Stored> {
            let originals = self.originals.clone();
            tokio::spawn(async move { originals.put_bytes(content).await.unwrap() })
        }
    }

    #[tokio::test]
    async fn an_old_file_is_removed_and_a_young_one_left() {
        let a = fixture();
        let young = a.originals.put_bytes(b"just put").await.unwrap();
        assert!(a.hold(&young.digest).await.is_none());
        assert!(a.hold(&Digest::of(b"never put")).await.is_none());

        let old = a.aged(b"cut off").await;
        drop(a.hold(&old.digest).await.expect("an orphan"));
        assert!(a.originals.path_of(&old.digest).exists(), "held, and let go");
        a.hold(&old.digest).await.expect("an orphan").remove().await.unwrap();
        assert!(!a.originals.path_of(&old.digest).exists());
        assert!(a.originals.path_of(&young.digest).exists());
    }

    #[tokio::test]
    async fn an_upload_that_had_to_wait_puts_its_own_file() {
        let a = fixture();
        let old = a.aged(b"form").await;
        let held = a.hold(&old.digest).await.expect("an orphan");
        let upload = a.put(b"form");
        // It can't have come past the lock, however far it is.
        tokio::task::yield_now().await;
        assert!(!upload.is_finished());
        held.remove().await.unwrap();
        assert_eq!(upload.await.unwrap(), Stored { how: How::New, ..old });
        a.originals.open_verified(&old.digest, old.bytes).await.unwrap();
        assert!(a.hold(&old.digest).await.is_none(), "the grace time counts from the new upload");
    }

    #[tokio::test]
    async fn an_upload_relies_on_a_file_that_was_held_and_let_go() {
        let a = fixture();
        let old = a.aged(b"form").await;
        let held = a.hold(&old.digest).await.expect("an orphan");
        let upload = a.put(b"form");
        drop(held);
        assert_eq!(upload.await.unwrap(), Stored { how: How::Known, ..old });
        assert!(a.hold(&old.digest).await.is_none(), "the grace time counts from the new upload");
    }

    #[tokio::test]
    async fn a_file_in_an_uploads_hands_is_left() {
        let a = fixture();
        let old = a.aged(b"form").await;
        let in_use = hold(&a.originals.path_of(&old.digest)).unwrap().expect("a file");
        assert!(a.hold(&old.digest).await.is_none());
        drop(in_use);
        assert!(a.hold(&old.digest).await.is_some());
    }

    #[tokio::test]
    async fn what_replaced_a_damaged_orphan_is_not_removed_for_it() {
        let a = fixture();
        let old = a.aged(b"form").await;
        let path = a.originals.path_of(&old.digest);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"gorm").unwrap();
        a.age(&old.digest);
        let opened = File::open(&path).unwrap();
        assert_eq!(a.originals.put_bytes(b"form").await.unwrap().how, How::Repaired);
        assert_eq!(
            opened.metadata().unwrap().nlink(),
            0,
            "whoever opened the old file sees that it has no name"
        );
        assert!(a.hold(&old.digest).await.is_none());
        a.originals.open_verified(&old.digest, 4).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_upload_and_a_removal_at_once_never_lose_the_upload() {
        let a = fixture();
        for round in 0..100 {
            let old = a.aged(b"form").await;
            let upload = a.put(b"form");
            let removal = {
                let (originals, digest, now) = (a.originals.clone(), old.digest, a.now);
                tokio::spawn(async move {
                    if let Some(held) = originals.hold_aged(&digest, now).await.unwrap() {
                        held.remove().await.unwrap();
                    }
                })
            };
            let stored = upload.await.unwrap();
            removal.await.unwrap();
            let kept = a.originals.open_verified(&stored.digest, stored.bytes).await;
            assert!(kept.is_ok(), "round {round}: put as {:?}", stored.how);
        }
    }
}
