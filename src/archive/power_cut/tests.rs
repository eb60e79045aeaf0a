//! Whenever the power fails: what was answered is whole, and nothing wrong stands under a digest.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use super::disk::{Disk, Tree};
use super::*;
use crate::archive::vault::tests::of;
use crate::archive::vault::{Content, Form};
use crate::archive::{How, Originals, Removed, Renditions, Stored, Vault, rotate};
use crate::case::ids::Digest;
use crate::clock::Clock;
use crate::keyring::Generation;

const CONTENT: &[u8] = b"a signed form, which arrives in three pieces";

struct Fixture {
    root: tempfile::TempDir,
    originals: Originals,
    vault: Vault,
    /// What was found in stored bytes, so that each is opened once.
    opened: RefCell<HashMap<Vec<u8>, Option<Digest>>>,
}

/// The first key, always the same.
fn first() -> Generation {
    static FIRST: OnceLock<Generation> = OnceLock::new();
    FIRST.get_or_init(|| Generation::generate(1)).clone()
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let vault = of(&[&first()]);
    let originals = Originals::open(root.path(), &vault, &Clock::System).unwrap();
    Fixture { root, originals, vault, opened: RefCell::default() }
}

impl Fixture {
    /// Puts [`CONTENT`], and tells what that did to the folders.
    async fn put(&self) -> (Stored, Vec<Op>) {
        let journal = Journal::begin(self.root.path());
        let mut staging = self.originals.stage(1000).await.unwrap();
        for chunk in CONTENT.chunks(CONTENT.len().div_ceil(3)) {
            staging.write(chunk).await.unwrap();
        }
        let stored = self.originals.put(staging.finish().await.unwrap()).await.unwrap();
        (stored, journal.take())
    }

    /// The disk before the first upload.
    fn disk(&self) -> Disk {
        let root = self.root.path();
        Disk::new(&[root, &root.join("originals"), &root.join("tmp")])
    }

    fn target(&self) -> PathBuf {
        self.originals.path_of(&Digest::of(CONTENT))
    }

    /// The digest of what stored bytes hold; none: they can't be opened.
    fn holds(&self, stored: &[u8]) -> Option<Digest> {
        let mut opened = self.opened.borrow_mut();
        *opened.entry(stored.to_vec()).or_insert_with(|| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(stored).unwrap();
            match self.vault.look(&file, &Digest::of(CONTENT)).unwrap() {
                Content::Bytes { digest, .. } => Some(digest),
                Content::Shut(_) => None,
            }
        })
    }

    /// Insists that nothing wrong stands under a digest, but for bytes that stood there already, and that what was
    /// answered is whole.
    fn sound(&self, found: &Tree, answered: bool, stood: Option<&[u8]>) -> Result<(), String> {
        let originals = self.root.path().join("originals");
        for (path, bytes) in found.iter().filter(|(path, _)| path.starts_with(&originals)) {
            let name = path.file_name().unwrap().to_string_lossy();
            if self.holds(bytes).is_none_or(|digest| digest.to_string() != name)
                && stood != Some(bytes.as_slice())
            {
                return Err(format!("{} bytes that aren't its own stand under {name}", bytes.len()));
            }
        }
        match found.get(&self.target()) {
            Some(bytes) if self.holds(bytes) == Some(Digest::of(CONTENT)) => Ok(()),
            _ if !answered => Ok(()),
            _ => Err("what was answered isn't there".into()),
        }
    }

    /// Cuts the power after each of `ops`, and tries all that can be found then. `disk` makes the disk as it was
    /// before them; after the last one the upload was answered. Returns how many states were tried.
    fn cut(&self, disk: impl Fn() -> Disk, ops: &[Op], stood: Option<&[u8]>) -> Result<usize, String> {
        let mut tried = 0;
        for done in 0..=ops.len() {
            for found in disk().after(&ops[..done]).found() {
                self.sound(&found, done == ops.len(), stood).map_err(|why| format!("after {done}: {why}"))?;
                tried += 1;
            }
        }
        Ok(tried)
    }
}

