//! Other programs read a print: sound, tagged, titled, in its language, with every value and font; and
//! the same request gives the same bytes.

use serde_json::Value;

use super::{SERVICES, ask, embedded_fonts, pdf_a, print, sample, squeezed, text, written};
use crate::support::command::casebind;

#[test]
fn other_programs_find_every_form_sound() {
    for service in SERVICES {
        let record = sample(service);
        let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
        ask("qpdf", &["--check"], &printed.pdf, &[]);
        assert_eq!(embedded_fonts(&printed.pdf), ["CasebindKai"], "{service}");
        assert_eq!(pdf_a(&printed.pdf), ("2".into(), "A".into()), "{service}");

        let info = ask("pdfinfo", &[], &printed.pdf, &[]);
        let entry = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_else(|| panic!("{service}: no {name} in {info}")).trim().to_owned()
        };
        assert!(entry("Title").contains("申請單") && entry("Title").contains("1150000"), "{service}: {info}");
        assert_eq!((entry("Tagged").as_str(), entry("Encrypted").as_str()), ("yes", "no"), "{service}");
        assert_eq!(entry("JavaScript"), "no", "{service}");
        assert!(entry("Page size").contains("A4"), "{service}: {info}");

        let document = lopdf::Document::load_mem(&printed.pdf).unwrap();
        let catalog = document.catalog().unwrap();
        assert_eq!(catalog.get(b"Lang").and_then(lopdf::Object::as_str).unwrap(), b"zh-TW", "{service}");
        assert!(catalog.get(b"StructTreeRoot").is_ok(), "{service}");
        assert!(printed.pdf.len() <= 150_000, "{service}: {} bytes", printed.pdf.len());
    }
}

#[test]
fn every_value_of_the_sample_can_be_read_back() {
    for service in SERVICES {
        let record = sample(service);
        let text = text(&print(service, &record).unwrap().pdf);
        for path in written(&record) {
            let value = record.pointer(&path).and_then(Value::as_str).unwrap();
            let shown = match value.parse::<jiff::civil::Date>() {
                Ok(date) => casebind::case::dates::printed(date),
                Err(_) => squeezed(value),
            };
            assert!(text.contains(&shown), "{service} {path}: {shown} is not in {text}");
        }
    }
}

/// What a reader hears: the structure's names, in their order.
#[test]
fn a_screen_reader_finds_a_heading_and_tables() {
    for service in SERVICES {
        let printed = print(service, &sample(service)).unwrap();
        let said = ask("pdfinfo", &["-struct-text"], &printed.pdf, &[]);
        let heading = said.lines().position(|line| line.trim_start().starts_with("H1")).expect("a heading");
        let title: String = said.lines().skip(heading + 1).take(3).map(squeezed).collect();
        assert!(title.contains("申請單"), "{service}: {title}");
        assert!(said.lines().any(|line| line.trim_start().starts_with("Table")), "{service}");
    }
}

#[test]
fn the_same_request_gives_the_same_bytes_in_every_process() {
    for service in SERVICES {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut record = sample(service);
        // A print with every font: each must come to the same bytes.
        record["content"]["note"] = "王\u{a000}𠮷\u{f0000}".into();
        std::fs::write(path("record.json"), record.to_string()).unwrap();
        std::fs::write(path("key"), "07".repeat(32)).unwrap();
        let prints = ["1", "4"].map(|threads| {
            let (data, key, form) = (path("record.json"), path("key"), path(threads));
            let arguments =
                ["render", "--template", service, "--data", &data, "--key-file", &key, "-o", &form];
            let output = casebind(&arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
            assert!(output.status.success(), "{service}: {}", String::from_utf8_lossy(&output.stderr));
            std::fs::read(form).unwrap()
        });
        assert!(prints[0] == prints[1], "{service}: the bytes differ");
    }
}
