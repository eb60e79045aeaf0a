//! `template new`, `check` and `preview`, and what a server does with a form that is broken.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::command::{Answer, Installation, casebind, repository, run};

/// A folder in which an author works.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With the form `visit` in it.
    fn with_form() -> Self {
        let desk = Self::new();
        desk.template(&["new", "visit", "--title", "家庭訪視"]).expect(0);
        desk
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Runs `casebind template` here.
    fn template(&self, arguments: &[&str]) -> Answer {
        let arguments: Vec<_> = ["template"].iter().chain(arguments).collect();
        casebind(&arguments).current_dir(self.folder.path()).output().unwrap().into()
    }

    /// Exchanges a text of the form.
    fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.path("form-templates/visit").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[test]
fn a_new_form_is_sound_as_it_stands() {
    let desk = Desk::new();
    let said = desk.template(&["new", "visit", "--title", "訪視 \"宅\" \\ #1"]).expect(0).out;
    assert!(said.contains("casebind template check visit --dir form-templates"), "{said}");
    let toml: toml::Table =
        toml::from_str(&fs::read_to_string(desk.path("form-templates/visit/form.toml")).unwrap()).unwrap();
    assert_eq!(toml["id"].as_str(), Some("visit"));
    assert_eq!(toml["title"].as_str(), Some("訪視 \"宅\" \\ #1"));
    let answer = desk.template(&["check"]).expect(0);
    assert_eq!(answer.out, "1 folder checked: 0 findings\n");
    // Beside others it comes last, and nothing is overwritten.
    desk.template(&["new", "second", "--dir", "form-templates"]).expect(0);
    let second = fs::read_to_string(desk.path("form-templates/second/form.toml")).unwrap();
    assert!(second.contains("order = 2 ") && second.contains("title = \"second\""), "{second}");
    desk.template(&["new", "visit"]).expect(1).says(&["form-templates/visit is there already"]);
    for id in ["Visit", "1st", "a b", "../x", "visit-", "訪視", ""] {
        desk.template(&["new", id]).expect(1).says(&["is no id"]);
    }
    desk.template(&["new", "third", "--title", "  "]).expect(1).says(&["--title"]);
    assert_eq!(desk.template(&["check"]).expect(0).out, "2 folders checked: 0 findings\n");
}

#[test]
fn the_check_names_folder_file_and_line_and_its_exit_code_says_what_happened() {
    let desk = Desk::with_form();
    desk.change("form.toml", "kind = \"date\"", "kind = \"day\"");
    desk.change("form.typ", "\"note\"", "\"remarks\"");
    let out = desk.template(&["check", "visit"]).expect(2).out;
    let lines: Vec<_> = out.lines().collect();
    for (file, part) in [
        ("form-templates/visit/form.toml:", "unknown variant `day`"),
        ("form-templates/visit/form.typ:", "no field with the id \"remarks\""),
    ] {
        let found = lines.iter().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {out}"));
        let number = found.strip_prefix(file).and_then(|rest| rest.split(':').next()).unwrap();
        assert!(number.parse::<usize>().is_ok(), "{found}");
    }
    assert_eq!(lines.last(), Some(&"1 folder checked: 2 findings"), "{out}");
    // The same by the path of the folder, from elsewhere, and for programs.
    let folder = desk.path("form-templates/visit").display().to_string();
    let json = run(&["template", "check", &folder, "--json"]).expect(2).json();
    assert_eq!(json.len(), 3);
    assert_eq!(json[0]["finding"]["file"], "form.toml");
    assert!(json[0]["finding"]["line"].as_u64().unwrap() > 1);
    assert_eq!(json[2]["summary"], serde_json::json!({ "folders": 1, "findings": 2 }));
    let dir = desk.path("form-templates").display().to_string();
    run(&["template", "check", "--dir", &dir]).expect(2);
}

#[test]
fn what_the_check_can_not_begin_with_is_no_finding() {
    let desk = Desk::with_form();
    desk.template(&["check", "nothing"]).expect(1).says(&["nothing: no such folder"]);
    desk.template(&["check", "--dir", "nowhere"]).expect(1).says(&["--dir nowhere"]);
    desk.template(&["check", "--font-dirs", "nowhere"]).expect(1).says(&["--font-dirs nowhere"]);
    fs::create_dir(desk.path("empty")).unwrap();
    desk.template(&["check", "--dir", "empty"]).expect(1).says(&["no form folder in it"]);
    desk.template(&["dance"]).expect(1);
    // Where there are no folders, the built-in forms are meant.
    let elsewhere = Desk::new();
    let built_in = elsewhere.template(&["check", "referral"]).expect(0);
    assert_eq!(built_in.out, "1 folder checked: 0 findings\n");
    elsewhere.template(&["check", "visit"]).expect(1).says(&["built in are", "referral"]);
    // A folder without its files is one, though.
    fs::create_dir(desk.path("form-templates/bare")).unwrap();
    let out = desk.template(&["check", "bare"]).expect(2).out;
    assert!(out.contains("form-templates/bare/form.toml: the folder lacks this file"), "{out}");
}

#[test]
fn a_preview_is_a_pdf_and_a_picture_of_each_page() {
    let desk = Desk::with_form();
    desk.change("sample.json", "這裡是範例文字", &"這裡是很長的範例文字，".repeat(120));
    let out = desk.template(&["preview", "visit", "--once"]).expect(0).out;
    assert!(out.contains("preview/visit.pdf and preview/visit-1.png .. preview/visit-2.png"), "{out}");
    let page = image::open(desk.path("preview/visit-1.png")).unwrap().into_luma8();
    assert_eq!(page.dimensions(), (992, 1403), "A4 at 120 dpi");
    // A shorter print leaves no page of the longer one behind.
    desk.change("sample.json", &"這裡是很長的範例文字，".repeat(120), "短");
    desk.template(&["preview", "visit", "--once"]).expect(0);
    assert!(desk.path("preview/visit-1.png").exists() && !desk.path("preview/visit-2.png").exists());
    // Another place, another look.
    let more = ["--dpi", "100", "--black-and-white"];
    desk.template(&[&["preview", "visit", "--once", "-o", "fax/form.pdf"], &more[..]].concat()).expect(0);
    let fax = image::open(desk.path("fax/form-1.png")).unwrap().into_luma8();
    assert!(fax.pixels().all(|pixel| matches!(pixel.0[0], 0 | 255)));
    assert!(fax.pixels().any(|pixel| pixel.0[0] == 0));
    // What is written into the form's folder would be a part of it.
    desk.template(&["preview", "visit", "--once", "-o", "form-templates/visit/out"])
        .expect(1)
        .says(&["outside the form's folder"]);
    assert!(fs::read(desk.path("preview/visit.pdf")).unwrap().starts_with(b"%PDF-"));
    let built_in = Desk::new();
    built_in.template(&["preview", "referral", "--once"]).expect(0);
    built_in.template(&["preview", "referral"]).expect(1).says(&["built in", "--once"]);
}

#[test]
fn a_preview_shows_an_unfit_form_and_says_what_is_wrong() {
    let desk = Desk::with_form();
    desk.change(
        "form.typ",
        "#seal-row()",
        "#for seal in record.seals { seal-box(seal.id, seal.label, height: 20mm) }",
    );
    let out = desk.template(&["preview", "visit", "--once"]).expect(2).out;
    assert!(out.contains("at least 30 mm") && out.contains("visit.pdf"), "{out}");
    assert!(desk.path("preview/visit-1.png").exists());
    desk.change("form.typ", "#for seal in", "#for in");
    let out = desk.template(&["preview", "visit", "--once"]).expect(2).out;
    assert!(out.contains("form-templates/visit/form.typ:") && out.contains("not printed"), "{out}");
}

/// A preview that watches, and the lines that it has said.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(desk: &Desk) -> Self {
        let mut child = casebind(&["template", "preview", "visit"])
            .current_dir(desk.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// What it says until it watches again.
    fn until_it_watches(&self) -> String {
        let mut said = String::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|_| panic!("{said}"));
            if line.starts_with("watching form-templates/visit") {
                return said;
            }
            said += &format!("{line}\n");
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_preview_prints_again_at_each_change() {
    let desk = Desk::with_form();
    // A base of its own, as a copy of all folders has it.
    copy(&repository("form-templates/_base"), &desk.path("form-templates/_base"));
    let preview = Watching::start(&desk);
    assert!(preview.until_it_watches().contains("0 findings"));
    let first = fs::read(desk.path("preview/visit.pdf")).unwrap();
    desk.change("sample.json", "測試人員", "王輔導");
    assert!(preview.until_it_watches().contains("0 findings"));
    let second = fs::read(desk.path("preview/visit.pdf")).unwrap();
    assert_ne!(first, second);
    desk.change("form.typ", "#seal-row()", "#seals-row()");
    let said = preview.until_it_watches();
    assert!(said.contains("unknown variable: seals-row") && said.contains("not printed"), "{said}");
    assert_eq!(fs::read(desk.path("preview/visit.pdf")).unwrap(), second, "the last good one stays");
    desk.change("form.typ", "#seals-row()", "#seal-row()");
    assert!(preview.until_it_watches().contains("0 findings"));
    let base = desk.path("form-templates/_base/form.typ");
    let text = fs::read_to_string(&base).unwrap();
    fs::write(&base, text.replacen("核對碼", "核對代碼", 1)).unwrap();
    assert!(preview.until_it_watches().contains("0 findings"));
    assert_ne!(fs::read(desk.path("preview/visit.pdf")).unwrap(), second);
}

#[test]
fn a_broken_form_does_not_take_the_server_down() {
    let installation = Installation::new("[forms]\ntemplate_dir = \"forms\"\n");
    let forms = installation.path("forms");
    copy(&repository("form-templates"), &forms);
    let change = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(forms.join(file)).unwrap();
        assert!(text.contains(from), "{file}");
        fs::write(forms.join(file), text.replacen(from, to, 1)).unwrap();
    };
    change("group/form.toml", "kind = \"tel\"", "kind = \"phone\"");
    change("outreach/form.typ", "#seal-row()", "#seals-row()");
    change("other/form.typ", "#seal-row()", "#seal-row(");
    fs::remove_file(forms.join("supervision/sample.json")).unwrap();
    let server = crate::crash::Server::start(&installation);
    let log = server.log_so_far();
    let line = |file: &str, text: &str| {
        1 + fs::read_to_string(forms.join(file))
            .unwrap()
            .lines()
            .position(|line| line.contains(text))
            .unwrap()
    };
    for part in [
        format!(
            "form-templates/group/form.toml:{}: unknown variant `phone`",
            line("group/form.toml", "kind = \"phone\"")
        ),
        format!(
            "form-templates/outreach/form.typ:{}: unknown variable",
            line("outreach/form.typ", "#seals-row")
        ),
        format!("form-templates/other/form.typ:{}: unclosed delimiter", line("other/form.typ", "#seal-row(")),
        "form-templates/supervision/sample.json: the folder lacks this file".to_owned(),
    ] {
        assert!(log.contains(&part), "{part} is not in {log}");
    }
    assert_eq!(log.matches("a form template is left out").count(), 4, "{log}");
    assert_eq!(server.get("/health").0, 200);
    assert_eq!(server.get("/login").0, 200);
    assert!(server.stop().success());
}
