//! `casebind inspect` as other tools call it: its JSON, its exit codes.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::{NEWEST, SIGNED, exe, scan};
use crate::scans::bad;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = Self { folder };
        desk.put("form.pdf", &NEWEST.printed.pdf);
        desk.put("form.layout.json", &serde_json::to_vec(&NEWEST.printed.layout).expect("a layout"));
        desk.put("key", NEWEST.recipe.key.to_text().as_bytes());
        desk.put("signed.pdf", &SIGNED);
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).expect("written");
    }

    fn inspect(&self, arguments: &[&str]) -> Output {
        std::process::Command::new(exe())
            .arg("inspect")
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("CASEBIND_DATA")
            .output()
            .expect("runs")
    }
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

const WITH_FORM: [&str; 7] =
    ["--layout", "form.layout.json", "--form", "form.pdf", "--key-file", "key", "--json"];

#[test]
fn a_signed_scan_gives_the_pinned_json() {
    let desk = Desk::new();
    let output = desk.inspect(&[&["signed.pdf", "--crops", "crops"], &WITH_FORM[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report = lines(&output).remove(0);
    let names: Vec<_> = report.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["bytes", "complete", "kind", "pages", "refusals", "sha256"]);
    assert_eq!(report["sha256"], casebind::case::ids::Digest::of(&SIGNED).to_string());
    assert_eq!((&report["bytes"], &report["kind"]), (&json!(SIGNED.len()), &json!("pdf")));
    assert_eq!((&report["refusals"], &report["complete"]), (&json!([]), &json!(true)));
    assert_eq!(
        report["pages"][0],
        json!({"index": 1, "case": "the case", "revision": 2, "page": 1, "pages": 2, "mac": "valid", "turn": 0, "how": "code", "boxes": []})
    );
    let seen = &report["pages"][1]["boxes"][0];
    assert_eq!((&seen["id"], &seen["verdict"]), (&json!("handler"), &json!("marked")));
    assert!(seen["ink"].as_f64().is_some_and(|ink| ink > 0.02 && ink < 0.4));
    let crop = seen["crop"].as_str().expect("a file");
    assert!(image::open(desk.folder.path().join(Path::new(crop))).is_ok());
}

#[test]
fn without_key_and_layout_codes_are_read_but_not_checked() {
    let desk = Desk::new();
    let output = desk.inspect(&["signed.pdf", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let report = lines(&output).remove(0);
    let page = &report["pages"][1];
    assert_eq!(page["case"], NEWEST.recipe.reference().to_string());
    assert_eq!((&page["mac"], &page["boxes"]), (&json!("unchecked"), &json!([])));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no key and no layout"), "{told}");
}

#[test]
fn without_a_key_codes_are_held_against_the_layout_s() {
    let desk = Desk::new();
    let mut recipe = NEWEST.recipe.clone();
    recipe.key = casebind::forms::code::CodeKey::from_bytes([1; 32]);
    let forged = crate::scans::Sheet::print(&recipe.print());
    desk.put("forged.pdf", &scan(&[&forged[0], &forged[1]]));
    let output = desk.inspect(&["signed.pdf", "forged.pdf", "--layout", "form.layout.json", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = lines(&output);
    let macs = |at: usize| [&told[at]["pages"][0]["mac"], &told[at]["pages"][1]["mac"]];
    assert_eq!((&told[0]["refusals"], macs(0)), (&json!([]), [&json!("valid"); 2]));
    assert_eq!((&told[1]["refusals"][0]["code"], macs(1)), (&json!("forged-code"), [&json!("invalid"); 2]));
    assert_eq!((&told[1]["complete"], &told[1]["pages"][0]["case"]), (&json!(false), &Value::Null));
}

#[test]
fn a_file_larger_than_any_scan_is_refused_unread() {
    const BYTES: u64 = 64 << 30;
    let desk = Desk::new();
    desk.put("huge.pdf", b"%PDF-1.7\n");
    let huge = std::fs::File::options().write(true).open(desk.folder.path().join("huge.pdf")).expect("opens");
    huge.set_len(BYTES).expect("a file of holes");
    let output = desk.inspect(&["huge.pdf", "signed.pdf", "--json"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let told = lines(&output);
    assert_eq!(told[0]["refusals"][0]["code"], "too-big");
    assert_eq!((&told[0]["bytes"], &told[0]["kind"]), (&json!(BYTES), &json!("pdf")));
    assert_eq!(
        (&told[0]["sha256"], &told[0]["pages"], &told[1]["refusals"]),
        (&json!(""), &json!([]), &json!([]))
    );
}

#[test]
fn a_command_that_nobody_hears_ends_with_one_and_without_a_word() {
    let desk = Desk::new();
    // A full disk, and a reader that has gone.
    let full = std::fs::File::options().write(true).open("/dev/full").expect("opens");
    let (reader, gone) = std::io::pipe().expect("a pipe");
    drop(reader);
    for out in [std::process::Stdio::from(full), std::process::Stdio::from(gone)] {
        let ended = std::process::Command::new(exe())
            .args(["inspect", "signed.pdf", "--json", "--key-file", "key"])
            .current_dir(desk.folder.path())
            .stdout(out)
            .stderr(std::process::Stdio::piped())
            .output()
            .expect("runs");
        assert_eq!(ended.status.code(), Some(1));
        assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn a_wrong_key_is_a_forgery_and_the_page_nobody_s() {
    let desk = Desk::new();
    desk.put("other-key", casebind::forms::code::CodeKey::from_bytes([1; 32]).to_text().as_bytes());
    let output = desk.inspect(&["signed.pdf", "--key-file", "other-key", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let report = lines(&output).remove(0);
    assert_eq!(report["refusals"][0]["code"], "forged-code");
    assert!(report["refusals"][0]["message"].as_str().is_some_and(|m| !m.is_empty()));
    assert_eq!((&report["pages"][0]["case"], &report["pages"][0]["mac"]), (&Value::Null, &json!("invalid")));
    assert_eq!(report["complete"], false);
}

#[test]
fn many_files_give_a_line_each_in_order_and_the_worst_exit_code() {
    let desk = Desk::new();
    desk.put("letter.pdf", bad::TEXT);
    let output = desk.inspect(&["letter.pdf", "signed.pdf", "letter.pdf", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let codes: Vec<Value> = lines(&output).iter().map(|r| r["refusals"][0]["code"].clone()).collect();
    assert_eq!(codes, [json!("not-a-pdf"), Value::Null, json!("not-a-pdf")]);
    let output = desk.inspect(&["letter.pdf", "absent.pdf", "signed.pdf", "--json"]);
    let codes: Vec<Value> = lines(&output).iter().map(|r| r["refusals"][0]["code"].clone()).collect();
    assert_eq!(output.status.code(), Some(1), "one could not be inspected");
    assert_eq!(codes, [json!("not-a-pdf"), json!("unreadable"), Value::Null]);
}

#[test]
fn a_file_that_can_t_be_inspected_has_a_line_of_the_same_shape() {
    let desk = Desk::new();
    std::fs::create_dir(desk.folder.path().join("folder.pdf")).expect("made");
    let output = desk.inspect(&["absent.pdf", "folder.pdf", "signed.pdf", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("absent.pdf"), "people are told too");
    let told = lines(&output);
    for (report, name) in told.iter().zip(["absent.pdf", "folder.pdf"]) {
        let names: Vec<_> = report.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["bytes", "complete", "kind", "pages", "refusals", "sha256"]);
        assert_eq!(report["refusals"][0]["code"], "unreadable");
        assert!(report["refusals"][0]["message"].as_str().is_some_and(|words| words.contains(name)));
        assert_eq!((&report["sha256"], &report["bytes"]), (&json!(""), &json!(0)));
        assert_eq!((&report["kind"], &report["complete"]), (&json!("unreadable"), &json!(false)));
        assert_eq!(report["pages"], json!([]));
    }
    assert_eq!((told.len(), &told[2]["refusals"]), (3, &json!([])), "and the others are read");
    // The form can't be drawn: the file was read, but nothing could be found out about it.
    let form = ["signed.pdf", "--json", "--layout", "form.layout.json", "--form", "key"];
    let output = desk.inspect(&form);
    let report = lines(&output).remove(0);
    assert_eq!((output.status.code(), &report["refusals"][0]["code"]), (Some(1), &json!("not-judged")));
    assert_eq!(report["sha256"], casebind::case::ids::Digest::of(&SIGNED).to_string());
}

#[test]
fn pages_out_of_order_are_a_hint_and_no_refusal() {
    let desk = Desk::new();
    desk.put("turned-round.pdf", &scan(&[&NEWEST.sheets[1], &NEWEST.sheets[0]]));
    let output = desk.inspect(&[&["turned-round.pdf"], &WITH_FORM[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    let report = lines(&output).remove(0);
    assert_eq!((&report["refusals"], &report["complete"]), (&json!([]), &json!(true)));
    let hint = json!([{"code": "page-order", "message": "the pages lie in the order 2, 1"}]);
    assert_eq!(report["hints"], hint);
}

#[test]
fn what_can_t_run_says_so_and_exits_with_one() {
    let desk = Desk::new();
    desk.put("broken.json", b"{}");
    for arguments in [
        vec!["absent.pdf"],
        vec![],
        vec!["signed.pdf", "--layout", "broken.json"],
        vec!["signed.pdf", "--layout", "absent.json"],
        vec!["signed.pdf", "--key-file", "absent"],
        vec!["signed.pdf", "--form", "form.pdf"],
        vec!["signed.pdf", "--layout", "form.layout.json", "--form", "key"],
    ] {
        let output = desk.inspect(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn people_get_sentences() {
    let desk = Desk::new();
    let output = desk.inspect(&[
        "signed.pdf",
        "--layout",
        "form.layout.json",
        "--form",
        "form.pdf",
        "--key-file",
        "key",
    ]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("signed.pdf: accepted\n"), "{text}");
    assert!(
        text.contains("page 2: case the case, revision 2, page 2 of 2, code genuine, turned 0 degrees"),
        "{text}"
    );
    assert!(text.contains("principal: marked"), "{text}");
}
