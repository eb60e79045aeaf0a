//! What a check finds, each with file and line; and that what is sound has no finding.

use std::fs;

use super::*;
use crate::forms::fonts::Fonts;
use crate::forms::templates::scaffold;

/// A form folder called `visit`, made from the one that new forms begin with.
struct Visit {
    dir: tempfile::TempDir,
}

impl Visit {
    fn new() -> Self {
        let visit = Self { dir: tempfile::tempdir().expect("a directory") };
        fs::create_dir(visit.dir.path().join("visit")).expect("made");
        for (name, text) in scaffold() {
            visit.write(&name, &text.replace("new-form", "visit"));
        }
        visit
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.dir.path().join("visit").join(file), text).expect("written");
    }

    /// Exchanges a text of a file.
    fn change(self, file: &str, from: &str, to: &str) -> Self {
        let text = fs::read_to_string(self.dir.path().join("visit").join(file)).expect("there");
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, &text.replacen(from, to, 1));
        self
    }

    fn printer(&self) -> Printer {
        Printer::new(Templates::load(Some(self.dir.path())), Fonts::shipped())
    }

    /// The findings as `file:line: message`.
    fn findings(&self) -> Vec<String> {
        check(&self.printer(), "visit")
            .into_iter()
            .map(|fault| {
                let line = fault.line.map_or(String::new(), |line| format!(":{line}"));
                format!("{}{line}: {}", fault.file, fault.message)
            })
            .collect()
    }
}

/// The line of a text in one of the scaffold's files.
fn line_of(file: &str, text: &str) -> usize {
    let whole = scaffold().remove(file).expect("a file of the scaffold");
    1 + whole.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{file} has no {text}"))
}

#[track_caller]
fn finds(findings: &[String], place: &str, part: &str) {
    assert!(
        findings.iter().any(|finding| finding.starts_with(&format!("{place}: ")) && finding.contains(part)),
        "{place} {part:?} is not among {findings:#?}"
    );
}

#[test]
fn what_new_forms_begin_with_is_sound() {
    assert_eq!(Visit::new().findings(), [""; 0]);
}

#[test]
fn the_built_in_forms_are_sound() {
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    for folder in printer.templates().folders() {
        assert_eq!(check(&printer, folder), [], "{folder}");
    }
}

#[test]
fn a_missing_field_is_named_where_it_is_missing() {
    // form.typ names what form.toml lacks.
    let at = format!("form.typ:{}", line_of("form.typ", "\"note\""));
    let found = Visit::new().change("form.typ", "\"note\"", "\"remarks\"").findings();
    finds(
        &found,
        &at,
        "no field with the id \"remarks\"; there are phone, phone_alt, wished_on, problem, note",
    );
    assert_eq!(found.len(), 1, "{found:#?}");
    // form.toml asks what form.typ never prints.
    let found = Visit::new().change("form.typ", "  \"note\",\n", "").findings();
    let at = format!("form.toml:{}", line_of("form.toml", "id = \"note\""));
    finds(&found, &at, "asks \"note\", and form.typ never prints it");
    let found = Visit::new().change("form.typ", "  \"wished_on\",\n", "").findings();
    let at = format!("form.toml:{}", line_of("form.toml", "id = \"wished_on\""));
    finds(&found, &at, "requires \"wished_on\", and form.typ never prints it");
    assert_eq!(found.len(), 1, "{found:#?}");
    // The base prints phone: its caller is named, not the base.
    let at = format!("form.typ:{}", line_of("form.typ", "#applicant-section()"));
    let found = Visit::new().change("form.toml", "id = \"phone\"", "id = \"phones\"").findings();
    finds(&found, &at, "form.toml has no field with the id \"phone\"");
    // sample.json lacks what form.toml requires.
    let at = format!("sample.json:{}", line_of("sample.json", "\"content\": {"));
    let found = Visit::new().change("sample.json", "    \"phone_alt\": \"0900-000-001\",\n", "").findings();
    finds(&found, &at, "content.phone_alt (次要聯絡電話) is required");
}

