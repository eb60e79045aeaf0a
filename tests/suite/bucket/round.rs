//! Put, found, read back, damaged and mended.

use casebind::archive::verify::{self, GRACE_MILLIS, InMemory, Named, Report};
use casebind::archive::{ArchiveError, BucketPlace, How, Originals, Renditions, rotate};
use casebind::case::ids::Digest;
use casebind::clock::Clock;

use super::{now, shelf};
use crate::support::bucket::vault;

fn some_bytes(many: usize, seed: u32) -> Vec<u8> {
    (0..many as u32).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8).collect()
}

fn row(digest: Digest, bytes: u64) -> Named {
    Named { digest, bytes, row: format!("document {digest}"), due: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_comes_back_as_it_was_however_large() {
    let a = shelf(module_path!()).await;
    // Written and read at once, read in pieces, written in parts.
    for many in [1, 70_000, 9 * 1024 * 1024, 20 * 1024 * 1024] {
        let content = some_bytes(many, 7);
        let stored = a.originals.put_bytes(&content).await.unwrap();
        assert_eq!((stored.digest, stored.bytes, stored.how), (Digest::of(&content), many as u64, How::New));
        let opened = a.originals.open_verified(&stored.digest, stored.bytes).await.unwrap();
        assert!(opened.read_all().await.unwrap() == content, "{many}");
        assert!(a.originals.changed_at(&stored.digest).await.unwrap().is_some());
    }
    assert_eq!(a.bucket.names().await.len(), 4);
    assert!(a.bucket.list("removing/").await.is_empty());
    assert_eq!(std::fs::read_dir(a.folder.path().join("tmp")).unwrap().count(), 0, "nothing stays behind");
    a.originals.probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_are_written_once_and_their_time_starts_again() {
    let a = shelf(module_path!()).await;
    let first = a.originals.put_bytes(b"form").await.unwrap();
    let (version, put_at) =
        (a.bucket.version(&first.digest).await, a.originals.changed_at(&first.digest).await.unwrap());
    let second = a.originals.put_bytes(b"form").await.unwrap();
    assert_eq!(second.how, How::Known);
    assert_eq!(a.bucket.version(&first.digest).await, version, "the object that was there stays");
    assert!(a.originals.changed_at(&first.digest).await.unwrap() > put_at);

    // Another process, which knows nothing of this one.
    let elsewhere = tempfile::tempdir().unwrap();
    let other =
        Originals::open_in_bucket(elsewhere.path(), &a.bucket.place, &a.vault, &Clock::System).await.unwrap();
    assert_eq!(other.put_bytes(b"form").await.unwrap().how, How::Known);
    assert_eq!(a.bucket.version(&first.digest).await, version);
    assert_eq!(a.bucket.names().await, [first.digest.to_string()]);
}

/// What README says of Garage: when this fails, it has become better, and README is to be changed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_of_the_tests_takes_the_condition_and_writes_all_the_same() {
    assert!(!shelf(module_path!()).await.bucket.gives_names_once().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sealed_with_an_older_key_is_sealed_anew_where_it_lies() {
    let a = shelf(concat!(module_path!(), " sealed anew")).await;
    let small = a.originals.put_bytes(b"form").await.unwrap();
    let content = some_bytes(17 * 1024 * 1024, 3);
    let large = a.originals.put_bytes(&content).await.unwrap();
    let before = a.bucket.version(&small.digest).await;
    casebind::keyring::add(&a.folder.path().join("keys")).unwrap();
    let vault = vault(a.folder.path());
    let originals =
        Originals::open_in_bucket(a.folder.path(), &a.bucket.place, &vault, &Clock::System).await.unwrap();
    let renditions = Renditions::open(a.folder.path(), &vault).unwrap();
    assert_eq!(rotate::count(&originals, &renditions).await.unwrap(), [(Some(1), 2)].into());
    let done = rotate::reseal(&originals, &renditions, u64::MAX, &mut |_| true).await.unwrap();
    assert_eq!((done.originals, done.sealed, done.left), (2, 2, vec![]));
    assert_eq!(rotate::count(&originals, &renditions).await.unwrap(), [(Some(2), 2)].into());
    assert_ne!(a.bucket.version(&small.digest).await, before);
    let opened = originals.open_verified(&large.digest, large.bytes).await.unwrap();
    assert!(opened.read_all().await.unwrap() == content);
    assert_eq!(originals.put_bytes(b"form").await.unwrap().how, How::Known, "nobody is kept waiting");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_of_the_same_file_at_once_all_end_well() {
    let a = shelf(module_path!()).await;
    let mut puts = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let originals = a.originals.clone();
        puts.spawn(async move { originals.put_bytes(b"twice clicked").await.unwrap() });
    }
    let stored = puts.join_all().await;
    assert!(stored.iter().any(|stored| stored.how == How::New));
    assert!(stored.iter().all(|stored| stored.how != How::Repaired), "{stored:?}");
    a.originals.open_verified(&stored[0].digest, 13).await.unwrap();
    assert_eq!(a.bucket.names().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_found_before_the_first_byte_and_mended_by_the_same_file() {
    let a = shelf(module_path!()).await;
    let stored = a.originals.put_bytes(b"signed form").await.unwrap();
    let good = a.bucket.stored(&stored.digest).await;
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for wrong in [&flipped[..], &good[..good.len() - 1], b"", b"something else"] {
        a.bucket.overwrite(&stored.digest, wrong).await;
        let error = a.originals.open_verified(&stored.digest, 11).await.unwrap_err();
        assert!(error.is_alert() && !error.is_away(), "{error}");
        let found =
            verify::one(&a.originals, stored.digest, &[row(stored.digest, 11)]).await.unwrap().findings;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].repair.contains("s3://"), "{found:?}");
        assert_eq!(a.originals.put_bytes(b"signed form").await.unwrap().how, How::Repaired);
        a.originals.open_verified(&stored.digest, 11).await.unwrap();
    }
    a.bucket.lose(&stored.digest).await;
    let error = a.originals.open_verified(&stored.digest, 11).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Missing { .. }) && error.is_alert(), "{error}");
    assert_eq!(a.originals.put_bytes(b"signed form").await.unwrap().how, How::New);
}

/// What a check two days later finds: kind, place and rows in one text each.
async fn findings(originals: &Originals, rows: InMemory) -> Vec<String> {
    let mut found = Vec::new();
    let mut tell = |report: Report| {
        if let Report::Finding(finding) = report {
            found.push(format!(
                "{} {} {} {:?}",
                finding.kind.as_str(),
                finding.actual,
                finding.repair,
                finding.rows
            ));
        }
    };
    verify::check(originals, rows, now() + 2 * GRACE_MILLIS, &mut tell).await.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_names_what_is_wrong_and_nothing_that_is_well() {
    let a = shelf(module_path!()).await;
    let mut digests = Vec::new();
    for content in [b"a one", b"b two", b"c six", b"d ten"] {
        digests.push(a.originals.put_bytes(content).await.unwrap().digest);
    }
    let rows = || InMemory::new(digests.iter().map(|digest| row(*digest, 5)).collect());
    assert_eq!(findings(&a.originals, rows()).await, Vec::<String>::new());

    let (one, other) = (a.bucket.stored(&digests[0]).await, a.bucket.stored(&digests[1]).await);
    a.bucket.overwrite(&digests[0], &other).await;
    a.bucket.overwrite(&digests[1], &one).await;
    a.bucket.lose(&digests[2]).await;
    let orphan = a.originals.put_bytes(b"never bound").await.unwrap().digest;
    a.bucket.litter("originals/notes.txt").await;
    a.bucket.litter("originals/0a/thesis.txt").await;
    let found = findings(&a.originals, rows()).await;
    let mut kinds: Vec<_> = found.iter().filter_map(|told| told.split(' ').next()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["foreign", "foreign", "missing", "orphan", "swapped", "swapped"], "{found:#?}");
    let told = found.iter().find(|told| told.starts_with("orphan")).unwrap();
    assert!(told.contains(&orphan.to_string()), "{told}");
    assert!(found.iter().any(|told| told.contains("thesis.txt")), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_is_not_there_or_not_ours_is_away_and_no_original_missing() {
    let a = shelf(module_path!()).await;
    let stored = a.originals.put_bytes(b"form").await.unwrap();
    let wrong = [
        BucketPlace { bucket: "no-such-bucket".into(), ..a.bucket.place.clone() },
        BucketPlace { secret_access_key: "wrong".into(), ..a.bucket.place.clone() },
        BucketPlace { endpoint: Some("http://127.0.0.1:9".into()), ..a.bucket.place.clone() },
    ];
    for mut place in wrong {
        place.timeout = std::time::Duration::from_secs(1);
        let error =
            Originals::open_in_bucket(a.folder.path(), &place, &a.vault, &Clock::System).await.unwrap_err();
        assert!(error.is_away(), "{error}");
        assert!(error.to_string().contains(&place.bucket), "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        let originals = Originals::for_check_in_bucket(a.folder.path(), &place, &a.vault).unwrap();
        let error = originals.open_verified(&stored.digest, 4).await.unwrap_err();
        assert!(error.is_away() && !error.is_alert(), "{error}");
        let rows = InMemory::new(vec![row(stored.digest, 4)]);
        let stopped = verify::check(&originals, rows, now(), &mut |_| {}).await;
        assert!(stopped.is_err(), "nothing is called missing by a store that doesn't answer");
    }
}
