//! Opening a case, and filling it in: content, subject, answers to a supplement, deleting.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::case::subject::FIELDS;
use crate::steps::StepError;
use crate::steps::subject::Asked;
use crate::web::app::App;
use crate::web::trouble::WebError;

use super::ROOT;
use super::answers::{Answers, typed};
use super::body::{Body, once};
use super::caller::Caller;
use super::done::Done;
use super::problem::Writing;

/// A case to open.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCase {
    /// The service item's id.
    service: String,
    /// The content tab, by field id.
    content: Answers,
}

/// Opens a case
///
/// 新增, for the school that the account is bound to.
#[utoipa::path(
    post,
    path = "/cases",
    tag = "writing",
    operation_id = "openCase",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key opens one case")),
    request_body = NewCase,
    responses((status = 201, description = "It was opened, at `Location`", body = Done), Writing)
)]
pub async fn open(
    State(app): State<App>,
    Caller(visitor): Caller,
    headers: HeaderMap,
    Body(new): Body<NewCase>,
) -> Result<Response, WebError> {
    let spec = app.office.service(&new.service).ok_or_else(WebError::not_found)?;
    let content = typed(new.content, &spec.fields)?;
    let token = once(&app, &headers, &visitor.actor.id);
    let number = app.office.open_case(&visitor.actor, &new.service, &content, &token).await?;
    let done = Done::now(&app, &visitor, &number).await?;
    let address = format!("{ROOT}/cases/{number}");
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], Json(done)).into_response())
}

/// The content tab.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewContent {
    /// The version of the case that was edited.
    version: i64,
    /// By field id, whole: what isn't sent is emptied.
    content: Answers,
}

/// Saves the content
///
/// 編輯. In 核章 this makes the printed form stale; in 補件 only what was reopened may differ.
#[utoipa::path(
    put,
    path = "/cases/{number}/content",
    tag = "writing",
    operation_id = "saveContent",
    params(("number" = String, Path, description = "案件編號")),
    request_body = NewContent,
    responses((status = 200, description = "It was saved", body = Done), Writing)
)]
pub async fn content(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    Body(new): Body<NewContent>,
) -> Result<Json<Done>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let content = typed(new.content, &dossier.service.fields)?;
    app.office.edit_content(&visitor.actor, &number, new.version, &content).await?;
    Done::answer(&app, &visitor, &number).await
}

/// 對象.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewSubject {
    /// The version of the case that was edited.
    version: i64,
    /// By field id, whole: what isn't sent is emptied.
    answers: Answers,
    /// A number with a wrong checksum is right all the same.
    #[serde(default)]
    confirmed: bool,
}

/// Saves the subject
///
/// Adds the child that the case is about, or changes what is said of them.
#[utoipa::path(
    put,
    path = "/cases/{number}/subject",
    tag = "writing",
    operation_id = "saveSubject",
    params(("number" = String, Path, description = "案件編號")),
    request_body = NewSubject,
    responses((status = 200, description = "It was saved", body = Done), Writing)
)]
pub async fn subject(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    Body(new): Body<NewSubject>,
) -> Result<Json<Done>, WebError> {
    let (office, actor) = (&app.office, &visitor.actor);
    let answers = typed(new.answers, &FIELDS)?;
    let asked = Asked { typed: &answers, confirmed: new.confirmed, origin: &visitor.origin };
    match office.dossier(actor, &number).await?.subject() {
        Some(subject) => {
            let id = &subject.id;
            office.change_subject(actor, &number, id, new.version, asked).await?;
        }
        None => office.add_subject(actor, &number, asked).await?,
    }
    Done::answer(&app, &visitor, &number).await
}

/// Deletes the subject
///
/// It is kept, and listed under 已刪除.
#[utoipa::path(
    delete,
    path = "/cases/{number}/subject",
    tag = "writing",
    operation_id = "deleteSubject",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "It was deleted", body = Done), Writing)
)]
pub async fn delete_subject(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<Done>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let newest = dossier.subject().or(dossier.subjects.last()).ok_or(StepError::NotFound)?;
    app.office.delete_subject(&visitor.actor, &number, &newest.id).await?;
    Done::answer(&app, &visitor, &number).await
}

/// Deletes an attachment
///
/// It is taken off the case; the original is kept.
#[utoipa::path(
    delete,
    path = "/cases/{number}/attachments/{id}",
    tag = "writing",
    operation_id = "deleteAttachment",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("id" = String, Path, description = "The attachment's identifier"),
    ),
    responses((status = 200, description = "It was deleted", body = Done), Writing)
)]
pub async fn delete_attachment(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, id)): Path<(String, String)>,
) -> Result<Json<Done>, WebError> {
    app.office.delete_attachment(&visitor.actor, &number, &id).await?;
    Done::answer(&app, &visitor, &number).await
}

/// The applicant's words about an item of a supplement.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewAnswer {
    /// Why nothing needs changing.
    answer: String,
}

/// Answers an item of a supplement
///
/// In words, where nothing needs changing.
#[utoipa::path(
    put,
    path = "/cases/{number}/supplement/{seq}",
    tag = "writing",
    operation_id = "answerItem",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("seq" = i64, Path, description = "The item, from 1"),
    ),
    request_body = NewAnswer,
    responses((status = 200, description = "It was kept", body = Done), Writing)
)]
pub async fn answer(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, seq)): Path<(String, i64)>,
    Body(new): Body<NewAnswer>,
) -> Result<Json<Done>, WebError> {
    app.office.answer_item(&visitor.actor, &number, seq, &new.answer).await?;
    Done::answer(&app, &visitor, &number).await
}
