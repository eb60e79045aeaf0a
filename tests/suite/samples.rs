//! The files in samples/: a record, its printed form, and scans of it, all synthetic.
//!
//! `CASEBIND_WRITE_SAMPLES=1 cargo nextest run samples` makes them anew from the record by the generator
//! in tests/scans; without it they are read as they lie there.

use std::path::PathBuf;

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::forms::{PrintRequest, Printer};
use serde_json::Value;

use crate::scans::{Colours, Look, Mark, PrintedForm, Scanner, Sheet};
use crate::support::command::{repository, run};

/// A scan, and how it should be read: the exit code, the refusal if there is one, and the verdict of each box.
const SCANS: [(&str, i32, Option<&str>, Option<&str>); 8] = [
    ("scan-clean.pdf", 0, None, Some("marked")),
    ("scan-turned-90.pdf", 0, None, Some("marked")),
    ("scan-turned-180.pdf", 0, None, Some("marked")),
    ("scan-turned-270.pdf", 0, None, Some("marked")),
    ("scan-unsigned.pdf", 0, None, Some("empty")),
    ("scan-stale.pdf", 2, Some("stale-revision"), None),
    ("scan-other-case.pdf", 2, Some("other-case"), None),
    ("scan-page-missing.pdf", 2, Some("page-missing"), None),
];

fn samples() -> PathBuf {
    repository("samples")
}

fn sample(name: &str) -> String {
    samples().join(name).to_string_lossy().into_owned()
}

fn print(record: &Value, reference: &str, revision: i64) -> PrintedForm {
    let key = CodeKey::parse(&std::fs::read(samples().join("page-code.key")).expect("there")).expect("a key");
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let printed = printer.print(&PrintRequest {
        template: "referral",
        snapshot: record,
        case_label: reference.into(),
        reference: reference.parse::<CaseReference>().expect("a reference"),
        revision: Revision::try_from(revision).expect("in range"),
        key: &key,
        printed_at: jiff::Timestamp::UNIX_EPOCH,
    });
    let printed = printed.expect("the sample prints");
    PrintedForm { pdf: printed.pdf, layout: printed.layout }
}

fn scan(form: &PrintedForm, signed: bool, turn: u16, pages: usize) -> Vec<u8> {
    let mut sheets = Sheet::print(form);
    for (at, sheet) in sheets.iter_mut().enumerate() {
        if signed {
            sheet.sign(Mark::RedSquare, 7 + at as u64);
        }
    }
    let sheets: Vec<&Sheet> = sheets.iter().take(pages).collect();
    Scanner::new(150.0).colours(Colours::Colour).scan(&sheets, Look::turned(turn))
}

fn write() {
    let record = std::fs::read(samples().join("referral-two-pages.json")).expect("there");
    let record: Value = serde_json::from_slice(&record).expect("a record");
    let newest = print(&record, "K7Q29XBD", 2);
    let (stale, other) = (print(&record, "K7Q29XBD", 1), print(&record, "R3MW0AZ5", 2));
    let put = |name: &str, bytes: &[u8]| std::fs::write(samples().join(name), bytes).expect("written");
    put("form.pdf", &newest.pdf);
    let mut layout = serde_json::to_vec_pretty(&newest.layout).expect("a layout");
    layout.push(b'\n');
    put("form.layout.json", &layout);
    put("scan-clean.pdf", &scan(&newest, true, 0, 2));
    for turn in [90, 180, 270] {
        put(&format!("scan-turned-{turn}.pdf"), &scan(&newest, true, turn, 2));
    }
    put("scan-unsigned.pdf", &scan(&newest, false, 0, 2));
    put("scan-stale.pdf", &scan(&stale, true, 0, 2));
    put("scan-other-case.pdf", &scan(&other, true, 0, 2));
    put("scan-page-missing.pdf", &scan(&newest, true, 0, 1));
}

#[test]
fn samples_are_read_as_the_readme_says() {
    if std::env::var_os("CASEBIND_WRITE_SAMPLES").is_some() {
        write();
    }
    let (layout, form, key) = (sample("form.layout.json"), sample("form.pdf"), sample("page-code.key"));
    for (name, code, refusal, verdict) in SCANS {
        let scan = sample(name);
        let answer =
            run(&["inspect", &scan, "--layout", &layout, "--form", &form, "--key-file", &key, "--json"])
                .expect(code);
        let report = answer.json().remove(0);
        let codes: Vec<_> =
            report["refusals"].as_array().expect("a list").iter().map(|r| &r["code"]).collect();
        match refusal {
            Some(expected) => assert!(codes.iter().any(|c| **c == expected), "{name}: {codes:?}"),
            None => assert!(codes.is_empty(), "{name}: {codes:?}"),
        }
        if let Some(expected) = verdict {
            let boxes: Vec<_> = report["pages"]
                .as_array()
                .expect("a list")
                .iter()
                .flat_map(|page| page["boxes"].as_array().expect("a list"))
                .collect();
            assert_eq!(boxes.len(), 3, "{name}");
            assert!(boxes.iter().all(|seal| seal["verdict"] == expected), "{name}: {boxes:?}");
            assert!(
                report["pages"].as_array().expect("a list").iter().all(|page| page["case"] == "K7Q29XBD")
            );
        }
    }
}

#[test]
fn the_printed_sample_is_what_render_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    let (form, layout) = (folder.path().join("form.pdf"), folder.path().join("form.layout.json"));
    run(&[
        "render",
        "--template",
        "referral",
        "--data",
        &sample("referral-two-pages.json"),
        "--case",
        "K7Q29XBD",
        "--revision",
        "2",
        "--key-file",
        &sample("page-code.key"),
        "-o",
        &form.to_string_lossy(),
        "--layout",
        &layout.to_string_lossy(),
    ])
    .expect(0);
    let read = |path: PathBuf| -> Value {
        serde_json::from_slice(&std::fs::read(path).expect("there")).expect("a layout")
    };
    assert_eq!(read(layout), read(samples().join("form.layout.json")));
}
