//! An uploaded form: text fields, and one file that goes to disk and is hashed while it arrives.

use axum::extract::Multipart;

use crate::archive::ArchiveError;
use crate::intake::Reason;
use crate::steps::StepError;
use crate::steps::upload::Upload;

use super::app::App;
use super::trouble::WebError;
use super::typed::{Sent, zero};

/// What a multipart form sent.
#[derive(Debug)]
pub struct Uploaded {
    /// The text fields.
    pub sent: Sent,
    /// The file; none when nothing was chosen.
    pub file: Option<Upload>,
    /// The file had more bytes than allowed.
    pub too_big: bool,
}

/// Bytes of a text field at most.
const TEXT: usize = 4096;

/// What a multipart form with several files sent.
#[derive(Debug)]
pub struct SeveralUploaded {
    /// The text fields.
    pub sent: Sent,
    /// The files, in order.
    pub files: Vec<Upload>,
    /// The files had more bytes together, or were more, than allowed.
    pub too_much: bool,
}

/// Reads a form with one file of at most `limit` bytes in its field `file`.
///
/// # Errors
/// When the form breaks off, or the disk fails.
pub async fn read(app: &App, form: Multipart, limit: u64) -> Result<Uploaded, WebError> {
    let mut read = read_several(app, form, "file", limit, usize::MAX).await?;
    Ok(Uploaded { sent: read.sent, file: read.files.pop(), too_big: read.too_much })
}

/// Reads a form with files of at most `limit` bytes together in its field `name`. Their bytes never stand in
/// memory as a whole here.
///
/// # Errors
/// When the form breaks off, or the disk fails.
pub async fn read_several(
    app: &App,
    mut form: Multipart,
    name: &str,
    limit: u64,
    most: usize,
) -> Result<SeveralUploaded, WebError> {
    let mut uploaded = SeveralUploaded { sent: Sent::default(), files: Vec::new(), too_much: false };
    let broken = |_| WebError::bad_request("上傳中斷，檔案沒有收完整。");
    let archive = |error: ArchiveError| WebError::from(StepError::from(error));
    let mut left = limit;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let field_name = field.name().unwrap_or_default().to_owned();
        if field_name != name {
            let text = field.text().await.map_err(broken)?;
            if text.contains('\0') || field_name.contains('\0') {
                return Err(zero());
            }
            if text.len() <= TEXT {
                uploaded.sent.0.entry(field_name).or_default().push(text);
            }
            continue;
        }
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let mut staging = app.office.originals.stage(left).await.map_err(archive)?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            match staging.write(&chunk).await {
                Ok(()) => {}
                Err(ArchiveError::TooLarge { .. }) => {
                    uploaded.too_much = true;
                    return Ok(uploaded);
                }
                Err(error) => return Err(archive(error)),
            }
        }
        left -= staging.bytes();
        // The chosen and the photographed file come under the same name: the one without bytes is nothing.
        if staging.bytes() > 0 || (!file_name.is_empty() && uploaded.files.is_empty()) {
            uploaded.files.push(Upload { file_name, staged: staging.finish().await.map_err(archive)? });
        }
        if uploaded.files.len() > most {
            uploaded.too_much = true;
            return Ok(uploaded);
        }
    }
    Ok(uploaded)
}

/// The file of a form, or why there is none, in words for its page.
pub fn chosen(app: &App, uploaded: Uploaded) -> Result<Upload, String> {
    match uploaded.file {
        _ if uploaded.too_big => Err(too_big_words(app)),
        Some(upload) => Ok(upload),
        None => Err("請先選擇檔案，再按上傳。".to_owned()),
    }
}

/// Why a step didn't take a file, in words for its page; nothing if it did.
///
/// # Errors
/// What no other file would mend.
pub fn refusal(outcome: Result<(), StepError>) -> Result<Option<String>, WebError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(StepError::File(reasons)) => Ok(Some(reasons.iter().map(Reason::words).collect())),
        Err(StepError::Invalid(errors)) => Ok(Some(errors.into_iter().map(|error| error.words).collect())),
        Err(other) => Err(other.into()),
    }
}

/// Why a file with too many bytes isn't taken, and what to do.
#[must_use]
pub fn too_big_words(app: &App) -> String {
    let most = super::pages::words::size(app.office.max_upload_bytes);
    format!("檔案超過 {most}，沒有收下。請以較低的解析度（200 dpi 灰階即可）重新掃描，再上傳一次。")
}
