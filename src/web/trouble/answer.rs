//! The error page, and pages as answers.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use askama::Template;

use crate::web::app::{App, Signed};
use crate::web::pages::frame::Here;
use crate::web::pages::parts::Link;
use crate::web::pages::trouble::ErrorPage;

use super::{PURPOSE_NEEDED, WebError};

/// The number of the case that an address names.
#[must_use]
pub fn case_in(path: &str) -> Option<&str> {
    let below = path.strip_prefix(crate::web::api::ROOT).unwrap_or(path);
    let number = below.strip_prefix("/cases/")?.split('/').next()?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Logs the source of an error, if it has one, under a number that the person can tell.
#[must_use]
pub fn logged(app: &App, error: &WebError) -> Option<String> {
    error.source.as_ref().map(|source| {
        let id = app.office.world.new_id();
        let number = id[id.len() - 12..].to_uppercase();
        tracing::error!(number, source, status = error.status.as_u16(), "an answer failed");
        number
    })
}

/// The error page.
#[must_use]
pub fn page(app: &App, signed: Option<&Signed>, error: WebError) -> Response {
    if error.code == PURPOSE_NEEDED
        && let Some(number) = &error.case
    {
        // Where it is said, and then taken out.
        return Redirect::to(&format!("/retrieval/{number}")).into_response();
    }
    let number = logged(app, &error);
    let way = if let Some(number) = &error.case {
        Link { label: "回案件".into(), href: format!("/cases/{number}") }
    } else if signed.is_some() {
        Link { label: "回案件列表".into(), href: "/cases".into() }
    } else {
        Link { label: "前往登入".into(), href: "/login".into() }
    };
    let page = ErrorPage {
        frame: app.frame(signed, Here::Elsewhere),
        status: error.status.as_u16(),
        title: error.title,
        what: error.what,
        safe: error.safe,
        todo: error.todo,
        ways: vec![way],
        number,
    };
    let mut answer = (error.status, html(&page)).into_response();
    if let Some(seconds) = error.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// A form that came back with what needs mending, 422.
#[must_use]
pub fn mend<T: Template>(page: &T) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// A form that comes back because somebody else changed the case meanwhile, 409.
#[must_use]
pub fn overtaken<T: Template>(page: &T) -> Response {
    (StatusCode::CONFLICT, html(page)).into_response()
}

/// A page as a response. A template that can't be rendered is a defect of the program, told as such.
#[must_use]
pub fn html<T: Template>(page: &T) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
