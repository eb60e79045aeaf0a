//! A record's texts, field by field: whether its parts are there, whether each can be printed, and
//! which is the longest.

use serde_json::Value;

use crate::case::service::{ServiceSpec, SubjectNeed};
use crate::case::subject;

use super::fonts::{Fonts, is_private_use};

/// One field of a record, as a refusal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    /// Its path in the record, such as `content.problem` or `attachments.0.name`.
    pub path: String,
    /// Its label as people know it, such as 問題簡述.
    pub label: String,
}

/// A part of a record that isn't there, or is something else than a form can print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Its path and label.
    pub field: FieldName,
    /// What belongs there, in English.
    pub wanted: &'static str,
    /// Whether something else stands there.
    pub present: bool,
}

/// A field with characters that no installed font can print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    /// The field.
    pub field: FieldName,
    /// The characters, each once.
    pub characters: Vec<char>,
}

/// Everything that a template may count on and doesn't find in `record`.
#[must_use]
pub fn lacking(record: &Value, spec: &ServiceSpec) -> Vec<Lack> {
    const TEXTS: [&str; 8] = [
        "organisation.name",
        "case.number",
        "school.district",
        "school.name",
        "school.stage",
        "school.stage_label",
        "applicant.name",
        "printed_on",
    ];
    let mut lacks = Vec::new();
    let mut want = |path: String, value: Option<&Value>, fits: bool, wanted: &'static str| {
        if !fits {
            let present = value.is_some_and(|value| !value.is_null());
            lacks.push(Lack { field: name(&path, spec), wanted, present });
        }
    };
    for path in TEXTS {
        let value = at(record, path);
        want(path.into(), value, value.is_some_and(Value::is_string), "a text");
    }
    let email = at(record, "applicant.email");
    want(
        "applicant.email".into(),
        email,
        email.is_none_or(|value| value.is_string() || value.is_null()),
        "a text",
    );
    let subject_fits = |value: Option<&Value>| match spec.subject {
        SubjectNeed::Required => value.is_some_and(Value::is_object),
        SubjectNeed::Optional | SubjectNeed::None => {
            value.is_none_or(|value| value.is_object() || value.is_null())
        }
    };
    for part in ["content", "subject"] {
        let value = record.get(part);
        let fits = if part == "subject" { subject_fits(value) } else { value.is_some_and(Value::is_object) };
        want(part.into(), value, fits, "an object with the answers by field id");
        for (id, answer) in value.and_then(Value::as_object).into_iter().flatten() {
            want(
                format!("{part}.{id}"),
                Some(answer),
                is_answer(answer),
                "a text, a number or a list of texts",
            );
        }
    }
    for (part, keys, wanted) in [
        ("attachments", ["category", "name", "digest"].as_slice(), "a list of attachments"),
        ("seals", ["id", "label"].as_slice(), "a list of seal boxes"),
    ] {
        let Some(value) = record.get(part) else { continue };
        want(part.into(), Some(value), value.is_array(), wanted);
        for (i, item) in value.as_array().into_iter().flatten().enumerate() {
            for key in keys {
                let value = item.get(key);
                want(format!("{part}.{i}.{key}"), value, value.is_some_and(Value::is_string), "a text");
            }
            if part == "attachments" {
                let bytes = item.get("bytes");
                want(format!("{part}.{i}.bytes"), bytes, bytes.is_some_and(Value::is_u64), "a whole number");
            }
        }
    }
    lacks
}

/// The value at a path such as `school.name`.
fn at<'v>(record: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(record, |value, key| value.get(key))
}

fn is_answer(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Number(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Null | Value::Bool(_) | Value::Object(_) => false,
    }
}

/// All fields with unprintable characters, in the record's order.
#[must_use]
pub fn unprintable(record: &Value, spec: &ServiceSpec, fonts: &Fonts) -> Vec<Unprintable> {
    let mut found = Vec::new();
    walk(record, &mut String::new(), &mut |path, text| {
        let characters = fonts.missing_glyphs(text);
        if !characters.is_empty() {
            found.push(Unprintable { field: name(path, spec), characters });
        }
    });
    found
}

/// Which text of a record takes the most room, and how much all take together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Longest {
    /// The field whose text takes the most room.
    pub field: FieldName,
    /// How many characters it has.
    pub characters: usize,
    /// The least room that all texts take together, in narrow letters such as i.
    pub room: usize,
}

/// The field that takes the most room.
#[must_use]
pub fn longest(record: &Value, spec: &ServiceSpec) -> Longest {
    let (mut longest, mut most, mut characters, mut room) = (String::new(), 0, 0, 0);
    walk(record, &mut String::new(), &mut |path, text| {
        let takes: usize = text.chars().map(room_of).sum();
        room += takes;
        if takes > most {
            (longest, most, characters) = (path.to_owned(), takes, text.chars().count());
        }
    });
    Longest { field: name(&longest, spec), characters, room }
}

