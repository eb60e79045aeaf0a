//! Whether sample.json is a record of the form: all that form.toml asks, and nothing else.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::places::Places;
use crate::case::fields::{FieldKind, FieldSpec};
use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::stage::SchoolStage;
use crate::case::subject;
use crate::forms::fonts::Fonts;
use crate::forms::record;

/// The parts of a record.
const PARTS: [&str; 9] = [
    "organisation",
    "case",
    "school",
    "applicant",
    "printed_on",
    "content",
    "subject",
    "attachments",
    "seals",
];

/// Everything that is wrong with a sample, each with its line.
pub(super) fn faults(spec: &ServiceSpec, sample: &Value, text: &str, fonts: &Fonts) -> Vec<(usize, String)> {
    let places = Places::of(text);
    let mut found = Vec::new();
    let mut tell = |path: &str, message: String| found.push((places.line(path), message));
    for lack in record::lacking(sample, spec) {
        let how = if lack.present { "is not" } else { "is missing: it should be" };
        tell(&lack.field.path, format!("{} {how} {}", lack.field.path, lack.wanted));
    }
    for part in sample.as_object().into_iter().flat_map(Map::keys) {
        if !PARTS.contains(&part.as_str()) {
            tell(part, format!("{part:?} is no part of a record; there are {}", PARTS.join(", ")));
        }
    }
    head(spec, sample, &mut tell);
    answers("content", "form.toml", &spec.fields, &sample["content"], &mut tell);
    match spec.subject {
        SubjectNeed::None if sample["subject"].is_object() => {
            tell("subject", "form.toml says subject = \"none\", so a record has no subject".into());
        }
        _ => answers("subject", "a subject", &subject::FIELDS, &sample["subject"], &mut tell),
    }
    attachments(spec, sample, &mut tell);
    for lack in record::unprintable(sample, spec, fonts) {
        for c in lack.characters {
            tell(&lack.field.path, no_glyph(c, &lack.field.path));
        }
    }
    found
}

/// What is said of a character that can't be printed.
pub(super) fn no_glyph(c: char, place: &str) -> String {
    let seen = if c.is_control() || c.is_whitespace() { String::new() } else { format!("{c} ") };
    format!("no installed font can print {seen}U+{:04X} in {place}", u32::from(c))
}

fn head(spec: &ServiceSpec, sample: &Value, tell: &mut dyn FnMut(&str, String)) {
    let text = |part: &str, key: &str| sample[part][key].as_str().map(str::to_owned);
    if let Some(service) = sample["case"]["service"].as_str()
        && service != spec.id
    {
        tell("case.service", format!("case.service is {service:?}; here it is {:?}", spec.id));
    }
    if let Some(day) = sample["printed_on"].as_str()
        && day.parse::<Date>().is_err()
    {
        tell("printed_on", format!("printed_on is {day:?}, no date such as 2026-11-23"));
    }
    let Some(stage) = text("school", "stage") else { return };
    match stage.parse::<SchoolStage>() {
        Err(error) => tell("school.stage", error.to_string()),
        Ok(stage) => {
            let boxes = json!(spec.seal_boxes(stage));
            if sample.get("seals").is_some_and(|seals| *seals != boxes) {
                tell(
                    "seals",
                    format!(
                        "seals are not those that form.toml has for {:?}; leave the part out to get them",
                        stage.as_str()
                    ),
                );
            }
        }
    }
}

/// Judges the answers of one part against its fields.
fn answers(part: &str, owner: &str, fields: &[FieldSpec], given: &Value, tell: &mut dyn FnMut(&str, String)) {
    let Some(given) = given.as_object() else { return };
    for field in fields {
        let path = format!("{part}.{}", field.id);
        match given.get(&field.id).filter(|value| !is_empty(value)) {
            None if field.required => {
                tell(&path, format!("{path} ({}) is required, and the sample lacks it", field.label));
            }
            None => {}
            Some(value) => {
                if let Some(wrong) = unfit(field, value) {
                    tell(&path, format!("{path} ({}) {wrong}", field.label));
                }
            }
        }
    }
    for id in given.keys().filter(|id| !fields.iter().any(|field| field.id == **id)) {
        let known: Vec<_> = fields.iter().map(|field| field.id.as_str()).collect();
        tell(
            &format!("{part}.{id}"),
            format!("{owner} has no field with the id {id:?}; there are {}", known.join(", ")),
        );
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Why a value is no answer to the field, as records keep it.
fn unfit(field: &FieldSpec, value: &Value) -> Option<String> {
    let one_of = || format!("is not one of its choices {}", field.choices.join(", "));
    if field.kind == FieldKind::Choices {
        let Some(items) = value.as_array() else { return Some("should be a list of its choices".into()) };
        let known = |item: &Value| item.as_str().is_some_and(|item| field.choices.iter().any(|c| c == item));
        return (!items.iter().all(known)).then(one_of);
    }
    let Some(text) = value.as_str() else { return Some("should be a text in quotation marks".into()) };
    let length = text.chars().count();
    if length > field.limit() {
        return Some(format!("has {length} characters; at most {}", field.limit()));
    }
    match field.kind {
        FieldKind::Choice => (!field.choices.iter().any(|choice| choice == text)).then(one_of),
        FieldKind::Date => text.parse::<Date>().is_err().then(|| "is no date such as 2026-11-23".into()),
        FieldKind::Number => {
            let (min, max) = (field.min.unwrap_or(0), field.max.unwrap_or(1_000_000));
            let fits = text.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number));
            (!fits).then(|| format!("is no whole number from {min} to {max}"))
        }
        _ => None,
    }
}

fn attachments(spec: &ServiceSpec, sample: &Value, tell: &mut dyn FnMut(&str, String)) {
    let lines = sample["attachments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut there = BTreeSet::new();
    for (i, line) in lines.iter().enumerate() {
        let Some(category) = line["category"].as_str() else { continue };
        there.insert(category);
        if !spec.attachments.iter().any(|one| one.label == category) {
            tell(
                &format!("attachments.{i}.category"),
                format!("form.toml has no attachment with the label {category:?}"),
            );
        }
    }
    for one in spec.attachments.iter().filter(|one| one.required && !there.contains(one.label.as_str())) {
        tell("attachments", format!("the attachment {} is required, and the sample lacks it", one.label));
    }
}
