//! What a print promises: the same bytes, a layout that scanners can live with, nothing but plain text.

use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use serde_json::{Value, json};

use super::*;
use crate::forms::code::{Corner, UnverifiedCode};
use crate::forms::layout::CodePlace;

mod services;
mod tools;

const DPI: f64 = 200.0;

fn printer() -> Printer {
    Printer::new(Templates::load(None), Fonts::shipped())
}

fn key() -> CodeKey {
    CodeKey::from_bytes([7; 32])
}

fn reference() -> CaseReference {
    CaseReference::standing_for("a test")
}

fn sample(printer: &Printer) -> Value {
    printer.templates().get("referral").expect("built in").sample.clone()
}

fn print(printer: &Printer, snapshot: &Value) -> Result<Printed, PrintError> {
    print_with(printer, "referral", snapshot)
}

fn print_with(printer: &Printer, template: &str, snapshot: &Value) -> Result<Printed, PrintError> {
    printer.print(&PrintRequest {
        template,
        snapshot,
        case_label: "a test".into(),
        reference: reference(),
        revision: Revision::try_from(3).expect("in range"),
        key: &key(),
        printed_at: Timestamp::from_second(1_795_363_200).expect("in range"),
    })
}

/// The pages in gray at 200 dpi: width, height and pixels.
fn rendition(pdf: &[u8]) -> Vec<(usize, usize, Vec<u8>)> {
    let pdf = Pdf::new(pdf.to_vec()).expect("a PDF");
    let cache = RenderCache::new();
    let scale = (DPI / 72.0) as f32;
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    pdf.pages()
        .iter()
        .map(|page| {
            let pixmap =
                hayro::render(page, &cache, &Default::default(), &RenderSettings::default(), &settings);
            let gray = pixmap.data_as_u8_slice().chunks_exact(4).map(|rgba| rgba[1]).collect();
            (usize::from(pixmap.width()), usize::from(pixmap.height()), gray)
        })
        .collect()
}

/// The pixels of a rectangle in millimetres.
fn crop(page: &(usize, usize, Vec<u8>), x: f64, y: f64, w: f64, h: f64) -> (usize, usize, Vec<u8>) {
    let pixel = |mm: f64| (mm * DPI / 25.4).round() as usize;
    let (width, _, gray) = page;
    let (left, top, across, down) = (pixel(x), pixel(y), pixel(w), pixel(h));
    let rows =
        (top..top + down).flat_map(|row| gray[row * width + left..row * width + left + across].to_vec());
    (across, down, rows.collect())
}

fn decode(page: &(usize, usize, Vec<u8>), code: &CodePlace) -> UnverifiedCode {
    let quiet = code.size_mm * 4.0 / 25.0;
    let side = code.size_mm + 2.0 * quiet;
    let (width, height, gray) = crop(page, code.x_mm - quiet, code.y_mm - quiet, side, side);
    let dark: Vec<_> = (0..width * height).filter(|at| gray[*at] < 128).collect();
    let (left, right) = (dark.iter().map(|at| at % width).min(), dark.iter().map(|at| at % width).max());
    let quiet_pixels = quiet * DPI / 25.4;
    assert!((left.expect("dark") as f64 - quiet_pixels).abs() < 1.5, "the code begins where the layout says");
    assert!(((width - right.expect("dark")) as f64 - quiet_pixels).abs() < 2.5, "and ends there");
    let found =
        rxing::helpers::detect_in_luma_slice(&gray, width as u32, height as u32, None).expect("decodes");
    assert_eq!(found.getText(), code.text);
    PageCode::read(found.getText()).expect("one of ours")
}

#[test]
fn the_same_record_gives_the_same_bytes_on_any_thread() {
    let printer = printer();
    let snapshot = sample(&printer);
    let first = print(&printer, &snapshot).expect("prints");
    std::thread::scope(|scope| {
        let others: Vec<_> =
            (0..3).map(|_| scope.spawn(|| print(&printer, &snapshot).expect("prints"))).collect();
        for other in others {
            let other = other.join().expect("no panic");
            assert!(other.pdf == first.pdf, "the bytes differ");
            assert_eq!(other.layout, first.layout);
        }
    });
    assert!(
        print(&self::printer(), &snapshot).expect("prints").pdf == first.pdf,
        "another printer's bytes differ"
    );
}

