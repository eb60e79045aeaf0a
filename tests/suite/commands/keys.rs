//! `casebind keys`: generations are shown, added, changed to and given up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::verify::{originals, seeded, verify};
use crate::support::command::{Installation, run};
use crate::support::sealed;

#[test]
fn generations_come_take_over_and_go() {
    let here = Installation::new("");
    here.run(&["migrate"]).expect(0);
    let key = here.data().join("keys/archive-1.key");
    assert!(std::fs::read_to_string(&key).unwrap().contains("AGE-SECRET-KEY-1"));
    here.run(&["seed", "--cases", "12"]).expect(0);
    let listed = here.run(&["keys", "list"]).expect(0);
    assert!(listed.out.starts_with("1: age1") && listed.out.contains("newest"), "{}", listed.out);
    assert!(!listed.out.contains("AGE-SECRET-KEY") && !listed.out.contains("in clear"), "{}", listed.out);

    here.run(&["keys", "retire", "1"]).expect(1).says(&["generation 1 is the newest"]);
    let made = here.run(&["keys", "new"]).expect(0);
    assert!(made.out.starts_with("generation 2: age1"), "{}", made.out);
    let needed = here.run(&["keys", "retire", "1"]).expect(2);
    assert!(needed.out.contains("cases.content: 12 values need generation 1"), "{}", needed.out);
    let rotated = here.run(&["keys", "rotate"]).expect(0);
    assert!(rotated.out.contains("encrypted anew with generation 2"), "{}", rotated.out);
    assert!(here.run(&["keys", "rotate"]).expect(0).out.starts_with("0 values"), "nothing is left to do");
    let retired = here.run(&["keys", "retire", "1"]).expect(0);
    assert!(retired.out.contains("archive-1.key can go"), "{}", retired.out);
    std::fs::remove_file(key).unwrap();
    let listed = here.run(&["keys", "list"]).expect(0);
    assert!(listed.out.starts_with("2: age1"), "{}", listed.out);
    here.run(&["keys", "retire", "1"]).expect(1).says(&["there is no generation 1"]);
}

#[test]
fn files_do_without_an_old_generation_once_they_are_sealed_anew() {
    let (_folder, data) = seeded();
    let keys = Path::new(&data).join("keys");
    let on = |command: &[&str]| run(&[&["keys"], command, &["--data-dir", &data]].concat());
    let files = originals(&data);
    // One from before files were sealed.
    let plain = sealed::plain(&files[0], &keys);
    fs::set_permissions(&files[0], fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&files[0], &plain).unwrap();
    assert_eq!(verify(&data).0, 0, "it is read as it is");
    on(&["new"]).expect(0);
    let needed = on(&["retire", "1"]).expect(2);
    assert!(needed.out.contains(" files need generation 1"), "{}", needed.out);
    on(&["rotate"]).expect(0);
    let again = on(&["rotate"]).expect(0);
    assert!(again.out.starts_with("0 values and 0 files"), "{}", again.out);
    for file in originals(&data) {
        let head = fs::read(&file).unwrap();
        assert!(head.starts_with(sealed::BEGIN), "{}", file.display());
        let named = b"\n-> casebind-generation 2 ";
        assert!(head.windows(named.len()).any(|window| window == named), "{}", file.display());
    }
    assert_eq!(originals(&data), files, "under the same names");
    on(&["retire", "1"]).expect(0);
    fs::remove_file(keys.join("archive-1.key")).unwrap();
    let (code, lines) = verify(&data);
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!(lines[0]["summary"]["originals"], files.len());
    assert!(sealed::plain(&files[0], &keys) == plain);
}

#[test]
fn keys_that_are_gone_or_others_are_told() {
    let here = Installation::new("");
    here.run(&["migrate"]).expect(0);
    let key = here.data().join("keys/archive-1.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    // A new one is made in its place, and isn't the one that the database knows.
    here.run(&["migrate"]).expect(1).says(&["key_generations.proof", "with another key"]);
    std::fs::write(here.data().join("keys/archive-2.key"), std::fs::read_to_string(&key).unwrap()).unwrap();
    std::fs::remove_file(&key).unwrap();
    here.run(&["migrate"]).expect(1).says(&["generation 1, whose key isn't here"]);
    std::fs::write(&key, kept).unwrap();
    here.run(&["migrate"]).expect(0);
}
