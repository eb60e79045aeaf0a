//! Damaged archives, each made from a healthy one, and what the check says of them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::*;
use crate::archive::vault::tests::{of, vault};
use crate::clock::Clock;
use crate::keyring::Generation;

/// An archive of eight originals and the rows that name them; two rows share one original.
struct Fixture {
    root: tempfile::TempDir,
    originals: Originals,
    rows: Vec<Named>,
    now: i64,
}

async fn healthy() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let originals = Originals::open(root.path(), &vault(), &Clock::System).unwrap();
    let mut rows = Vec::new();
    for number in 0..8 {
        let stored = originals.put_bytes(content(number).as_bytes()).await.unwrap();
        let row = format!("document/{number}");
        rows.push(Named { digest: stored.digest, bytes: stored.bytes, row, due: true });
    }
    rows.push(Named { row: "document/8".into(), ..rows[0].clone() });
    Fixture { root, originals, rows, now: Clock::System.now_millis() }
}

fn content(number: usize) -> String {
    format!("signed form {number}")
}

impl Fixture {
    fn path(&self, number: usize) -> PathBuf {
        self.originals.path_of(&self.rows[number].digest)
    }

    fn overwrite(&self, number: usize, bytes: &[u8]) {
        fs::set_permissions(self.path(number), Permissions::from_mode(0o600)).unwrap();
        fs::write(self.path(number), bytes).unwrap();
    }

    async fn check(&self) -> (Vec<Finding>, Summary) {
        let mut findings = Vec::new();
        let mut parts = Vec::new();
        let mut looked = Vec::new();
        let rows = InMemory::new(self.rows.clone());
        let summary = check(&self.originals, rows, self.now, &mut |report| match report {
            Report::Finding(finding) => findings.push(finding),
            Report::Progress(progress) => parts.push(progress.parts),
            Report::Looked(place) => looked.push(place),
        })
        .await
        .unwrap();
        assert_eq!(parts, (1..=Progress::PARTS).collect::<Vec<_>>());
        assert_eq!(summary.findings, findings.len() as u64);
        for finding in &findings {
            assert!(looked.contains(&finding.place), "{} was seen where nobody looked", finding.id);
        }
        (findings, summary)
    }

    /// The one finding, and that nothing healthy was named.
    async fn only_finding(&self) -> Finding {
        let (mut findings, summary) = self.check().await;
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert!(!summary.all_is_well());
        findings.remove(0)
    }
}

fn rows_of(finding: &Finding) -> Vec<&str> {
    finding.rows.iter().map(String::as_str).collect()
}

#[tokio::test]
async fn nothing_healthy_is_named() {
    let (findings, summary) = healthy().await.check().await;
    assert_eq!(findings, []);
    assert_eq!(summary, Summary { originals: 8, bytes: 8 * 13, rows: 9, ..Summary::default() });
    assert!(summary.all_is_well());
}

#[tokio::test]
async fn a_missing_original_names_every_row_that_needs_it() {
    let a = healthy().await;
    fs::remove_file(a.path(0)).unwrap();
    let found = a.only_finding().await;
    assert_eq!(found.kind, Kind::Missing);
    assert_eq!(found.id, format!("missing-{}", a.rows[0].digest.short()));
    assert_eq!(found.digest, Some(a.rows[0].digest));
    assert_eq!((found.expected.as_str(), found.actual.as_str()), ("13 bytes", "no file"));
    assert_eq!(rows_of(&found), ["document/0", "document/8"]);
    assert!(found.repair.contains(a.path(0).to_str().unwrap()), "{}", found.repair);

    a.originals.put_bytes(content(0).as_bytes()).await.unwrap();
    assert!(a.check().await.1.all_is_well(), "the repair that it names is one");
}

#[tokio::test]
async fn a_row_without_a_file_is_missing_whatever_its_digest() {
    for digest in [Digest::from_bytes([0; 32]), Digest::from_bytes([0xff; 32])] {
        let mut a = healthy().await;
        a.rows.push(Named { digest, bytes: 1, row: "document/9".into(), due: true });
        let found = a.only_finding().await;
        assert_eq!((found.kind, rows_of(&found)), (Kind::Missing, vec!["document/9"]));
    }
}

#[tokio::test]
async fn a_flipped_bit_is_damage() {
    let a = healthy().await;
    let mut bytes = content(3).into_bytes();
    bytes[5] ^= 1;
    a.overwrite(3, &bytes);
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::Damaged, vec!["document/3"]));
    assert_eq!(found.expected, format!("13 bytes, sha256 {}", a.rows[3].digest));
    assert_eq!(found.actual, format!("13 bytes, sha256 {}", Digest::of(&bytes)));
}

