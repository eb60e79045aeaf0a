//! `casebind custody`: signed, exported, and checked without a database.

use std::fs;

use crate::support::command::{Answer, Installation, casebind, run};

/// Checks a file of links against the installation's checkpoints.
fn check(installation: &Installation, links: &str) -> Answer {
    let path = |below: &str| installation.path(below).display().to_string();
    let (checkpoints, key, links) = (path("data/checkpoints"), path("custody.pub"), path(links));
    run(&[
        "custody",
        "check",
        "--checkpoints",
        &checkpoints,
        "--public-key",
        &key,
        "--links",
        &links,
        "--json",
    ])
}

fn kinds(answer: &Answer) -> Vec<String> {
    let kind = |line: &serde_json::Value| line["finding"]["kind"].as_str().map(str::to_owned);
    answer.json().iter().filter_map(kind).collect()
}

#[test]
fn a_chain_is_signed_exported_and_checked_elsewhere() {
    let installation = Installation::new("");
    installation.run(&["seed", "--cases", "3"]).expect(0);
    let signed = installation.run(&["custody", "checkpoint"]).expect(0);
    assert!(signed.out.contains("links signed"), "{}", signed.out);
    let verified = installation.run(&["custody", "verify"]).expect(0);
    assert!(
        verified.out.contains("1 checkpoints held") && verified.out.contains("0 findings"),
        "{}",
        verified.out
    );
    let file = installation.path("links.jsonl").display().to_string();
    installation.run(&["custody", "export", "-o", &file]).expect(0);
    fs::write(installation.path("custody.pub"), installation.run(&["custody", "key"]).expect(0).out).unwrap();
    let well = check(&installation, "links.jsonl").expect(0);
    assert_eq!(well.json()[0]["summary"]["findings"], 0);

    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() > 3);
    let changed = |name: &str, lines: &[&str]| {
        fs::write(installation.path(name), lines.join("\n") + "\n").unwrap();
        kinds(&check(&installation, name).expect(2))
    };
    assert_eq!(changed("cut", &lines[..lines.len() - 1]), ["tail-cut"]);
    assert_eq!(changed("deleted", &[&lines[..1], &lines[2..]].concat()), ["link-missing"]);
    assert_eq!(changed("inserted", &[&lines[..2], &lines[1..]].concat()), ["link-misplaced"]);
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert_eq!(changed("swapped", &swapped), ["link-missing", "link-misplaced"]);
    let edited = lines[1].replace("kind=4:flow", "kind=4:flew");
    assert_eq!(changed("edited", &[&lines[..1], &[edited.as_str()], &lines[2..]].concat()), ["link-edited"]);
    assert_eq!(
        changed("torn", &[&lines[..1], &["{"], &lines[2..]].concat()),
        ["link-edited", "link-missing"]
    );

    // Where nobody takes what it says, it ends with 1 and says nothing else.
    for command in ["export", "verify"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let arguments = installation.arguments(&["custody", command]);
        let ended: Answer = casebind(&arguments).stdout(full).output().unwrap().into();
        let ended = ended.expect(1);
        assert!(!ended.err.contains("panicked") && !ended.err.contains("links, up to"), "{}", ended.err);
    }

    // Another key vouches for nothing.
    let another = Installation::new("");
    fs::write(installation.path("custody.pub"), another.run(&["custody", "key"]).expect(0).out).unwrap();
    assert_eq!(kinds(&check(&installation, "links.jsonl").expect(2)), ["not-signed"]);
    fs::write(installation.path("custody.pub"), installation.run(&["custody", "key", "--pem"]).expect(0).out)
        .unwrap();
    check(&installation, "links.jsonl").expect(0);
}

#[test]
fn what_can_not_be_checked_is_no_finding() {
    let installation = Installation::new("");
    fs::write(installation.path("custody.pub"), installation.run(&["custody", "key"]).expect(0).out).unwrap();
    check(&installation, "none").expect(1).says(&["checkpoints: there is no such folder"]);
    fs::create_dir_all(installation.path("data/checkpoints")).unwrap();
    check(&installation, "none").expect(1).says(&["there is no checkpoint"]);
    let signed = installation.run(&["custody", "checkpoint"]).expect(0);
    assert!(signed.out.starts_with("0 rows linked"), "{}", signed.out);
}
