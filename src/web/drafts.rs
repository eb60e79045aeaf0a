//! Half-typed forms: kept as they are typed, given back when the form is opened again.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::store::drafts;

use super::app::App;
use super::pages::record_form::Draft;
use super::pages::words::Moment;
use super::trouble::WebError;
use super::typed::Sent;
use super::visitor::Visitor;

/// Bytes of a kept draft at most.
const LIMIT: usize = 256 * 1024;

/// Keeps what was typed; with `discard` forgets it.
pub async fn keep(
    State(app): State<App>,
    visitor: Visitor,
    Path(form): Path<String>,
    body: Bytes,
) -> Result<Response, WebError> {
    let sent = Sent::parse(&body);
    if sent.ticked("discard") {
        forget(&app, &visitor, &form).await?;
        let back = sent.one("back");
        let back = if back.starts_with("/cases") { back } else { "/cases" };
        return Ok(Redirect::to(back).into_response());
    }
    let text = std::str::from_utf8(&body).ok().filter(|text| text.len() <= LIMIT);
    let Some(text) = text.filter(|_| is_key(&form)) else {
        return Err(WebError::bad_request("無法暫存這份草稿。"));
    };
    let office = &app.office;
    let mut tx = office.store.write().await?;
    drafts::keep(&mut tx, &visitor.actor.id, &form, text, office.world.now()).await?;
    tx.commit().await.map_err(crate::store::StoreError::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Whether a text can be the key of a draft.
#[must_use]
pub fn is_key(form: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !form.is_empty() && form.len() <= 80 && form.bytes().all(letter)
}

/// What was typed into `form` before, and the note for the page.
pub async fn find(
    app: &App,
    visitor: &Visitor,
    form: &str,
    back: &str,
) -> Result<(Option<Sent>, Draft), WebError> {
    let office = &app.office;
    let kept = drafts::find(&mut *office.store.read().await?, &visitor.actor.id, form).await?;
    let restored = kept.as_ref().map(|(_, at)| Moment::at(*at, office.world.now()));
    let draft = Draft { key: form.to_owned(), restored, back: back.to_owned() };
    Ok((kept.map(|(body, _)| Sent::parse(body.as_bytes())), draft))
}

/// Forgets a draft: its form was accepted.
pub async fn forget(app: &App, visitor: &Visitor, form: &str) -> Result<(), WebError> {
    let mut tx = app.office.store.write().await?;
    drafts::forget(&mut tx, &visitor.actor.id, form).await?;
    Ok(tx.commit().await.map_err(crate::store::StoreError::from)?)
}
