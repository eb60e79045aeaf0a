//! What a joined file promises: every page as it was, a bookmark each, and little memory.

use std::process::Command;

use jiff::Timestamp;
use lopdf::Document;
use serde_json::Value;

use super::*;
use crate::case::ids::{CaseReference, Revision};
use crate::forms::code::{CodeKey, PageCode};
use crate::forms::fonts::Fonts;
use crate::forms::templates::Templates;
use crate::forms::{PrintRequest, Printed, Printer};
use crate::paper::{self, Pages};

fn key() -> CodeKey {
    CodeKey::from_bytes([7; 32])
}

fn printer() -> Printer {
    Printer::new(Templates::load(None), Fonts::shipped())
}

fn print(printer: &Printer, case: &str, change: impl FnOnce(&mut Value)) -> Printed {
    let mut record = printer.templates().get("referral").expect("built in").sample.clone();
    record["case"]["number"] = case.into();
    change(&mut record);
    let printed = printer.print(&PrintRequest {
        template: "referral",
        snapshot: &record,
        case_label: case.into(),
        reference: CaseReference::standing_for(case),
        revision: Revision::try_from(2).expect("in range"),
        key: &key(),
        printed_at: Timestamp::UNIX_EPOCH,
    });
    printed.expect("the sample prints")
}

/// Counts what is written and keeps nothing of it.
struct Scale(u64);

impl Write for Scale {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ask(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let file = tempfile::Builder::new().suffix(".pdf").tempfile().expect("a file");
    std::fs::write(file.path(), pdf).expect("written");
    let output = Command::new(program).args(before).arg(file.path()).args(after).output();
    let output = output.unwrap_or_else(|error| panic!("{program} can't be run: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program}: {said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("WARNING"), "{program} warns");
    said
}

#[test]
fn every_page_is_there_with_its_text_its_codes_and_a_bookmark() {
    let printer = printer();
    let long = "這是一段很長的描述，每一句都要印出來。".repeat(120);
    let forms = [
        ("1150000001", print(&printer, "1150000001", |_| {})),
        ("1150000002", print(&printer, "1150000002", |record| record["content"]["problem"] = long.into())),
        ("1150000003", print(&printer, "1150000003", |_| {})),
    ];
    let mut joiner = Joiner::new(Vec::new(), "申請單 3 件").expect("to memory");
    let mut counts = Vec::new();
    for (case, form) in &forms {
        counts.push(joiner.add(&format!("案件 {case}"), &form.pdf).expect("a form"));
    }
    let joined = joiner.finish().expect("to memory");
    let pages: Vec<u32> = forms.iter().map(|(_, form)| u32::from(form.pages)).collect();
    assert_eq!(counts, pages);
    assert!(pages[1] > pages[0], "a form of several pages is among them: {pages:?}");

    assert!(ask("qpdf", &["--check"], &joined, &[]).contains("No syntax or stream encoding errors found"));
    let text = |pdf: &[u8]| ask("pdftotext", &["-raw", "-enc", "UTF-8"], pdf, &["-"]);
    let single: String = forms.iter().map(|(_, form)| text(&form.pdf)).collect();
    assert_eq!(text(&joined), single, "the text of every page, in order");
    let fonts = ask("pdffonts", &[], &joined, &[]);
    assert!(!fonts.contains(" no "), "every font is embedded: {fonts}");

    let document = Document::load_mem(&joined).expect("a PDF");
    let mut bookmarks = Vec::new();
    let mut next = document.catalog().and_then(|c| c.get(b"Outlines")).and_then(Object::as_reference).ok();
    next = next.and_then(|id| document.get_dictionary(id).ok()?.get(b"First").ok()?.as_reference().ok());
    while let Some(item) = next.and_then(|id| document.get_dictionary(id).ok()) {
        let title = lopdf::decode_text_string(item.get(b"Title").expect("a title")).expect("text");
        let to =
            item.get(b"Dest").and_then(Object::as_array).expect("a place")[0].as_reference().expect("a page");
        let page = document.get_pages().into_iter().find(|(_, id)| *id == to).expect("a page of the file").0;
        bookmarks.push((title, page));
        next = item.get(b"Next").and_then(Object::as_reference).ok();
    }
    let expected = [
        ("案件 1150000001".to_owned(), 1),
        ("案件 1150000002".to_owned(), 1 + pages[0]),
        ("案件 1150000003".to_owned(), 1 + pages[0] + pages[1]),
    ];
    assert_eq!(bookmarks, expected);
}

#[test]
fn our_own_reader_reads_every_pages_codes() {
    let printer = printer();
    let cases = ["1150000001", "1150000002"];
    let mut joiner = Joiner::new(Vec::new(), "two").expect("to memory");
    for case in cases {
        joiner.add(case, &print(&printer, case, |_| {}).pdf).expect("a form");
    }
    let joined = joiner.finish().expect("to memory");
    let pages = Pages::open(joined, u64::MAX).expect("our own PDF");
    let per_case = pages.len() / cases.len();
    for at in 0..pages.len() {
        let reading = paper::read(&pages.picture(at).expect("a page"), None, None);
        assert_eq!(reading.codes.len(), 4, "page {}", at + 1);
        for seen in &reading.codes {
            assert!(PageCode::read(&seen.text).expect("one of ours").verify(&key()), "a genuine code");
            assert_eq!(seen.code.reference, CaseReference::standing_for(cases[at / per_case]));
            assert_eq!(usize::from(seen.code.page), at % per_case + 1);
        }
    }
}

#[test]
fn what_is_kept_of_a_form_is_small_and_what_forms_share_is_written_once() {
    let printer = printer();
    let form = print(&printer, "1150000001", |_| {}).pdf;
    let other = print(&printer, "1150000002", |record| record["subject"]["name"] = "歐陽娜娜".into()).pdf;
    let mut joiner = Joiner::new(Scale(0), "many").expect("to a scale");
    for at in 0..300 {
        joiner.add(&format!("案件 {at}"), if at % 2 == 0 { &form } else { &other }).expect("a form");
    }
    assert!(joiner.retained() < 300 * 600 + 64 * 1024, "{} bytes for 300 forms", joiner.retained());
    let before = joiner.retained();
    for at in 300..600 {
        joiner.add(&format!("案件 {at}"), &form).expect("a form");
    }
    assert!(joiner.retained() < 2 * before + 64 * 1024, "{} after {before}", joiner.retained());
    let written = joiner.finish().expect("to a scale").0;
    // The same record's font is the same stream: 600 forms of it weigh little more than their pages.
    assert!(written < 300 * form.len() as u64, "{written} bytes of forms of {}", form.len());
}

#[test]
fn what_is_no_form_is_refused_by_its_title() {
    let mut joiner = Joiner::new(Scale(0), "none").expect("to a scale");
    let error = joiner.add("案件 7", b"%PDF-1.7\nnothing").expect_err("no PDF");
    assert!(error.to_string().starts_with("案件 7: not a form that can be joined"), "{error}");
}

#[test]
fn the_same_forms_join_to_the_same_bytes() {
    let form = print(&printer(), "1150000001", |_| {}).pdf;
    let join = || {
        let mut joiner = Joiner::new(Vec::new(), "same").expect("to memory");
        for title in ["one", "two"] {
            joiner.add(title, &form).expect("a form");
        }
        joiner.finish().expect("to memory")
    };
    assert_eq!(join(), join());
}
