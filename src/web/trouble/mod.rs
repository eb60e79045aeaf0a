//! One error type and one error page: what happened, what stayed safe, the way forward, a number.
//!
//! [`kinds`]: what each kind of trouble says; [`of_steps`]: what is made of the errors of steps and of what they stand on;
//! [`answer`]: the error page, and pages as answers. The source is logged once, there, and never shown. The API tells the
//! same errors as problem documents ([`super::api::problem`]).

mod answer;
mod kinds;
mod of_steps;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::case::refusal::Refused;
use crate::case::validate::FieldError;
use crate::intake::Reason;
use crate::steps::Dossier;

use super::app::App;
use super::visitor::Visitor;

pub use answer::{case_in, html, logged, mend, overtaken, page};

/// What a handler can't answer with a page of its own.
#[derive(Clone, Debug)]
pub struct WebError {
    /// The HTTP status.
    pub status: StatusCode,
    /// A stable name for programs.
    pub code: &'static str,
    /// The page's title.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What stayed safe.
    pub safe: Option<String>,
    /// What to do.
    pub todo: Vec<String>,
    /// The source, for the log; never shown.
    pub source: Option<String>,
    /// The refused step, for the traces.
    pub refused: Option<Refused>,
    /// The case to go back to.
    pub case: Option<String>,
    /// What is wrong with what was sent, one by one.
    pub faults: Vec<Fault>,
    /// Seconds after which it may be asked again.
    pub retry_after: Option<i64>,
}

/// One thing to mend in what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: String,
    /// A stable name of what is wrong, where there is one.
    pub reason: Option<&'static str>,
    /// What is wrong and what to do.
    pub words: String,
}

impl From<&FieldError> for Fault {
    fn from(error: &FieldError) -> Self {
        Self { field: error.field.clone(), reason: None, words: error.words.clone() }
    }
}

impl From<&Reason> for Fault {
    fn from(reason: &Reason) -> Self {
        Self { field: "file".into(), reason: Some(reason.code()), words: reason.words() }
    }
}

/// Keeps a trace of a refused step whose form comes back: no error leaves one then.
///
/// # Errors
/// When the database fails.
pub async fn came_back(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refused: &Refused,
) -> Result<(), WebError> {
    Ok(app.office.trace_refused(&visitor.origin, &visitor.actor, Some(&dossier.case.id), refused).await?)
}

/// The code of what an archivist is refused before saying for what.
const PURPOSE_NEEDED: &str = "purpose-needed";

impl WebError {
    /// The same, with the case that the address names as the way back, where the trouble was with a step.
    #[must_use]
    pub fn about(mut self, path: &str) -> Self {
        if self.status == StatusCode::CONFLICT || self.code == PURPOSE_NEEDED {
            self.case = case_in(path).map(str::to_owned);
        }
        self
    }

    /// What the framework refused in words of its own, such as an address with letters for a number.
    /// Nothing if the answer is a page already, or no refusal.
    #[must_use]
    pub fn unworded(response: &Response) -> Option<Self> {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !response.status().is_client_error() || kind.is_some_and(|kind| kind.starts_with("text/html")) {
            return None;
        }
        Some(match response.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            status => {
                let code = match status {
                    StatusCode::METHOD_NOT_ALLOWED => "wrong-method",
                    StatusCode::PAYLOAD_TOO_LARGE => "too-large",
                    _ => "bad-request",
                };
                Self {
                    status, code, ..Self::bad_request("這個網址或表單的內容不是系統認得的。")
                }
            }
        })
    }
}

impl IntoResponse for WebError {
    /// The status alone; [`super::visitor::visit()`] makes the page, because only there is known for whom.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
