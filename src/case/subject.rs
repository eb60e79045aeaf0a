//! 對象: the child that a case is about, one per case; its fields in the manual's order and words.

use std::sync::LazyLock;

use super::fields::{FieldKind as K, FieldSpec, Value, Values};
use super::national_id::{Checked, check_national, check_resident};
use super::validate::FieldError;

/// The most code points that a name may have, in any script.
const NAME_LENGTH: usize = 50;

/// The subject's fields, in the manual's order.
pub static FIELDS: LazyLock<Vec<FieldSpec>> = LazyLock::new(|| {
    let child = "個案基本資料";
    let parent = "家長(監護人)";
    let school = "學校聯絡人";
    vec![
        choice("id_kind", "證件類別", child, &["身分證", "統一證號", "護照", "其他"]),
        FieldSpec { max_length: Some(30), ..required("id_number", "證件字號", K::Text, child) },
        FieldSpec { max_length: Some(NAME_LENGTH), ..required("name", "姓名", K::Text, child) },
        FieldSpec { max_length: Some(100), ..field("roman", "羅馬拼音", K::Text, child) },
        choice("sex", "性別", child, &["男", "女"]),
        FieldSpec {
            hint: Some("西元或民國皆可，例如 2015/8/7 或 104/8/7".into()),
            ..required("birth", "生日", K::Date, child)
        },
        choice("special_education", "是否為特教生", child, &["是", "否"]),
        choice("background", "學生背景", child, &["一般生", "原住民", "新住民"]),
        FieldSpec { max_length: Some(10), ..required("grade", "學生班級(年)", K::Text, child) },
        FieldSpec { max_length: Some(20), ..required("class", "學生班級(班)", K::Text, child) },
        FieldSpec {
            max_length: Some(NAME_LENGTH),
            ..required("parent", "家長姓名(監護人)", K::Text, parent)
        },
        FieldSpec { max_length: Some(20), ..required("relation", "關係", K::Text, parent) },
        field("phone_home", "家長聯絡電話 (H)", K::Tel, parent),
        field("phone_office", "家長聯絡電話 (O)", K::Tel, parent),
        required("mobile", "家長手機", K::Tel, parent),
        FieldSpec { max_length: Some(200), ..required("address", "家長地址", K::Text, parent) },
        FieldSpec {
            max_length: Some(NAME_LENGTH),
            ..required("counsellor", "輔導老師姓名", K::Text, school)
        },
        required("counsellor_phone", "輔導老師電話", K::Tel, school),
        FieldSpec { max_length: Some(NAME_LENGTH), ..required("tutor", "導師姓名", K::Text, school) },
        required("tutor_phone", "導師電話", K::Tel, school),
        FieldSpec { max_length: Some(1000), ..field("note", "備註", K::LongText, school) },
    ]
});

fn field(id: &str, label: &str, kind: K, section: &str) -> FieldSpec {
    FieldSpec {
        id: id.into(),
        label: label.into(),
        kind,
        required: false,
        max_length: None,
        min: None,
        max: None,
        choices: Vec::new(),
        hint: None,
        autocomplete: None,
        section: Some(section.into()),
    }
}

fn required(id: &str, label: &str, kind: K, section: &str) -> FieldSpec {
    FieldSpec { required: true, ..field(id, label, kind, section) }
}

fn choice(id: &str, label: &str, section: &str, choices: &[&str]) -> FieldSpec {
    FieldSpec {
        choices: choices.iter().map(|c| (*c).to_owned()).collect(),
        ..required(id, label, K::Choice, section)
    }
}

/// The text of one answer, empty when there is none.
#[must_use]
pub fn text<'v>(values: &'v Values, id: &str) -> &'v str {
    match values.get(id) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// What the number of the document turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdFinding {
    /// Nothing to say.
    Fine,
    /// To be confirmed by the person, and kept in the log: the checksum doesn't fit.
    Confirm(FieldError),
    /// To be mended.
    Wrong(FieldError),
}

/// Checks the document's number against its kind; letters become capitals in `values`.
#[must_use]
pub fn check_id(values: &mut Values) -> IdFinding {
    let kind = text(values, "id_kind").to_owned();
    let number = text(values, "id_number").to_ascii_uppercase();
    if number.is_empty() {
        return IdFinding::Fine;
    }
    let (checked, form) = match kind.as_str() {
        "身分證" => (check_national(&number), "1 個英文字母、1 或 2、再 8 個數字，例如 A123456789"),
        "統一證號" => (check_resident(&number), "1 個英文字母、8 或 9（舊式為 A 到 D）、再 8 個數字"),
        _ => (Checked::Valid, ""),
    };
    values.insert("id_number".into(), Value::Text(number));
    let error = |words| FieldError { field: "id_number".into(), words };
    match checked {
        Checked::Valid => IdFinding::Fine,
        Checked::WrongForm => IdFinding::Wrong(error(format!("{kind}的格式應為{form}。"))),
        Checked::WrongChecksum => IdFinding::Confirm(error(format!(
            "{kind}字號的檢查碼不符，可能有誤。請再核對一次；若證件上確實如此，請勾選「確認無誤」後儲存。"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, number: &str) -> IdFinding {
        let mut values = Values::from([
            ("id_kind".to_owned(), Value::Text(kind.to_owned())),
            ("id_number".to_owned(), Value::Text(number.to_owned())),
        ]);
        check_id(&mut values)
    }

    #[test]
    fn a_wrong_checksum_is_confirmed_and_a_wrong_form_mended() {
        assert_eq!(id("身分證", "a123456789"), IdFinding::Fine);
        assert!(matches!(id("身分證", "E123456789"), IdFinding::Confirm(_)));
        assert!(matches!(id("身分證", "E12345678"), IdFinding::Wrong(_)));
        assert!(matches!(id("統一證號", "A123456789"), IdFinding::Wrong(_)));
        assert_eq!(id("護照", "X-99"), IdFinding::Fine);
    }

    #[test]
    fn every_field_of_the_manual_is_there_once() {
        let mut ids: Vec<_> = FIELDS.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids.len(), 21);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 21);
    }
}
