//! A record's texts, field by field: whether each can be printed, and which is the longest.

use serde_json::Value;

use crate::case::service::ServiceSpec;

use super::fonts::Fonts;

/// One field of a record, as a refusal names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    /// Its path in the record, such as `content.problem` or `attachments.0.name`.
    pub path: String,
    /// Its label as people know it, such as 問題簡述.
    pub label: String,
}

/// A field with characters that no installed font can print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    /// The field.
    pub field: FieldName,
    /// The characters, each once.
    pub characters: Vec<char>,
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

/// The field with the most characters, with their number; and the number of all together.
#[must_use]
pub fn longest(record: &Value, spec: &ServiceSpec) -> (FieldName, usize, usize) {
    let (mut longest, mut most, mut all) = (String::new(), 0, 0);
    walk(record, &mut String::new(), &mut |path, text| {
        let length = text.chars().count();
        all += length;
        if length > most {
            (longest, most) = (path.to_owned(), length);
        }
    });
    (name(&longest, spec), most, all)
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
        "content" => spec.field(key).map_or(key, |field| &field.label).to_owned(),
        "subject" => subject_label(key).to_owned(),
        "attachments" => format!("檢附資料第 {} 件", key.parse::<usize>().map_or(1, |at| at + 1)),
        "school" => "學校".to_owned(),
        "applicant" => if key == "email" { "信箱" } else { "申請人" }.to_owned(),
        "organisation" => "單位名稱".to_owned(),
        "seals" => "核章欄".to_owned(),
        _ => path.to_owned(),
    };
    FieldName { path: path.to_owned(), label }
}

/// The subject's labels, in the manual's words.
fn subject_label(id: &str) -> &str {
    match id {
        "id_kind" => "證件類別",
        "id_number" => "證件字號",
        "name" => "姓名",
        "roman" => "羅馬拼音",
        "sex" => "性別",
        "birth" => "生日",
        "special_education" => "是否為特教生",
        "background" => "學生背景",
        "grade" | "class" => "學生班級",
        "parent" => "家長姓名(監護人)",
        "relation" => "關係",
        "phone_home" => "家長聯絡電話 (H)",
        "phone_office" => "家長聯絡電話 (O)",
        "mobile" => "家長手機",
        "address" => "家長地址",
        "counsellor" => "輔導老師姓名",
        "counsellor_phone" => "輔導老師電話",
        "tutor" => "導師姓名",
        "tutor_phone" => "導師電話",
        "note" => "備註",
        other => other,
    }
}
