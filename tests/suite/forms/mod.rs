//! What a printed form promises, for each of the service items and with the whole of TW-Kai beside the
//! shipped font: every name, nothing but plain text, PDF/A that other programs read, the same bytes.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use casebind::case::ids::{CaseReference, Revision};
use casebind::forms::code::CodeKey;
use casebind::forms::fonts::{Fonts, INSTALLED};
use casebind::forms::templates::Templates;
use casebind::forms::{PrintError, PrintRequest, Printed, Printer};
use jiff::Timestamp;
use serde_json::Value;

mod hostile;
mod length;
mod names;
mod sandbox;
mod sound;
mod web;

/// The services, in their order.
const SERVICES: [&str; 7] =
    ["referral", "case-conference", "outreach", "supervision", "consultation", "group", "other"];

/// The whole of TW-Kai.
fn fonts() -> Fonts {
    let fonts = Fonts::installed();
    for family in ["TW-Kai", "TW-Kai-Ext-B", "TW-Kai-Plus"] {
        assert!(
            fonts.families().iter().any(|known| known == family),
            "{family} is not in {INSTALLED}: install Debian's package fonts-cns11643-kai, as tests/run does"
        );
    }
    fonts
}

fn printer() -> &'static Printer {
    static PRINTER: OnceLock<Printer> = OnceLock::new();
    PRINTER.get_or_init(|| Printer::new(Templates::load(None), fonts()))
}

/// The sample record of a service.
fn sample(service: &str) -> Value {
    printer().templates().get(service).unwrap_or_else(|| panic!("no template {service}")).sample.clone()
}

fn print(service: &str, record: &Value) -> Result<Printed, PrintError> {
    print_by(printer(), service, record)
}

fn print_by(printer: &Printer, service: &str, record: &Value) -> Result<Printed, PrintError> {
    printer.print(&PrintRequest {
        template: service,
        snapshot: record,
        case_label: "a test".into(),
        reference: CaseReference::standing_for("a test"),
        revision: Revision::try_from(3).unwrap(),
        key: &CodeKey::from_bytes([7; 32]),
        printed_at: Timestamp::from_second(1_795_363_200).unwrap(),
    })
}

/// The paths of the texts that people write, as JSON pointers: answers, names, the attachments' lines.
/// What the program itself puts there (stage, date, digests, ids) isn't among them.
fn written(record: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, paths: &mut Vec<String>) {
        match value {
            Value::String(_) => paths.push(path.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{path}/{at}"), paths));
            }
            Value::Object(map) => {
                map.iter().for_each(|(key, item)| walk(item, &format!("{path}/{key}"), paths))
            }
            _ => {}
        }
    }
    let mut paths = Vec::new();
    walk(record, "", &mut paths);
    paths.retain(|path| {
        !["/printed_on", "/school/code", "/school/stage", "/case/service"].contains(&path.as_str())
            && !path.ends_with("/digest")
            && !path.ends_with("/id")
    });
    assert!(paths.len() > 15, "{paths:?}");
    paths
}

fn put(record: &mut Value, path: &str, text: &str) {
    *record.pointer_mut(path).unwrap_or_else(|| panic!("nothing at {path}")) = text.into();
}

/// What a program that isn't ours says about this PDF, with `arguments` around the file.
pub fn ask(program: &str, before: &[&str], pdf: &[u8], after: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("form.pdf");
    std::fs::write(&file, pdf).unwrap();
    ask_about(program, before, &file, after)
}

fn ask_about(program: &str, before: &[&str], file: &Path, after: &[&str]) -> String {
    let output = Command::new(program).args(before).arg(file).args(after).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{program} can't be run ({error}): install qpdf and poppler-utils, as tests/run does")
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // Poppler warns of parts of PDF/A that it doesn't know; faults are told by the exit code.
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} found fault: {said}{errors}");
    said
}

/// The text of a print as pdftotext gives it back, without white space.
fn text(pdf: &[u8]) -> String {
    squeezed(&ask("pdftotext", &["-raw", "-enc", "UTF-8"], pdf, &["-"]))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The fonts of a print by name; each must be embedded, a subset, and know what its glyphs mean.
fn embedded_fonts(pdf: &[u8]) -> Vec<String> {
    let said = ask("pdffonts", &[], pdf, &[]);
    let mut names = Vec::new();
    for row in said.lines().skip(2) {
        let columns: Vec<_> = row.split_whitespace().collect();
        // From the right: object number (2), unicode map, subset, embedded.
        assert_eq!(columns[columns.len() - 5..columns.len() - 2], ["yes"; 3], "{row}");
        names.push(columns[0].split_once('+').expect("the tag of a subset").1.to_owned());
    }
    assert!(!names.is_empty(), "{said}");
    names
}

/// The PDF/A part and conformance level that the print's XMP metadata name.
pub fn pdf_a(pdf: &[u8]) -> (String, String) {
    let xmp = String::from_utf8_lossy(pdf);
    let value = |name: &str| {
        let rest = xmp.split_once(&format!("pdfaid:{name}>")).expect("in the metadata").1;
        rest.split('<').next().unwrap().to_owned()
    };
    (value("part"), value("conformance"))
}
