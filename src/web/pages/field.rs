//! Form fields as people meet them: label, hint, 必填, what was typed, and the error beside it.
//!
//! One specification drives the page and the printed form; this file turns it into inputs. It checks
//! nothing: errors and warnings come in as sentences.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::case::dates;
use crate::case::fields::{FieldKind, FieldSpec, Value, Values};
use crate::case::validate::REASON;

/// Sentences for fields that won't do, by field id.
pub type Errors = BTreeMap<String, String>;

/// One field with everything that its place on the page needs.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/field.html")]
pub struct Field {
    /// The name in the form, the field's id.
    pub name: String,
    /// The label.
    pub label: String,
    /// A sentence below the label.
    pub hint: Option<String>,
    /// Whether 必填 stands beside the label.
    pub required: bool,
    /// What won't do, and what to do.
    pub error: Option<String>,
    /// What may be wrong, with the box that confirms it.
    pub warning: Option<Warning>,
    /// The browser's autocomplete token.
    pub autocomplete: String,
    /// Whether the field takes the whole width.
    pub wide: bool,
    /// How it is asked, with what was typed.
    pub input: Input,
}

impl HtmlSafe for Field {}

/// Something that may be wrong but may also be right: a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What may be wrong.
    pub sentence: String,
    /// The checkbox that lets it stand; `None` when nothing needs confirming.
    pub confirm: Option<Confirm>,
}

/// A checkbox that confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// Its name in the form; its value is `1`.
    pub name: String,
    /// Such as 我已核對證件，號碼確實如此.
    pub label: String,
    /// Whether it is already ticked.
    pub given: bool,
}

/// How a field is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line {
        /// Which keyboard and check the browser offers.
        kind: LineKind,
        /// What was typed.
        value: String,
        /// The most code points.
        limit: usize,
    },
    /// Several lines, with a counter.
    Text {
        /// What was typed.
        value: String,
        /// The most code points.
        limit: usize,
    },
    /// One of these, as radio buttons.
    One(Vec<Choice>),
    /// Any of these, as checkboxes.
    Any(Vec<Choice>),
    /// One of these, as a list that opens.
    List(Vec<Choice>),
}

/// Which kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Any text.
    Text,
    /// A phone number.
    Tel,
    /// An address of electronic mail.
    Email,
    /// A date typed as people write it.
    Date,
    /// A whole number.
    Number,
    /// Never shown again, never kept as a draft.
    Password,
}

impl LineKind {
    fn html_type(self) -> &'static str {
        match self {
            Self::Tel => "tel",
            Self::Email => "email",
            Self::Password => "password",
            Self::Text | Self::Date | Self::Number => "text",
        }
    }

    fn inputmode(self) -> Option<&'static str> {
        (self == Self::Number).then_some("numeric")
    }
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The value that is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// A sentence below it.
    pub hint: Option<String>,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Choice {
    /// A choice shown as it is sent.
    #[must_use]
    pub fn plain(text: impl Into<String>, chosen: bool) -> Self {
        let text = text.into();
        Self { value: text.clone(), label: text, hint: None, chosen }
    }

    /// A choice with a label of its own.
    #[must_use]
    pub fn labelled(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), hint: None, chosen }
    }
}

