//! Large pictures of pages: of scans laid over their form, of the form itself, of attachments.

use axum::extract::{Path, State};
use axum::response::Response;

use crate::case::ids::Digest;
use crate::steps::Dossier;
use crate::steps::traces::{Picture, Pictured};

use super::super::app::App;
use super::super::documents::{picture, stem};
use super::super::trouble::WebError;
use super::super::visitor::{Settled, Visitor};

/// The number in `1.jpg`.
fn page_of(file: &str) -> Result<u32, WebError> {
    stem(file, ".jpg").and_then(|stem| stem.parse().ok()).ok_or_else(WebError::not_found)
}

/// A page (of the file) of a scan.
pub async fn scan_page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let page = page_of(&file)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let scan = dossier.scans.iter().find(|scan| scan.id == id).ok_or_else(WebError::not_found)?;
    traced(&app, &visitor, &dossier, &scan.digest).await?;
    Ok(picture(app.office.scan_picture(&dossier, scan, page).await?, "image/jpeg"))
}

/// A page of a printed revision.
pub async fn print_page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, revision, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let page = usize::try_from(page_of(&file)?).map_err(|_| WebError::not_found())?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let print = dossier.prints.iter().find(|print| print.revision.to_string() == revision);
    let print = print.ok_or_else(WebError::not_found)?;
    traced(&app, &visitor, &dossier, &print.digest).await?;
    Ok(picture(app.office.print_page(print, page).await?, "image/jpeg"))
}

/// A page of an attachment.
pub async fn attachment_page(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, id, file)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let page = page_of(&file)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let attachment = dossier.attachments.iter().find(|a| a.id == id).ok_or_else(WebError::not_found)?;
    let found = app.office.attachment_picture(attachment, page).await?;
    traced(&app, &visitor, &dossier, &attachment.digest).await?;
    Ok(picture(found, "image/jpeg"))
}

/// Keeps a trace of a whole page that is about to be shown.
async fn traced(app: &App, visitor: &Visitor, dossier: &Dossier, digest: &Digest) -> Result<(), WebError> {
    let shown = Pictured { case: Some(&dossier.case.id), digest, picture: Picture::Page };
    Ok(app.office.trace_picture(&visitor.actor, &visitor.origin, shown).await?)
}
