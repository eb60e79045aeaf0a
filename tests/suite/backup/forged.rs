//! Rows that were damaged before they were written down, so that every digest is right: the drill finds them all the same.

use std::fs;
use std::path::Path;

use casebind::case::ids::Digest;
use serde_json::Value;

use super::damage::Taken;
use super::{generation, kinds};
use crate::support::command::run;

/// What is done to the rows of a table.
type Change = fn(&mut Vec<Value>);

/// Changes the lines of a table, and lets manifest and sum say that they always were so.
fn forge(folder: &Path, table: &str, change: impl FnOnce(&mut Vec<Value>)) {
    let file = generation(folder, 1).join(format!("rows/{table}.jsonl"));
    let text = fs::read_to_string(&file).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    change(&mut lines);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&file, &text).unwrap();
    forge_manifest(folder, |manifest| {
        let tables = manifest["tables"].as_array_mut().unwrap();
        let held = &mut tables.iter_mut().find(|one| one["name"] == table).unwrap()["held"];
        held["rows"] = lines.len().into();
        held["bytes"] = text.len().into();
        held["sha256"] = Digest::of(text.as_bytes()).to_string().into();
    });
}

fn forge_manifest(folder: &Path, change: impl FnOnce(&mut Value)) {
    let file = generation(folder, 1).join("manifest.json");
    let mut manifest: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    change(&mut manifest);
    let text = manifest.to_string();
    fs::write(&file, &text).unwrap();
    let sum = format!("{}  manifest.json\n", Digest::of(text.as_bytes()));
    fs::write(file.with_file_name("manifest.sha256"), sum).unwrap();
}

/// What is found without keys, so that the seal doesn't tell first.
fn found(folder: &Path) -> Vec<String> {
    kinds(&run(&["restore", &folder.display().to_string(), "--check", "--json"]).expect(2))
}

#[test]
fn rows_that_disagree_are_found_whatever_their_digests_say() {
    let taken = Taken::new();
    let with = |name: &str, table: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let folder = taken.copy(name);
        forge(&folder, table, change);
        found(&folder)
    };
    let state = |lines: &mut Vec<Value>| {
        let submitted = lines.iter_mut().find(|case| case["state"] == "submitted").unwrap();
        submitted["state"] = "received".into();
    };
    assert_eq!(with("state", "cases", &state), ["state-and-flow"]);
    let gap = |lines: &mut Vec<Value>| {
        let at = lines.iter().position(|event| event["seq"] == 1).unwrap();
        lines.remove(at);
    };
    assert_eq!(with("gap", "flow", &gap)[0], "state-and-flow");
    let owner = |lines: &mut Vec<Value>| lines[0]["applicant_id"] = "nobody".into();
    assert_eq!(with("owner", "cases", &owner), ["dangling-row"]);
    let unbound = |lines: &mut Vec<Value>| {
        for scan in lines {
            scan["bound_at"] = Value::Null;
        }
    };
    assert_eq!(with("unbound", "scans", &unbound)[0], "badly-bound");
    let unfit: [(&str, Change); 4] = [
        ("column", |lines| lines[0]["more"] = 1.into()),
        ("kind", |lines| lines[0]["opened_at"] = "soon".into()),
        ("value", |lines| lines[0]["state"] = "lost".into()),
        ("twice", |lines| lines.push(lines[0].clone())),
    ];
    for (name, change) in unfit {
        assert_eq!(with(name, "cases", &change), ["rows-unfit"], "{name}");
    }

    // With the keys it is the seal that tells.
    let folder = taken.copy("sealed");
    forge(&folder, "cases", state);
    assert_eq!(kinds(&super::check(&folder, &taken.data).expect(2)), ["manifest-altered"]);
}

#[test]
fn a_backup_of_a_newer_program_is_left_to_it() {
    let taken = Taken::new();
    let folder = taken.copy("newer");
    forge_manifest(&folder, |manifest| {
        let newer = serde_json::json!({ "version": 9999, "checksum": "00" });
        manifest["migrations"].as_array_mut().unwrap().push(newer);
    });
    let told = folder.display().to_string();
    run(&["restore", &told, "--check"]).expect(1).says(&["9999", "newer"]);
}
