//! A listener of its own for whoever watches the service: metrics, and health with details. Nobody is asked there who
//! they are, and nothing there tells of a person or a case.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::MEDIA_TYPE;

use super::app::App;
use super::health;

/// Its routes. They are none of the service's own doors.
const METRICS: &str = "/metrics";
const ALIVE: &str = "/healthz";
const READY: &str = "/readyz";

/// How long the database may take to tell its figures.
const WITHIN: Duration = Duration::from_secs(5);

/// All routes.
pub fn router(app: App) -> Router {
    Router::new()
        .route(METRICS, get(metrics))
        .route(ALIVE, get(health::alive))
        .route(READY, get(health::ready_in_detail))
        .with_state(app)
}

async fn metrics(State(app): State<App>) -> Response {
    let figures = tokio::time::timeout(WITHIN, app.office.figures(&app.limits)).await;
    match app.office.metrics.text(&figures.unwrap_or_else(|_| app.office.figures_of_this_process())) {
        Ok(text) => ([(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