impl Field {
    /// A line of its own making, for forms that no specification drives.
    #[must_use]
    pub fn line(name: &str, label: &str, kind: LineKind, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            hint: None,
            required: true,
            error: None,
            warning: None,
            autocomplete: "off".into(),
            wide: true,
            input: Input::Line { kind, value: value.into(), limit: 200 },
        }
    }

    /// Several lines of its own making, such as a reason.
    #[must_use]
    pub fn text(name: &str, label: &str, value: impl Into<String>, limit: usize) -> Self {
        Self {
            input: Input::Text { value: value.into(), limit },
            ..Self::line(name, label, LineKind::Text, "")
        }
    }

    /// A reason in words (`reason`), as long as steps take one.
    #[must_use]
    pub fn reason(label: &str, value: impl Into<String>, hint: Option<&str>) -> Self {
        Self { hint: hint.map(str::to_owned), ..Self::text("reason", label, value, REASON) }
    }

    /// A field of a specification with what was kept or typed, and the sentence if that won't do.
    #[must_use]
    pub fn from_spec(spec: &FieldSpec, value: Option<&Value>, error: Option<&str>) -> Self {
        let input = input_of(spec, value);
        Self {
            name: spec.id.clone(),
            label: spec.label.clone(),
            hint: spec.hint.clone().or_else(|| default_hint(spec.kind)),
            required: spec.required,
            error: error.map(str::to_owned),
            warning: None,
            autocomplete: spec.autocomplete.clone().unwrap_or_else(|| "off".into()),
            wide: is_wide(spec),
            input,
        }
    }

    /// The id of the control that an error leads to.
    pub(crate) fn anchor(&self) -> String {
        match self.input {
            Input::One(_) | Input::Any(_) => format!("f-{}-1", self.name),
            _ => format!("f-{}", self.name),
        }
    }

    /// The width of a line tells how much belongs there.
    fn line_class(&self) -> &'static str {
        match self.input {
            Input::Line { kind: LineKind::Number, .. }
            | Input::Line { kind: LineKind::Text, limit: ..=10, .. } => "line line--number",
            Input::Line { kind: LineKind::Date, .. } => "line line--date",
            Input::Line { kind: LineKind::Tel, .. } => "line line--tel",
            _ => "line",
        }
    }

    fn is_one(&self) -> bool {
        matches!(self.input, Input::One(_))
    }

    fn described_by(&self) -> String {
        let parts = [
            (self.hint.is_some(), "hint"),
            (self.error.is_some(), "error"),
            (self.warning.is_some(), "warning"),
            (matches!(self.input, Input::Text { .. }), "count"),
        ];
        let ids: Vec<_> = parts
            .iter()
            .filter(|(shown, _)| *shown)
            .map(|(_, part)| format!("{}-{part}", self.name))
            .collect();
        ids.join(" ")
    }
}

fn input_of(spec: &FieldSpec, value: Option<&Value>) -> Input {
    let text = match value {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Many(many)) => many.join("、"),
        None => String::new(),
    };
    let chosen = |choice: &String| match value {
        Some(Value::Text(text)) => text == choice,
        Some(Value::Many(many)) => many.contains(choice),
        None => false,
    };
    let choices = || spec.choices.iter().map(|choice| Choice::plain(choice, chosen(choice))).collect();
    let line = |kind, value| Input::Line { kind, value, limit: spec.limit() };
    match spec.kind {
        FieldKind::Text => line(LineKind::Text, text),
        FieldKind::LongText => Input::Text { value: text, limit: spec.limit() },
        FieldKind::Tel => line(LineKind::Tel, text),
        FieldKind::Email => line(LineKind::Email, text),
        FieldKind::Date => line(LineKind::Date, dates::screen(&text)),
        FieldKind::Number => line(LineKind::Number, text),
        FieldKind::Choice => Input::One(choices()),
        FieldKind::Choices => Input::Any(choices()),
    }
}

fn default_hint(kind: FieldKind) -> Option<String> {
    (kind == FieldKind::Date).then(|| "例如 2025/12/18 或 114/12/18".into())
}

fn is_wide(spec: &FieldSpec) -> bool {
    match spec.kind {
        FieldKind::LongText => true,
        FieldKind::Text | FieldKind::Email => spec.limit() > 60,
        FieldKind::Choice | FieldKind::Choices => {
            spec.choices.iter().map(|choice| choice.chars().count() + 3).sum::<usize>() > 24
        }
        FieldKind::Tel | FieldKind::Date | FieldKind::Number => false,
    }
}

/// Fields under one heading.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading; `None` for a form of one section.
    pub heading: Option<String>,
    /// The fields, in order.
    pub fields: Vec<Field>,
}

/// The sections of a specification, filled with values and errors.
#[must_use]
pub fn sections(specs: &[FieldSpec], values: &Values, errors: &Errors) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for spec in specs {
        let field = Field::from_spec(spec, values.get(&spec.id), errors.get(&spec.id).map(String::as_str));
        match out.last_mut() {
            Some(section) if section.heading == spec.section => section.fields.push(field),
            _ => out.push(Section { heading: spec.section.clone(), fields: vec![field] }),
        }
    }
    out
}

/// The list of errors at the top of a form; each leads to its field.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/summary.html")]
pub struct Summary<'a> {
    problems: Vec<&'a Field>,
    unconfirmed: Vec<&'a Field>,
    /// Groups of boxes that won't do: anchor, label, why.
    groups: Vec<(&'a str, &'a str, &'a str)>,
}

impl HtmlSafe for Summary<'_> {}

impl<'a> Summary<'a> {
    /// Everything in these sections that won't do, or waits for a confirmation.
    #[must_use]
    pub fn of(sections: &'a [Section]) -> Self {
        Self::of_fields(sections.iter().flat_map(|section| &section.fields))
    }