#[test]
fn a_field_that_is_printed_by_its_section_or_by_hand_is_printed() {
    let all = Visit::new()
        .change("form.typ", ",\n  \"wished_on\",\n  content-field(\"problem\", lines: 4), // at least four lines high\n  \"note\",\n)", ")");
    assert_eq!(all.findings(), [""; 0]);
    let by_hand = Visit::new().change(
        "form.typ",
        "  \"wished_on\",\n",
        "  ..(\"wished_on\",).map(id => field(\"日\", record.content.at(id, default: \"\"))),\n",
    );
    assert_eq!(by_hand.findings(), [""; 0]);
    let wrong =
        Visit::new().change("form.typ", "#seal-row()", "#record.content.wish\n#seal-row()").findings();
    let at = format!("form.typ:{}", line_of("form.typ", "#seal-row()"));
    finds(&wrong, &at, "no field with the id \"wish\"");
}

#[test]
fn a_field_that_may_be_absent_must_not_be_counted_on() {
    let visit = Visit::new().change("form.typ", "#seal-row()", "#record.content.note\n#seal-row()");
    let at = format!("form.typ:{}", line_of("form.typ", "#seal-row()"));
    finds(&visit.findings(), &at, "with only what is required");
}

#[test]
fn an_unknown_field_is_named_with_its_line() {
    let visit = Visit::new()
        .change("form.toml", "kind = \"date\"", "kind = \"day\"")
        .change("form.toml", "max_pages = 12", "max_page = 12\nmax_pages = 12")
        .change("sample.json", "\"note\": \"\"", "\"remarks\": \"\"")
        .change("sample.json", "\"attachments\": []", "\"attachements\": [], \"attachments\": []");
    let found = visit.findings();
    let at = |file: &str, text: &str, more: usize| format!("{file}:{}", line_of(file, text) + more);
    finds(&found, &at("form.toml", "max_pages", 0), "unknown key `max_page`");
    finds(&found, &at("form.toml", "kind = \"date\"", 1), "unknown variant `day`");
    finds(&found, &at("sample.json", "\"note\"", 0), "no field with the id \"remarks\"");
    finds(&found, &at("sample.json", "\"attachments\"", 0), "\"attachements\" is no part of a record");
}

#[test]
fn a_sample_that_is_no_record_of_the_form_is_named() {
    for (from, to, part) in [
        ("\"2026-12-18\"", "\"next week\"", "content.wished_on (希望日期) is no date"),
        ("\"service\": \"visit\"", "\"service\": \"other\"", "here it is \"visit\""),
        ("\"stage\": \"elementary\"", "\"stage\": \"university\"", "one of kindergarten, elementary"),
        ("\"name\": \"測試國小\",", "", "school.name is missing"),
        (
            "\"attachments\": []",
            "\"attachments\": [{\"category\": \"信\", \"name\": \"a\", \"digest\": \"b\", \"bytes\": 1}]",
            "no attachment with the label \"信\"",
        ),
        (
            "\"attachments\": []",
            "\"attachments\": [], \"seals\": []",
            "seals are not those that form.toml has",
        ),
    ] {
        let found = Visit::new().change("sample.json", from, to).findings();
        assert!(
            found.iter().any(|said| said.starts_with("sample.json:") && said.contains(part)),
            "{found:#?}"
        );
    }
    let required =
        Visit::new().change("form.toml", "label = \"其他\"\n", "label = \"其他\"\nrequired = true\n");
    finds(
        &required.findings(),
        &format!("sample.json:{}", line_of("sample.json", "attachments")),
        "required",
    );
    let none = Visit::new().change("form.toml", "subject = \"optional\"", "subject = \"none\"");
    assert_eq!(none.findings(), [""; 0]);
    let whose = none.change("sample.json", "\"subject\": null", "\"subject\": {}").findings();
    finds(&whose, &format!("sample.json:{}", line_of("sample.json", "subject")), "has no subject");
}

