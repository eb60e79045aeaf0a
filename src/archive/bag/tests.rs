//! A bag is written whole or not at all, and whatever is changed in it is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::*;

struct Made {
    folder: tempfile::TempDir,
    written: Written,
}

impl Made {
    fn root(&self) -> PathBuf {
        self.folder.path().join("bag")
    }

    fn file(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Writes over a file, as hands or a disk would.
    fn put(&self, path: &str, text: &str) {
        fs::write(self.file(path), text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.file(path)).unwrap()
    }

    /// Writes over a tag file and enters its new digest, as somebody who knows what they do.
    fn put_knowingly(&self, path: &str, text: &str) {
        let before = Digest::of(self.text(path).as_bytes()).to_string();
        self.put(path, text);
        let tags = self.text(TAG_MANIFEST).replace(&before, &Digest::of(text.as_bytes()).to_string());
        self.put(TAG_MANIFEST, &tags);
    }

    fn flaws(&self) -> Vec<(String, Why)> {
        let flaws = check(&self.root()).unwrap_err();
        flaws.into_iter().map(|flaw| (flaw.file, flaw.why)).collect()
    }
}

fn check(root: &Path) -> Result<Bag, Vec<Flaw>> {
    Bag::check(root, &mut |_| {})
}

fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let mut bag = BagWriter::begin(folder.path(), "bag").unwrap();
    bag.add("one/case.json", b"{}").unwrap();
    let mut file = bag.file("one/scan.pdf").unwrap();
    file.write(b"sealed ").unwrap();
    file.write(b"form").unwrap();
    assert_eq!(file.end().unwrap(), Digest::of(b"sealed form"));
    bag.tag("schema/case.json", b"{\"type\": \"object\"}").unwrap();
    let written = bag.finish(&[("Source-Organization", "示範中心\nPayload-Oxum: 0.0".into())]).unwrap();
    Made { folder, written }
}

fn damaged(before: &[u8], after: &[u8]) -> Why {
    Why::Damaged { expected: Digest::of(before), actual: Digest::of(after) }
}

#[test]
fn a_bag_says_what_the_standard_asks_for() {
    let made = made();
    assert_eq!((made.written.files, made.written.bytes), (2, 13));
    assert_eq!(made.text(DECLARATION), "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    assert_eq!(made.text(INFO), "Source-Organization: 示範中心 Payload-Oxum: 0.0\nPayload-Oxum: 13.2\n");
    let lines = format!(
        "{}  data/one/case.json\n{}  data/one/scan.pdf\n",
        Digest::of(b"{}"),
        Digest::of(b"sealed form")
    );
    assert_eq!(made.text(MANIFEST), lines);
    assert_eq!(made.text(TAG_MANIFEST).lines().count(), 4);
    let mut read = 0;
    let bag = Bag::check(&made.root(), &mut |bytes| read += bytes).unwrap();
    assert_eq!((bag.id(), bag.bytes()), (made.written.id, 13));
    assert!(read > 13, "the tag files are read too");
    assert_eq!(bag.info("payload-oxum").collect::<Vec<_>>(), ["13.2"]);
    assert_eq!(bag.read("data/one/scan.pdf", 11).unwrap(), b"sealed form");
    assert_eq!(bag.read("data/one/scan.pdf", 10).unwrap_err().why, Why::TooLarge(10));
    assert_eq!(bag.read("bag-info.txt", 100).unwrap_err().why, Why::Missing, "no payload");
}

#[test]
fn a_bag_has_no_name_before_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut half = BagWriter::begin(folder.path(), "bag").unwrap();
    half.add("left-over", b"of the first try").unwrap();
    assert!(half.add("left-over", b"twice").is_err(), "a path is used once");
    for path in ["../x", "a b", "名", "", "/x"] {
        assert!(half.add(path, b"").is_err(), "{path:?}");
    }
    drop(half);
    assert!(!folder.path().join("bag").exists());
    let mut again = BagWriter::begin(folder.path(), "bag").unwrap();
    again.add("a", b"b").unwrap();
    again.finish(&[]).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["bag"], "nothing of the first try stays");
    check(&folder.path().join("bag")).unwrap();
    let mut other = BagWriter::begin(folder.path(), "bag").unwrap();
    other.add("a", b"c").unwrap();
    assert!(other.finish(&[]).is_err(), "a whole bag is never written over");
    check(&folder.path().join("bag")).unwrap();
}

#[test]
fn a_bag_that_broke_off_is_resumed_with_what_is_right_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
    let mut bag = BagWriter::resume(folder.path(), "bag").unwrap();
    assert!(!bag.adopt("one/a.pdf", &first, 5).unwrap(), "there is nothing yet");
    bag.add("one/a.pdf", b"first").unwrap();
    bag.add("one/b.pdf", b"secoNd").unwrap();
    bag.add("gone/c.pdf", b"third").unwrap();
    drop(bag);
    // Broken off once more before anything was taken over.
    drop(BagWriter::resume(folder.path(), "bag").unwrap());
    let kept = fs::metadata(folder.path().join(".bag.left/one/a.pdf")).unwrap();
    let mut bag = BagWriter::resume(folder.path(), "bag").unwrap();
    assert!(!bag.adopt("one/a.pdf", &first, 6).unwrap(), "another length");
    assert!(!bag.adopt("../a.pdf", &first, 5).unwrap() && !bag.adopt("one", &first, 5).unwrap());
    assert!(bag.adopt("one/a.pdf", &first, 5).unwrap());
    assert!(!bag.adopt("one/a.pdf", &first, 5).unwrap(), "it is taken over once");
    assert!(!bag.adopt("one/b.pdf", &second, 6).unwrap(), "other bytes");
    bag.add("one/b.pdf", b"second").unwrap();
    let written = bag.finish(&[]).unwrap();
    assert_eq!((written.files, written.bytes), (2, 11));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["bag"], "what wasn't taken over is gone");
    let found = check(&folder.path().join("bag")).unwrap();
    assert_eq!(found.payload().keys().collect::<Vec<_>>(), ["data/one/a.pdf", "data/one/b.pdf"]);
    let same = fs::metadata(folder.path().join("bag/data/one/a.pdf")).unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&same),
        std::os::unix::fs::MetadataExt::ino(&kept),
        "not written twice"
    );
}

