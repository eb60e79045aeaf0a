//! 紀錄: service records by revision with their files, for those who may read them; written by who serves the case.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::case::validate::Typed;
use crate::steps::Dossier;
use crate::steps::retrieve::Which;
use crate::store::records::{Record, RecordFile, Revision};
use crate::web::app::App;
use crate::web::documents;
use crate::web::records::readable;
use crate::web::trouble::WebError;

use super::ROOT;
use super::body::{Body, once};
use super::caller::Caller;
use super::done::{Done, Made};
use super::names::{self, Named, moment};
use super::papers::RecordFileOriginal;
use super::problem::{Reading, Writing};
use super::uploads;

/// One session of service, as it is written down.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Session {
    /// Such as 2025-12-18.
    #[serde(default)]
    held_on: String,
    #[schema(schema_with = names::record_kinds)]
    #[serde(default)]
    kind: String,
    #[serde(default)]
    minutes: i64,
    #[serde(default)]
    participants: String,
    #[serde(default)]
    summary: String,
}

impl Session {
    /// The session as a form would send it.
    #[must_use]
    pub fn typed(self) -> Typed {
        let answers = [
            ("held_on", self.held_on),
            ("kind", self.kind),
            ("minutes", self.minutes.to_string()),
            ("participants", self.participants),
            ("summary", self.summary),
        ];
        answers.map(|(id, text)| (id.to_owned(), vec![text])).into()
    }
}

/// A service record.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceRecord {
    /// The identifier.
    id: String,
    /// What it says and said, newest first.
    revisions: Vec<RecordRevision>,
    /// Oldest first.
    files: Vec<RecordFileLine>,
}

/// A revision of a service record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordRevision {
    /// From 1.
    revision: i64,
    /// The day of the session, such as 2025-12-18.
    #[schema(format = Date)]
    held_on: String,
    /// What kind of session it was.
    kind: Named,
    /// How many minutes it took.
    minutes: i64,
    /// Who took part.
    participants: String,
    /// What was done and found.
    summary: String,
    /// Who wrote it, by name.
    written_by: String,
    /// When.
    #[schema(format = DateTime)]
    written_at: String,
}

/// A file of a service record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordFileLine {
    /// Where its original is.
    href: String,
    #[serde(flatten)]
    original: RecordFileOriginal,
}

impl ServiceRecord {
    fn new(dossier: &Dossier, record: &Record) -> Self {
        let base = format!("{ROOT}/cases/{}/records/{}", dossier.case.number, record.id);
        Self {
            id: record.id.clone(),
            revisions: record.revisions.iter().map(RecordRevision::from).collect(),
            files: record.files.iter().map(|file| RecordFileLine::new(&base, file)).collect(),
        }
    }
}

impl From<&Revision> for RecordRevision {
    fn from(revision: &Revision) -> Self {
        let entry = &revision.entry;
        Self {
            revision: revision.number,
            held_on: entry.held_on.to_string(),
            kind: Named::new(entry.kind.as_str(), entry.kind.label()),
            minutes: entry.minutes,
            participants: entry.participants.clone(),
            summary: entry.summary.clone(),
            written_by: revision.writer.clone(),
            written_at: moment(revision.written_at),
        }
    }
}

impl RecordFileLine {
    fn new(base: &str, file: &RecordFile) -> Self {
        Self { href: format!("{base}/files/{}", file.digest), original: file.into() }
    }
}

/// The service records of a case
///
/// 紀錄, the newest session first. They are confidential: whoever may see the case and not them is told that they
/// aren't there. The look is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/records",
    tag = "records",
    operation_id = "listRecords",
    params(("number" = String, Path, description = "案件編號")),
    responses((status = 200, description = "The records", body = Vec<ServiceRecord>), Reading)
)]
pub async fn list(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
) -> Result<Json<Vec<ServiceRecord>>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let records = dossier.records_for(&visitor.actor).ok_or_else(WebError::not_found)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(Json(records.iter().map(|record| ServiceRecord::new(&dossier, record)).collect()))
}