#[test]
fn seal_boxes_that_a_seal_or_a_reader_cannot_live_with_are_all_named() {
    let line = line_of("form.typ", "#seal-row()");
    let body = r#"#place(top + left, dx: 178mm, dy: 80mm, seal-box("handler", [甲]))
#place(top + left, dx: 10mm, dy: 120mm, seal-box("director", [乙], height: 20mm, width: 40mm))
#place(top + left, dx: 53mm, dy: 120mm, seal-box("principal", [丙], height: 40mm, width: 40mm))
#place(top + left, dx: 70mm, dy: 130mm, seal-box("extra", [丁], height: 40mm, width: 40mm))
#place(top + left, dx: 20mm, dy: 130mm)[在核章欄裡]
"#;
    let found = Visit::new().change("form.typ", "#seal-row()", body).findings();
    let at = |more: usize| format!("form.typ:{}", line + more);
    finds(&found, &at(0), "the seal box \"handler\" leaves the page");
    finds(&found, &at(1), "the seal box \"director\" is 40 x 20 mm; at least 30 mm");
    finds(&found, &at(2), "the seal boxes \"director\" and \"principal\" are 3.0 mm apart; at least 5 mm");
    finds(&found, &at(3), "the seal boxes \"principal\" and \"extra\" overlap");
    finds(&found, &at(3), "the form places the seal box \"extra\", which form.toml doesn't have");
    finds(&found, &at(4), "the text \"在核章欄裡\" lies in the seal box \"director\"");
}

#[test]
fn the_seals_of_every_stage_are_tried() {
    let visit = Visit::new().change(
        "form.typ",
        "#seal-row()",
        "#if record.school.stage != \"kindergarten\" { seal-row() } else { seal-box(\"handler\", [甲]) }",
    );
    let at = format!("form.typ:{}", line_of("form.typ", "#seal-row()"));
    finds(
        &visit.findings(),
        &at,
        "\"principal\", and the form doesn't place it (with the seals of kindergarten)",
    );
}

#[test]
fn codes_that_a_scanner_would_miss_are_named() {
    let show = line_of("form.typ", "#show: form.with");
    let own_codes = |size: &str, edge: &str| {
        format!(
            "#set page(background: for (corner, at, x, y) in ((\"top-left\", top + left, 1, 1), (\"top-right\", top + right, -1, 1), (\"bottom-left\", bottom + left, 1, -1), (\"bottom-right\", bottom + right, -1, -1)) {{ place(at, dx: x * {edge}, dy: y * {edge}, block(width: {size}, height: {size}, mark(\"code\", corner: corner, size: {size}))) }})\n"
        )
    };
    let with =
        |text: String| Visit::new().change("form.typ", "\n// Who asks", &format!("{text}\n// Who asks"));
    assert_eq!(with(own_codes("18mm", "12mm")).findings(), [""; 0]);
    let at = format!("form.typ:{}", show + 1);
    finds(&with(own_codes("14mm", "12mm")).findings(), &at, "a module 0.56 mm; at least 0.65 mm");
    finds(&with(own_codes("18mm", "2mm")).findings(), &at, "lacks its quiet zone: it lies less than 2.9 mm");
    finds(&with("#set page(background: none)\n".into()).findings(), &at, "there are 0 codes");
    let text = with("#place(top + left, dy: -21mm, dx: -2mm)[碰到條碼]\n".into()).findings();
    finds(&text, &at, "the text \"碰到條碼\" lies on a code or in its quiet zone");
    let line = with("#place(top + left, dy: -4mm, dx: 2mm, line(length: 3mm))\n".into()).findings();
    finds(&line, &at, "a line or an area lies on a code or in its quiet zone");
}

