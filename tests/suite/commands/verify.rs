//! `casebind verify`: each trouble is found, named with its repair, and told by the exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use casebind::case::ids::Digest;

use crate::support::command::{Installation, run};

/// A demonstration's data: real cases with originals.
fn seeded() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo").display().to_string();
    run(&["demo", "--seed-only", "--port", "0", "--data-dir", &data]).expect(0);
    (folder, data)
}

fn verify(data: &str) -> (i32, Vec<serde_json::Value>) {
    let answer = run(&["verify", "--data-dir", data, "--json"]);
    (answer.code, answer.json())
}

/// All originals of a data directory.
fn originals(data: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(data).join("originals")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    files
}

#[test]
fn a_healthy_archive_is_well_and_each_trouble_is_named_with_its_repair() {
    let (_folder, data) = seeded();
    let (code, lines) = verify(&data);
    assert_eq!((code, lines.len()), (0, 1), "{lines:?}");
    let files = originals(&data);
    assert_eq!(lines[0]["summary"]["originals"], files.len());
    assert_eq!(lines[0]["summary"]["findings"], 0);
    let people = run(&["verify", "--data-dir", &data]).expect(0);
    assert!(people.out.contains("0 findings"), "{}", people.out);

    // Missing.
    let kept = fs::read(&files[0]).unwrap();
    fs::remove_file(&files[0]).unwrap();
    // Damaged.
    fs::set_permissions(&files[1], fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(&files[1]).unwrap();
    bytes[10] ^= 1;
    fs::write(&files[1], &bytes).unwrap();
    // An orphan that is old enough to be one, and a young file that may be an upload under way.
    let orphan = put(&data, b"nobody knows me");
    age(&orphan);
    put(&data, b"just arriving");

    let (code, lines) = verify(&data);
    assert_eq!(code, 2);
    let mut kinds: Vec<_> = lines.iter().filter_map(|l| l["finding"]["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["damaged", "missing", "orphan"]);
    assert_eq!(lines.last().unwrap()["summary"]["young"], 1);
    for line in lines.iter().filter(|line| line["finding"].is_object()) {
        let finding = &line["finding"];
        assert!(!finding["repair"].as_str().unwrap().is_empty(), "{finding}");
        assert!(finding["digest"].is_string(), "{finding}");
    }
    let missing = lines.iter().find(|l| l["finding"]["kind"] == "missing").unwrap();
    assert!(!missing["finding"]["rows"].as_array().unwrap().is_empty(), "the rows that name it");
    let words = run(&["verify", "--data-dir", &data]).expect(2).out;
    assert!(words.contains("repair:") && words.contains("3 findings"), "{words}");

    // What the repairs say is done: all is well again.
    fs::write(&files[0], kept).unwrap();
    bytes[10] ^= 1;
    fs::write(&files[1], &bytes).unwrap();
    fs::remove_file(&orphan).unwrap();
    let (code, lines) = verify(&data);
    assert_eq!(code, 0, "{lines:?}");
}

#[test]
fn slices_are_the_whole_and_what_was_read_lately_needs_no_reading() {
    let (_folder, data) = seeded();
    let files = originals(&data);
    let summary = |args: &[&str]| {
        let answer = run(&[&["verify", "--data-dir", &data, "--json"], args].concat());
        let lines = answer.json();
        (answer.code, lines.last().unwrap()["summary"].clone())
    };
    let read = |args: &[&str]| summary(args).1["originals"].as_u64().unwrap();
    assert_eq!(
        read(&["--slice", "1/3"]) + read(&["--slice", "2/3"]) + read(&["--slice", "3/3"]),
        files.len() as u64
    );
    let (code, lately) = summary(&["--older-than-days", "1"]);
    assert_eq!(
        (code, lately["originals"].as_u64(), lately["not_due"].as_u64()),
        (0, Some(0), Some(files.len() as u64))
    );

    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&files[0], b"").unwrap();
    let answer = run(&["verify", "--data-dir", &data, "--older-than-days", "1"]).expect(2);
    assert!(
        answer.out.contains("empty: empty-") && answer.out.contains("1 findings (1 empty)"),
        "{}",
        answer.out
    );
    for wrong in ["0/3", "4/3", "1/257", "third"] {
        run(&["verify", "--data-dir", &data, "--slice", wrong]).expect(1).says(&["i/n"]);
    }
}

#[test]
fn what_cannot_be_checked_is_no_finding() {
    run(&["verify", "--data-dir", "/nowhere/at/all"]).expect(1).says(&["/nowhere/at/all"]);
    run(&["verify"]).expect(1);
    let installation = Installation::new("");
    fs::remove_file(installation.config()).unwrap();
    installation.run(&["verify"]).expect(1).says(&["casebind.toml"]);
}

fn put(data: &str, content: &[u8]) -> PathBuf {
    let name = Digest::of(content).to_string();
    let folder = Path::new(data).join("originals").join(&name[..2]).join(&name[2..4]);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(&name), content).unwrap();
    folder.join(name)
}

/// Lets a file look as if it had been there for a month.
#[expect(clippy::disallowed_methods, reason = "the files of a real process carry the system's time")]
fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(30 * 24 * 3600);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}