/// The files that lie below a folder.
fn lying_below(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                tree.insert(entry.path(), fs::read(entry.path()).unwrap());
            }
        }
    }
    tree
}

#[tokio::test]
async fn the_journal_tells_what_was_done() {
    let a = fixture();
    let (stored, ops) = a.put().await;
    assert_eq!(stored.how, How::New);
    let tree = a.disk().after(&ops).whole();
    assert_eq!(tree, lying_below(a.root.path()));
    assert_eq!(tree.len(), 1);
    // The head, and the pieces in one sealed chunk.
    assert_eq!(ops.iter().filter(|op| matches!(op, Op::Write(..))).count(), 2);
    let whole = |bytes: &[u8]| bytes.windows(CONTENT.len()).any(|window| window == CONTENT);
    assert!(
        !ops.iter().any(|op| matches!(op, Op::Write(_, bytes) if whole(bytes))),
        "nothing is written as it came"
    );
}

#[tokio::test]
async fn an_upload_is_answered_whole_or_not_at_all_whenever_the_power_fails() {
    let a = fixture();
    let (_, ops) = a.put().await;
    let tried = a.cut(|| a.disk(), &ops, None).unwrap();
    assert!(tried > 50, "{tried} states");
}

/// Otherwise this model could find nothing, and the test above would say nothing.
#[tokio::test]
async fn without_any_one_of_the_syncs_an_upload_can_be_lost() {
    let a = fixture();
    let (_, ops) = a.put().await;
    let is_sync = |op: &&Op| matches!(op, Op::SyncFile(_) | Op::SyncFolder(_));
    let mut syncs: Vec<&Op> = ops.iter().filter(is_sync).collect();
    syncs.sort_by_key(|op| op.path().to_owned());
    syncs.dedup();
    assert_eq!(syncs.len(), 4, "the file, and three folders: {syncs:?}");
    for left_out in syncs {
        let fewer: Vec<Op> = ops.iter().filter(|op| *op != left_out).cloned().collect();
        assert!(a.cut(|| a.disk(), &fewer, None).is_err(), "{left_out:?} makes no difference");
    }
    // A name before the bytes are durable is as bad.
    let mut late: Vec<Op> = ops.into_iter().filter(|op| !matches!(op, Op::SyncFile(_))).collect();
    let named = late.iter().position(|op| matches!(op, Op::Rename(..))).unwrap();
    late.insert(named + 1, Op::SyncFile(a.target()));
    let why = a.cut(|| a.disk(), &late, None).unwrap_err();
    assert!(why.contains("aren't its own"), "{why}");
}

#[tokio::test]
async fn a_second_upload_relies_on_nothing_that_the_first_has_not_synced() {
    let a = fixture();
    let (_, first) = a.put().await;
    let (stored, second) = a.put().await;
    assert_eq!(stored.how, How::Known);
    let named = first.iter().position(|op| matches!(op, Op::Rename(..))).unwrap();
    // The first upload stands still anywhere after its file has its name, and is never answered.
    for done in named + 1..=first.len() {
        a.cut(|| a.disk().after(&first[..done]), &second, None)
            .unwrap_or_else(|why| panic!("the first came as far as {done}; {why}"));
    }
    let target = a.target();
    let careless: Vec<Op> = second
        .into_iter()
        .filter(|op| !matches!(op, Op::SyncFolder(folder) if target.starts_with(folder)))
        .collect();
    assert!(a.cut(|| a.disk().after(&first[..=named]), &careless, None).is_err());
}

#[tokio::test]
async fn folders_that_another_upload_has_just_made_are_synced_too() {
    let a = fixture();
    let target = a.target();
    let (level, below) = (target.parent().unwrap().parent().unwrap(), target.parent().unwrap());
    fs::create_dir_all(below).unwrap();
    let made = [Op::Folder(level.to_owned()), Op::Folder(below.to_owned())];
    let (stored, ops) = a.put().await;
    assert_eq!(stored.how, How::New);
    assert!(!ops.iter().any(|op| matches!(op, Op::Folder(_))));
    a.cut(|| a.disk().after(&made), &ops, None).unwrap();
}

