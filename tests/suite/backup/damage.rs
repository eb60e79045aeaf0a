//! Each damage of a backup is found by the drill, named, and told by the exit code; nothing healthy is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use casebind::case::ids::Digest;

use super::{check, files, generation, kinds, restore, summary};
use crate::support::command::run;
use crate::support::folder::copy;
use crate::support::sealed;

/// A backup of a demonstration's data.
pub(super) struct Taken {
    place: tempfile::TempDir,
    pub(super) data: PathBuf,
    folder: PathBuf,
}

impl Taken {
    pub(super) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let (data, folder) = (place.path().join("demo"), place.path().join("backup"));
        let told = data.display().to_string();
        run(&["demo", "--seed-only", "--port", "0", "--data-dir", &told]).expect(0);
        run(&["backup", "--data-dir", &told, "--to", &folder.display().to_string()]).expect(0);
        Self { place, data, folder }
    }

    /// A copy of it to be damaged.
    pub(super) fn copy(&self, name: &str) -> PathBuf {
        let to = self.place.path().join(name);
        copy(&self.folder, &to);
        to
    }

    /// What is found in a copy that was damaged in this way.
    fn found(&self, name: &str, damage: impl FnOnce(&Path)) -> Vec<String> {
        let folder = self.copy(name);
        damage(&folder);
        let answer = check(&folder, &self.data);
        let kinds = kinds(&answer);
        assert_eq!(answer.code, if kinds.is_empty() { 0 } else { 2 }, "{name}: {}", answer.err);
        assert_eq!(summary(&answer)["findings"], kinds.len(), "{name}");
        kinds
    }
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn each_damage_is_found_and_named() {
    let taken = Taken::new();
    let original = |folder: &Path| files(&folder.join("originals")).swap_remove(0);
    let table = |folder: &Path, name: &str| generation(folder, 1).join(format!("rows/{name}.jsonl"));
    let manifest = |folder: &Path| generation(folder, 1).join("manifest.json");

    assert_eq!(taken.found("whole", |_| ()), [""; 0]);
    assert_eq!(taken.found("gone", |f| fs::remove_file(original(f)).unwrap()), ["missing"]);
    assert_eq!(taken.found("flipped", |f| overwrite(&original(f), |b| b[10] ^= 1)), ["damaged"]);
    assert_eq!(taken.found("cut", |f| overwrite(&original(f), |b| b.truncate(10))), ["truncated"]);
    assert_eq!(taken.found("empty", |f| overwrite(&original(f), Vec::clear)), ["empty"]);
    assert_eq!(taken.found("rows gone", |f| fs::remove_file(table(f, "flow")).unwrap()), ["file-missing"]);
    assert_eq!(
        taken.found("rows flipped", |f| overwrite(&table(f, "cases"), |b| b[9] ^= 1)),
        ["file-damaged"]
    );
    assert_eq!(
        taken.found("rows cut", |f| overwrite(&table(f, "people"), |b| b.truncate(99))),
        ["file-truncated"]
    );
    // Without a list nothing can be called missing or left over.
    assert_eq!(
        taken.found("list cut", |f| overwrite(&table(f, "documents"), |b| b.truncate(99))),
        ["file-truncated"]
    );
    assert_eq!(taken.found("stranger", |f| fs::write(f.join("notes.txt"), "").unwrap()), ["foreign-file"]);
    assert_eq!(taken.found("strange rows", |f| fs::write(table(f, "more"), "").unwrap()), ["foreign-file"]);
    assert_eq!(
        taken.found("strange original", |f| fs::write(f.join("originals/x"), "").unwrap()),
        ["foreign"]
    );
    assert_eq!(
        taken.found("broken off", |f| fs::remove_file(manifest(f)).unwrap()),
        ["no-generation", "unfinished"]
    );
    assert_eq!(
        taken.found("altered", |f| overwrite(&manifest(f), |b| {
            let text = String::from_utf8(b.clone()).unwrap();
            *b = text.replacen("\"rows\": ", "\"rows\": 1", 1).into_bytes();
        })),
        ["manifest-altered"]
    );
    assert_eq!(
        taken.found("no sum", |f| fs::remove_file(generation(f, 1).join("manifest.sha256")).unwrap()),
        ["manifest-altered"]
    );
    assert_eq!(
        taken.found("two at once", |f| {
            fs::remove_file(original(f)).unwrap();
            overwrite(&table(f, "cases"), |b| b[9] ^= 1);
        }),
        ["file-damaged", "missing"]
    );
}

