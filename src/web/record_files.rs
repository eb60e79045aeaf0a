//! Files of a service record: adding, and taking home by digest.

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::request::Request;
use crate::intake::Reason;
use crate::steps::StepError;
use crate::steps::retrieve::Which;

use super::app::App;
use super::documents;
use super::records::{readable, record_page};
use super::trouble::{WebError, html};
use super::uploads;
use super::view::path;
use super::visitor::Settled;

/// Adds a file to a record.
pub async fn add(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id)): Path<(String, String)>,
    form: Multipart,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    dossier.judge(&Request::new(Event::Record), &visitor.actor).map_err(StepError::from)?;
    let record = readable(&dossier, &visitor, &id)?;
    let uploaded = uploads::read(&app, form, app.office.max_upload_bytes).await?;
    let error = match uploaded.file {
        _ if uploaded.too_big => uploads::too_big_words(&app),
        None => "請先選擇檔案，再按上傳。".to_owned(),
        Some(upload) => match app.office.add_record_file(&visitor.actor, &number, &id, upload).await {
            Ok(()) => {
                let below = format!("/records/{id}?said=record-file");
                return Ok(Redirect::to(&path(&number, &below)).into_response());
            }
            Err(StepError::File(reasons)) => reasons.iter().map(Reason::words).collect(),
            Err(StepError::Invalid(errors)) => errors.into_iter().map(|error| error.words).collect(),
            Err(other) => return Err(other.into()),
        },
    };
    let page = record_page(&app, &visitor, &dossier, record, None, Some(error));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

/// A file, as a download: hashed again, and traced.
pub async fn download(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, digest)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let which = Which::RecordFile { record: &id, digest: &digest };
    let found = app.office.retrieve(&visitor.actor, &visitor.origin, &number, which).await?;
    documents::send(found, "attachment")
}
