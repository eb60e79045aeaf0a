//! `render`, `try-scan` and `inspect`: other tools rely on their files, JSON and exit codes.

use std::fs;
use std::path::{Path, PathBuf};

use casebind::case::ids::Digest;
use serde_json::Value;
use tempfile::TempDir;

use crate::scans::bad;
use crate::support::command::{Answer, repository, run};

/// A folder with a key, and a form printed under it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(desk.path("key"), format!("{}\n", "7".repeat(64))).unwrap();
        desk.render("form", &[]).expect(0);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Renders the sample as `NAME.pdf` and `NAME.json`.
    fn render(&self, name: &str, more: &[&str]) -> Answer {
        let (data, key) = (repository("samples/referral.json").display().to_string(), self.text("key"));
        let (pdf, layout) = (self.text(&format!("{name}.pdf")), self.text(&format!("{name}.json")));
        let mut arguments =
            vec!["render", "--template", "referral", "--key-file", &key, "-o", &pdf, "--layout", &layout];
        if !more.contains(&"--data") {
            arguments.extend(["--data", &data]);
        }
        arguments.extend(more);
        run(&arguments)
    }

    fn scan(&self, name: &str, more: &[&str]) -> PathBuf {
        let (form, layout, scan) = (self.text("form.pdf"), self.text("form.json"), self.text(name));
        let mut arguments = vec!["try-scan", form.as_str(), "--layout", &layout, "-o", &scan];
        arguments.extend(more);
        run(&arguments).expect(0);
        self.path(name)
    }

    fn inspect(&self, scans: &[&Path], more: &[&str]) -> Answer {
        let (form, layout, key) = (self.text("form.pdf"), self.text("form.json"), self.text("key"));
        let scans: Vec<_> = scans.iter().map(|scan| scan.display().to_string()).collect();
        let mut arguments = vec!["inspect", "--json", "--layout", &layout, "--form", &form];
        if !more.contains(&"--key-file") {
            arguments.extend(["--key-file", &key]);
        }
        arguments.extend(more);
        arguments.extend(scans.iter().map(String::as_str));
        run(&arguments)
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_same_record_prints_the_same_bytes_in_every_process() {
    let desk = Desk::new();
    desk.render("again", &[]).expect(0);
    assert_eq!(fs::read(desk.path("form.pdf")).unwrap(), fs::read(desk.path("again.pdf")).unwrap());
    assert_eq!(fs::read(desk.path("form.json")).unwrap(), fs::read(desk.path("again.json")).unwrap());
    desk.render("second", &["--revision", "2"]).expect(0);
    assert_ne!(fs::read(desk.path("form.pdf")).unwrap(), fs::read(desk.path("second.pdf")).unwrap());
}

#[test]
fn the_layout_has_the_shape_that_other_tools_rely_on() {
    let desk = Desk::new();
    desk.render("own", &["--case", "my-own-name", "--revision", "3"]).expect(0);
    let layout = json(&desk.path("own.json"));
    assert_eq!(keys(&layout), ["case", "pages", "revision", "template"]);
    assert_eq!(
        (&layout["case"], &layout["revision"], &layout["template"]),
        (&"my-own-name".into(), &3.into(), &"referral".into())
    );
    for (at, page) in layout["pages"].as_array().unwrap().iter().enumerate() {
        assert_eq!(keys(page), ["boxes", "codes", "height_mm", "page", "width_mm"]);
        assert_eq!(page["page"], at + 1);
        let size = (page["width_mm"].as_f64().unwrap(), page["height_mm"].as_f64().unwrap());
        assert!((size.0 - 210.0).abs() < 0.1 && (size.1 - 297.0).abs() < 0.1, "{size:?}");
        assert_eq!(page["codes"].as_array().unwrap().len(), 4);
        for code in page["codes"].as_array().unwrap() {
            assert_eq!(keys(code), ["size_mm", "text", "x_mm", "y_mm"]);
            assert!(code["text"].as_str().unwrap().len() == 48, "{code}");
        }
        for place in page["boxes"].as_array().unwrap() {
            assert_eq!(keys(place), ["h_mm", "id", "label", "w_mm", "x_mm", "y_mm"]);
        }
    }
    let boxes: Vec<_> =
        layout["pages"].as_array().unwrap().iter().flat_map(|p| p["boxes"].as_array().unwrap()).collect();
    assert_eq!(
        boxes.iter().map(|b| b["id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["handler", "director", "principal"]
    );
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn render_says_which_file_won_t_do() {
    let desk = Desk::new();
    let answer = desk.render("x", &["--data", "/nowhere/record.json"]).expect(1);
    answer.says(&["casebind render:", "/nowhere/record.json"]);
    fs::write(desk.path("broken.json"), "{").unwrap();
    let broken = desk.text("broken.json");
    desk.render("x", &["--data", &broken]).expect(1).says(&[&broken, "not a JSON record"]);
    let answer = desk.render("x", &["--revision", "2000"]).expect(1);
    answer.says(&["2000"]);
    let sample = repository("samples/referral.json").display().to_string();
    let (pdf, key) = (desk.text("y.pdf"), desk.text("key"));
    run(&["render", "--template", "nothing", "--data", &sample, "--key-file", &key, "-o", &pdf])
        .expect(1)
        .says(&["nothing"]);
    run(&["render", "--template", "referral", "--data", &sample, "--key-file", "/nowhere/key", "-o", &pdf])
        .expect(1)
        .says(&["/nowhere/key"]);
    // A character without a glyph: the record is refused, and nothing is written.
    let mut record = json(&repository("samples/referral.json"));
    record["content"]["problem"] = "\u{12000}".into();
    fs::write(desk.path("odd.json"), record.to_string()).unwrap();
    let odd = desk.text("odd.json");
    desk.render("odd", &["--data", &odd]).expect(2).says(&["U+12000"]);
    assert!(!desk.path("odd.pdf").exists());
}

#[test]
fn inspect_tells_what_is_on_the_paper() {
    let desk = Desk::new();
    let scan = desk.scan("scan.pdf", &[]);
    let crops = desk.text("crops");
    let answer = desk.inspect(&[&scan], &["--crops", &crops]).expect(0);
    let reports = answer.json();
    assert_eq!(reports.len(), 1);
    let report = &reports[0];
    assert_eq!(keys(report), ["bytes", "complete", "kind", "pages", "refusals", "sha256"]);
    let bytes = fs::read(&scan).unwrap();
    assert_eq!(report["sha256"], Digest::of(&bytes).to_string());
    assert_eq!(report["bytes"], bytes.len());
    assert_eq!((&report["kind"], &report["complete"]), (&"pdf".into(), &true.into()));
    assert_eq!(report["refusals"], serde_json::json!([]));
    let page = &report["pages"][0];
    assert_eq!(keys(page), ["boxes", "case", "how", "index", "mac", "page", "pages", "revision", "turn"]);
    assert_eq!(page["case"], json(&desk.path("form.json"))["case"]);
    assert_eq!(
        (&page["index"], &page["revision"], &page["page"], &page["mac"], &page["turn"], &page["how"]),
        (&1.into(), &1.into(), &1.into(), &"valid".into(), &0.into(), &"code".into())
    );
    for seen in page["boxes"].as_array().unwrap() {
        assert_eq!(keys(seen), ["crop", "id", "ink", "verdict"]);
        assert_eq!(seen["verdict"], "marked");
        assert!(image::open(seen["crop"].as_str().unwrap()).is_ok());
    }

    let unsigned = desk.scan("unsigned.pdf", &["--unsigned"]);
    let report = &desk.inspect(&[&unsigned], &[]).expect(0).json()[0];
    assert!(report["pages"][0]["boxes"].as_array().unwrap().iter().all(|seen| seen["verdict"] == "empty"));
}

#[test]
fn inspect_refuses_with_codes_and_its_own_exit_code() {
    let desk = Desk::new();
    let scan = desk.scan("scan.pdf", &[]);
    let good = fs::read(&scan).unwrap();
    for (name, bytes, code) in [
        ("html", bad::TEXT.to_vec(), "not-a-pdf"),
        ("cut", bad::cut_off(&good), "damaged"),
        ("locked", bad::encrypted(&good), "encrypted"),
        ("script", bad::script(&good), "active-content"),
        ("files", bad::attached_file(&good), "embedded-files"),
        ("empty", Vec::new(), "empty-file"),
    ] {
        fs::write(desk.path(name), bytes).unwrap();
        let report = &desk.inspect(&[&desk.path(name)], &[]).expect(2).json()[0];
        assert_eq!(report["refusals"][0]["code"], code, "{name}");
        assert!(!report["refusals"][0]["message"].as_str().unwrap().is_empty());
        assert_eq!(report["complete"], false, "{name}");
    }
    // Another key: forged as far as this installation knows.
    fs::write(desk.path("other-key"), "8".repeat(64)).unwrap();
    let other = desk.text("other-key");
    let report = &desk.inspect(&[&scan], &["--key-file", &other]).expect(2).json()[0];
    assert_eq!(report["refusals"][0]["code"], "forged-code");
    assert_eq!(report["pages"][0]["mac"], "invalid");
    assert_eq!(report["pages"][0]["case"], Value::Null, "a page that isn't ours has no case");
}

#[test]
fn inspect_takes_many_files_in_one_call_and_keeps_their_order() {
    let desk = Desk::new();
    let scan = desk.scan("scan.pdf", &[]);
    fs::write(desk.path("text.pdf"), bad::TEXT).unwrap();
    let text = desk.path("text.pdf");
    let reports = desk.inspect(&[&scan, &text, &scan], &[]).expect(2).json();
    let complete: Vec<_> = reports.iter().map(|r| r["complete"].as_bool().unwrap()).collect();
    assert_eq!(complete, [true, false, true]);
    // A file that isn't there: the others are told, and the exit code says that something couldn't run.
    let answer = desk.inspect(&[&scan, Path::new("/nowhere/scan.pdf")], &[]).expect(1);
    answer.says(&["/nowhere/scan.pdf"]);
    let reports = answer.json();
    assert_eq!(reports.len(), 2, "each file has its line");
    assert_eq!(reports[1]["refusals"][0]["code"], "unreadable");
}

#[test]
fn every_command_explains_itself() {
    for command in ["serve", "demo", "render", "template", "inspect", "verify", "user", "migrate", "try-scan"]
    {
        let answer = run(&[command, "--help"]).expect(0);
        assert!(answer.out.contains("Usage: casebind"), "{command}: {}", answer.out);
    }
    let answer = run(&["--help"]).expect(0);
    assert!(!answer.out.contains("judge-child"), "what is internal is hidden");
    assert!(run(&["--version"]).expect(0).out.starts_with("casebind "));
    run(&["dance"]).expect(1).says(&["dance"]);
}
