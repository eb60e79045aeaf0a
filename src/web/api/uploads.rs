//! Papers that are handed in: attachments, and the signed scan with what was recognised on it.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::paper::Verdict as Mark;
use crate::steps::StepError;
use crate::steps::scan::{SeenBox, SeenPage, seen};
use crate::steps::upload::Upload;
use crate::web::app::App;
use crate::web::trouble::{Fault, WebError};
use crate::web::typed::Sent;
use crate::web::uploads;

use super::caller::Caller;
use super::done::Done;
use super::papers::ScanLine;
use super::problem::Writing;

/// An attachment.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart form, which is read as a stream")]
pub struct AttachmentForm {
    /// The category's id.
    category: String,
    /// PDF, JPEG or PNG.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Adds an attachment
///
/// 檢附資料. The same file in the same category twice is one attachment.
#[utoipa::path(
    post,
    path = "/cases/{number}/attachments",
    tag = "writing",
    operation_id = "attach",
    params(("number" = String, Path, description = "案件編號")),
    request_body(content = AttachmentForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "It was taken in", body = Done), Writing)
)]
pub async fn attach(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    form: Multipart,
) -> Result<Response, WebError> {
    let (sent, upload) = read(&app, form).await?;
    let category = sent.one("category");
    app.office.add_attachment(&visitor.actor, &number, category, upload).await?;
    Done::created(&app, &visitor, &number).await
}

/// A signed scan.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a multipart form, which is read as a stream")]
pub struct ScanForm {
    /// 核對碼, for a scan whose codes can't be read.
    short_code: Option<String>,
    /// PDF.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What was recognised on a scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recognised {
    /// The scan, which `submit` and `resubmit` name.
    scan: ScanLine,
    /// Page by page of the file.
    pages: Vec<Page>,
    /// Where the case stands; a scan changes nothing of it.
    case: Done,
}

/// A page of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    /// From 1.
    index: u32,
    /// The page of the form, from 1.
    page: Option<u8>,
    /// How many pages the form has.
    pages: Option<u8>,
    /// Whether it is a page of the form.
    ours: bool,
    /// Whether it is an empty back.
    blank: bool,
    /// Its seal boxes.
    boxes: Vec<Seal>,
    /// Places outside the boxes where it differs from the print.
    changes: usize,
}

/// A seal box.
#[derive(Debug, Serialize, ToSchema)]
pub struct Seal {
    /// The box's id.
    id: String,
    /// The label.
    label: String,
    /// `marked`, `empty` or `unsure`: advice to the reviewer.
    #[schema(value_type = String)]
    verdict: Mark,
}

/// Hands a signed scan in
///
/// 上傳簽核申請單: it is read, judged and stored; `submit` binds it. A scan that isn't accepted is answered with
/// 422 and every reason, and isn't kept.
#[utoipa::path(
    post,
    path = "/cases/{number}/scans",
    tag = "writing",
    operation_id = "handIn",
    params(("number" = String, Path, description = "案件編號")),
    request_body(content = ScanForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "It was accepted", body = Recognised), Writing)
)]
pub async fn scan(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    form: Multipart,
) -> Result<Response, WebError> {
    let (sent, upload) = read(&app, form).await?;
    let code = Some(sent.one("short_code")).filter(|code| !code.trim().is_empty());
    let id = app.office.take_scan(&visitor.actor, &number, code, upload).await?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let scan = dossier.scans.iter().find(|scan| scan.id == id).ok_or(StepError::NotFound)?;
    let recognised = Recognised {
        scan: ScanLine::new(&dossier, scan)?,
        pages: seen(scan)?.into_iter().map(Page::from).collect(),
        case: Done::of(&dossier),
    };
    Ok((StatusCode::CREATED, Json(recognised)).into_response())
}

impl From<SeenPage> for Page {
    fn from(seen: SeenPage) -> Self {
        Self {
            index: seen.index,
            page: seen.page,
            pages: seen.pages,
            ours: seen.ours,
            blank: seen.blank,
            boxes: seen.boxes.into_iter().map(Seal::from).collect(),
            changes: seen.changes.len(),
        }
    }
}

impl From<SeenBox> for Seal {
    fn from(seen: SeenBox) -> Self {
        Self { id: seen.id, label: seen.label, verdict: seen.verdict }
    }
}

/// The fields of a form and its file.
pub(super) async fn read(app: &App, form: Multipart) -> Result<(Sent, Upload), WebError> {
    let uploaded = uploads::read(app, form, app.office.max_upload_bytes).await?;
    let wrong = |status, code, words: String| WebError {
        status,
        code,
        faults: vec![Fault { field: "file".into(), reason: None, words: words.clone() }],
        ..WebError::bad_request(&words)
    };
    if uploaded.too_big {
        return Err(wrong(StatusCode::PAYLOAD_TOO_LARGE, "too-large", uploads::too_big_words(app)));
    }
    let nothing = || wrong(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", "沒有收到檔案。".to_owned());
    Ok((uploaded.sent, uploaded.file.ok_or_else(nothing)?))
}