#[test]
fn people_read_what_is_found_and_what_to_do() {
    let taken = Taken::new();
    let folder = taken.copy("damaged");
    fs::remove_file(files(&folder.join("originals")).swap_remove(0)).unwrap();
    let told = folder.display().to_string();
    let answer = run(&["restore", &told, "--check"]).expect(2);
    for part in
        ["missing-", "repair: Run `casebind backup --reread`", "generation 1 of", "cases: ", "1 findings"]
    {
        assert!(answer.out.contains(part), "{part:?} isn't in\n{}", answer.out);
    }
    answer.says(&["--keys DIR"]);
    // What it says helps.
    let data = taken.data.display().to_string();
    run(&["backup", "--data-dir", &data, "--to", &told, "--reread"]).expect(0);
    check(&folder, &taken.data).expect(0);
}

#[test]
fn a_key_that_does_not_belong_to_it_is_named() {
    let taken = Taken::new();
    let elsewhere = taken.place.path().join("elsewhere");
    copy(&taken.data.join("keys"), &elsewhere.join("keys"));
    fs::write(elsewhere.join("keys/doors.key"), "0".repeat(64)).unwrap();
    let answer = check(&taken.folder, &elsewhere);
    assert_eq!((answer.code, kinds(&answer)), (2, vec!["wrong-key".to_owned()]));
    fs::remove_file(elsewhere.join("keys/doors.key")).unwrap();
    assert_eq!(kinds(&check(&taken.folder, &elsewhere)), ["wrong-key"]);
    // Nothing is restored that couldn't be read afterwards.
    let new = taken.place.path().join("new");
    let refused = restore(&taken.folder, &new, &elsewhere.join("keys"), &[]).expect(2);
    refused.says(&["nothing was restored"]);
    assert!(!new.exists());
}

#[test]
fn a_copy_is_proved_without_casebind() {
    let taken = Taken::new();
    let mut sums = Command::new("sha256sum");
    let output =
        sums.args(["-c", "manifest.sha256"]).current_dir(generation(&taken.folder, 1)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for original in files(&taken.folder.join("originals")) {
        let name = original.file_name().unwrap().to_string_lossy().into_owned();
        assert!(fs::read(&original).unwrap().starts_with(sealed::BEGIN), "nobody without the key reads it");
        let plain = sealed::plain(&original, &taken.data.join("keys"));
        assert_eq!(Digest::of(&plain).to_string(), name);
    }
}

#[test]
fn what_cannot_be_checked_is_no_finding() {
    let place = tempfile::tempdir().unwrap();
    let empty = place.path().display().to_string();
    run(&["restore", &empty, "--check"]).expect(1).says(&["no folder of backups"]);
    run(&["restore", &empty]).expect(1);
    run(&["restore", &empty, "--into", "x"]).expect(1).says(&["--keys"]);
    run(&["backup", "--data-dir", &empty, "--to", "/x"]).expect(1).says(&["no data directory"]);
    run(&["backup", "--to", "/x"]).expect(1);
}

#[test]
fn an_original_that_the_installation_lost_is_told_and_stops_nothing() {
    let taken = Taken::new();
    let data = taken.data.display().to_string();
    fs::remove_file(files(&taken.data.join("originals")).swap_remove(0)).unwrap();
    // An earlier backup has it still.
    let folder = taken.folder.display().to_string();
    run(&["backup", "--data-dir", &data, "--to", &folder]).expect(0);
    // A new one can't.
    let new = taken.place.path().join("new").display().to_string();
    let answer = run(&["backup", "--data-dir", &data, "--to", &new, "--json"]).expect(2);
    assert_eq!(kinds(&answer), ["lacking"]);
    assert_eq!(kinds(&check(Path::new(&new), &taken.data)), ["missing"]);
    check(&taken.folder, &taken.data).expect(0);
}
