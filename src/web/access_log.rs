//! One line for each request: method, the route as it is declared, status, milliseconds, the request's identifier
//! and the account. Never the address with its numbers, the query, a header or anything that was sent.
//!
//! The line, and every other that is logged while the request is answered, stands inside a span with the
//! request's identifier. An identifier that a client sends is not taken over.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use tracing::Instrument as _;

use super::app::App;

/// Who was answered, left by the look-up of the session.
#[derive(Clone, Debug)]
pub struct Answered(pub String);

/// Somebody was led to this page instead of to what they asked for.
#[derive(Clone, Copy, Debug)]
struct LedTo(&'static str);

/// Leads somebody to a door of the house instead of to what they asked for; `address` is the door's with its query. The
/// log tells it as a refusal.
pub fn led_to(door: &'static str, address: &str) -> Response {
    let mut response = Redirect::to(address).into_response();
    response.extensions_mut().insert(LedTo(door));
    response
}

/// Forgets an identifier that came from outside, so that every request has one of its own.
pub async fn forget_identifier(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove("x-request-id");
    next.run(request).await
}

/// Answers the request, writes its line and counts it.
pub async fn log(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("-");
    let span = tracing::info_span!("request", id);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    async move {
        let began = Instant::now();
        let under_way = app.office.metrics.in_flight();
        let response = next.run(request).await;
        drop(under_way);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = response.status();
        app.office.metrics.answered(method.as_str(), &route, status.as_u16(), began.elapsed());
        let person = response.extensions().get::<Answered>().map_or("-", |answered| answered.0.as_str());
        // Assets and looks at the service's health would drown the rest.
        if matches!(route.as_str(), "/health" | "/healthz" | "/readyz") || route.starts_with("/assets/") {
            tracing::debug!(%method, route, status = status.as_u16(), ms, person, "answered");
        } else {
            tracing::info!(%method, route, status = status.as_u16(), ms, person, "answered");
        }
        if is_refusal(status) {
            tracing::warn!(%method, route, status = status.as_u16(), person, "refused");
        }
        // Every morning begins with one: nothing to be warned of, and a refusal all the same.
        if let Some(LedTo(door)) = response.extensions().get::<LedTo>() {
            tracing::info!(%method, route, status = status.as_u16(), person, led_to = door, "refused");
        }
        response
    }
    .instrument(span)
    .await
}

/// Whether somebody was kept from what they asked for. Where a page isn't theirs it reads as not there.
fn is_refusal(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::PAYLOAD_TOO_LARGE
    )
}
