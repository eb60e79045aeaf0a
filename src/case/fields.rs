//! Fields of a record as data: what a form asks, and whether what was typed will do.
//!
//! Both the pages in the browser and the printed form follow these specifications: a service item's
//! come from its form.toml, the subject's from [`crate::case::subject`]. Nothing here knows HTML or typst.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person filled in, by field id. Unanswered fields are absent.
pub type Values = BTreeMap<String, Value>;

/// One answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Text, a choice, a number, or a date as `YYYY-MM-DD`.
    Text(String),
    /// Several choices, in the order of the specification.
    Many(Vec<String>),
}

/// Answers are personal: only their length is told.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} characters)", text.chars().count()),
            Self::Many(choices) => write!(f, "Many({} choices)", choices.len()),
        }
    }
}

impl Value {
    /// The text of a single answer, or the choices joined as people write them.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Many(choices) => choices.join("、"),
        }
    }
}

/// How a field is asked and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A phone number with area code or extension.
    Tel,
    /// An address of electronic mail.
    Email,
    /// A date, typed as 2025/12/18 or 114/12/18, kept as 2025-12-18.
    Date,
    /// A whole number.
    Number,
    /// One of the choices.
    Choice,
    /// Any of the choices.
    Choices,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    /// The name in records and templates: lower-case letters, digits and underscores.
    pub id: String,
    /// The label, in the manual's words.
    pub label: String,
    /// How it is asked and checked.
    pub kind: FieldKind,
    /// Whether printing needs an answer.
    #[serde(default)]
    pub required: bool,
    /// The most code points that an answer may have; per kind when absent.
    #[serde(default)]
    pub max_length: Option<usize>,
    /// The smallest number allowed.
    #[serde(default)]
    pub min: Option<i64>,
    /// The largest number allowed.
    #[serde(default)]
    pub max: Option<i64>,
    /// The choices, as shown, kept and printed.
    #[serde(default)]
    pub choices: Vec<String>,
    /// A sentence below the label.
    #[serde(default)]
    pub hint: Option<String>,
    /// The browser's autocomplete token, `off` when absent.
    #[serde(default)]
    pub autocomplete: Option<String>,
    /// The heading under which the page and the form group it.
    #[serde(default)]
    pub section: Option<String>,
}

impl FieldSpec {
    /// The most code points that an answer may have.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.max_length.unwrap_or(match self.kind {
            FieldKind::LongText => 2000,
            FieldKind::Email => 254,
            FieldKind::Tel => 30,
            FieldKind::Text => 100,
            FieldKind::Date | FieldKind::Number => 20,
            FieldKind::Choice | FieldKind::Choices => 100,
        })
    }
}