#[tokio::test]
async fn a_damaged_original_stays_until_the_good_one_is_whole() {
    let a = fixture();
    let (stored, _) = a.put().await;
    let path = a.originals.path_of(&stored.digest);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, b"damaged").unwrap();
    let (stored, ops) = a.put().await;
    assert_eq!(stored.how, How::Repaired);
    let damaged = || a.disk().with_file(&path, b"damaged");
    a.cut(damaged, &ops, Some(b"damaged")).unwrap();
    assert_eq!(damaged().after(&ops).whole(), lying_below(a.root.path()));
}

#[tokio::test]
async fn an_original_is_there_whenever_the_power_fails_while_it_is_sealed_anew() {
    let mut a = fixture();
    let (stored, _) = a.put().await;
    let path = a.originals.path_of(&stored.digest);
    let before = fs::read(&path).unwrap();
    a.vault = of(&[&first(), &Generation::generate(2)]);
    a.originals = Originals::for_check(a.root.path(), &a.vault);
    let renditions = Renditions::open(a.root.path(), &a.vault).unwrap();
    let journal = Journal::begin(a.root.path());
    let done = rotate::reseal(&a.originals, &renditions, u64::MAX, &mut |_| true).await.unwrap();
    let ops = journal.take();
    assert_eq!((done.originals, done.sealed), (1, 1));
    let disk = || a.disk().with_file(&path, &before);
    // It was answered long ago: it is there at every moment.
    let mut tried = 0;
    for done in 0..=ops.len() {
        for found in disk().after(&ops[..done]).found() {
            a.sound(&found, true, None).unwrap_or_else(|why| panic!("after {done}: {why}"));
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried} states");
    assert_eq!(disk().after(&ops).whole()[&path], fs::read(&path).unwrap());
    assert!(a.vault.form(&File::open(&path).unwrap()).unwrap().is_ok_and(|form| form == Form::Sealed(2)));
    // Without the sync of the new file its name could come before its bytes.
    let late: Vec<Op> = ops.into_iter().filter(|op| !matches!(op, Op::SyncFile(_))).collect();
    assert!(a.cut(disk, &late, None).is_err());
}

#[tokio::test]
async fn a_removal_is_done_for_good_or_can_be_ended_whenever_the_power_fails() {
    let a = fixture();
    let (stored, _) = a.put().await;
    let (digest, path) = (stored.digest, a.target());
    let before = fs::read(&path).unwrap();
    let known = a.originals.changed_at(&digest).await.unwrap().unwrap();
    let journal = Journal::begin(a.root.path());
    assert_eq!(a.originals.remove(&digest, known, known).await.unwrap(), Removed::Now);
    let ops = journal.take();
    let disk = || a.disk().with_file(&path, &before);
    assert_eq!(disk().after(&ops).whole(), lying_below(a.root.path()));
    let mut tried = 0;
    for done in 0..=ops.len() {
        for found in disk().after(&ops[..done]).found() {
            assert!(found.values().all(|bytes| *bytes == before), "after {done}: it is whole or gone");
            assert!(done < ops.len() || found.is_empty(), "what was answered is done");
            // The next start asks again, over what it finds.
            let again = fixture();
            for (path, bytes) in &found {
                let path = again.root.path().join(path.strip_prefix(a.root.path()).unwrap());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let removed = again.originals.remove(&digest, i64::MAX, 0).await.unwrap();
            assert_eq!(
                removed,
                if found.is_empty() { Removed::Before } else { Removed::Now },
                "after {done}"
            );
            assert_eq!(lying_below(again.root.path()), Tree::new(), "after {done}");
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried} states");
    // Without either sync the file could come back.
    let syncs: Vec<&Op> = ops.iter().filter(|op| matches!(op, Op::SyncFolder(_))).collect();
    assert_eq!(syncs.len(), 2, "{syncs:?}");
    for left_out in syncs {
        let fewer: Vec<Op> = ops.iter().filter(|op| *op != left_out).cloned().collect();
        let back = disk().after(&fewer).found().iter().any(|found| !found.is_empty());
        assert!(back, "{left_out:?} makes no difference");
    }
}
