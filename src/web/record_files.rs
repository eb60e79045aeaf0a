//! Files of a service record: adding, and taking home by digest.

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::request::Request;
use crate::steps::StepError;
use crate::steps::retrieve::Which;

use super::app::App;
use super::documents;
use super::records::{readable, record_page};
use super::trouble::{WebError, mend};
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
    let error = match uploads::chosen(&app, uploaded) {
        Err(words) => words,
        Ok(upload) => {
            let outcome = app.office.add_record_file(&visitor.actor, &number, &id, upload).await;
            match uploads::refusal(outcome)? {
                Some(words) => words,
                None => {
                    let below = format!("/records/{id}?said=record-file");
                    return Ok(Redirect::to(&path(&number, &below)).into_response());
                }
            }
        }
    };
    let page = record_page(&app, &visitor, &dossier, record, None, Some(error));
    Ok(mend(&page))
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