    /// The same of these fields.
    #[must_use]
    pub fn of_fields(fields: impl Iterator<Item = &'a Field> + Clone) -> Self {
        Self {
            groups: Vec::new(),
            problems: fields.clone().filter(|field| field.error.is_some()).collect(),
            unconfirmed: fields
                .filter(|field| {
                    let confirm = field.warning.as_ref().and_then(|warning| warning.confirm.as_ref());
                    confirm.is_some_and(|confirm| !confirm.given)
                })
                .collect(),
        }
    }

    /// The same with a group of boxes, if it won't do.
    #[must_use]
    pub fn and(mut self, anchor: &'a str, label: &'a str, error: Option<&'a str>) -> Self {
        self.groups.extend(error.map(|words| (anchor, label, words)));
        self
    }

    fn count(&self) -> usize {
        self.problems.len() + self.unconfirmed.len() + self.groups.len()
    }
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;

    fn spec(kind: FieldKind, choices: &[&str]) -> FieldSpec {
        FieldSpec {
            id: "x".into(),
            label: "欄位".into(),
            kind,
            required: true,
            max_length: None,
            min: None,
            max: None,
            choices: choices.iter().map(|&choice| choice.into()).collect(),
            hint: None,
            autocomplete: None,
            section: None,
        }
    }

    fn one(html: &str, selector: &str) -> scraper::ElementRef<'static> {
        let document = Box::leak(Box::new(Html::parse_fragment(html)));
        let found: Vec<_> = document.select(&Selector::parse(selector).unwrap()).collect();
        assert_eq!(found.len(), 1, "{selector} in {html}");
        found[0]
    }

    #[test]
    fn an_error_is_tied_to_its_field() {
        let field = Field::from_spec(&spec(FieldKind::Text, &[]), None, Some("請填寫欄位。"));
        let html = field.render().unwrap();
        let input = one(&html, "input");
        assert_eq!(input.attr("aria-invalid"), Some("true"));
        assert_eq!(input.attr("aria-describedby"), Some("x-error"));
        assert_eq!(input.attr("id"), Some("f-x"));
        assert!(one(&html, "#x-error").text().collect::<String>().contains("請填寫欄位。"));
        assert!(one(&html, "label").text().collect::<String>().contains("必填"));
    }

    #[test]
    fn what_was_typed_comes_back_as_text_and_never_as_markup() {
        let typed = Value::Text("<b>\"王\"</b> & '小明'".into());
        let line = Field::from_spec(&spec(FieldKind::Text, &[]), Some(&typed), None).render().unwrap();
        assert_eq!(one(&line, "input").attr("value"), Some("<b>\"王\"</b> & '小明'"));
        let text = Value::Text("\n第一行\n</textarea><script>".into());
        let area = Field::from_spec(&spec(FieldKind::LongText, &[]), Some(&text), None).render().unwrap();
        assert_eq!(one(&area, "textarea").text().collect::<String>(), "\n第一行\n</textarea><script>");
    }

    #[test]
    fn kept_dates_are_shown_as_people_write_them() {
        let kept = Value::Text("2025-12-18".into());
        let html = Field::from_spec(&spec(FieldKind::Date, &[]), Some(&kept), None).render().unwrap();
        assert_eq!(one(&html, "input").attr("value"), Some("2025/12/18"));
        assert!(one(&html, "#x-hint").text().collect::<String>().contains("114/12/18"));
    }

    #[test]
    fn choices_come_as_a_group_with_the_chosen_ones_ticked() {
        let many = Value::Many(vec!["心理師".into()]);
        let html = Field::from_spec(&spec(FieldKind::Choices, &["社工師", "心理師"]), Some(&many), None)
            .render()
            .unwrap();
        assert_eq!(one(&html, "input[checked]").attr("value"), Some("心理師"));
        assert_eq!(one(&html, "fieldset > legend").text().collect::<String>().trim(), "欄位 必填");
        assert_eq!(one(&html, "#f-x-1").attr("name"), Some("x"));
    }

    #[test]
    fn sections_follow_the_order_of_the_specification() {
        let mut specs =
            vec![spec(FieldKind::Text, &[]), spec(FieldKind::Tel, &[]), spec(FieldKind::Date, &[])];
        for (spec, section) in specs.iter_mut().zip(["基本資料", "基本資料", "學校"]) {
            spec.section = Some(section.into());
        }
        let filled = sections(&specs, &Values::new(), &Errors::new());
        let shape: Vec<_> = filled.iter().map(|s| (s.heading.as_deref().unwrap(), s.fields.len())).collect();
        assert_eq!(shape, [("基本資料", 2), ("學校", 1)]);
    }
}
