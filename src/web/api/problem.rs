//! Trouble as problem documents (RFC 9457): a stable type, the status, and words for the person.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::csrf::ProtectionError;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::case::refusal::Why;
use crate::web::app::{App, Signed};
use crate::web::trouble::{self, Fault, WebError};

use super::names;

/// The media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why something wasn't done. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:casebind:problem:` and a stable name, such as `wrong-state` or `changed-meanwhile`.
    #[serde(rename = "type")]
    kind: String,
    /// The name in English words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do, for the person, in Traditional Chinese.
    detail: String,
    /// Of a refused step: the state of the case.
    #[schema(schema_with = names::states)]
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Of a refused step: what was tried.
    #[schema(schema_with = names::events)]
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    /// Of a refused step: why not; the same name as in the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Of a conflict of versions: the version of the case now.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// What needs mending in what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Mend>,
    /// The error's number in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
}

/// One thing to mend.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mend {
    /// The field, or `file`, or `body`.
    field: String,
    /// Of a refused file: a stable name of the reason, such as `stale-revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What is wrong and what to do.
    detail: String,
}

impl From<Fault> for Mend {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, reason: fault.reason, detail: fault.words }
    }
}

/// An error as an answer of the API.
pub async fn answer(app: &App, signed: Option<&Signed>, error: WebError) -> Response {
    let number = trouble::logged(app, &error);
    let version = match (&error.case, signed) {
        (Some(case), Some(signed)) if error.code == Why::Changed.code() => {
            let dossier = app.office.dossier(&signed.person.actor(), case).await;
            dossier.ok().map(|dossier| dossier.case.version)
        }
        _ => None,
    };
    let (refused, retry_after) = (error.refused.as_ref(), error.retry_after);
    let mut answer = told(
        error.status,
        &Problem {
            state: refused.map(|refused| refused.state.as_str()),
            event: refused.map(|refused| refused.event.as_str()),
            reason: refused.map(|refused| refused.why.code()),
            version,
            errors: error.faults.into_iter().map(Mend::from).collect(),
            number,
            ..Problem::new(error.status, error.code, error.what)
        },
    );
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

impl Problem {
    fn new(status: StatusCode, code: &str, detail: String) -> Self {
        Self {
            kind: format!("urn:casebind:problem:{code}"),
            title: title(code),
            status: status.as_u16(),
            detail,
            state: None,
            event: None,
            reason: None,
            version: None,
            errors: Vec::new(),
            number: None,
        }
    }
}

/// `wrong-state` as `Wrong state`.
fn title(code: &str) -> String {
    let words = code.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn told(status: StatusCode, problem: &Problem) -> Response {
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 wants a challenge; a cookie has no scheme of its own there.
        let challenge = HeaderValue::from_static("Cookie form-action=\"/login\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Gives what a layer refused before any handler, such as a request from another site, its words: the error page, or a
/// problem document.
pub async fn worded(State(app): State<App>, request: Request, next: Next) -> Response {
    let ours = super::is_below(request.uri().path());
    let response = next.run(request).await;
    let foreign = response.extensions().get::<ProtectionError>().is_some();
    if !ours {
        return if foreign { trouble::page(&app, None, WebError::foreign_site()) } else { response };
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    if !refused || kind == Some(MEDIA_TYPE.as_bytes()) {
        return response;
    }
    let error =
        if foreign { WebError::foreign_site() } else { WebError::bad_request("這個要求沒有處理。") };
    told(status, &Problem::new(status, error.code, error.what))
}

/// The problems that reading can end with.
pub struct Reading;

/// The problems that a list can end with.
pub struct Listing;

/// The problems that writing can end with.
pub struct Writing;

const READING: [(&str, &str); 7] = [
    ("401", "Nobody is logged in"),
    (
        "403",
        "The sign-in isn't finished (`sign-in-unfinished`), the collection notice wasn't accepted \
        (`notice-unaccepted`), the account isn't bound to a school yet (`no-school`), the last proof is too old for so \
        many at once (`proof-needed`), an archivist hasn't said for what an original is taken out \
        (`purpose-needed`), or another site asks (`foreign-site`)",
    ),
    ("404", "There is no such thing, or it isn't the reader's to see"),
    ("410", "The case was disposed of by law (`disposed`): its number, its flow and a certificate are left"),
    ("429", "The account has asked for far too much just now; `Retry-After` says when to come again"),
    ("500", "Something broke inside (`internal`); the log has the source under the `number`"),
    (
        "503",
        "The database (`no-database`) or the store of originals (`no-originals`) can't be used just now: look whether \
        it happened, then try again",
    ),
];

const WRITING: [(&str, &str); 6] = [
    ("400", "The request can't be read"),
    ("408", "The body came too slowly, and wasn't waited for"),
    (
        "409",
        "The life cycle refuses it (`state`, `event`, `reason`), or the case was changed since the version \
        that was sent (`changed-meanwhile`, with the `version` now)",
    ),
    ("413", "More bytes than allowed"),
    ("415", "The body isn't of the media type that is named here"),
    ("422", "What was sent needs mending, as `errors` say"),
];

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        described(&READING)
    }
}

impl IntoResponses for Listing {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let mut all = described(&READING);
        // A list is there for everybody, and names no case that could be gone.
        all.remove("404");
        all.remove("410");
        all.extend(described(&WRITING[4..]));
        all
    }
}

impl IntoResponses for Writing {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let mut all = described(&READING);
        all.extend(described(&WRITING));
        all
    }
}

fn described(rows: &[(&str, &str)]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response =
        |words: &str| ResponseBuilder::new().description(words).content(MEDIA_TYPE, problem()).build();
    rows.iter().map(|(status, words)| ((*status).to_owned(), RefOr::T(response(words)))).collect()
}

#[cfg(test)]
mod tests {
    use super::{READING, WebError, title};
    use crate::steps::StepError;

    #[test]
    fn every_reason_of_a_403_is_named() {
        let told = READING.iter().find(|(status, _)| *status == "403").map(|(_, words)| *words);
        let told = told.expect("a 403");
        for error in [
            WebError::still_owing(),
            WebError::unaccepted(),
            WebError::unbound(),
            WebError::unproved(),
            StepError::PurposeNeeded.into(),
            WebError::foreign_site(),
        ] {
            assert_eq!(error.status, 403, "{}", error.code);
            assert!(told.contains(&format!("`{}`", error.code)), "{}: {told}", error.code);
        }
    }

    #[test]
    fn a_code_reads_as_a_title() {
        assert_eq!(title("unreviewed-attachments"), "Unreviewed attachments");
        assert_eq!(title(""), "");
    }
}
