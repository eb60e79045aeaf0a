//! Folders of backups without a database behind them: what is copied, what goes, and each damage by its name.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::archive::vault::tests::{of, vault};
use crate::archive::verify;
use crate::case::ids::Digest;
use crate::keyring::Generation;

const KEY: &[u8] = b"0123456789abcdef\n";

/// An installation's originals and a folder of backups beside them.
struct Fixture {
    root: tempfile::TempDir,
    source: Originals,
    vault: Vault,
    clock: Clock,
}

fn fixture() -> Fixture {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::manual(1_790_000_000_000);
    let vault = vault();
    let source = Originals::open(&root.path().join("data"), &vault, &clock).unwrap();
    Fixture { root, source, vault, clock }
}

impl Fixture {
    fn folder(&self) -> PathBuf {
        self.root.path().join("backup")
    }

    /// The same with other keys.
    fn reopen(&mut self, vault: Vault) {
        self.source = Originals::for_check(&self.root.path().join("data"), &vault);
        self.vault = vault;
    }

    fn open(&self) -> BackupFolder {
        BackupFolder::open(&self.folder(), &Fingerprint::of(KEY)).unwrap()
    }

    async fn put(&self, words: &str) -> (Digest, u64) {
        let stored = self.source.put_bytes(words.as_bytes()).await.unwrap();
        (stored.digest, stored.bytes)
    }

