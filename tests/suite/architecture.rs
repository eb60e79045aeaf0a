//! The house's plan, held: which room may use which, where SQL is, and that every file says what it owns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::repository;

/// Each room and the rooms that it may use, in the order of the walk.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("case", &[]),
    ("clock", &[]),
    ("fault", &[]),
    ("keyring", &["clock"]),
    ("forms", &["case"]),
    ("metrics", &[]),
    ("intake", &["case", "forms", "metrics", "paper"]),
    ("paper", &[]),
    ("archive", &["case", "clock", "fault", "keyring"]),
    ("custody", &["case"]),
    ("store", &["case", "clock", "custody", "forms", "keyring"]),
    ("mail", &[]),
    ("config", &["case", "clock", "custody", "forms", "identity", "keyring", "mail"]),
    ("telemetry", &["config"]),
    ("identity", &["case", "clock", "keyring", "store"]),
    (
        "steps",
        &[
            "archive", "case", "clock", "custody", "fault", "forms", "identity", "intake", "keyring", "mail",
            "metrics", "paper", "store",
        ],
    ),
    (
        "web",
        &[
            "archive", "case", "clock", "config", "custody", "fault", "forms", "identity", "intake", "mail",
            "metrics", "paper", "steps", "store",
        ],
    ),
    (
        "cli",
        &[
            "archive",
            "case",
            "clock",
            "config",
            "custody",
            "forms",
            "identity",
            "intake",
            "keyring",
            "mail",
            "metrics",
            "paper",
            "steps",
            "store",
            "telemetry",
            "web",
        ],
    ),
];

/// Where the crate of `paper` is named: all others ask `crate::paper`, and what paper says of a case is `case`'s word.
const PAPER_IS_NAMED: [(&str, &str); 4] = [
    ("case/ids.rs", "pub use casebind_paper::reference::{CaseReference, Malformed, Revision};"),
    ("forms/mod.rs", "pub use casebind_paper::{code, layout};"),
    ("forms/qr.rs", "pub(super) use casebind_paper::qr::{MODULES, modules};"),
    ("lib.rs", "pub use casebind_paper as paper;"),
];

/// What of the store `web` may use beside plain types: look-ups and notes that are no step of a case.
const WEB_MAY_ASK: [&str; 8] =
    ["drafts", "filters", "held", "identities", "list", "notices", "schools", "staff"];

/// All Rust files below src, without their tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![repository("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(repository("src")).unwrap().to_owned();
                sources.push((path, text));
            }
        }
    }
    sources.sort();
    assert!(sources.len() > 50, "this test reads the wrong folder");
    sources
}

/// Code as it is compiled into the program: no comments, no statements of tests, and nothing after the tests begin.
fn code(text: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            match lines.next() {
                Some(statement) if statement.ends_with(';') => continue,
                _ => break,
            }
        }
        kept.push(line.split("//").next().unwrap_or(""));
    }
    kept.join("\n")
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_sample"))
}

/// The room that a file belongs to; none for the crate's roof.
fn room(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_string_lossy();
    let name = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    (!matches!(name.as_str(), "lib" | "main")).then_some(name)
}

