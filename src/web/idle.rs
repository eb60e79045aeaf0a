//! The warning before a session ends: how long it lasts still, and 繼續使用.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::app::App;
use super::visitor::Reader;

/// How long a session lasts still.
#[derive(Serialize)]
pub struct Left {
    /// Seconds without a request.
    idle: i64,
    /// Seconds in all.
    whole: i64,
}

/// Tells it to a page that asks by itself: asking prolongs nothing.
pub async fn show(State(app): State<App>, visitor: Reader) -> Json<Left> {
    visitor.origin.shows_nobody();
    let (session, now) = (&visitor.signed.session, app.office.world.now());
    Json(Left {
        idle: (session.seen_at + app.limits.idle - now).max(0) / 1000,
        whole: (session.begun_at + app.limits.absolute - now).max(0) / 1000,
    })
}

/// 繼續使用: a request like any other prolongs the session.
pub async fn stay(_: Reader) -> StatusCode {
    StatusCode::NO_CONTENT
}