    /// A run that names these originals.
    async fn take(&self, named: &[(Digest, u64)], reread: bool) -> Copied {
        let backup = self.open();
        let generation = backup.begin().unwrap();
        let mut sorted = named.to_vec();
        sorted.sort();
        let mut tables = Vec::new();
        for (name, rows) in [
            ("cases", vec![r#"{"id":"1"}"#.to_owned()]),
            (
                "documents",
                sorted
                    .iter()
                    .map(|(digest, bytes)| format!(r#"{{"bytes":{bytes},"digest":"{digest}","kind":"x"}}"#))
                    .collect(),
            ),
        ] {
            let mut file = RowsFile::create(&generation.rows_of(name)).unwrap();
            for row in &rows {
                file.row(row).unwrap();
            }
            let held = file.finish().unwrap();
            assert_eq!(held.rows, rows.len() as u64);
            tables.push(TableRows { name: name.into(), columns: vec!["id".into()], held });
        }
        let to = backup.originals_to_fill(&self.vault, &self.clock).unwrap();
        let documents = Documents::of(std::slice::from_ref(&generation)).unwrap();
        let copied = copy_new(&self.source, &to, documents, reread, &mut |_| {}).await.unwrap();
        let manifest = Manifest {
            format: FORMAT.into(),
            layout: LAYOUT,
            generation: generation.number,
            program: "0".into(),
            database: "sqlite".into(),
            taken_at: 1,
            finished_at: 2,
            migrations: vec![],
            tables,
            left_out: vec![],
            originals: copied.named,
            original_bytes: copied.bytes,
            lacking: copied.lacking.clone(),
            keys: vec![],
        };
        generation.finish(&manifest, &SealKey::of(KEY)).unwrap();
        copied
    }

    /// The kinds of everything that is found, sorted.
    async fn check(&self) -> Vec<&'static str> {
        let backup = BackupFolder::open_existing(&self.folder()).unwrap();
        let mut found: Vec<Finding> = Vec::new();
        check_places(&backup, &mut |finding| found.push(finding)).unwrap();
        let mut listed = Vec::new();
        for generation in backup.finished().unwrap() {
            let key = SealKey::of(KEY);
            let sound =
                check_generation(&generation, Some(&key), &mut |finding| found.push(finding)).unwrap();
            listed.extend(sound.filter(|sound| sound.documents).map(|sound| sound.generation));
        }
        let documents = Documents::of(&listed).unwrap();
        let mut tell = |report| {
            if let verify::Report::Finding(finding) = report {
                found.push(finding.into());
            }
        };
        verify::check(&backup.originals(&self.vault), documents, self.clock.now_millis(), &mut tell)
            .await
            .unwrap();
        assert!(found.iter().all(|finding| !finding.repair.is_empty()), "{found:#?}");
        let mut kinds: Vec<_> = found.iter().map(|finding| finding.kind).collect();
        kinds.sort_unstable();
        kinds
    }

    fn rows(&self, generation: u64, table: &str) -> PathBuf {
        self.folder().join(format!("generations/{generation:08}/rows/{table}.jsonl"))
    }

    fn manifest(&self, generation: u64) -> PathBuf {
        self.folder().join(format!("generations/{generation:08}/{MANIFEST}"))
    }

    fn original(&self, digest: &Digest) -> PathBuf {
        Originals::for_check(&self.folder(), &self.vault).path_of(digest)
    }
}

fn none(finding: Finding) {
    panic!("{finding:?}");
}

fn overwrite(path: &Path, content: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn what_is_there_already_isnt_copied_again() {
    let f = fixture();
    let (one, two, three) = (f.put("one").await, f.put("two").await, f.put("three").await);
    let first = f.take(&[one, two], false).await;
    assert_eq!((first.named, first.copied, first.copied_bytes), (2, 2, 6));
    let second = f.take(&[one, two, three], false).await;
    assert_eq!((second.named, second.copied, second.copied_bytes), (3, 1, 5));
    assert_eq!(f.check().await, [""; 0]);
    assert_eq!(fs::metadata(f.rows(1, "cases")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(f.folder()).unwrap().permissions().mode() & 0o777, 0o700);

    // A size that isn't right is seen at once, other damage when originals are read.
    overwrite(&f.original(&one.0), b"on");
    overwrite(&f.original(&two.0), b"tow");
    assert_eq!(f.take(&[one, two, three], false).await.copied, 1);
    assert_eq!(f.check().await, ["damaged"]);
    assert_eq!(f.take(&[one, two, three], true).await.copied, 1);
    assert_eq!(f.check().await, [""; 0]);
}

#[tokio::test]
async fn what_the_installation_has_lost_stops_nothing_else() {
    let f = fixture();
    let (one, two, three) = (f.put("one").await, f.put("two").await, f.put("three").await);
    fs::remove_file(f.source.path_of(&one.0)).unwrap();
    overwrite(&f.source.path_of(&two.0), b"tow");
    let copied = f.take(&[one, two, three], false).await;
    let mut lost = vec![one.0, two.0];
    lost.sort();
    assert_eq!((copied.lacking, copied.copied), (lost, 1));
    assert_eq!(f.check().await, ["missing", "missing"]);
}

#[tokio::test]
async fn a_run_that_was_broken_off_is_named_and_goes_on() {
    let f = fixture();
    let one = f.put("one").await;
    f.take(&[one], false).await;
    let backup = f.open();
    let generation = backup.begin().unwrap();
    RowsFile::create(&generation.rows_of("cases")).unwrap().row("{}").unwrap();
    drop(backup);
    assert_eq!(f.check().await, ["unfinished"]);
    let copied = f.take(&[one], false).await;
    assert_eq!((copied.named, copied.copied), (1, 0));
    assert_eq!(f.check().await, [""; 0]);
    assert_eq!(f.open().finished().unwrap().last().unwrap().number, 2);

    fs::remove_file(f.manifest(1)).unwrap();
    fs::remove_file(f.manifest(2)).unwrap();
    assert_eq!(f.check().await, ["no-generation", "unfinished", "unfinished"]);
}

#[tokio::test]
async fn each_damage_has_its_name() {
    let f = fixture();
    let (one, two) = (f.put("one").await, f.put("two").await);
    f.take(&[one, two], false).await;
    let (cases, manifest) = (f.rows(1, "cases"), f.manifest(1));
    let whole = fs::read(&cases).unwrap();
    let flipped: Vec<u8> = whole.iter().enumerate().map(|(at, b)| if at == 3 { b ^ 1 } else { *b }).collect();

    fs::write(&cases, &flipped).unwrap();
    assert_eq!(f.check().await, ["file-damaged"]);
    fs::write(&cases, &whole[..4]).unwrap();
    assert_eq!(f.check().await, ["file-truncated"]);
    fs::remove_file(&cases).unwrap();
    assert_eq!(f.check().await, ["file-missing"]);
    fs::write(&cases, &whole).unwrap();

    for place in ["generations/00000001/rows/more.jsonl", "generations/00000001/x", "generations/x", "x"] {
        fs::write(f.folder().join(place), b"").unwrap();
        assert_eq!(f.check().await, ["foreign-file"], "{place}");
        fs::remove_file(f.folder().join(place)).unwrap();
    }

    // The manifest, and the manifest together with its sum: the seal is the installation's.
    let (text, sum) = (fs::read(&manifest).unwrap(), manifest.with_file_name(MANIFEST_SUM));
    let told = fs::read(&sum).unwrap();
    let other = String::from_utf8(text.clone()).unwrap().replace("\"rows\": 1,", "\"rows\": 2,");
    fs::write(&manifest, &other).unwrap();
    assert_eq!(f.check().await, ["manifest-altered"]);
    fs::write(&sum, format!("{}  {MANIFEST}\n", Digest::of(other.as_bytes()))).unwrap();
    assert_eq!(f.check().await, ["manifest-altered"]);
    fs::write(&manifest, &text).unwrap();
    fs::write(&sum, &told).unwrap();
    assert_eq!(f.check().await, [""; 0]);

    let path = f.original(&one.0);
    overwrite(&path, b"oe");
    assert_eq!(f.check().await, ["truncated"]);
    overwrite(&path, b"onf");
    assert_eq!(f.check().await, ["damaged"]);
    fs::remove_file(&path).unwrap();
    assert_eq!(f.check().await, ["missing"]);
    f.take(&[one, two], false).await;
    assert_eq!(f.check().await, [""; 0], "the repair that it names is one");
}

#[tokio::test]
async fn old_generations_go_with_what_only_they_name() {
    let f = fixture();
    let (one, two, three) = (f.put("one").await, f.put("two").await, f.put("three").await);
    f.take(&[one, two], false).await;
    f.take(&[two], false).await;
    f.take(&[two, three], false).await;
    let key = SealKey::of(KEY);
    assert_eq!(sweep(&f.open(), 3, &key, &mut none).unwrap(), Swept::default());

    // Nothing goes on the word of a list that is damaged.
    let list = f.rows(3, "documents");
    let whole = fs::read(&list).unwrap();
    fs::write(&list, b"").unwrap();
    let mut found = Vec::new();
    let swept = sweep(&f.open(), 2, &key, &mut |finding| found.push(finding.kind)).unwrap();
    assert_eq!((swept, found), (Swept::default(), vec!["file-truncated"]));
    fs::write(&list, whole).unwrap();

    let swept = sweep(&f.open(), 2, &key, &mut none).unwrap();
    assert_eq!(swept, Swept { generations: 1, originals: 1, bytes: 3 });
    assert!(!f.original(&one.0).exists() && f.original(&two.0).exists());
    assert_eq!(f.check().await, [""; 0]);
    assert_eq!(f.open().begin().unwrap().number, 4, "numbers aren't used twice");
}

#[tokio::test]
async fn one_run_at_a_time_and_one_installation_a_folder() {
    let f = fixture();
    f.take(&[f.put("one").await], false).await;
    let held = f.open();
    let busy = BackupFolder::open(&f.folder(), &Fingerprint::of(KEY)).unwrap_err();
    assert!(matches!(busy, BackupError::Busy { .. }), "{busy}");
    assert!(matches!(BackupFolder::open_existing(&f.folder()), Err(BackupError::Busy { .. })));
    drop(held);
    let another = BackupFolder::open(&f.folder(), &Fingerprint::of(b"another")).unwrap_err();
    assert!(matches!(another, BackupError::OfAnother { .. }), "{another}");
    let readers = [BackupFolder::open_existing(&f.folder()), BackupFolder::open_existing(&f.folder())];
    assert!(readers.iter().all(Result::is_ok), "who only reads is in nobody's way");

    let strange = f.root.path().join("strange");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("thesis.txt"), b"").unwrap();
    let foreign = BackupFolder::open(&strange, &Fingerprint::of(KEY)).unwrap_err();
    assert!(matches!(&foreign, BackupError::NotOurs { found, .. } if found == "thesis.txt"), "{foreign}");
    assert!(matches!(BackupFolder::open_existing(&strange), Err(BackupError::Absent { .. })));
}

#[tokio::test]
async fn what_was_copied_comes_back() {
    let f = fixture();
    let (one, two) = (f.put("one").await, f.put("two").await);
    f.take(&[one, two], false).await;
    let to = Originals::open(&f.root.path().join("new"), &f.vault, &f.clock).unwrap();
    to.put_bytes(b"one").await.unwrap();
    let backup = BackupFolder::open_existing(&f.folder()).unwrap();
    let generation = backup.generation(None).unwrap();
    let documents = Documents::of(&[generation]).unwrap();
    let copied = copy_back(&backup.originals(&f.vault), &to, documents, &mut |_| {}).await.unwrap();
    assert_eq!((copied.named, copied.copied), (2, 1));
    assert_eq!(to.open_verified(&two.0, 3).await.unwrap().read_all().await.unwrap(), b"two");
    assert!(matches!(backup.generation(Some(9)), Err(BackupError::NoGeneration { .. })));
}

#[tokio::test]
async fn what_is_sealed_is_copied_as_it_is_and_what_is_not_is_sealed() {
    let mut f = fixture();
    let (one, old) = (f.put("one").await, (Digest::of(b"from before"), 11));
    let path = f.source.path_of(&old.0);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, b"from before").unwrap();
    f.take(&[one, old], false).await;
    assert_eq!(fs::read(f.original(&one.0)).unwrap(), fs::read(f.source.path_of(&one.0)).unwrap());
    let stored = fs::read(f.original(&old.0)).unwrap();
    assert!(stored.starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(f.check().await, [""; 0]);

    // Without the key the copy can't be made, and nothing is called damaged.
    let two = f.put("two").await;
    let with_its_key = f.vault.clone();
    f.reopen(of(&[&Generation::generate(2)]));
    let copied = f.take(&[one, old, two], false).await;
    assert_eq!((copied.lacking, copied.copied), (vec![two.0], 0));
    assert_eq!(f.check().await, ["locked", "locked", "missing"]);
    f.reopen(with_its_key);
    assert_eq!(f.take(&[one, old, two], false).await.copied, 1);
    assert_eq!(f.check().await, [""; 0]);
}

#[tokio::test]
async fn a_broken_seal_is_seen_in_the_copy_before_it_has_a_name() {
    let f = fixture();
    let one = f.put("one").await;
    let mut stored = fs::read(f.source.path_of(&one.0)).unwrap();
    let last = stored.len() - 1;
    stored[last] ^= 1;
    overwrite(&f.source.path_of(&one.0), &stored);
    let copied = f.take(&[one], false).await;
    assert_eq!((copied.lacking, copied.copied), (vec![one.0], 0));
    assert!(!f.original(&one.0).exists());
    assert_eq!(fs::read_dir(f.folder().join("tmp")).unwrap().count(), 0);
}
