//! Characters that can't be printed, named where they were typed: while typing, and on every form that
//! holds one. What was typed is kept whatever the fonts lack; only printing waits for it to be mended.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::case::fields::{FieldSpec, Values};
use crate::case::subject;
use crate::forms::fonts::{self, Fonts};
use crate::steps::Dossier;

use super::app::App;
use super::pages::case_page::CheckItem;
use super::pages::field::{Input, Section, Warning};
use super::typed::Sent;
use super::view::path;
use super::visitor::Visitor;

/// 204 when every character prints, else a sentence that names those that don't.
pub async fn check(State(app): State<App>, _: Visitor, sent: Sent) -> Response {
    match sentence(app.office.printer.fonts(), sent.one("text")) {
        Some(sentence) => sentence.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Names what can't be printed of a text and says what to do.
fn sentence(fonts: &Fonts, text: &str) -> Option<String> {
    let missing = fonts.missing_glyphs(text);
    let words = || format!("無法列印的字：{}。{}", fonts::named(&missing), fonts::way_forward(&missing));
    (!missing.is_empty()).then(words)
}

/// Puts the sentence beside every field that holds such a character.
pub fn warn(sections: &mut [Section], fonts: &Fonts) {
    for field in sections.iter_mut().flat_map(|section| &mut section.fields) {
        let text = match &field.input {
            Input::Line { value, .. } | Input::Text { value, .. } => value,
            Input::One(_) | Input::Any(_) | Input::List(_) => continue,
        };
        if field.warning.is_none() && field.error.is_none() {
            field.warning = sentence(fonts, text).map(|sentence| Warning { sentence, confirm: None });
        }
    }
}

/// What has to be mended before a case can be printed: each field with such a character.
#[must_use]
pub fn to_mend(dossier: &Dossier, fonts: &Fonts) -> Vec<CheckItem> {
    let number = &dossier.case.number;
    let mut items = Vec::new();
    let mut look = |specs: &[FieldSpec], values: &Values, below: &str| {
        for spec in specs {
            let text = values.get(&spec.id).map(|value| value.display()).unwrap_or_default();
            let missing = fonts.missing_glyphs(&text);
            if !missing.is_empty() {
                let label = format!("換掉「{}」無法列印的字：{}", spec.label, fonts::named(&missing));
                items.push(CheckItem { label, done: false, href: path(number, below) });
            }
        }
    };
    look(&dossier.service.fields, &dossier.case.content, "/content");
    if let Some(subject) = dossier.subject() {
        look(&subject::FIELDS, &subject.answers, &format!("/subject/{}", subject.id));
    }
    items
}
