//! An uploaded form: text fields, and one file that goes to disk and is hashed while it arrives.

use axum::extract::Multipart;

use crate::steps::upload::Upload;

use super::app::App;
use super::trouble::WebError;
use super::typed::Sent;

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

/// Reads the form. The file's bytes never stand in memory as a whole here.
///
/// # Errors
/// When the form breaks off, or the disk fails.
pub async fn read(app: &App, mut form: Multipart) -> Result<Uploaded, WebError> {
    let mut uploaded = Uploaded { sent: Sent::default(), file: None, too_big: false };
    let broken = |_| WebError::bad_request("上傳中斷，檔案沒有收完整。");
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = field.text().await.map_err(broken)?;
            if text.len() <= TEXT {
                uploaded.sent.0.entry(name).or_default().push(text);
            }
            continue;
        }
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let archive =
            |error: crate::archive::ArchiveError| WebError::from(crate::steps::StepError::from(error));
        let mut staging = app.office.originals.stage(app.office.max_upload_bytes).await.map_err(archive)?;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            match staging.write(&chunk).await {
                Ok(()) => {}
                Err(crate::archive::ArchiveError::TooLarge { .. }) => {
                    uploaded.too_big = true;
                    break;
                }
                Err(error) => return Err(archive(error)),
            }
        }
        if uploaded.too_big {
            return Ok(uploaded);
        }
        // The chosen and the photographed file come under the same name: the one without bytes is nothing.
        if staging.bytes() > 0 || (!file_name.is_empty() && uploaded.file.is_none()) {
            uploaded.file = Some(Upload { file_name, staged: staging.finish().await.map_err(archive)? });
        }
    }
    Ok(uploaded)
}

/// Why a file with too many bytes isn't taken, and what to do.
#[must_use]
pub fn too_big_words(app: &App) -> String {
    let most = super::pages::words::size(app.office.max_upload_bytes);
    format!("檔案超過 {most}，沒有收下。請以較低的解析度（200 dpi 灰階即可）重新掃描，再上傳一次。")
}
