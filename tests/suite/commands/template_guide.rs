//! Follows form-templates/README.md word by word: what it tells to write and to run makes a form that prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::forms::{PrintRequest, Printer};
use tempfile::TempDir;

use crate::support::command::{repository, run};
use crate::support::house::CASEBIND;

/// The form that the guide makes.
pub const FORM: &str = "home-visit";

/// One block of code: what its fence says, and what is in it.
struct Block {
    language: String,
    file: Option<String>,
    text: String,
}

fn guide() -> String {
    fs::read_to_string(repository("form-templates/README.md")).unwrap()
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in guide().lines() {
        if let Some(fence) = line.strip_prefix("```") {
            open = !open;
            if open {
                let mut words = fence.split(' ').map(str::to_owned);
                let language = words.next().unwrap();
                blocks.push(Block { language, file: words.next(), text: String::new() });
            }
        } else if open {
            blocks.last_mut().unwrap().text += &format!("{line}\n");
        }
    }
    assert!(!open, "a block is never closed");
    blocks
}

/// Does what the guide says, in a folder of its own. Its forms are in `form-templates` there.
pub fn follow() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let programs = Path::new(CASEBIND).parent().unwrap().display();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    for block in blocks() {
        if block.language == "sh" {
            let output = Command::new("sh")
                .args(["-e", "-c", &block.text])
                .env("PATH", &path)
                .current_dir(folder.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}\n{said}{errors}", block.text);
        } else if let Some(file) = &block.file {
            let file = folder.path().join("form-templates").join(file);
            assert!(file.exists(), "{} is none of the files that `new` made", file.display());
            fs::write(file, &block.text).unwrap();
        }
    }
    folder
}

#[test]
fn the_guide_makes_a_form_that_prints() {
    let folder = follow();
    for made in ["preview/home-visit.pdf", "preview/home-visit-1.png", "preview/fax/home-visit-1.png"] {
        assert!(folder.path().join(made).exists(), "{made}");
    }
    let templates = Templates::load(Some(&folder.path().join("form-templates")));
    assert_eq!(templates.faults(), []);
    let printer = Printer::new(templates, Fonts::shipped());
    let sample = printer.templates().get(FORM).unwrap().sample.clone();
    let printed = printer.print(&PrintRequest {
        template: FORM,
        snapshot: &sample,
        case_label: "a test".into(),
        reference: CaseReference::standing_for("a test"),
        revision: Revision::try_from(1).unwrap(),
        key: &CodeKey::from_bytes([7; 32]),
        printed_at: jiff::Timestamp::UNIX_EPOCH,
    });
    let printed = printed.unwrap();
    assert_eq!(printed.pages, 1);
    let seals: Vec<_> = printed.layout.pages[0].boxes.iter().map(|seal| seal.label.as_str()).collect();
    assert_eq!(seals, ["承辦人", "輔導主任", "校長"]);
}

#[test]
fn the_guides_small_examples_hold_too() {
    let folder = follow();
    let dir = folder.path().join("form-templates");
    let form = dir.join(FORM).join("form.typ");
    let whole = fs::read_to_string(&form).unwrap();
    let mut tried = 0;
    for block in blocks().into_iter().filter(|block| block.file.is_none()) {
        match block.language.as_str() {
            "typ" => {
                fs::write(&form, whole.replacen("#seal-row()", &format!("{}#seal-row()", block.text), 1))
                    .unwrap();
                run(&["template", "check", &form.parent().unwrap().display().to_string()]).expect(0);
                tried += 1;
            }
            "toml" => {
                toml::from_str::<toml::Table>(&block.text).expect(&block.text);
                tried += 1;
            }
            "sh" => {}
            other => panic!("a block of {other:?}, which nothing follows"),
        }
    }
    assert_eq!(tried, 4);
}

#[test]
fn the_guide_names_every_key_kind_and_function() {
    let guide = guide();
    let templates = Templates::load(None);
    let mut keys = BTreeSet::new();
    for template in templates.iter() {
        let spec = serde_json::to_value(&template.spec).unwrap();
        let mut tables = vec![spec.clone()];
        tables
            .extend(["fields", "attachments"].iter().flat_map(|part| spec[part].as_array().unwrap().clone()));
        tables.retain(serde_json::Value::is_object);
        keys.extend(tables.iter().flat_map(|table| table.as_object().unwrap().keys().cloned()));
    }
    assert!(keys.len() > 18, "{keys:?}");
    for key in keys.iter().filter(|key| !["fields", "attachments", "seals"].contains(&key.as_str())) {
        assert!(guide.contains(&format!("`{key}`")) || guide.contains(&format!("`{key} = ")), "`{key}`");
    }
    for kind in ["text", "long-text", "tel", "email", "date", "number", "choice", "choices"] {
        assert!(guide.contains(&format!("| `{kind}` |")), "{kind}");
    }
    // And no function that there isn't.
    let base = fs::read_to_string(repository("form-templates/_base/form.typ")).unwrap();
    let table = guide.split("| function |").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut named = 0;
    for row in table.lines().skip(2) {
        let call = row.trim_start_matches("| `").split('`').next().unwrap();
        let name = call.split(['(', '[', '.']).next().unwrap();
        assert!(base.contains(&format!("#let {name}(")), "{name}");
        named += 1;
    }
    assert!(named > 8, "{named}");
}
