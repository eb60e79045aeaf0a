//! Where those are led who can't come in yet.

use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use crate::identity::sessions::Stage;
use crate::web::access_log::led_to;
use crate::web::headers;

use super::arrived::Arriving;
use super::late::Late;

/// Where those are led who aren't signed in: to the log-in page, or to what they still owe; and back afterwards.
pub(in crate::web) fn elsewhere(parts: &Parts) -> Response {
    let door = match parts.extensions.get::<Arriving>() {
        Some(Arriving { stage: Stage::Password, .. }) => "/account/password",
        Some(Arriving { stage: Stage::Enrol, .. }) => "/account/second-factor",
        Some(Arriving { .. }) => "/login/code",
        None => "/login",
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    let late = parts.extensions.get::<Late>();
    if let Some(late) = late {
        query.append_pair("why", late.why());
    }
    let mut response = door_and_back(door, query, parts);
    if late.is_some() {
        headers::forget_pages(&mut response);
    }
    response
}

/// The collection notice comes before everything else.
pub(super) fn to_notice(parts: &Parts) -> Response {
    door_and_back("/collection-notice", form_urlencoded::Serializer::new(String::new()), parts)
}

fn door_and_back(
    door: &'static str,
    mut query: form_urlencoded::Serializer<'_, String>,
    parts: &Parts,
) -> Response {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if parts.method == Method::GET && path != "/" {
        query.append_pair("next", path);
    }
    let query = query.finish();
    let address = if query.is_empty() { door.to_owned() } else { format!("{door}?{query}") };
    led_to(door, &address)
}
