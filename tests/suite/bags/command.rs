//! `casebind export` and `casebind import` as people and scripts meet them, on a demonstration's data.

use std::fs;

use super::bagit_agrees;
use crate::support::command::{Installation, run};

#[test]
fn a_demonstration_moves_into_an_empty_installation() {
    let source = Installation::new("");
    let data = source.data().display().to_string();
    run(&["demo", "--seed-only", "--port", "0", "--data-dir", &data]).expect(0);
    let to = source.path("bags");
    let folder = to.display().to_string();
    let said = source.run(&["export", "--all", "--to", &folder]).expect(0);
    assert!(said.out.contains("0 need somebody"), "{}", said.out);
    let mut bags: Vec<_> =
        fs::read_dir(&to).unwrap().flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    bags.sort();
    assert!(bags.len() > 4, "{bags:?}");
    bags.iter().for_each(|bag| bagit_agrees(bag));
    let again = source.run(&["export", "--all", "--to", &folder]).expect(0);
    assert!(again.out.contains(&format!("0 bags written, {} kept", bags.len())), "{}", again.out);

    // Who signed is checked by the public key alone, without the installation.
    let stranger = Installation::new("").run(&["custody", "key"]).expect(0).out;
    let (key, other) = (source.path("custody.pub"), source.path("other.pub"));
    fs::write(&key, source.run(&["custody", "key"]).expect(0).out).unwrap();
    fs::write(&other, stranger).unwrap();
    let (key, other) = (key.display().to_string(), other.display().to_string());
    let checked = run(&["custody", "check", "--bag", &folder, "--public-key", &key]).expect(0);
    assert_eq!(checked.out.matches(": well, 1 cases").count(), bags.len(), "{}", checked.out);
    let checked = run(&["custody", "check", "--bag", &folder, "--public-key", &other, "--json"]).expect(2);
    assert!(checked.json()[0]["flaws"][0].as_str().unwrap().contains("signed by none"), "{}", checked.out);
    assert!(run(&["custody", "check", "--bag", &folder]).expect(0).out.contains("who signed"));

    let target = Installation::new("");
    target.run(&["import", &folder, "--public-key", &other]).expect(2).says(&["signed by none"]);
    let taken = target.run(&["import", &folder, "--public-key", &key]).expect(0);
    assert!(
        taken.out.contains(&format!("{} cases taken in, 0 bags known already, 0 refused", bags.len())),
        "{}",
        taken.out
    );
    target.run(&["verify"]).expect(0);
    let known = target.run(&["import", &folder]).expect(0);
    assert!(known.out.contains(&format!("0 cases taken in, {} bags known", bags.len())), "{}", known.out);
    // Whoever came along can't come in: no role, no password.
    let people = target.run(&["user", "list"]).expect(0);
    assert!(people.out.contains("disabled") && !people.out.contains("active"), "{}", people.out);

    // What goes out of the new installation holds the same papers.
    let second = target.path("bags");
    let (name, bag) = (bags[0].file_name().unwrap(), &bags[0]);
    let number = name.to_str().unwrap().trim_start_matches("casebind-");
    target.run(&["export", "--case", number, "--to", &second.display().to_string()]).expect(0);
    let papers = |folder: &std::path::Path| -> Vec<String> {
        let text = fs::read_to_string(folder.join("manifest-sha256.txt")).unwrap();
        let paper = |line: &&str| !line.contains("/case.") && !line.contains("/custody.json");
        text.lines().filter(paper).map(str::to_owned).collect()
    };
    assert_eq!(papers(&second.join(name)), papers(bag));
    source.run(&["import", &folder]).expect(1).says(&["cases of its own", "empty"]);
    fs::remove_file(bags[0].join("bag-info.txt")).unwrap();
    Installation::new("").run(&["import", &folder]).expect(2).says(&[
        "bag-info.txt",
        "missing",
        "nothing of it was taken",
    ]);
    source
        .run(&["export", "--all", "--to", &folder])
        .expect(2)
        .says(&["isn't whole any more", "bag-info.txt"]);
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let installation = Installation::new("");
    let to = installation.path("bags").display().to_string();
    installation.run(&["export", "--to", &to]).expect(1).says(&["--all", "--case", "--closed-before"]);
    installation.run(&["export", "--all", "--closed-before", "114/12/18", "--to", &to]).expect(1);
    installation.run(&["export", "--all", "--to", &to]).expect(1).says(&["data"]);
    assert!(!installation.data().exists(), "no installation is made to export nothing from");
    installation.run(&["migrate"]).expect(0);
    installation
        .run(&["export", "--closed-before", "soon", "--to", &to])
        .expect(1)
        .says(&["soon", "2025-12-18"]);
    installation.run(&["export", "--all", "--batch", "../x", "--to", &to]).expect(1).says(&["--batch ../x"]);
    installation.run(&["export", "--case", "1150000001", "--to", &to]).expect(1).says(&["1150000001"]);
    installation.run(&["export", "--all", "--to", &to]).expect(0);
    installation.run(&["import", &to]).expect(1).says(&["no bag"]);
    installation.run(&["import", "/nowhere/at/all"]).expect(1).says(&["/nowhere/at/all"]);
}
