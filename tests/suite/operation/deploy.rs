//! The notes for whoever deploys, as far as a machine can hold them to what they say.

use std::path::Path;
use std::process::Command;

use crate::support::command::{repository, run};
use crate::support::house::CASEBIND;

/// The first block of the notes in this language.
fn block(language: &str) -> String {
    let notes = std::fs::read_to_string(repository("docs/operation.md")).unwrap();
    let from =
        notes.split(&format!("```{language}\n")).nth(1).unwrap_or_else(|| panic!("no {language} block"));
    from.split("```").next().unwrap().to_owned()
}

#[test]
fn the_unit_starts_a_command_that_is_there_and_is_one_that_systemd_reads() {
    let unit = block("ini");
    let start =
        unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/casebind ")).unwrap();
    let mut words: Vec<_> = start.split_whitespace().collect();
    assert_eq!(words.pop(), Some("/etc/casebind/casebind.toml"));
    words.push("/nowhere/casebind.toml");
    run(&words).expect(1).says(&["/nowhere/casebind.toml"]);
    assert!(unit.contains("\nKillMode=mixed\n"), "readers aren't told to stop in the middle of a file");
    assert!(unit.contains("\nUMask=0077\n"));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("casebind.service");
    std::fs::write(&file, unit.replace("/usr/local/bin/casebind", CASEBIND)).unwrap();
    // Where there is no systemd nobody reads the unit either.
    if let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg(&file).output() {
        let said = String::from_utf8_lossy(&verified.stderr);
        assert!(verified.status.success() && !said.contains("casebind.service"), "{said}");
    }
}

#[test]
fn the_container_starts_the_same() {
    let file = block("dockerfile");
    assert!(file.contains(
        "ENTRYPOINT [\"casebind\"]\nCMD [\"serve\", \"--config\", \"/etc/casebind/casebind.toml\"]\n"
    ));
    assert!(file.contains("STOPSIGNAL SIGTERM\n") && file.contains("USER casebind\n"));
    let lines =
        file.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--"));
    let mut copied = Vec::new();
    for line in lines {
        let mut words: Vec<_> = line.split_whitespace().collect();
        words.pop();
        for source in words {
            assert!(repository(source).exists(), "{source} is copied, and isn't there");
            copied.push(source);
        }
    }
    // Cargo wants to see every crate of ours, also those that aren't built.
    let manifest: toml::Table = std::fs::read_to_string(repository("Cargo.toml")).unwrap().parse().unwrap();
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let member = Path::new(member.as_str().unwrap());
        assert!(copied.iter().any(|source| member.starts_with(source)), "{} is not copied", member.display());
    }
    // A volume takes its owner from the folder that is there before it.
    let at = |text: &str| file.find(text).unwrap_or_else(|| panic!("no {text}"));
    assert!(at("-o casebind -g casebind /var/lib/casebind") < at("VOLUME /var/lib/casebind"));
}
