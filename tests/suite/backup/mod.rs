//! A running installation is backed up; what is in the backup, what is found wrong with it, and that it comes back.

mod damage;
mod disposed;
mod forged;
mod noted;
mod restored;
mod running;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::command::{Answer, Installation, run};

/// An installation over a data directory and a database; none: the embedded one.
fn installed(data: &Path, database: Option<&str>) -> Installation {
    let installation = Installation::new("");
    let mut config = format!(
        "data_dir = \"{}\"\nlisten = \"127.0.0.1:0\"\n[organisation]\nname = \"示範學生輔導諮商中心\"\n",
        data.display()
    );
    if let Some(url) = database.filter(|url| url.starts_with("postgres")) {
        config.push_str(&format!("[database]\nurl = \"{url}\"\n"));
    }
    fs::write(installation.config(), config).unwrap();
    installation
}

fn back_up(installation: &Installation, to: &Path, more: &[&str]) -> Answer {
    let to = to.display().to_string();
    installation.run(&[&["backup", "--to", &to, "--json"], more].concat())
}

/// Checks with the keys of a data directory.
fn check(folder: &Path, data: &Path) -> Answer {
    let (folder, keys) = (folder.display().to_string(), data.join("keys").display().to_string());
    run(&["restore", &folder, "--check", "--json", "--keys", &keys])
}

fn restore(folder: &Path, into: &Path, keys: &Path, more: &[&str]) -> Answer {
    let [folder, into, keys] = [folder, into, keys].map(|path| path.display().to_string());
    run(&[&["restore", &folder, "--into", &into, "--keys", &keys, "--json"], more].concat())
}

/// The summary, which is the last line.
fn summary(answer: &Answer) -> serde_json::Value {
    answer.json().last().expect("a summary")["summary"].clone()
}

/// The kinds of all findings, sorted.
fn kinds(answer: &Answer) -> Vec<String> {
    let lines = answer.json();
    let findings = lines.iter().map(|line| &line["finding"]).filter(|finding| finding.is_object());
    let mut kinds: Vec<String> = findings
        .map(|finding| {
            for part in ["id", "expected", "actual", "repair"] {
                assert!(finding[part].as_str().is_some_and(|text| !text.is_empty()), "{finding}");
            }
            finding["kind"].as_str().unwrap().to_owned()
        })
        .collect();
    kinds.sort();
    kinds
}

fn generation(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("generations/{number:08}"))
}

/// The rows of each table, whatever order the database sorts in.
fn rows(generation: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(generation.join("rows")).unwrap().flatten() {
        let text = fs::read_to_string(entry.path()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        tables.insert(entry.file_name().into_string().unwrap(), lines);
    }
    assert!(tables.len() > 20, "{:?}", tables.keys());
    tables
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    files
}