#[tokio::test]
async fn a_cut_file_is_truncated_and_a_file_of_no_bytes_empty() {
    let a = healthy().await;
    a.overwrite(2, b"signed");
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::Truncated, vec!["document/2"]));
    assert!(found.actual.starts_with("6 bytes"), "{}", found.actual);

    a.overwrite(2, b"");
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::Empty, vec!["document/2"]));

    a.overwrite(2, b"signed form 2 and more");
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::Damaged, vec!["document/2"]));
}

#[tokio::test]
async fn a_sealed_file_is_damaged_in_the_same_ways() {
    let a = healthy().await;
    let sealed = fs::read(a.path(3)).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n"));
    let expected = format!("13 bytes, sha256 {}", a.rows[3].digest);
    let stored = sealed.len();

    let mut flipped = sealed.clone();
    flipped[stored - 20] ^= 1;
    a.overwrite(3, &flipped);
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::Damaged, vec!["document/3"]));
    assert_eq!(found.expected, expected);
    let told = format!("{stored} bytes, sealed, whose seal is broken after 0 plain bytes of 13");
    assert_eq!(found.actual, told);

    let mut in_the_head = sealed.clone();
    in_the_head[50] ^= 1;
    a.overwrite(3, &in_the_head);
    assert_eq!(a.only_finding().await.kind, Kind::Damaged);

    a.overwrite(3, &sealed[..stored - 1]);
    let found = a.only_finding().await;
    assert_eq!(found.kind, Kind::Truncated);
    assert!(found.actual.ends_with("after 0 plain bytes of 12"), "{}", found.actual);
    a.overwrite(3, &sealed[..100]);
    let found = a.only_finding().await;
    assert_eq!(found.kind, Kind::Truncated);
    assert!(found.actual.ends_with("which end too early"), "{}", found.actual);

    let mut grown = sealed.clone();
    grown.extend_from_slice(b"more");
    a.overwrite(3, &grown);
    assert_eq!(a.only_finding().await.kind, Kind::Damaged);

    a.overwrite(3, &vec![0; stored]);
    let found = a.only_finding().await;
    assert_eq!((found.kind, found.expected), (Kind::Damaged, expected));
    assert_eq!(found.actual, format!("{stored} bytes, sha256 {}", Digest::of(&vec![0; stored])));

    // The copy of another, which itself is whole.
    a.overwrite(3, &fs::read(a.path(4)).unwrap());
    let found = a.only_finding().await;
    assert_eq!(found.actual, format!("13 bytes, sha256 {}", a.rows[4].digest));
    a.overwrite(3, &sealed);
    assert!(a.check().await.1.all_is_well());
}

#[tokio::test]
async fn a_key_that_is_not_here_is_told_as_such_and_what_can_be_seen_without_it() {
    let mut a = healthy().await;
    let with_its_key = a.originals.clone();
    a.originals = Originals::for_check(a.root.path(), &of(&[&Generation::generate(2)]));
    a.originals.put_bytes(b"sealed with the second").await.unwrap();
    let (findings, summary) = a.check().await;
    assert_eq!(findings.iter().map(|found| found.kind).collect::<Vec<_>>(), [Kind::Locked; 8]);
    assert_eq!(summary.originals, 0, "none of them was read");
    let found = &findings[0];
    assert_eq!(found.id, format!("locked-{}", found.digest.unwrap().short()));
    assert!(found.actual.contains("the key of generation 1 isn't here"), "{}", found.actual);

    let sealed = fs::read(a.path(2)).unwrap();
    a.overwrite(2, &sealed[..sealed.len() - 1]);
    let kinds: Vec<_> = a.check().await.0.into_iter().filter(|f| f.kind != Kind::Locked).collect();
    assert_eq!(kinds.iter().map(|found| found.kind).collect::<Vec<_>>(), [Kind::Truncated]);
    a.overwrite(2, &sealed);
    a.originals = with_its_key;
    assert!(a.check().await.1.all_is_well());
}

#[tokio::test]
async fn originals_from_before_are_well_too() {
    let a = healthy().await;
    for number in 0..4 {
        a.overwrite(number, content(number).as_bytes());
    }
    let (findings, summary) = a.check().await;
    assert_eq!((findings, summary.originals, summary.bytes), (vec![], 8, 8 * 13));
}

#[tokio::test]
async fn exchanged_files_are_named_as_such() {
    let a = healthy().await;
    let aside = a.root.path().join("aside");
    fs::rename(a.path(4), &aside).unwrap();
    fs::rename(a.path(5), a.path(4)).unwrap();
    fs::rename(&aside, a.path(5)).unwrap();
    let (findings, _) = a.check().await;
    assert_eq!(findings.iter().map(|f| f.kind).collect::<Vec<_>>(), [Kind::Swapped; 2]);
    for found in &findings {
        assert!(found.repair.contains(a.path(4).to_str().unwrap()));
        assert!(found.repair.contains(a.path(5).to_str().unwrap()));
    }
    // A copy of another original, which itself is whole, is plain damage.
    a.overwrite(4, content(4).as_bytes());
    assert_eq!(a.only_finding().await.kind, Kind::Damaged);
}

