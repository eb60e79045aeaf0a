//! What was typed, checked field by field: values to keep, or findings that stand next to their field.

use std::collections::BTreeMap;

use super::dates;
use super::fields::{FieldKind, FieldSpec, Value, Values};

/// What a person typed, by field id; a field may come several times (choices).
pub type Typed = BTreeMap<String, Vec<String>>;

/// The most code points of a reason that is given with a step.
pub const REASON: usize = 1000;

/// One thing to mend, next to its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's id.
    pub field: String,
    /// What is wrong and what to do, in Traditional Chinese.
    pub words: String,
}

/// Checks what was typed against the specifications, in their order.
/// The values hold every answer that is well formed, whether or not others are wrong.
#[must_use]
pub fn check(specs: &[FieldSpec], typed: &Typed) -> (Values, Vec<FieldError>) {
    let mut values = Values::new();
    let mut errors = Vec::new();
    for spec in specs {
        let answers: Vec<String> = typed
            .get(&spec.id)
            .map(|all| all.iter().map(|text| tidy(text, spec.kind)).filter(|text| !text.is_empty()).collect())
            .unwrap_or_default();
        match check_one(spec, &answers) {
            Ok(Some(value)) => {
                values.insert(spec.id.clone(), value);
            }
            Ok(None) => {}
            Err(words) => errors.push(FieldError { field: spec.id.clone(), words }),
        }
    }
    (values, errors)
}

/// Free text in a field with this label: trimmed, line ends as `\n`, at most `limit` code points.
///
/// # Errors
/// What is wrong and what to do, in Traditional Chinese.
pub fn free(label: &str, typed: &str, limit: usize) -> Result<String, String> {
    let text = tidy(typed, FieldKind::LongText);
    let count = text.chars().count();
    if count > limit {
        return Err(format!("「{label}」最多 {limit} 字，目前 {count} 字，請刪減。"));
    }
    match text.chars().find(|c| unprintable(*c)) {
        Some(hidden) => {
            Err(format!("「{label}」含有看不見的控制字元（U+{:04X}），請刪除後重新輸入。", u32::from(hidden)))
        }
        None => Ok(text),
    }
}

/// Labels of required fields that have no answer.
#[must_use]
pub fn missing(specs: &[FieldSpec], values: &Values) -> Vec<String> {
    specs
        .iter()
        .filter(|spec| spec.required)
        .filter(|spec| match values.get(&spec.id) {
            None => true,
            Some(Value::Text(text)) => text.trim().is_empty(),
            Some(Value::Many(choices)) => choices.is_empty(),
        })
        .map(|spec| spec.label.clone())
        .collect()
}

/// Line ends become `\n` and outer white space goes; nothing else: names are never normalised,
/// because that would fold compatibility ideographs into others.
fn tidy(text: &str, kind: FieldKind) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = if kind == FieldKind::LongText { text } else { text.replace('\n', " ") };
    text.trim().to_owned()
}

fn check_one(spec: &FieldSpec, answers: &[String]) -> Result<Option<Value>, String> {
    let Some(first) = answers.first() else {
        let verb =
            if matches!(spec.kind, FieldKind::Choice | FieldKind::Choices) { "選擇" } else { "填寫" };
        return if spec.required { Err(format!("請{verb}「{}」。", spec.label)) } else { Ok(None) };
    };
    let count = first.chars().count();
    if count > spec.limit() {
        return Err(format!("「{}」最多 {} 字，目前 {count} 字，請刪減。", spec.label, spec.limit()));
    }
    if let Some(hidden) = first.chars().find(|c| unprintable(*c)) {
        return Err(format!(
            "「{}」含有看不見的控制字元（U+{:04X}），請刪除後重新輸入。",
            spec.label,
            u32::from(hidden)
        ));
    }
    let text = |text: String| Ok(Some(Value::Text(text)));
    match spec.kind {
        FieldKind::Text | FieldKind::LongText => text(first.clone()),
        FieldKind::Tel => check_tel(spec, first).and_then(text),
        FieldKind::Email => {
            let well_formed = first.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && host.contains('.') && !first.contains(char::is_whitespace)
            });
            if well_formed {
                text(first.clone())
            } else {
                Err("電子信箱的格式不正確，例如 name@example.org。".into())
            }
        }
        FieldKind::Date => match dates::parse(first) {
            Some(date) => text(dates::iso(date)),
            None => Err(format!("「{}」不是有效的日期，請輸入如 2025/12/18 或 114/12/18。", spec.label)),
        },
        FieldKind::Number => check_number(spec, first).and_then(text),
        FieldKind::Choice if spec.choices.contains(first) => text(first.clone()),
        FieldKind::Choice => Err(format!("請從「{}」的選項中選擇一項。", spec.label)),
        FieldKind::Choices => {
            if answers.iter().any(|answer| !spec.choices.contains(answer)) {
                return Err(format!("請從「{}」的選項中選擇。", spec.label));
            }
            Ok(Some(Value::Many(
                spec.choices.iter().filter(|choice| answers.contains(choice)).cloned().collect(),
            )))
        }
    }
}

