//! Whether what is typed can be printed: asked while typing, answered with the characters by name.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::typed::Sent;
use super::visitor::Visitor;

/// 204 when every character prints, else a sentence that names those that don't.
pub async fn check(State(app): State<App>, _: Visitor, sent: Sent) -> Response {
    match app.office.printer.missing_words(sent.one("text")) {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(words) => words.into_response(),
    }
}