#[tokio::test]
async fn a_row_of_the_wrong_size_is_the_rows_fault() {
    let mut a = healthy().await;
    a.rows[8].bytes = 12;
    let found = a.only_finding().await;
    assert_eq!((found.kind, rows_of(&found)), (Kind::WrongSize, vec!["document/8"]));
    assert_eq!(found.id, format!("wrong-size-{}-document/8", a.rows[8].digest.short()));
    assert_eq!(found.expected, "12 bytes");
    assert_eq!(found.actual, "13 bytes, and their sha256 is right");
}

#[tokio::test]
async fn an_orphan_counts_after_its_grace_time() {
    let mut a = healthy().await;
    let orphan = a.rows.remove(6);
    let (findings, summary) = a.check().await;
    assert_eq!((findings, summary.young), (vec![], 1), "its upload may be under way");

    let file = fs::File::open(a.originals.path_of(&orphan.digest)).unwrap();
    let changed = SystemTime::UNIX_EPOCH
        + Duration::from_millis(u64::try_from(a.now - GRACE_MILLIS - 3_600_000).unwrap());
    file.set_modified(changed).unwrap();
    let found = a.only_finding().await;
    assert_eq!((found.kind, found.digest), (Kind::Orphan, Some(orphan.digest)));
    assert_eq!(found.actual, "no row; 13 bytes, 25 hours old");
}

#[tokio::test]
async fn slices_find_together_what_the_whole_finds_and_none_finds_it_twice() {
    let mut a = healthy().await;
    fs::remove_file(a.path(1)).unwrap();
    a.overwrite(3, b"signed form X");
    a.rows.remove(6);
    fs::write(a.root.path().join("tmp/.tmpLeft"), b"half").unwrap();
    a.now += 2 * GRACE_MILLIS;
    let ids = |findings: Vec<Finding>| {
        let mut ids: Vec<_> = findings.into_iter().map(|finding| finding.id).collect();
        ids.sort();
        ids
    };
    let whole = ids(a.check().await.0);
    assert_eq!(whole.len(), 4, "{whole:?}");
    let (mut found, mut originals) = (Vec::new(), 0);
    for number in 1..=7 {
        let slice = Slice::new(number, 7).unwrap();
        let mut rows = a.rows.clone();
        rows.retain(|row| (slice.first()..=slice.last()).contains(&row.digest.as_bytes()[0]));
        let mut check = Check::new(&a.originals, InMemory::new(rows), slice, a.now);
        let mut report = |report| {
            if let Report::Finding(finding) = report {
                found.push(finding);
            }
        };
        while check.next_part(&mut report).await.unwrap() {}
        assert!(!check.next_part(&mut report).await.unwrap(), "it has ended");
        originals += check.summary().originals;
    }
    assert_eq!((ids(found), originals), (whole, 6));
}

#[tokio::test]
async fn what_is_not_due_is_looked_at_and_read_only_when_it_looks_wrong() {
    let mut a = healthy().await;
    for row in &mut a.rows {
        row.due = false;
    }
    let (findings, summary) = a.check().await;
    assert_eq!((findings, summary.not_due, summary.originals), (vec![], 8, 0));
    fs::remove_file(a.path(1)).unwrap();
    a.overwrite(2, b"signed");
    a.overwrite(3, b"signed form X");
    let (findings, summary) = a.check().await;
    let mut kinds: Vec<_> = findings.iter().map(|finding| finding.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["missing", "truncated"], "a flipped bit shows when its turn has come");
    assert_eq!(summary.not_due, 6);
    a.rows[3].due = true;
    assert_eq!(a.check().await.0.len(), 3);
}

#[tokio::test]
async fn one_original_is_read_by_itself() {
    let a = healthy().await;
    let (digest, rows) = (a.rows[2].digest, &a.rows[2..3]);
    let read = one(&a.originals, digest, rows).await.unwrap();
    assert_eq!((read.bytes, read.findings), (Some(13), vec![]));
    a.overwrite(2, b"");
    let read = one(&a.originals, digest, rows).await.unwrap();
    assert_eq!((read.bytes, read.findings[0].kind), (Some(0), Kind::Empty));
    fs::remove_file(a.path(2)).unwrap();
    let read = one(&a.originals, digest, rows).await.unwrap();
    assert_eq!((read.bytes, read.findings[0].kind), (None, Kind::Missing));
}

