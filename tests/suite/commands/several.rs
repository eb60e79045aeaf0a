//! `render` with several records: one PDF, every wrong record named, nothing half-written.

use std::fs;

use crate::support::command::{Answer, repository, run};

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(records: &[String]) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(desk.path("key"), "7".repeat(64)).unwrap();
        fs::write(desk.path("records.jsonl"), records.join("\n")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn render(&self, more: &[&str]) -> Answer {
        let (data, key, pdf) = (self.path("records.jsonl"), self.path("key"), self.path("forms.pdf"));
        let mut line =
            vec!["render", "--template", "referral", "--data", &data, "--key-file", &key, "-o", &pdf];
        line.extend(more);
        run(&line)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// The sample with another number and name, on one line.
fn record(number: u32, name: &str) -> String {
    let text = fs::read(repository("samples/referral.json")).unwrap();
    let mut record: serde_json::Value = serde_json::from_slice(&text).unwrap();
    record["case"]["number"] = format!("115{number:07}").into();
    record["subject"]["name"] = name.into();
    record.to_string()
}

#[test]
fn a_line_is_a_record_and_each_is_the_form_that_it_is_alone() {
    let records: Vec<_> = (1..=5).map(|number| record(number, "王小明")).collect();
    let mut lines = records.clone();
    lines.insert(2, String::new());
    let desk = Desk::new(&lines);
    let layout = desk.path("layouts.jsonl");
    desk.render(&["--layout", &layout]).expect(0).says(&["5 forms in all"]);
    assert_eq!(desk.names(), ["forms.pdf", "key", "layouts.jsonl", "records.jsonl"]);

    let pdf = fs::read(desk.path("forms.pdf")).unwrap();
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let layouts: Vec<serde_json::Value> = fs::read_to_string(&layout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let cases: Vec<_> = layouts.iter().map(|layout| layout["case"].as_str().unwrap().to_owned()).collect();
    assert_eq!(cases, ["1150000001", "1150000002", "1150000003", "1150000004", "1150000005"]);
    let pages: usize = layouts.iter().map(|layout| layout["pages"].as_array().unwrap().len()).sum();
    assert_eq!(document.get_pages().len(), pages);
    let check =
        std::process::Command::new("qpdf").args(["--check", &desk.path("forms.pdf")]).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));

    // The layout, with its codes under the key, is that of the record printed alone.
    fs::write(desk.path("one.json"), &records[3]).unwrap();
    let (one, alone, key) = (desk.path("one.json"), desk.path("alone.json"), desk.path("key"));
    let out = desk.path("one.pdf");
    run(&[
        "render",
        "--template",
        "referral",
        "--data",
        &one,
        "--key-file",
        &key,
        "-o",
        &out,
        "--layout",
        &alone,
    ])
    .expect(0);
    let alone: serde_json::Value = serde_json::from_slice(&fs::read(&alone).unwrap()).unwrap();
    assert_eq!(layouts[3], alone);
}

#[test]
fn every_record_that_can_not_be_printed_is_named_and_nothing_is_written() {
    let records = [record(1, "王小明"), record(2, "王\u{12000}明"), record(3, "王小明"), "{}".into()];
    let desk = Desk::new(&records);
    let answer = desk.render(&[]).expect(2);
    answer.says(&["records.jsonl:2: ", "U+12000", "records.jsonl:4: ", "organisation.name"]);
    answer.says(&["2 of 4 records can't be printed; nothing was written"]);
    assert_eq!(desk.names(), ["key", "records.jsonl"]);
}

#[test]
fn what_is_no_record_or_names_one_case_can_not_be_run() {
    let desk = Desk::new(&[record(1, "王小明"), "[1".into()]);
    desk.render(&[]).expect(1).says(&["records.jsonl:2: not a JSON record"]);
    assert_eq!(desk.names(), ["key", "records.jsonl"]);
    desk.render(&["--case", "K7Q29XBD"]).expect(1).says(&["--case names one case"]);
    Desk::new(&[]).render(&[]).expect(1).says(&["there is no record in it"]);
}