#[test]
fn a_flipped_bit_is_named_with_both_digests() {
    let made = made();
    made.put("data/one/scan.pdf", "sealed eorm");
    assert_eq!(made.flaws(), [("data/one/scan.pdf".into(), damaged(b"sealed form", b"sealed eorm"))]);
    let told = check(&made.root()).unwrap_err()[0].to_string();
    assert!(told.starts_with("data/one/scan.pdf: expected SHA-256 "), "{told}");
}

#[test]
fn missing_and_extra_files_are_named() {
    let made = made();
    fs::remove_file(made.file("data/one/case.json")).unwrap();
    made.put("data/one/case.jsom", "{}");
    made.put("notes.txt", "");
    let flaws = made.flaws();
    assert_eq!(
        flaws,
        [
            ("data/one/case.jsom".into(), Why::Unlisted),
            ("notes.txt".into(), Why::Unlisted),
            ("data/one/case.json".into(), Why::Missing)
        ]
    );
    for file in [DECLARATION, INFO, MANIFEST, TAG_MANIFEST] {
        let made = self::made();
        fs::remove_file(made.file(file)).unwrap();
        assert!(made.flaws().contains(&(file.into(), Why::Missing)), "{file}: {:?}", made.flaws());
    }
}

#[test]
fn a_path_that_leads_out_is_refused_and_never_opened() {
    for path in ["data/../../outside", "/etc/passwd", "../outside", "data/%2e%2e/x", "bag-info.txt"] {
        let made = made();
        fs::write(made.folder.path().join("outside"), "secret").unwrap();
        let lines = format!("{}{}  {path}\n", made.text(MANIFEST), Digest::of(b"secret"));
        made.put_knowingly(MANIFEST, &lines);
        let flaws = made.flaws();
        assert_eq!(flaws.len(), 1, "{path}: {flaws:?}");
        assert!(matches!(flaws[0].1, Why::Unsafe | Why::Malformed(_)), "{path}: {flaws:?}");
    }
    let made = made();
    fs::write(made.folder.path().join("outside"), "sealed form").unwrap();
    fs::remove_file(made.file("data/one/scan.pdf")).unwrap();
    symlink("../../../outside", made.file("data/one/scan.pdf")).unwrap();
    assert_eq!(made.flaws(), [("data/one/scan.pdf".into(), Why::Special)], "the right bytes, by a link");
}

#[test]
fn the_weight_must_be_right() {
    let made = made();
    made.put_knowingly(INFO, "Payload-Oxum: 14.2\n");
    assert_eq!(made.flaws(), [(INFO.into(), Why::Oxum { expected: "14.2".into(), actual: "13.2".into() })]);
    for info in ["Bagging-Date: 2026-11-26\n", "Payload-Oxum: 13.2\nPayload-Oxum: 13.2\n", "no label\n"] {
        made.put_knowingly(INFO, info);
        assert!(matches!(made.flaws()[0], (_, Why::Malformed(_))), "{info}");
    }
}

#[test]
fn tag_files_and_manifests_are_held_too() {
    let made = made();
    made.put(INFO, "Payload-Oxum: 13.2\n");
    assert_eq!(made.flaws().len(), 1, "a tag file that was changed");
    assert_eq!(made.flaws()[0].0, INFO);

    let made = self::made();
    let twice = format!("{}{}  data/one/case.json\n", made.text(MANIFEST), Digest::of(b"{}"));
    made.put_knowingly(MANIFEST, &twice);
    assert_eq!(made.flaws(), [("data/one/case.json".into(), Why::Twice)]);

    let made = self::made();
    made.put_knowingly(MANIFEST, &format!("{}no digest  data/x\n", made.text(MANIFEST)));
    assert!(
        matches!(&made.flaws()[0], (file, Why::Malformed(why)) if file == MANIFEST && why.contains("line 3"))
    );

    let made = self::made();
    made.put_knowingly(DECLARATION, "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n");
    assert!(matches!(&made.flaws()[0], (file, Why::Malformed(_)) if file == DECLARATION));
    assert!(!check(made.folder.path()).unwrap_err().is_empty(), "a folder that is no bag");
}

#[test]
fn a_file_that_changes_after_the_check_is_not_read_to_its_end() {
    let made = made();
    let bag = check(&made.root()).unwrap();
    made.put("data/one/scan.pdf", "sealed eorm");
    assert_eq!(bag.read("data/one/scan.pdf", 100).unwrap_err().why, damaged(b"sealed form", b"sealed eorm"));
}
