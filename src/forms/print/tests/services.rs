//! The seven service items: each prints all that it asks, and other programs can read it.

use serde_json::{Value, json};

use super::tools::{ask, squeezed, text};
use super::{print_with, printer};
use crate::case::dates;
use crate::case::fields::{FieldKind, FieldSpec};
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::snapshot::Snapshot;
use crate::case::{subject, validate};

#[test]
fn the_manuals_service_items_are_there_in_its_order() {
    let printer = printer();
    let items: Vec<_> = printer
        .templates()
        .iter()
        .map(|template| (template.spec.id.as_str(), template.spec.title.as_str(), template.spec.subject))
        .collect();
    assert_eq!(
        items,
        [
            ("referral", "轉介申請", SubjectNeed::Required),
            ("case-conference", "個案研討會議", SubjectNeed::Required),
            ("outreach", "中心服務推廣", SubjectNeed::None),
            ("supervision", "輔導人員督導 (諮詢) 會議", SubjectNeed::None),
            ("consultation", "教師/家長個別諮詢服務", SubjectNeed::Optional),
            ("group", "小團體輔導", SubjectNeed::None),
            ("other", "其他", SubjectNeed::Optional),
        ]
    );
}

#[test]
fn fields_of_the_same_meaning_have_the_same_id_and_label() {
    for template in printer().templates().iter() {
        for (id, label) in [
            ("phone", "連絡電話"),
            ("phone_alt", "次要聯絡電話"),
            ("problem", "問題簡述"),
            ("expectation", "轉介期待"),
            ("note", "備註"),
        ] {
            let found = template.spec.field(id).map(|field| field.label.as_str());
            assert_eq!(found, Some(label), "{} {id}", template.spec.id);
        }
        assert!(template.spec.field("needs").is_none_or(|needs| needs.label == "轉介需求"));
    }
}

#[test]
fn a_sample_answers_what_is_required_and_takes_one_page() {
    let printer = printer();
    for template in printer.templates().iter() {
        let (spec, sample) = (&template.spec, &template.sample);
        let snapshot: Snapshot = serde_json::from_value(sample.clone()).expect("a snapshot");
        assert_eq!(validate::missing(&spec.fields, &snapshot.content), [""; 0], "{}", spec.id);
        if let Some(subject) = &snapshot.subject {
            assert_eq!(validate::missing(&subject::FIELDS, subject), [""; 0], "{}", spec.id);
        }
        for category in spec.attachments.iter().filter(|category| category.required) {
            assert!(snapshot.attachments.iter().any(|line| line.category == category.label), "{}", spec.id);
        }
        assert_eq!(snapshot.case.service, spec.id);
        assert_eq!(print_with(&printer, &spec.id, sample).expect("prints").pages, 1, "{}", spec.id);
    }
}

/// A record in which no two answers are alike, with every field answered.
fn full(spec: &ServiceSpec, sample: &Value) -> Value {
    let mut record = sample.clone();
    let mut number = 0;
    let mut fill = |part: &str, fields: &[FieldSpec]| {
        for field in fields {
            number += 1;
            record[part][&field.id] = match field.kind {
                FieldKind::Text | FieldKind::LongText | FieldKind::Tel | FieldKind::Email => {
                    format!("答{number}案").into()
                }
                FieldKind::Number => (1000 + number).to_string().into(),
                FieldKind::Date => format!("2031-{:02}-{:02}", 1 + number % 12, 1 + number % 28).into(),
                FieldKind::Choice => field.choices[0].clone().into(),
                FieldKind::Choices => json!(field.choices),
            };
        }
    };
    fill("content", &spec.fields);
    if spec.subject != SubjectNeed::None {
        fill("subject", &subject::FIELDS);
    }
    record
}

/// How a print shows an answer.
fn shown(value: &Value) -> Vec<String> {
    let one = |text: &str| match text.parse() {
        Ok(date) => dates::printed(date),
        Err(_) => squeezed(text),
    };
    match value {
        Value::String(text) => vec![one(text)],
        Value::Array(choices) => {
            choices.iter().filter_map(Value::as_str).map(|c| format!("☑{}", one(c))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_answer_and_every_label_can_be_read_back() {
    let printer = printer();
    for template in printer.templates().iter() {
        let spec = &template.spec;
        let record = full(spec, &template.sample);
        let text = text(&print_with(&printer, &spec.id, &record).expect("prints").pdf);
        for part in ["content", "subject"] {
            for (id, value) in record[part].as_object().into_iter().flatten() {
                for piece in shown(value) {
                    assert!(text.contains(&piece), "{}: {part}.{id}: {piece} is not in {text}", spec.id);
                }
            }
        }
        for field in &spec.fields {
            assert!(text.contains(&squeezed(&field.label)), "{}: {} is not in {text}", spec.id, field.label);
        }
        for path in
            ["/case/number", "/school/name", "/school/district", "/applicant/name", "/applicant/email"]
        {
            let value = record.pointer(path).and_then(Value::as_str).expect("in the sample");
            assert!(text.contains(value), "{}: {path}", spec.id);
        }
        for line in record["attachments"].as_array().expect("a list") {
            assert!(text.contains(line["digest"].as_str().expect("hex")), "{}", spec.id);
        }
    }
}

/// The words of a print that `wanted` names, each with page and top edge in points.
fn places(pdf: &[u8], wanted: impl Fn(&str) -> bool) -> Vec<(usize, f64)> {
    let boxes = ask("pdftotext", &["-bbox", "-enc", "UTF-8"], pdf, &["-"]);
    let mut page = 0;
    let mut found = Vec::new();
    for line in boxes.lines().map(str::trim) {
        page += usize::from(line.starts_with("<page "));
        let word = line.split_once('>').and_then(|(_, rest)| rest.strip_suffix("</word>"));
        if word.is_some_and(&wanted) {
            let top = line.split("yMin=\"").nth(1).and_then(|rest| rest.split('"').next());
            found.push((page, top.and_then(|top| top.parse().ok()).expect("a number")));
        }
    }
    found
}

#[test]
fn sixty_attachments_are_listed_one_below_the_other() {
    let printer = printer();
    let mut record = printer.templates().get("consultation").expect("built in").sample.clone();
    let line = |i| json!({"category": "其他", "name": "附件.pdf", "digest": format!("{i:012x}"), "bytes": 9});
    record["attachments"] = (0..60).map(line).collect();
    let printed = print_with(&printer, "consultation", &record).expect("prints");
    let lines = places(&printed.pdf, |word| word.len() == 12 && word.starts_with("0000000000"));
    assert_eq!(lines.len(), 60);
    for pair in lines.windows(2) {
        let ((page, y), (next_page, next_y)) = (pair[0], pair[1]);
        assert!(next_page > page || next_y - y > 12.0, "lines lie on each other: {pair:?}");
    }
}

#[test]
fn no_page_has_nothing_but_seals() {
    let printer = printer();
    let sample = &printer.templates().get("case-conference").expect("built in").sample;
    for letters in (0..800).step_by(80) {
        let mut record = sample.clone();
        record["content"]["problem"] = "長".repeat(letters).into();
        let printed = print_with(&printer, "case-conference", &record).expect("prints");
        let list = places(&printed.pdf, |word| word.starts_with("SHA"));
        assert_eq!(list.last().map(|(page, _)| *page), Some(usize::from(printed.pages)), "{letters} letters");
    }
}