#[test]
fn every_page_has_four_codes_that_decode_and_boxes_that_a_seal_fits_in() {
    let printer = printer();
    let mut snapshot = sample(&printer);
    snapshot["content"]["problem"] = Value::String("長".repeat(1_900));
    let printed = print(&printer, &snapshot).expect("prints");
    let renditions = rendition(&printed.pdf);
    assert!(printed.pages >= 2, "{} pages", printed.pages);
    assert_eq!(
        (renditions.len(), printed.layout.pages.len()),
        (usize::from(printed.pages), usize::from(printed.pages))
    );
    let mut boxes = Vec::new();
    for ((number, page), pixels) in (1..).zip(&printed.layout.pages).zip(&renditions) {
        assert_eq!((page.page, page.width_mm, page.height_mm), (number, 210.0, 297.0));
        let corners: Vec<_> = page
            .codes
            .iter()
            .map(|place| {
                assert!((place.size_mm - 18.0).abs() < 0.001);
                let read = decode(pixels, place);
                assert!(read.verify(&key()));
                assert_eq!((read.code.reference, read.code.revision.get()), (reference(), 3));
                assert_eq!((read.code.page, read.code.pages), (number, printed.pages));
                read.code.corner
            })
            .collect();
        assert_eq!(corners, Corner::ALL);
        for seal in &page.boxes {
            assert!(seal.h_mm >= 30.0 && seal.w_mm >= 30.0);
            assert!(seal.x_mm >= 0.0 && seal.x_mm + seal.w_mm <= 210.0 && seal.y_mm + seal.h_mm <= 297.0);
            let (_, _, inside) =
                crop(pixels, seal.x_mm + 0.5, seal.y_mm + 0.5, seal.w_mm - 1.0, seal.h_mm - 1.0);
            assert!(inside.iter().all(|gray| *gray == 255), "something is printed in the box {}", seal.id);
            let (_, _, around) =
                crop(pixels, seal.x_mm - 0.5, seal.y_mm - 0.5, seal.w_mm + 1.0, seal.h_mm + 1.0);
            assert!(around.iter().any(|gray| *gray < 64), "the box {} has no frame", seal.id);
            boxes.push((number, seal.id.as_str(), seal.label.as_str()));
        }
    }
    let last = printed.pages;
    assert_eq!(
        boxes,
        [(last, "handler", "承辦人"), (last, "director", "輔導主任"), (last, "principal", "校長")]
    );
}

#[test]
fn a_kindergarten_has_its_own_seals() {
    let printer = printer();
    let mut snapshot = sample(&printer);
    snapshot["school"]["stage"] = "kindergarten".into();
    snapshot.as_object_mut().expect("a record").remove("seals");
    let printed = print(&printer, &snapshot).expect("prints");
    let labels: Vec<_> = printed.layout.pages[0].boxes.iter().map(|seal| seal.label.as_str()).collect();
    assert_eq!(labels, ["承辦人", "園長"]);
}

#[test]
fn values_are_never_read_as_markup() {
    let printer = printer();
    let hostile = "#read(\"/etc/passwd\") $x^2$ *b* _i_ @ref <label> \\ ] [ } { `raw` = h - l // c /* c */ https://a.b ~ -- ... #{1+1}";
    let mut snapshot = sample(&printer);
    for part in ["content", "subject", "applicant"] {
        for (_, value) in snapshot[part].as_object_mut().expect("a part") {
            *value = if value.is_array() { json!([hostile]) } else { hostile.into() };
        }
    }
    snapshot["attachments"][0]["name"] = hostile.into();
    let printed = print(&printer, &snapshot).expect("prints");
    let document = lopdf::Document::load_mem(&printed.pdf).expect("a PDF");
    let pages: Vec<_> = document.get_pages().keys().copied().collect();
    let text: String = document.extract_text(&pages).expect("has text").split_whitespace().collect();
    for piece in ["#read(\"/etc/passwd\")", "$x^2$", "*b*", "@ref", "`raw`", "#{1+1}", "--", "..."] {
        assert!(text.contains(piece), "{piece} is missing from {text}");
    }
    assert!(!text.contains("root:"));
}

#[test]
fn a_character_without_a_glyph_is_refused_and_named_with_its_field() {
    let printer = printer();
    for (path, label, text, found) in [
        ("subject.name", "姓名", "王\u{20bb7}明", '\u{20bb7}'),
        ("content.problem", "問題簡述", "a\0b", '\0'),
        ("content.note", "備註", "abc\u{202e}def", '\u{202e}'),
        ("applicant.name", "申請人", "😀", '😀'),
    ] {
        let mut snapshot = sample(&printer);
        let (part, key) = path.split_once('.').expect("two parts");
        snapshot[part][key] = text.into();
        let Err(PrintError::MissingGlyph(fields)) = print(&printer, &snapshot) else {
            panic!("{path} was printed")
        };
        assert_eq!(fields.len(), 1);
        assert_eq!((fields[0].field.path.as_str(), fields[0].field.label.as_str()), (path, label));
        assert_eq!(fields[0].characters, [found]);
        let said = PrintError::MissingGlyph(fields).for_people();
        assert!(said.contains(label) && said.contains(&format!("U+{:04X}", u32::from(found))), "{said}");
    }
}

