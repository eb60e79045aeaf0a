//! The JSON API: the same steps as the pages, the same people and scopes, answers for programs.
//!
//! Each handler stands beside its description, and the router is built from both at once: what isn't in the
//! document (`/api/v1/openapi.json`) can't be asked. Trouble is told as a problem document ([`problem`]).

pub mod problem;

mod answers;
mod asked;
mod body;
mod caller;
mod case;
mod choices;
mod documents;
mod done;
mod edit;
mod events;
mod flow;
mod list;
mod names;
mod papers;
mod record;
mod records;
mod services;
mod uploads;
mod waiting;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;

/// Below which the API lies.
pub const ROOT: &str = "/api/v1";

/// Whether an address is the API's.
#[must_use]
pub fn is_below(path: &str) -> bool {
    path.starts_with("/api/")
}

/// What the document says of the API as a whole.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Casebind",
        description = "Cases of a student counselling centre, from the draft to the closing. Whoever is logged \
            in on the pages (`POST /login`) asks with the same session cookie, sees the same cases and may do the \
            same steps. A case that isn't theirs to see is answered as one that isn't there. Times are RFC 3339."
    ),
    tags(
        (name = "cases", description = "Lists and records"),
        (name = "documents", description = "Originals, hashed again before the first byte goes out"),
        (name = "writing", description = "Opening and filling in a case, and handing papers in"),
        (name = "records", description = "What was done in service, by revision"),
        (name = "events", description = "The steps of the life cycle"),
    ),
    // Refusals of every operation name it; the routes alone don't bring it in.
    components(schemas(problem::Problem)),
    security(("session" = [])),
)]
struct Document;

/// The API's routes, and the document that describes them. `upload_limit` is the bytes of an upload at most.
pub fn router(app: &App, upload_limit: usize) -> Router<App> {
    let uploads = OpenApiRouter::new()
        .routes(routes!(uploads::attach))
        .routes(routes!(uploads::scan))
        .routes(routes!(records::attach))
        .layer(DefaultBodyLimit::max(upload_limit));
    let all = OpenApiRouter::new()
        .routes(routes!(services::show))
        .routes(routes!(list::show, edit::open))
        .routes(routes!(case::show))
        .routes(routes!(flow::show))
        .routes(routes!(choices::show))
        .routes(routes!(documents::list))
        .routes(routes!(documents::send))
        .routes(routes!(edit::content))
        .routes(routes!(edit::subject, edit::delete_subject))
        .routes(routes!(edit::answer))
        .routes(routes!(edit::delete_attachment))
        .routes(routes!(events::happen))
        .routes(routes!(records::list, records::add))
        .routes(routes!(records::show, records::revise))
        .routes(routes!(records::send))
        .layer(DefaultBodyLimit::max(super::RECORD_LIMIT))
        .merge(uploads);
    let (router, mut document) =
        OpenApiRouter::with_openapi(Document::openapi()).nest(ROOT, all).split_for_parts();
    let cookie =
        ApiKey::Cookie(ApiKeyValue::with_description(app.cookie_name(), "The session, from POST /login"));
    let parts = document.components.get_or_insert_default();
    parts.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    let text = document.to_json().expect("the document is constant and serialises");
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    router.route(&format!("{ROOT}/openapi.json"), get(answer))
}
