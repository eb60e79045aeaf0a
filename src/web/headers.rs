//! Headers of every answer, assets, and the health check.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::assets;

/// Only our own scripts, styles and pictures; nothing inline, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For what people sent: should a browser show it all the same, it is nobody's page and runs nothing.
pub const FOREIGN: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// No page of ours asks for any of these: whoever finds a way to run a script can't either.
const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
    magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()";

/// Two years; what is below our host is ours too.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// What makes a browser forget what it has kept of us.
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

const SECURITY: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (header::CACHE_CONTROL, "no-store"),
];

/// Sets the security headers, each only where a handler hasn't set its own. Where people come by TLS, browsers
/// are told never to come otherwise.
pub async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}

/// Makes the browser forget what it may have kept of the pages before: the next person at the machine sees none of them.
pub fn forget_pages(response: &mut Response) {
    response.headers_mut().insert(CLEAR, HeaderValue::from_static("\"cache\""));
}

/// A style sheet, script or icon; its address changes with its content.
pub async fn asset(Path((_, path)): Path<(String, String)>) -> Response {
    let Some(asset) = assets::find(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    (headers, asset.bytes.into_owned()).into_response()
}

/// For whoever watches the service: it answers.
pub async fn health() -> &'static str {
    "ok\n"
}
