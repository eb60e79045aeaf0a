//! `casebind verify --repair`: what goes, and what stays whatever it looks like.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::verify::{originals, put, seeded, verify};
use crate::support::command::run;

#[test]
fn the_repair_removes_old_orphans_and_nothing_else() {
    let (_folder, data) = seeded();
    // Everything is old, and so is what isn't an original; one orphan is young.
    let orphans = [put(&data, b"cut off"), put(&data, b"cut off as well")];
    let stray = Path::new(&data).join("tmp/.tmpLeft");
    let foreign = Path::new(&data).join("originals/notes.txt");
    for file in [&stray, &foreign] {
        fs::write(file, b"not ours").unwrap();
    }
    for file in originals(&data).iter().chain([&stray]) {
        File::open(file).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(3600)).unwrap();
    }
    let young = put(&data, b"just arriving");
    let damaged = originals(&data)
        .into_iter()
        .find(|file| *file != young && !orphans.contains(file) && *file != foreign);
    let damaged = damaged.unwrap();
    fs::set_permissions(&damaged, Permissions::from_mode(0o600)).unwrap();
    fs::write(&damaged, b"damaged").unwrap();

    let before = originals(&data);
    assert_eq!(verify(&data).0, 2);
    assert_eq!(originals(&data), before, "a check removes nothing");
    let answer = run(&["verify", "--data-dir", &data, "--json", "--repair"]).expect(2);
    let lines = answer.json();
    let mut removed: Vec<_> = lines.iter().filter_map(|line| line["removed"].as_str()).collect();
    removed.sort_unstable();
    let mut expected = orphans.each_ref().map(|file| file.file_name().unwrap().to_str().unwrap());
    expected.sort_unstable();
    assert_eq!(removed, expected);
    let left: Vec<_> = before.into_iter().filter(|file| !orphans.contains(file)).collect();
    assert_eq!(originals(&data), left);
    assert!(stray.exists() && foreign.exists() && young.exists());
    let (_, lines) = verify(&data);
    let mut kinds: Vec<_> = lines.iter().filter_map(|line| line["finding"]["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["foreign", "stray-temporary", "truncated"], "what else is wrong stays to be told");
}
