//! What comes after its session lasted too long: a person's form is kept until they are back.

use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::Response;

use crate::identity::sessions::Limit;
use crate::web::access_log::led_to;
use crate::web::headers;
use crate::web::held::Kept;

use super::arrived::is_passive;

/// Someone whose session lasted too long.
#[derive(Clone, Debug)]
pub(super) struct Late {
    /// Whose it was.
    pub person: String,
    /// Which limit ended it.
    pub limit: Limit,
}

impl Late {
    /// Why, as the log-in page is told it.
    pub fn why(&self) -> &'static str {
        if self.limit == Limit::Idle { "idle" } else { "long" }
    }
}

/// Whether a request is a person's form that is kept when it comes too late: not what scripts send, and nothing of
/// the doors themselves, which hold secrets.
pub(super) fn is_kept(request: &Request) -> bool {
    const OTHERS: [&str; 14] = [
        "/login",
        "/logout",
        "/sign-on",
        "/session",
        "/confirm",
        "/glyphs",
        "/phone",
        "/api",
        "/account/",
        "/captcha",
        "/register",
        "/forgotten",
        "/address",
        "/collection-notice",
    ];
    let path = request.uri().path();
    let json = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.starts_with("application/json"));
    let by_itself = json || is_passive(path) || OTHERS.iter().any(|other| path.starts_with(other));
    request.method() == Method::POST && !by_itself
}

/// The log-in page, and after it the form that came too late.
pub(super) fn too_late(late: &Late, kept: Kept) -> Response {
    let (why, next) = match kept {
        Kept::Form(next) | Kept::Draft(next) => (late.why(), next),
        Kept::Nothing(next) => ("file", next),
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("why", why)
        .append_pair("next", &next)
        .finish();
    let mut response = led_to("/login", &format!("/login?{query}"));
    headers::forget_pages(&mut response);
    response
}