#[test]
fn a_character_without_a_glyph_is_named_with_its_code_point_wherever_it_stands() {
    let found = Visit::new()
        .change("form.typ", "#seal-row()", "請附 😀 圖\n#seal-row()")
        .change("form.toml", "label = \"備註\"", "label = \"備註\u{1f600}\"")
        .change("sample.json", "\"測試人員\"", "\"\u{20bb7}人員\"")
        .findings();
    finds(&found, &format!("form.toml:{}", line_of("form.toml", "備註")), "U+1F600 in fields.4.label");
    finds(
        &found,
        &format!("sample.json:{}", line_of("sample.json", "測試人員")),
        "U+20BB7 in applicant.name",
    );
    let only = Visit::new().change("form.typ", "#seal-row()", "請附 😀 圖\n#seal-row()").findings();
    let at = format!("form.typ:{}", line_of("form.typ", "#seal-row()"));
    finds(&only, &at, "no installed font can print 😀 U+1F600 in the form's own text");
    assert_eq!(only.len(), 1, "{only:#?}");
}

#[test]
fn what_does_not_fit_is_named() {
    let short = Visit::new().change("form.toml", "max_pages = 12", "max_pages = 1").findings();
    let at = format!("form.toml:{}", line_of("form.toml", "max_pages"));
    finds(&short, &at, "max_pages is 1: raise it, or give long texts a max_length (with long texts)");
    let wide =
        Visit::new().change("form.typ", "#seal-row()", "#place(dx: 170mm)[寫到紙外面的一句話]\n#seal-row()");
    let at = format!("form.typ:{}", line_of("form.typ", "#seal-row()"));
    finds(&wide.findings(), &at, "leaves the page");
}

#[test]
fn what_typst_refuses_is_named_with_file_and_line() {
    let at = line_of("form.typ", "#seal-row()");
    let found = Visit::new().change("form.typ", "#seal-row()", "#seals-row()").findings();
    finds(&found, &format!("form.typ:{at}"), "unknown variable: seals-row");
    let found = Visit::new().change("form.typ", "#seal-row()", "#seal-row(").findings();
    finds(&found, &format!("form.typ:{at}"), "unclosed delimiter");
    let found =
        Visit::new().change("form.typ", "#seal-row()", "#import \"part.typ\": part\n#part\n#seal-row()");
    found.write("part.typ", "#let part = [甲]\n#let other = 1 + \"a\"\n");
    finds(&found.findings(), "part.typ:2", "cannot add integer and string");
    let lacking = Visit::new();
    fs::remove_file(lacking.dir.path().join("visit/sample.json")).expect("removed");
    finds(&lacking.findings(), "sample.json", "the folder lacks this file");
}

#[test]
fn a_draft_shows_what_a_print_refuses() {
    let visit = Visit::new().change("form.typ", "#seal-row()", "#seal-box(\"handler\", [甲], height: 20mm)");
    let pdf = draft(&visit.printer(), "visit").expect("can be laid out");
    assert!(pdf.starts_with(b"%PDF-"));
    let broken = Visit::new().change("form.typ", "#seal-row()", "#seals-row()");
    let faults = draft(&broken.printer(), "visit").expect_err("can't be laid out");
    assert!(faults[0].message.contains("seals-row"), "{faults:?}");
}

#[test]
fn a_template_that_cannot_print_is_left_out_and_its_specification_kept() {
    let visit = Visit::new().change("form.typ", "#seal-row()", "#seals-row()");
    let mut printer = visit.printer();
    assert!(printer.templates().get("visit").is_some(), "reading alone finds nothing");
    let faults = leave_out_broken(&mut printer);
    assert!(faults[0].to_string().starts_with("form-templates/visit/form.typ:"), "{faults:?}");
    assert!(printer.templates().get("visit").is_none());
    assert_eq!(printer.templates().spec_to_show("visit").map(|spec| spec.title.as_str()), Some("新表單"));
    assert_eq!(printer.templates().faults(), faults);
    let mut sound = Visit::new().printer();
    assert_eq!(leave_out_broken(&mut sound), []);
    assert!(sound.templates().get("visit").is_some());
}
