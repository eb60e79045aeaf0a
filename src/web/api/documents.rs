//! The documents of a case, and their originals.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::case::holder::{Archivist, Holder as _};
use crate::case::ids::Digest;
use crate::steps::retrieve::Which;
use crate::steps::{Dossier, StepError};
use crate::web::app::App;
use crate::web::documents;
use crate::web::trouble::WebError;

use super::ROOT;
use super::caller::Caller;
use super::papers::{
    AttachmentLine, DeletedAttachmentLine, PhotoLine, PrintLine, RecordFileOriginal, ScanLine,
};
use super::problem::Reading;

/// A document of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Document {
    /// Where its original is.
    href: String,
    #[serde(flatten)]
    paper: Paper,
}

/// What it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Paper {
    /// A printed revision.
    Print(PrintLine),
    /// A signed scan.
    Scan(ScanLine),
    /// A photo behind a page of a scan, as it was taken.
    Photo(PhotoLine),
    /// 檢附資料.
    Attachment(AttachmentLine),
    /// An attachment that was deleted: told to archivists alone.
    DeletedAttachment(DeletedAttachmentLine),
    /// A file of a service record: here it is told to archivists alone.
    RecordFile(RecordFileOriginal),
}

/// The documents of a case
///
/// Printed revisions and scans newest first, then the photos behind scans, then attachments; to archivists also deleted
/// attachments and the files of service records, which they take out for a purpose that was stated. The look is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/documents",
    tag = "documents",
    operation_id = "listDocuments",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "The documents", body = Vec<Document>), Reading)
)]
pub async fn list(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<Vec<Document>>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let mut documents = all(&dossier)?;
    if Archivist::of(&visitor.actor).is_some() {
        documents.extend(kept(&dossier));
    }
    Ok(Json(documents))
}

/// A document with the address of its original.
fn document(dossier: &Dossier, digest: &Digest, paper: Paper) -> Document {
    Document { href: format!("{ROOT}/cases/{}/documents/{digest}", dossier.case.number), paper }
}

/// What is kept beside the papers that the case rests on.
fn kept(dossier: &Dossier) -> impl Iterator<Item = Document> {
    let deleted = dossier.deleted_attachments.iter().map(|one| {
        let line = DeletedAttachmentLine::new(dossier, one);
        document(dossier, &one.digest, Paper::DeletedAttachment(line))
    });
    let files = dossier.records.iter().flat_map(|record| &record.files);
    deleted.chain(files.map(|file| document(dossier, &file.digest, Paper::RecordFile(file.into()))))
}

fn all(dossier: &Dossier) -> Result<Vec<Document>, StepError> {
    let document = |digest: &Digest, paper| document(dossier, digest, paper);
    let prints =
        dossier.prints.iter().map(|one| document(&one.digest, Paper::Print(PrintLine::new(dossier, one))));
    let mut scans = Vec::with_capacity(dossier.scans.len());
    for one in &dossier.scans {
        scans.push(document(&one.digest, Paper::Scan(ScanLine::new(dossier, one)?)));
    }
    let photos = dossier
        .photos()
        .map(|(scan, photo)| document(&photo.digest, Paper::Photo(PhotoLine::new(dossier, scan, photo))));
    let attachments = dossier
        .attachments
        .iter()
        .map(|one| document(&one.digest, Paper::Attachment(AttachmentLine::new(dossier, one))));
    Ok(prints.chain(scans).chain(photos).chain(attachments).collect())
}

/// An original
///
/// The very bytes, hashed again before the first one goes out, as a download. It is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/documents/{digest}",
    tag = "documents",
    operation_id = "downloadDocument",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("digest" = String, Path, description = "SHA-256, 64 lower-case hex digits"),
    ),
    responses(
        (
            status = 200,
            description = "The bytes: a PDF, an uploaded JPEG or PNG, or a photo's HEIC or PNG",
            content_type = "*/*"
        ),
        Reading
    )
)]
pub async fn send(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, digest)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let digest = digest.parse().map_err(|_| WebError::not_found())?;
    let (actor, origin) = (&visitor.actor, &visitor.origin);
    let found = app.office.retrieve(actor, origin, &number, Which::Digest(digest)).await?;
    documents::send(found, "attachment")
}