#[test]
fn rooms_use_each_other_in_one_direction() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let mut wrong = Vec::new();
    let mut rooms = BTreeSet::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        let Some(room) = room(path) else { continue };
        rooms.insert(room.clone());
        let Some(may) = allowed.get(room.as_str()) else {
            wrong.push(format!("{}: a room that the plan doesn't have", path.display()));
            continue;
        };
        // A crate of its own, which says `crate::` of itself: see below.
        if room == "paper" {
            continue;
        }
        for part in code(text).split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if allowed.contains_key(used.as_str()) && used != room && !may.contains(&used.as_str()) {
                wrong.push(format!("{}: {room} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let planned: BTreeSet<String> = allowed.keys().map(|room| (*room).to_owned()).collect();
    assert_eq!(rooms, planned);
}

#[test]
fn paper_is_a_crate_that_knows_no_other_room() {
    let manifest = fs::read_to_string(repository("src/paper/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let needs: BTreeSet<&str> = ["dependencies", "dev-dependencies", "build-dependencies"]
        .into_iter()
        .filter_map(|kind| manifest.get(kind)?.as_table())
        .flat_map(|table| table.keys().map(String::as_str))
        .collect();
    assert!(needs.len() > 5, "this test reads the manifest wrongly: {needs:?}");
    let foreign = ["axum", "casebind", "sqlx", "tokio", "typst"];
    let wrong: Vec<_> = needs.iter().filter(|name| foreign.iter().any(|of| name.starts_with(of))).collect();
    assert!(wrong.is_empty(), "src/paper/Cargo.toml names {wrong:?}");

    let mut named = Vec::new();
    for (path, text) in sources() {
        let code = code(&text);
        if room(&path).is_some_and(|room| room == "paper") {
            assert!(!code.contains("casebind::"), "{} names the house around it", path.display());
        }
        let lines = code.lines().filter(|line| line.contains("casebind_paper"));
        named.extend(lines.map(|line| (path.to_string_lossy().into_owned(), line.to_owned())));
    }
    assert_eq!(named, PAPER_IS_NAMED.map(|(path, line)| (path.to_owned(), line.to_owned())));
}

#[test]
fn the_plan_itself_has_no_circle() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    fn reaches(allowed: &BTreeMap<&str, &[&str]>, from: &str, to: &str) -> bool {
        allowed[from].iter().any(|next| *next == to || reaches(allowed, next, to))
    }
    for room in allowed.keys() {
        assert!(!reaches(&allowed, room, room), "{room}");
    }
}

#[test]
fn only_the_store_speaks_sql() {
    for (path, text) in sources() {
        if room(&path).is_none_or(|room| room == "store") || is_test(&path) {
            continue;
        }
        let code = code(&text);
        for word in ["sqlx::query", "INSERT INTO", "SELECT ", "UPDATE ", "DELETE FROM", "AssertSqlSafe"] {
            assert!(!code.contains(word), "{} has {word:?}: SQL belongs into store", path.display());
        }
    }
}

#[test]
fn pages_write_nothing_but_drafts() {
    // A page that changed a case without a step would pass by the rules of the life cycle.
    let functions = ["cases", "documents", "flow", "papers", "people", "sessions", "traces"];
    for (path, text) in sources() {
        if room(&path).is_none_or(|room| room != "web") || is_test(&path) {
            continue;
        }
        let code = code(&text);
        for module in functions {
            for part in code.split(&format!("{module}::")).skip(1) {
                let called = part.chars().next().is_some_and(|c| c.is_ascii_lowercase());
                let store =
                    code.contains(&format!("store::{module}")) || code.contains(&format!("{module}, "));
                assert!(
                    !(called && store && uses_store_module(&code, module)),
                    "{} calls store::{module}: only {WEB_MAY_ASK:?} may be asked directly",
                    path.display()
                );
            }
        }
    }
}

/// Whether the file imports the module of the store itself, and not only types from it.
fn uses_store_module(code: &str, module: &str) -> bool {
    code.lines().filter(|line| line.trim_start().starts_with("use crate::store")).any(|line| {
        line.contains(&format!("store::{module};"))
            || line.contains(&format!("store::{module}::{{self"))
            || (line.contains("store::{") && line.contains(module))
    })
}

#[test]
fn the_rules_know_no_io() {
    for (path, text) in sources() {
        if room(&path).is_none_or(|room| room != "case") {
            continue;
        }
        let code = code(&text);
        for word in
            ["std::fs", "std::net", "std::io", "std::env", "std::process", "tokio", "sqlx", "axum", "tracing"]
        {
            assert!(!code.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn bags_know_files_and_digests_only() {
    let mut seen = 0;
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("archive/bag")) {
        for used in code(text).split("crate::").skip(1) {
            let known = used.starts_with("archive::") || used.starts_with("case::ids::Digest");
            assert!(
                known,
                "{} uses {:?}: what a bag is about belongs to steps/bags",
                path.display(),
                used.lines().next()
            );
        }
        seen += 1;
    }
    assert!(seen > 3, "this test reads the wrong folder");
}

#[test]
fn every_file_says_what_it_owns() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{} doesn't open with //!", path.display());
    }
    for name in ["main.rs", "support/mod.rs", "walk/mod.rs"] {
        let text = fs::read_to_string(repository("tests/suite").join(name)).unwrap();
        assert!(text.starts_with("//! "), "{name}");
    }
}

#[test]
fn nothing_is_left_to_do() {
    for (path, text) in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "#[ignore"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn the_security_list_names_what_is_there() {
    let list = fs::read_to_string(repository("SECURITY.md")).unwrap();
    let named: BTreeSet<&str> = list
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.ends_with(".rs") || text.ends_with('/') && !text.starts_with('/'))
        .collect();
    assert!(named.len() > 30, "this test reads the list wrongly: {named:?}");
    let is_there = |name: &str| {
        ["", "tests/suite/", "src/"].iter().any(|root| repository(&format!("{root}{name}")).exists())
    };
    let gone: Vec<_> = named.into_iter().filter(|name| !is_there(name)).collect();
    assert!(gone.is_empty(), "SECURITY.md names what isn't there: {gone:#?}");
}
