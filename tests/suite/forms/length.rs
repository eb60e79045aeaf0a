//! Long records flow onto further pages, and what fits on none is refused at once with the field named.

use std::time::{Duration, Instant};

use casebind::case::fields::FieldKind;
use casebind::forms::PrintError;

use super::{SERVICES, ask, print, printer, put, sample, squeezed, text, written};
use crate::support::command::run;

/// A text of so many characters with a line break after every `line`.
fn lines(characters: usize, line: usize) -> String {
    let letters = "長期觀察學生的情緒與出席情形並與家長保持聯繫".chars().cycle();
    letters.take(characters).enumerate().map(|(at, c)| if at % line == line - 1 { '\n' } else { c }).collect()
}

#[test]
fn texts_of_two_thousand_characters_flow_onto_further_pages() {
    for service in SERVICES {
        let mut record = sample(service);
        let spec = &printer().templates().get(service).unwrap().spec;
        let mut long = Vec::new();
        for (at, field) in spec.fields.iter().filter(|field| field.kind == FieldKind::LongText).enumerate() {
            // Each field has lines of its own length, so that no text is part of another.
            let text = lines(2000, 37 + 11 * at);
            put(&mut record, &format!("/content/{}", field.id), &text);
            long.push(text);
        }
        let printed = print(service, &record).unwrap_or_else(|error| panic!("{service}: {error}"));
        assert!(printed.pages > 2, "{service}: {} pages", printed.pages);

        // Each page has its four codes and says which it is; the seals stand on the last, whole.
        let pages = ask("pdftotext", &["-raw", "-enc", "UTF-8"], &printed.pdf, &["-"]);
        let pages: Vec<_> = pages.split('\u{c}').map(squeezed).filter(|page| !page.is_empty()).collect();
        assert_eq!(pages.len(), usize::from(printed.pages), "{service}");
        for (number, (page, layout)) in (1..).zip(pages.iter().zip(&printed.layout.pages)) {
            assert!(page.contains(&format!("第{number}頁，共{}頁", printed.pages)), "{service}: {page}");
            assert_eq!((layout.page, layout.codes.len()), (number, 4), "{service}");
            let seals: Vec<_> = layout.boxes.iter().map(|seal| seal.id.as_str()).collect();
            let all: &[&str] =
                if number == printed.pages { &["handler", "director", "principal"] } else { &[] };
            assert_eq!(seals, all, "{service}, page {number}");
            for seal in &layout.boxes {
                assert!(seal.y_mm > 30.0 && seal.y_mm + seal.h_mm < 267.0, "{service}: {seal:?}");
            }
        }

        // Nothing of the texts is lost between the pages.
        let text = text(&printed.pdf);
        for (text_of_field, at) in long.iter().zip(1..) {
            let lost: Vec<_> = text_of_field
                .lines()
                .filter(|line| !text.contains(&squeezed(line)) && !split(&text, line))
                .collect();
            assert!(lost.is_empty(), "{service}, text {at}: {lost:?}");
        }
    }
}

/// Whether a line is there in two parts, with the foot and the head of pages between them.
fn split(text: &str, line: &str) -> bool {
    let letters: Vec<char> = line.chars().collect();
    (8..letters.len().saturating_sub(8)).any(|at| {
        let (before, after) =
            (letters[..at].iter().collect::<String>(), letters[at..].iter().collect::<String>());
        text.contains(&before) && text.contains(&after)
    })
}

#[test]
fn the_codes_and_seal_boxes_of_a_long_print_are_found_on_its_pages() {
    for service in SERVICES {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut record = sample(service);
        put(&mut record, "/content/problem", &lines(2000, 40));
        std::fs::write(path("record.json"), record.to_string()).unwrap();
        std::fs::write(path("key"), "07".repeat(32)).unwrap();
        let (data, form, layout, key) =
            (path("record.json"), path("form.pdf"), path("form.json"), path("key"));
        let render = ["render", "--template", service, "--data", &data, "--key-file", &key, "-o", &form];
        run(&[&render[..], &["--layout", &layout]].concat()).expect(0);
        // The print itself stands for a scan in which nobody has sealed.
        let inspect = ["inspect", &form, "--layout", &layout, "--form", &form, "--key-file", &key, "--json"];
        let report = run(&inspect).expect(0).json().remove(0);
        let pages = report["pages"].as_array().unwrap();
        assert!(pages.len() > 1, "{service}: {report}");
        let boxes: Vec<_> = pages.iter().flat_map(|page| page["boxes"].as_array().unwrap()).collect();
        assert_eq!(boxes.len(), 3, "{service}: {report}");
        assert!(boxes.iter().all(|seal| seal["verdict"] == "empty"), "{service}: {report}");
    }
}

#[test]
fn a_record_that_no_form_has_room_for_is_refused_with_its_longest_field() {
    for service in SERVICES {
        let mut record = sample(service);
        // Below what is refused unseen, above what fits: twelve pages of it aren't enough.
        put(&mut record, "/content/expectation", &lines(20_000, 100));
        put(&mut record, "/content/problem", &lines(2000, 100));
        let error = print(service, &record).expect_err(service);
        let PrintError::TooLong { field, characters, most } = &error else { panic!("{service}: {error}") };
        assert_eq!(
            (field.path.as_str(), *characters, *most),
            ("content.expectation", 20_000, 12),
            "{service}"
        );
        let said = error.for_people();
        assert!(
            said.contains("「轉介期待」") && said.contains("20000 字") && said.contains("請縮短"),
            "{said}"
        );
    }
}

#[test]
fn a_megabyte_in_any_field_is_refused_in_milliseconds() {
    let megabyte = "a".repeat(1 << 20);
    for service in SERVICES {
        for path in written(&sample(service)) {
            let mut record = sample(service);
            put(&mut record, &path, &megabyte);
            let start = Instant::now();
            let error = print(service, &record).expect_err(&path);
            let took = start.elapsed();
            let PrintError::TooLong { field, characters, .. } = &error else {
                panic!("{service} {path}: {error}")
            };
            assert_eq!(
                (field.path.as_str(), *characters),
                (&*path[1..].replace('/', "."), 1 << 20),
                "{service}"
            );
            // A hundred times what it takes; laying it out would take minutes.
            assert!(took < Duration::from_secs(2), "{service} {path} took {took:?}");
        }
    }
}
