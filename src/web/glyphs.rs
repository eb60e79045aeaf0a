//! Whether what is typed can be printed: asked while typing, answered with the characters by name.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::typed::Sent;
use super::visitor::Visitor;

/// 204 when every character prints, else a sentence that names those that don't.
pub async fn check(State(app): State<App>, _: Visitor, sent: Sent) -> Response {
    let missing = app.office.printer.fonts().missing_glyphs(sent.one("text"));
    if missing.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let named: Vec<_> = missing.iter().map(|c| format!("{c}（U+{:04X}）", u32::from(*c))).collect();
    format!("無法列印的字：{}。請改用其他字，或請系統管理人員安裝全字庫正楷體。", named.join("、"))
        .into_response()
}
