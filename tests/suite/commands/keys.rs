//! `casebind keys`: generations are shown, added, changed to and given up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use casebind::keyring::Generation;

use super::verify::{originals, seeded, verify};
use crate::support::command::{Answer, Installation, casebind, run};
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
fn keys_that_are_gone_or_others_are_told_everywhere_and_none_is_made() {
    let here = Installation::new("");
    here.run(&["migrate"]).expect(0);
    let keys = here.data().join("keys");
    let key = keys.join("archive-1.key");
    let kept = fs::read_to_string(&key).unwrap();
    let backup = here.path("backup").display().to_string();
    let commands: [&[&str]; 8] = [
        &["migrate"],
        &["serve"],
        &["verify"],
        &["keys", "list"],
        &["keys", "new"],
        &["keys", "rotate"],
        &["keys", "retire", "1"],
        &["backup", "--to", &backup],
    ];
    let everywhere = |words: &[&str]| {
        for command in commands {
            here.run(command).expect(1).says(words);
        }
        let data = here.data().display().to_string();
        run(&["demo", "--seed-only", "--port", "0", "--data-dir", &data]).expect(1).says(words);
        run(&["verify", "--data-dir", &data]).expect(1).says(words);
    };
    let files = || {
        let mut names: Vec<_> = fs::read_dir(&keys).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.retain(|name| name.to_string_lossy().starts_with("archive-"));
        names
    };
    // Emptied, or not restored.
    fs::remove_file(&key).unwrap();
    everywhere(&["has no archive-N.key", "restore archive-1.key there"]);
    assert_eq!(files(), Vec::<std::ffi::OsString>::new(), "a new key would open nothing");
    // Another installation's.
    fs::write(&key, Generation::generate(1).to_text()).unwrap();
    everywhere(&["key_generations.proof", "with another key"]);
    fs::remove_file(&key).unwrap();
    let other = keys.join("archive-2.key");
    fs::write(&other, Generation::generate(2).to_text()).unwrap();
    everywhere(&["generation 1, whose key isn't here"]);
    // The right one under another name.
    fs::write(&other, &kept).unwrap();
    everywhere(&["its key is here with the number 2", "archive-1.key"]);
    fs::rename(&other, &key).unwrap();
    assert_eq!(files(), ["archive-1.key"]);
    here.run(&["migrate"]).expect(0);
    here.run(&["verify"]).expect(0);
}

#[test]
fn a_folder_elsewhere_gets_its_first_key_when_it_is_asked_for() {
    let here = Installation::new("[encryption]\nkey_dir = \"keys-elsewhere\"\n");
    let folder = here.path("keys-elsewhere");
    fs::create_dir(&folder).unwrap();
    here.run(&["migrate"]).expect(1).says(&["keys-elsewhere has no archive-N.key", "casebind keys new"]);
    let made = here.run(&["keys", "new"]).expect(0);
    assert!(made.out.starts_with("generation 1: age1"), "{}", made.out);
    here.run(&["migrate"]).expect(0);
    fs::remove_file(folder.join("archive-1.key")).unwrap();
    here.run(&["keys", "new"]).expect(1).says(&["the database is sealed", "restore archive-1.key"]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn keys_of_the_environment_have_numbers_and_are_given_up() {
    let here = Installation::new("");
    let (one, two) = (Generation::generate(1), Generation::generate(2));
    let (first, second) = (one.identity().to_owned(), two.identity().to_owned());
    let with = |keys: &str, command: &[&str]| {
        let answer = casebind(&here.arguments(command)).env("CASEBIND_ENCRYPTION_KEY", keys).output();
        let answer = Answer::from(answer.expect("the program runs"));
        for text in [&answer.out, &answer.err] {
            assert!(!text.contains(one.identity()) && !text.contains(two.identity()), "{text}");
        }
        answer
    };
    with(&first, &["migrate"]).expect(0);
    with(&first, &["seed", "--cases", "3"]).expect(0);
    with(&first, &["keys", "new"]).expect(1).says(&["`2:AGE-SECRET-KEY-1"]);
    let numbered = format!("2:{second}");
    let both = format!("{first},{numbered}");
    let listed = with(&both, &["keys", "list"]).expect(0);
    assert!(listed.out.contains(&format!("2: {}", two.recipient())), "{}", listed.out);
    with(&numbered, &["migrate"]).expect(1).says(&["generation 1, whose key isn't here"]);
    with(&both, &["keys", "rotate"]).expect(0);
    let retired = with(&both, &["keys", "retire", "1"]).expect(0);
    assert!(retired.out.contains("it can go from CASEBIND_ENCRYPTION_KEY"), "{}", retired.out);
    retired.says(&["`2:AGE-SECRET-KEY-1"]);
    // Without its number the second would be the first.
    with(&second, &["migrate"])
        .expect(1)
        .says(&["its key is here with the number 1", "`2:` stands before it"]);
    let listed = with(&numbered, &["keys", "list"]).expect(0);
    assert!(listed.out.starts_with(&format!("2: {}", two.recipient())), "{}", listed.out);
    with(&both, &["migrate"]).expect(0);
    with(&format!("2:{second},1:{first}"), &["migrate"]).expect(1).says(&["numbers rise"]);
}