/// The room of a character in narrow letters: an ideograph is as wide as four of them, and a line break
/// takes a line, of which no page has more than 60.
fn room_of(c: char) -> usize {
    match c {
        '\n' => 200,
        '\u{2e80}'.. => 4,
        _ => 1,
    }
}

/// Whether a text of the record has characters whose meaning is agreed on in private, such as those that
/// 全字庫 keeps in plane 15.
#[must_use]
pub fn has_private_use(record: &Value) -> bool {
    let mut found = false;
    walk(record, &mut String::new(), &mut |_, text| found |= text.chars().any(is_private_use));
    found
}

/// Visits every text with its path.
fn walk(value: &Value, path: &mut String, visit: &mut dyn FnMut(&str, &str)) {
    let mut inside = |key: &str, value: &Value| {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        walk(value, path, visit);
        path.truncate(length);
    };
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| inside(&i.to_string(), item)),
        Value::Object(map) => map.iter().for_each(|(key, item)| inside(key, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A path with its label.
fn name(path: &str, spec: &ServiceSpec) -> FieldName {
    let mut parts = path.split('.');
    let (part, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let label = match part {
        "content" if key.is_empty() => "申請內容".to_owned(),
        "content" => spec.field(key).map_or(key, |field| &field.label).to_owned(),
        "subject" if key.is_empty() => "服務對象".to_owned(),
        "subject" => subject_label(key).to_owned(),
        "attachments" if key.is_empty() => "檢附資料".to_owned(),
        "attachments" => format!("檢附資料第 {} 件", key.parse::<usize>().map_or(1, |at| at + 1)),
        "case" => "案件編號".to_owned(),
        "school" => "學校".to_owned(),
        "applicant" => if key == "email" { "信箱" } else { "申請人" }.to_owned(),
        "organisation" => "單位名稱".to_owned(),
        "printed_on" => "列印日期".to_owned(),
        "seals" => "核章欄".to_owned(),
        _ => path.to_owned(),
    };
    FieldName { path: path.to_owned(), label }
}

/// Whether any text has a run of 24 letters or more without a place to break a line: the shared base then
/// makes such places (its `long-run`, which this has to find wherever that does).
#[must_use]
pub fn has_long_run(record: &Value) -> bool {
    let breaks = |c: char| !matches!(c, '!'..='~' | '\u{a1}'..='\u{2e7f}');
    let mut found = false;
    walk(record, &mut String::new(), &mut |_, text| {
        found |= text.split(breaks).any(|run| run.chars().nth(23).is_some());
    });
    found
}

/// The label of a field of the subject.
fn subject_label(id: &str) -> &str {
    subject::FIELDS.iter().find(|field| field.id == id).map_or(id, |field| &field.label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::forms::templates::Templates;

    fn lacks(record: &Value, service: &str) -> Vec<(String, bool)> {
        let templates = Templates::load(None);
        let spec = &templates.get(service).expect("built in").spec;
        lacking(record, spec).into_iter().map(|lack| (lack.field.path, lack.present)).collect()
    }

    #[test]
    fn a_sample_lacks_nothing() {
        for template in Templates::load(None).iter() {
            assert_eq!(lacking(&template.sample, &template.spec), [], "{}", template.spec.id);
        }
    }

    #[test]
    fn parts_that_are_not_there_are_named_with_their_path() {
        let missing: Vec<_> = lacks(&json!({}), "referral")
            .into_iter()
            .map(|(path, present)| {
                assert!(!present, "{path}");
                path
            })
            .collect();
        assert_eq!(
            missing,
            [
                "organisation.name",
                "case.number",
                "school.district",
                "school.name",
                "school.stage",
                "school.stage_label",
                "applicant.name",
                "printed_on",
                "content",
                "subject",
            ]
        );
    }

    #[test]
    fn what_is_something_else_is_named_too() {
        let templates = Templates::load(None);
        let mut record = templates.get("referral").expect("built in").sample.clone();
        record["content"]["phone"] = json!({"home": 1});
        record["case"] = json!("1150000123");
        record["attachments"][1]["bytes"] = json!("many");
        record["seals"] = json!({});
        record["subject"]["birth"] = Value::Null;
        assert_eq!(
            lacks(&record, "referral"),
            [
                ("case.number".to_owned(), false),
                ("content.phone".to_owned(), true),
                ("subject.birth".to_owned(), false),
                ("attachments.1.bytes".to_owned(), true),
                ("seals".to_owned(), true),
            ]
        );
    }
}
