//! What may go goes, and never what an upload has come to rely on.

use casebind::archive::verify::GRACE_MILLIS;
use casebind::archive::{How, Originals, Removed, Stored, TEMPORARY_KEPT_MILLIS};
use casebind::clock::Clock;

use super::{Shelf, now, shelf};
use crate::support::Database;
use crate::support::bucket::run;

impl Shelf {
    fn put(&self, content: &'static [u8]) -> tokio::task::JoinHandle<Stored> {
        let originals = self.originals.clone();
        tokio::spawn(async move { originals.put_bytes(content).await.unwrap() })
    }

    /// Insists that nobody is kept waiting by a removal that has ended.
    async fn nothing_is_noted(&self) {
        for _ in 0..100 {
            if self.bucket.list("removing/").await.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("a note of a removal stays");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_once_and_can_be_put_again() {
    let a = shelf(module_path!()).await;
    let digest = a.originals.put_bytes(b"signed form").await.unwrap().digest;
    let known = a.originals.changed_at(&digest).await.unwrap().unwrap();
    assert_eq!(a.originals.remove(&digest, known, known).await.unwrap(), Removed::Now);
    assert!(a.bucket.names().await.is_empty());
    assert_eq!(a.originals.changed_at(&digest).await.unwrap(), None);
    assert_eq!(a.originals.remove(&digest, known, known).await.unwrap(), Removed::Before);
    assert_eq!(a.originals.put_bytes(b"signed form").await.unwrap().how, How::New);

    // Put again since it was let go of: it stays for as long as an upload takes.
    assert_eq!(a.originals.put_bytes(b"signed form").await.unwrap().how, How::Known);
    assert_eq!(a.originals.remove(&digest, known, now()).await.unwrap(), Removed::Touched);
    a.originals.open_verified(&digest, 11).await.unwrap();
    let later = now() + 2 * TEMPORARY_KEPT_MILLIS;
    assert_eq!(a.originals.remove(&digest, known, later).await.unwrap(), Removed::Now);
    assert!(a.bucket.list("again/").await.is_empty(), "its notes go with it");
    a.nothing_is_noted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_orphan_is_removed_and_a_young_one_left() {
    let a = shelf(module_path!()).await;
    let old = a.originals.put_bytes(b"cut off").await.unwrap();
    assert!(a.originals.hold_aged(&old.digest, now()).await.unwrap().is_none(), "it is young");
    let later = now() + 2 * GRACE_MILLIS;
    drop(a.originals.hold_aged(&old.digest, later).await.unwrap().expect("an orphan"));
    a.nothing_is_noted().await;
    assert_eq!(a.bucket.names().await.len(), 1, "held, and let go");
    a.originals.hold_aged(&old.digest, later).await.unwrap().expect("an orphan").remove().await.unwrap();
    assert!(a.bucket.names().await.is_empty());
    assert!(a.originals.hold_aged(&old.digest, later).await.unwrap().is_none());
    a.nothing_is_noted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_alone_holds_an_original() {
    let a = shelf(module_path!()).await;
    let old = a.originals.put_bytes(b"form").await.unwrap();
    let known = a.originals.changed_at(&old.digest).await.unwrap().unwrap();
    let later = now() + 2 * GRACE_MILLIS;
    let held = a.originals.hold_aged(&old.digest, later).await.unwrap().expect("an orphan");
    // Another process, which knows of it by the bucket alone.
    let elsewhere = tempfile::tempdir().unwrap();
    let other =
        Originals::open_in_bucket(elsewhere.path(), &a.bucket.place, &a.vault, &Clock::System).await.unwrap();
    assert_eq!(other.remove(&old.digest, known, known).await.unwrap(), Removed::Touched);
    assert!(other.hold_aged(&old.digest, later).await.unwrap().is_none());
    assert_eq!(a.bucket.list("removing/").await.len(), 1, "whoever gives way leaves nothing");
    held.let_go().await.unwrap();
    assert!(a.bucket.list("removing/").await.is_empty());
    assert_eq!(other.remove(&old.digest, known, known).await.unwrap(), Removed::Now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_had_to_wait_puts_its_own() {
    let a = shelf(module_path!()).await;
    let old = a.originals.put_bytes(b"form").await.unwrap();
    let held =
        a.originals.hold_aged(&old.digest, now() + 2 * GRACE_MILLIS).await.unwrap().expect("an orphan");
    let upload = a.put(b"form");
    // It has seen the object, and says so; it can't have come further.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while a.bucket.list("again/").await.is_empty() {
        assert!(std::time::Instant::now() < end, "it sees what stands there");
    }
    assert!(!upload.is_finished());
    held.remove().await.unwrap();
    assert_eq!(upload.await.unwrap(), Stored { how: How::New, ..old });
    a.originals.open_verified(&old.digest, old.bytes).await.unwrap();
    a.nothing_is_noted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_and_a_removal_at_once_never_lose_the_upload() {
    let a = shelf(module_path!()).await;
    for round in 0..30 {
        let old = a.originals.put_bytes(b"form").await.unwrap();
        // What stands there may go; what is put from now on may not.
        let known = a.originals.changed_at(&old.digest).await.unwrap().unwrap();
        let upload = a.put(b"form");
        let removal = {
            let (originals, digest) = (a.originals.clone(), old.digest);
            tokio::spawn(async move { originals.remove(&digest, known, known).await.unwrap() })
        };
        let stored = upload.await.unwrap();
        let removed = removal.await.unwrap();
        let kept = a.originals.open_verified(&stored.digest, stored.bytes).await;
        assert!(kept.is_ok(), "round {round}: put as {:?}, {removed:?}", stored.how);
    }
}

#[test]
fn what_two_people_disposed_of_is_gone_from_the_bucket() {
    run(Database::Postgres, module_path!(), |house, bucket| async move {
        let case = crate::disposal::small(&house).await;
        assert_eq!(bucket.names().await.len(), 2);
        crate::disposal::dispose_of(&house, &case).await;
        assert_eq!(bucket.names().await.len(), 3, "two attachments and the certificate");
        assert_eq!(house.office().remove_disposed().await.unwrap(), Some(2));
        let certificate = house.texts("SELECT certificate FROM disposals").await;
        assert_eq!(bucket.names().await, certificate);
        assert_eq!(house.office().remove_disposed().await.unwrap(), None);
    });
}