#[tokio::test]
async fn what_does_not_belong_there_is_named() {
    let mut a = healthy().await;
    fs::write(a.root.path().join("tmp/.tmpLeft"), b"half").unwrap();
    assert!(a.check().await.1.all_is_well(), "an upload may be under way");
    a.now += GRACE_MILLIS + 60_000;
    let found = a.only_finding().await;
    assert_eq!((found.kind, found.id.as_str()), (Kind::StrayTemporary, "stray-temporary-.tmpLeft"));
    fs::remove_file(a.root.path().join("tmp/.tmpLeft")).unwrap();

    // Something at each level, and an original at another's place.
    let root = a.root.path().join("originals");
    fs::write(root.join("notes.txt"), b"").unwrap();
    fs::create_dir_all(root.join("00/zz")).unwrap();
    let misplaced = a.path(1).with_file_name(Digest::from_bytes([0x5a; 32]).to_string());
    fs::write(&misplaced, b"").unwrap();
    fs::create_dir(a.path(1).with_file_name("folder")).unwrap();
    let (findings, _) = a.check().await;
    assert!(findings.iter().all(|f| f.kind == Kind::Foreign), "{findings:#?}");
    let mut paths: Vec<_> = findings.iter().map(|f| PathBuf::from(&f.actual)).collect();
    paths.sort();
    let mut expected =
        vec![root.join("notes.txt"), root.join("00/zz"), misplaced, a.path(1).with_file_name("folder")];
    expected.sort();
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn an_unreadable_original_is_a_finding_and_the_check_goes_on() {
    let a = healthy().await;
    fs::remove_file(a.path(7)).unwrap();
    fs::create_dir(a.path(7)).unwrap();
    let (findings, summary) = a.check().await;
    let unreadable: Vec<_> = findings.iter().filter(|f| f.kind == Kind::Unreadable).collect();
    assert_eq!(unreadable.len(), 1);
    assert_eq!(rows_of(unreadable[0]), ["document/7"]);
    assert_eq!(summary.originals, 7);
}

#[tokio::test]
async fn a_lost_folder_is_one_finding_more_than_its_files() {
    let a = healthy().await;
    fs::remove_dir_all(a.root.path().join("originals")).unwrap();
    let (findings, summary) = a.check().await;
    assert_eq!(findings[0].kind, Kind::NoFolder);
    assert_eq!(findings.iter().filter(|f| f.kind == Kind::Missing).count(), 8);
    assert_eq!((summary.originals, summary.rows), (0, 9));
}

/// Rows in pages of one, then a failing database.
struct Pages(Vec<Named>, bool);

impl NamedRows for Pages {
    type Error = &'static str;

    async fn next_page(&mut self) -> Result<Vec<Named>, &'static str> {
        match self.0.is_empty() {
            false => Ok(vec![self.0.remove(0)]),
            true if self.1 => Err("connection lost"),
            true => Ok(vec![]),
        }
    }
}

#[tokio::test]
async fn rows_may_come_in_pages_that_split_a_digest() {
    let a = healthy().await;
    let mut rows = a.rows.clone();
    rows.sort_by_key(|row| row.digest);
    let summary = check(&a.originals, Pages(rows, false), a.now, &mut |_| {}).await.unwrap();
    assert_eq!((summary.rows, summary.originals, summary.findings), (9, 8, 0));
}

#[tokio::test]
async fn a_failing_database_makes_no_orphans() {
    let mut a = healthy().await;
    a.now += 10 * GRACE_MILLIS;
    let mut found = Vec::new();
    let ended = check(&a.originals, Pages(vec![], true), a.now, &mut |report| {
        if let Report::Finding(finding) = report {
            found.push(finding);
        }
    })
    .await;
    assert_eq!(ended.unwrap_err().to_string(), "reading the rows that name originals: connection lost");
    assert_eq!(found, []);
}

#[tokio::test]
async fn unsorted_rows_are_refused() {
    let a = healthy().await;
    let mut rows = a.rows.clone();
    rows.sort_by_key(|row| std::cmp::Reverse(row.digest));
    let ended = check(&a.originals, Pages(rows, false), a.now, &mut |_| {}).await;
    assert!(matches!(ended, Err(VerifyError::Unsorted { .. })), "{ended:?}");
}

#[test]
fn findings_are_json_with_the_documented_names() {
    let digest = Digest::of(b"abc");
    let row = Named { digest, bytes: 3, row: "document/1".into(), due: true };
    let json = serde_json::to_value(Finding::wrong_size(digest, 4, &row)).unwrap();
    assert_eq!(json["kind"], "wrong-size");
    assert_eq!(json["digest"], digest.to_string());
    assert_eq!(json["rows"][0], "document/1");
    for kind in [Kind::Missing, Kind::StrayTemporary, Kind::NoFolder] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
