//! For whoever sends people here: whether the process lives, and whether it is ready for them. Strangers learn no more
//! than that; [`super::watch`] tells what isn't well.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::steps::process::Phase;
use crate::steps::ready::Check;

use super::app::App;

/// Health of a service (draft-inadarei-api-health-check).
const MEDIA_TYPE: &str = "application/health+json";
/// How long a look counts: who asks more often costs nothing.
const KEPT: Duration = Duration::from_secs(3);

/// How the last look went, if there was one. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Option<Look>>>);

/// What was looked at, and when.
#[derive(Clone, Debug)]
struct Look {
    at: Instant,
    checks: Vec<Check>,
}

/// The process answers.
pub async fn alive() -> Response {
    answer(true, None)
}

/// Whether it can do its work, without a word of why not.
pub async fn ready(State(app): State<App>) -> Response {
    let well = look(&app).await.iter().all(|check| check.well);
    answer(well, None)
}

/// The same with what was looked at.
pub(super) async fn ready_in_detail(State(app): State<App>) -> Response {
    let checks = look(&app).await;
    answer(checks.iter().all(|check| check.well), Some(&checks))
}

/// Looks, unless somebody has just done so: of many at once one looks, and the others wait for it.
async fn look(app: &App) -> Vec<Check> {
    // What is known without looking is never late: whoever is about to end says so at once.
    let serving = Check { name: "serving", well: app.office.process.phase() == Phase::Serving };
    let mut last = app.health.0.lock().await;
    let mut checks = match &*last {
        Some(look) if look.at.elapsed() < KEPT => look.checks.clone(),
        _ => {
            let checks = app.office.readiness().await;
            *last = Some(Look { at: Instant::now(), checks: checks.clone() });
            checks
        }
    };
    checks.insert(0, serving);
    checks
}

fn answer(well: bool, checks: Option<&[Check]>) -> Response {
    let word = |well| if well { "pass" } else { "fail" };
    let mut body = json!({ "status": word(well) });
    if let Some(checks) = checks {
        let one = |check: &Check| (check.name.to_owned(), json!([{ "status": word(check.well) }]));
        body["checks"] = Value::Object(checks.iter().map(one).collect::<Map<_, _>>());
    }
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
