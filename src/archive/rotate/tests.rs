//! A new key comes: everything is sealed with it, whatever goes on meanwhile, and whenever it is broken off.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::archive::vault::tests::of;
use crate::archive::{How, Removed, orphan};
use crate::clock::Clock;
use crate::keyring::Generation;

const FAST: u64 = u64::MAX;

struct Fixture {
    root: tempfile::TempDir,
    first: Generation,
    second: Generation,
    originals: Originals,
    renditions: Renditions,
    digests: Vec<Digest>,
}

fn content(number: usize) -> Vec<u8> {
    format!("signed form {number}").into_bytes()
}

/// Eight originals that are sealed with the first key, and the second one is there.
async fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let (first, second) = (Generation::generate(1), Generation::generate(2));
    let before = Originals::open(root.path(), &of(&[&first]), &Clock::System).unwrap();
    let mut digests = Vec::new();
    for number in 0..8 {
        digests.push(before.put_bytes(&content(number)).await.unwrap().digest);
    }
    let vault = of(&[&first, &second]);
    let originals = Originals::open(root.path(), &vault, &Clock::System).unwrap();
    let renditions = Renditions::open(root.path(), &vault).unwrap();
    Fixture { root, first, second, originals, renditions, digests }
}

impl Fixture {
    fn path(&self, number: usize) -> PathBuf {
        self.originals.path_of(&self.digests[number])
    }

    /// The archive with these keys alone.
    fn with(&self, vault: &Vault) -> Originals {
        Originals::for_check(self.root.path(), vault)
    }

    async fn reseal(&self) -> Resealed {
        reseal(&self.originals, &self.renditions, FAST, &mut |_| true).await.unwrap()
    }