fn check_tel(spec: &FieldSpec, typed: &str) -> Result<String, String> {
    let narrow: String = typed
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .collect();
    let allowed = |c: char| {
        c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '#' | ',' | '分' | '機' | '轉')
    };
    let digits = narrow.chars().filter(char::is_ascii_digit).count();
    if narrow.chars().all(allowed) && digits >= 6 {
        Ok(narrow)
    } else {
        Err(format!("「{}」請輸入電話號碼，例如 07-1234567#123 或 0912345678。", spec.label))
    }
}

fn check_number(spec: &FieldSpec, typed: &str) -> Result<String, String> {
    let (min, max) = (spec.min.unwrap_or(0), spec.max.unwrap_or(1_000_000));
    match typed.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
        _ => Err(format!("「{}」請輸入 {min} 到 {max} 之間的整數。", spec.label)),
    }
}

/// Control characters, bidirectional overrides and noncharacters: nothing that paper can show.
fn unprintable(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || (u32::from(c) & 0xfffe) == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: FieldKind) -> FieldSpec {
        FieldSpec {
            id: "f".into(),
            label: "欄位".into(),
            kind,
            required: true,
            max_length: None,
            min: None,
            max: Some(50),
            choices: vec!["社工師".into(), "心理師".into()],
            hint: None,
            autocomplete: None,
            section: None,
        }
    }

    fn one(kind: FieldKind, answers: &[&str]) -> Result<Value, String> {
        let typed = Typed::from([("f".to_owned(), answers.iter().map(|a| (*a).to_owned()).collect())]);
        let (values, errors) = check(&[spec(kind)], &typed);
        match errors.first() {
            Some(error) => Err(error.words.clone()),
            None => Ok(values["f"].clone()),
        }
    }

    fn text(t: &str) -> Result<Value, String> {
        Ok(Value::Text(t.to_owned()))
    }

    #[test]
    fn answers_are_kept_as_typed_but_for_outer_space_and_line_ends() {
        assert_eq!(one(FieldKind::Text, &[" 王小明 "]), text("王小明"));
        assert_eq!(one(FieldKind::LongText, &["一\r\n二"]), text("一\n二"));
        assert_eq!(one(FieldKind::Text, &["\u{f9d3}"]), text("\u{f9d3}"), "compatibility ideographs stay");
        assert_eq!(one(FieldKind::Date, &["114/12/18"]), text("2025-12-18"));
        assert_eq!(one(FieldKind::Tel, &["０７－１２３４５６７"]), text("07-1234567"));
        assert_eq!(
            one(FieldKind::Choices, &["心理師", "社工師"]),
            Ok(Value::Many(vec!["社工師".into(), "心理師".into()]))
        );
    }

    #[test]
    fn each_error_says_what_to_do() {
        assert_eq!(one(FieldKind::Text, &[""]), Err("請填寫「欄位」。".into()));
        assert_eq!(one(FieldKind::Choice, &[]), Err("請選擇「欄位」。".into()));
        assert!(one(FieldKind::Choice, &["醫師"]).is_err());
        assert!(one(FieldKind::Number, &["51"]).is_err());
        assert!(one(FieldKind::Tel, &["不知道"]).is_err());
        assert!(one(FieldKind::Email, &["name"]).is_err());
        assert!(one(FieldKind::Date, &["2025/2/30"]).is_err());
        assert!(one(FieldKind::Text, &["王\u{202e}小明"]).is_err_and(|words| words.contains("U+202E")));
        assert!(one(FieldKind::Text, &["\0"]).is_err());
        assert!(one(FieldKind::Text, &["字".repeat(101).as_str()]).is_err_and(|words| words.contains("101")));
    }

    #[test]
    fn missing_names_the_labels() {
        assert_eq!(missing(&[spec(FieldKind::Text)], &Values::new()), ["欄位"]);
    }
}
