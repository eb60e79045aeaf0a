//! Answers to the fields of a record, as JSON: a text, or several where several can be chosen.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::case::fields::FieldSpec;
use crate::case::validate::Typed;
use crate::web::trouble::{Fault, WebError};

/// One answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Answer {
    /// Text, a choice, or a date.
    Text(String),
    /// A number.
    Number(i64),
    /// Several choices.
    Many(Vec<String>),
}

/// Answers by field id.
pub type Answers = BTreeMap<String, Answer>;

/// The answers as a form would send them.
///
/// # Errors
/// For a field that the record doesn't have: on a page nobody can answer it, here it would be lost silently.
pub fn typed(answers: Answers, specs: &[FieldSpec]) -> Result<Typed, WebError> {
    let unknown = answers.keys().filter(|id| specs.iter().all(|spec| spec.id != **id));
    let faults: Vec<Fault> = unknown
        .map(|id| Fault {
            field: id.clone(), reason: Some("unknown-field"), words: "沒有這個欄位。".into()
        })
        .collect();
    if !faults.is_empty() {
        return Err(WebError {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: "invalid-fields",
            faults,
            ..WebError::bad_request("送來的資料中有系統不認得的欄位。")
        });
    }
    Ok(answers.into_iter().map(|(id, answer)| (id, answer.texts())).collect())
}

impl Answer {
    fn texts(self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text],
            Self::Number(number) => vec![number.to_string()],
            Self::Many(texts) => texts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::subject::FIELDS;

    #[test]
    fn answers_read_as_a_form_and_unknown_fields_are_named() {
        let answers = |json: &str| serde_json::from_str::<Answers>(json).expect("answers");
        let read = typed(answers(r#"{"grade": 4, "name": "王小明"}"#), &FIELDS).expect("known fields");
        assert_eq!(read["grade"], ["4"]);
        let error = typed(answers(r#"{"nmae": "王小明"}"#), &FIELDS).expect_err("a slip");
        assert_eq!((error.status.as_u16(), error.faults[0].field.as_str()), (422, "nmae"));
    }
}