#[test]
fn a_record_without_its_parts_is_refused_and_each_is_named() {
    let printer = printer();
    let mut snapshot = sample(&printer);
    let record = snapshot.as_object_mut().expect("a record");
    record.remove("case");
    record.insert("subject".into(), Value::Null);
    record["school"]["name"] = 7.into();
    let error = print(&printer, &snapshot).expect_err("parts are missing");
    let said = error.to_string();
    for part in [
        "case.number (案件編號) is missing: it should be a text",
        "school.name (學校) is not a text",
        "subject (服務對象) is missing: it should be an object",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = error.for_people();
    assert!(said.contains("「案件編號」、「學校」、「服務對象」"), "{said}");
}

#[test]
fn a_record_that_is_too_long_is_refused_with_its_longest_field() {
    let printer = printer();
    for length in [30_000, 1_000_000] {
        let mut snapshot = sample(&printer);
        snapshot["content"]["expectation"] = "字\n".repeat(length / 2).into();
        let Err(PrintError::TooLong { field, characters, most }) = print(&printer, &snapshot) else {
            panic!("{length} characters were printed")
        };
        assert_eq!((field.path.as_str(), characters, most), ("content.expectation", length, 12));
    }
}

#[test]
fn letters_without_a_space_stay_inside_the_page() {
    let printer = printer();
    let mut snapshot = sample(&printer);
    for field in ["name", "roman", "address", "mobile", "note"] {
        snapshot["subject"][field] = "W".repeat(200).into();
    }
    let printed = print(&printer, &snapshot).expect("prints");
    for page in rendition(&printed.pdf) {
        let (_, _, margin) = crop(&page, 198.5, 35.0, 11.0, 225.0);
        assert!(margin.iter().all(|gray| *gray == 255), "ink in the right margin");
    }
}

#[test]
fn an_unknown_template_names_those_that_there_are() {
    let printer = printer();
    let snapshot = sample(&printer);
    let request = PrintRequest {
        template: "nothing",
        snapshot: &snapshot,
        case_label: String::new(),
        reference: reference(),
        revision: Revision::try_from(1).expect("in range"),
        key: &key(),
        printed_at: Timestamp::UNIX_EPOCH,
    };
    let said = printer.print(&request).expect_err("no such template").to_string();
    assert!(said.contains("\"nothing\"") && said.contains("referral"), "{said}");
}

/// A printer with one template whose form.typ is `form`, otherwise like referral.
fn printer_of(form: &str) -> (tempfile::TempDir, Printer) {
    let dir = tempfile::tempdir().expect("a directory");
    let folder = dir.path().join("referral");
    std::fs::create_dir(&folder).expect("made");
    for file in ["form.toml", "sample.json"] {
        let embedded = crate::forms::templates::Embedded::get(&format!("referral/{file}")).expect("built in");
        std::fs::write(folder.join(file), embedded.data).expect("written");
    }
    std::fs::write(folder.join("form.typ"), form).expect("written");
    let printer = Printer::new(Templates::load(Some(dir.path())), Fonts::shipped());
    (dir, printer)
}

#[test]
fn a_template_sees_no_file_but_its_own_and_the_base_and_runs_no_text() {
    for (line, said) in [
        ("#read(\"/etc/passwd\")", "file not found"),
        ("#read(\"../../etc/passwd\")", "cannot"),
        ("#import \"@preview/cetz:0.3.0\"", "no packages"),
        ("#eval(record.content.problem)", "expected function"),
        ("#std.eval(\"1\")", "expected function"),
        ("#read(\"/_fonts/CasebindKai.ttf\")", "file not found"),
    ] {
        let (_dir, printer) = printer_of(&format!("#import \"/_base/form.typ\": *\n{line}\n"));
        let error = print(&printer, &sample(&printer)).expect_err(line);
        let PrintError::Template(faults) = &error else { panic!("{line}: {error}") };
        assert_eq!((faults[0].file.as_str(), faults[0].line), ("form.typ", Some(2)), "{line}: {error}");
        assert!(faults[0].message.contains(said), "{line}: {error}");
    }
}

#[test]
fn an_unfit_layout_is_refused() {
    let head = "#import \"/_base/form.typ\": *\n#show: form.with(title: \"試\")\n";
    for (body, said) in [
        ("", "no seal box \"handler\""),
        ("#seal-row() #seal-row()", "placed twice"),
        ("#seal-box(\"handler\", [甲], height: 20mm)", "at least 30 mm"),
        ("#place(dx: 180mm, seal-box(\"handler\", [甲]))", "leaves the page"),
        (
            "#grid(columns: 2, column-gutter: 2mm, seal-box(\"a\", [甲]), seal-box(\"b\", [乙]))",
            "2.0 mm apart",
        ),
        ("#seal-row() 😀", "lacks"),
    ] {
        let (_dir, printer) = printer_of(&format!("{head}{body}"));
        let error = print(&printer, &sample(&printer)).expect_err(body).to_string();
        assert!(error.contains(said), "{body}: {error}");
    }
    let (_dir, printer) = printer_of("#set page(paper: \"a4\")\nplain");
    let error = print(&printer, &sample(&printer)).expect_err("no codes").to_string();
    assert!(error.contains("0 codes"), "{error}");
}