/// A service record
///
/// With all its revisions and files. The look is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/records/{id}",
    tag = "records",
    operation_id = "showRecord",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("id" = String, Path, description = "The record's identifier"),
    ),
    responses((status = 200, description = "The record", body = ServiceRecord), Reading)
)]
pub async fn show(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, id)): Path<(String, String)>,
) -> Result<Json<ServiceRecord>, WebError> {
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let record = readable(&dossier, &visitor, &id)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    Ok(Json(ServiceRecord::new(&dossier, record)))
}

/// Writes a service record
///
/// By a professional who serves the case; the event `record` does the same.
#[utoipa::path(
    post,
    path = "/cases/{number}/records",
    tag = "records",
    operation_id = "addRecord",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key writes one record"),
    ),
    request_body = Session,
    responses((status = 201, description = "It was written, at `Location`", body = Done), Writing)
)]
pub async fn add(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    headers: HeaderMap,
    Body(session): Body<Session>,
) -> Result<Response, WebError> {
    let token = once(&app, &headers, &visitor.actor.id);
    let id = app.office.add_record(&visitor.actor, &number, &token, &session.typed()).await?;
    let address = format!("{ROOT}/cases/{number}/records/{id}");
    let done = Done::now(&app, &visitor, &number).await?.with(Made::Record(id));
    Ok((StatusCode::CREATED, [(header::LOCATION, address)], Json(done)).into_response())
}

/// A session as it is to be read from now on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRevision {
    /// The newest revision that was read.
    revision: i64,
    /// What it says.
    session: Session,
}

/// Revises a service record
///
/// By its writer: a new revision, the older ones stay. If there is a newer one than was read, nothing happens.
#[utoipa::path(
    put,
    path = "/cases/{number}/records/{id}",
    tag = "records",
    operation_id = "reviseRecord",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("id" = String, Path, description = "The record's identifier"),
    ),
    request_body = NewRevision,
    responses((status = 200, description = "It was revised", body = Done), Writing)
)]
pub async fn revise(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, id)): Path<(String, String)>,
    Body(new): Body<NewRevision>,
) -> Result<Json<Done>, WebError> {
    let typed = new.session.typed();
    app.office.revise_record(&visitor.actor, &number, &id, new.revision, &typed).await?;
    Done::answer(&app, &visitor, &number).await
}

/// A file of a service record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart form, which is read as a stream")]
pub struct RecordFileForm {
    /// PDF, JPEG or PNG.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Adds a file to a service record
///
/// By its writer. The same file twice is one file.
#[utoipa::path(
    post,
    path = "/cases/{number}/records/{id}/files",
    tag = "records",
    operation_id = "addRecordFile",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("id" = String, Path, description = "The record's identifier"),
    ),
    request_body(content = RecordFileForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "It was taken in", body = Done), Writing)
)]
pub async fn attach(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, id)): Path<(String, String)>,
    form: Multipart,
) -> Result<Response, WebError> {
    let (_, upload) = uploads::read(&app, form).await?;
    app.office.add_record_file(&visitor.actor, &number, &id, upload).await?;
    Done::created(&app, &visitor, &number).await
}

/// A file of a service record
///
/// The very bytes, hashed again before the first one goes out, as a download. It is traced.
#[utoipa::path(
    get,
    path = "/cases/{number}/records/{id}/files/{digest}",
    tag = "records",
    operation_id = "downloadRecordFile",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("id" = String, Path, description = "The record's identifier"),
        ("digest" = String, Path, description = "SHA-256, 64 lower-case hex digits"),
    ),
    responses(
        (status = 200, description = "The bytes", content_type = "application/octet-stream"),
        Reading
    )
)]
pub async fn send(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path((number, id, digest)): Path<(String, String, String)>,
) -> Result<Response, WebError> {
    let which = Which::RecordFile { record: &id, digest: &digest };
    let found = app.office.retrieve(&visitor.actor, &visitor.origin, &number, which).await?;
    documents::send(found, "attachment")
}