    /// Insists that all are there and open with the second key alone.
    async fn all_open_with_the_second(&self) {
        let originals = self.with(&of(&[&self.second]));
        for (number, digest) in self.digests.iter().enumerate() {
            let plain = content(number);
            let opened = originals.open_verified(digest, plain.len() as u64).await.unwrap();
            assert_eq!(opened.read_all().await.unwrap(), plain);
        }
        assert_eq!(fs::read_dir(self.root.path().join("tmp")).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn everything_is_sealed_anew_and_keeps_name_time_and_mode() {
    let a = fixture().await;
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::open(a.path(3)).unwrap().set_modified(then).unwrap();
    // One from before files were sealed.
    fs::set_permissions(a.path(5), Permissions::from_mode(0o600)).unwrap();
    fs::write(a.path(5), content(5)).unwrap();
    a.renditions.put("page/1", b"a picture".to_vec()).await.unwrap();
    let counted = count(&a.originals, &a.renditions).await.unwrap();
    assert_eq!(counted, [(None, 1), (Some(1), 7), (Some(2), 1)].into());

    let mut parts = Vec::new();
    let mut tell = |so_far: &Resealed| {
        parts.push(so_far.parts);
        true
    };
    let done = reseal(&a.originals, &a.renditions, FAST, &mut tell).await.unwrap();
    assert_eq!(parts, (1..=256).collect::<Vec<_>>());
    assert_eq!((done.originals, done.sealed, done.bytes), (8, 8, 8 * 13));
    assert_eq!(done.left, []);
    a.all_open_with_the_second().await;
    assert_eq!(count(&a.originals, &a.renditions).await.unwrap(), [(Some(2), 9)].into());
    let meta = fs::metadata(a.path(3)).unwrap();
    assert_eq!(meta.modified().unwrap(), then);
    assert_eq!(meta.mode() & 0o777, 0o400);
    let again = a.reseal().await;
    assert_eq!((again.originals, again.sealed), (8, 0), "there is nothing left to do");
}

#[tokio::test]
async fn what_was_broken_off_goes_on() {
    let a = fixture().await;
    let mut left = 130;
    let mut stop = |_: &Resealed| {
        left -= 1;
        left > 0
    };
    let begun = reseal(&a.originals, &a.renditions, FAST, &mut stop).await.unwrap();
    assert_eq!(begun.parts, 130);
    // As a process leaves it that is killed before the new file has the name.
    fs::write(a.root.path().join("tmp/.tmpLeft"), b"age-encryption.org/v1\n").unwrap();
    let done = a.reseal().await;
    assert_eq!(begun.sealed + done.sealed, 8);
    fs::remove_file(a.root.path().join("tmp/.tmpLeft")).unwrap();
    a.all_open_with_the_second().await;
}

#[tokio::test]
async fn what_is_damaged_or_without_its_key_stays_as_it_is() {
    let a = fixture().await;
    let mut damaged = fs::read(a.path(1)).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::set_permissions(a.path(1), Permissions::from_mode(0o600)).unwrap();
    fs::write(a.path(1), &damaged).unwrap();
    let stranger = Generation::generate(1);
    let foreign = of(&[&stranger]).seal_bytes(&content(2)).unwrap();
    fs::set_permissions(a.path(2), Permissions::from_mode(0o600)).unwrap();
    fs::write(a.path(2), &foreign).unwrap();
    // Sealed well, under another's name.
    fs::set_permissions(a.path(3), Permissions::from_mode(0o600)).unwrap();
    fs::copy(a.path(4), a.path(3)).unwrap();
    let mut left = vec![a.digests[1], a.digests[2], a.digests[3]];
    left.sort();
    let done = a.reseal().await;
    assert_eq!((done.sealed, done.left), (5, left));
    assert_eq!(fs::read(a.path(1)).unwrap(), damaged);
    assert_eq!(fs::read(a.path(2)).unwrap(), foreign);
}

#[tokio::test]
async fn a_reader_reads_on_and_an_upload_waits_and_relies_on_the_new_file() {
    let a = fixture().await;
    let plain = content(0);
    let opened = a.originals.open_verified(&a.digests[0], plain.len() as u64).await.unwrap();
    // In an upload's hands: it is waited for.
    let held = orphan::hold(&a.path(0)).unwrap().expect("a file");
    let sealing = {
        let (originals, renditions) = (a.originals.clone(), a.renditions.clone());
        tokio::spawn(async move { reseal(&originals, &renditions, FAST, &mut |_| true).await.unwrap() })
    };
    tokio::task::yield_now().await;
    assert!(!sealing.is_finished());
    drop(held);
    assert_eq!(sealing.await.unwrap().sealed, 8);
    assert_eq!(opened.read_all().await.unwrap(), plain, "the old file was open");
    assert_eq!(a.originals.put_bytes(&plain).await.unwrap().how, How::Known);
    a.all_open_with_the_second().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_and_removals_at_once_lose_nothing() {
    let a = fixture().await;
    for round in 0..30 {
        // Sealed with the first key again, and old enough to be an orphan.
        let digest = a.digests[0];
        let path = a.path(0);
        if path.exists() {
            fs::remove_file(&path).unwrap();
        }
        a.with(&of(&[&a.first])).put_bytes(&content(0)).await.unwrap();
        File::open(&path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1)).unwrap();
        let now = Clock::System.now_millis();
        let upload = {
            let originals = a.originals.clone();
            tokio::spawn(async move { originals.put_bytes(&content(0)).await.unwrap() })
        };
        let removal = {
            let originals = a.originals.clone();
            tokio::spawn(async move {
                if let Some(held) = originals.hold_aged(&digest, now).await.unwrap() {
                    held.remove().await.unwrap();
                }
            })
        };
        let this = a.originals.clone();
        let sealing = tokio::task::spawn_blocking(move || this.reseal_now(&digest).map(|_| ()));
        let stored = upload.await.unwrap();
        removal.await.unwrap();
        sealing.await.unwrap().unwrap();
        let kept = a.originals.open_verified(&stored.digest, stored.bytes).await;
        assert!(kept.is_ok(), "round {round}: put as {:?}", stored.how);
        // Its grace time counts from the upload: nobody removes it now.
        assert!(a.originals.hold_aged(&digest, Clock::System.now_millis()).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_removed_while_it_is_sealed_anew_stays_gone() {
    let a = fixture().await;
    let digest = a.digests[0];
    for round in 0..30 {
        if a.path(0).exists() {
            fs::remove_file(a.path(0)).unwrap();
        }
        a.with(&of(&[&a.first])).put_bytes(&content(0)).await.unwrap();
        let known = a.originals.changed_at(&digest).await.unwrap().unwrap();
        let removal = {
            let originals = a.originals.clone();
            tokio::spawn(async move { originals.remove(&digest, known, known).await.unwrap() })
        };
        let this = a.originals.clone();
        let sealing = tokio::task::spawn_blocking(move || this.reseal_now(&digest).map(|_| ()));
        let removed = removal.await.unwrap();
        sealing.await.unwrap().unwrap();
        let is_gone = a.originals.changed_at(&digest).await.unwrap().is_none();
        assert_eq!(is_gone, removed == Removed::Now, "round {round}: {removed:?}");
    }
}
