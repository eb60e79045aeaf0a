//! Originals and printed revisions for those who may see the case: hashed again before the first byte
//! goes out, and traced.

use crate::archive::VerifiedOriginal;
use crate::case::holder::{Archivist, Holder as _};
use crate::case::ids::Digest;
use crate::case::role::Actor;
use crate::paper::packed::Plain;
use crate::paper::raster::Pages;
use crate::store::papers::Print;
use crate::store::phones::Photo;
use crate::store::traces::Trace;

use super::office::Origin;
use super::{Dossier, Office, StepError};

/// A document of a case, opened and verified.
#[derive(Debug)]
pub struct Retrieved {
    /// The bytes, as a stream from the file that was hashed.
    pub original: VerifiedOriginal,
    /// The name to save it under.
    pub file_name: String,
    /// The media type, by content.
    pub kind: String,
    /// Its digest.
    pub digest: Digest,
}

/// Which document of a case.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// The printed revision with this number.
    Print(u16),
    /// The scan with this identifier.
    Scan(&'a str),
    /// A photo behind a scan.
    Photo {
        /// The scan.
        scan: &'a str,
        /// The page of the scan, from 1.
        page: i64,
    },
    /// The attachment with this identifier.
    Attachment(&'a str),
    /// A file of a service record, for those who may read it.
    RecordFile {
        /// The record.
        record: &'a str,
        /// The file's digest.
        digest: &'a str,
    },
    /// Any of these with this digest, but files of service records; to archivists also those, and deleted attachments.
    Digest(Digest),
}

impl Office {
    /// Opens a document of a case.
    ///
    /// # Errors
    /// [`StepError::NotFound`]; [`StepError::PurposeNeeded`] of an archivist who hasn't said for what;
    /// [`StepError::Archive`] when the original is missing or damaged: an alert is
    /// in the log, and not one byte goes out.
    pub async fn retrieve(
        &self,
        actor: &Actor,
        origin: &Origin,
        number: &str,
        which: Which<'_>,
    ) -> Result<Retrieved, StepError> {
        let dossier = self.dossier(actor, number).await?;
        let Some((digest, bytes, file_name, kind, action)) = find(&dossier, actor, which) else {
            // Deleted attachments and files of service records are reached by archivists alone, each time for a purpose.
            let (Which::Digest(digest), Some(archivist)) = (which, Archivist::of(actor)) else {
                return Err(StepError::NotFound);
            };
            return self.take_out(&archivist, origin, number, &digest.to_string()).await;
        };
        let purpose = self.purpose_of_download(actor, &dossier).await?;
        let text = digest.to_string();
        let trace = Trace {
            person: Some(&actor.id),
            action,
            case: Some(&dossier.case.id),
            digest: Some(&text),
            detail: &purpose,
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        let original = self.originals.open_verified(&digest, u64::try_from(bytes).unwrap_or(0)).await?;
        Ok(Retrieved { original, file_name, kind, digest })
    }
}

impl Office {
    /// The picture of the first page of a printed revision, as JPEG; made at the first look and kept.
    ///
    /// # Errors
    /// As [`Self::retrieve`].
    pub async fn print_picture(&self, print: &Print) -> Result<Vec<u8>, StepError> {
        /// Pixels a millimetre: 420 pixels across an A4 page.
        const SCALE: f64 = 2.0;
        let key = format!("print/{}/page-1.jpg", print.digest);
        if let Some(picture) = self.renditions.get(&key).await? {
            return Ok(picture);
        }
        let bytes = u64::try_from(print.bytes).unwrap_or(0);
        let pdf = self.originals.open_verified(&print.digest, bytes).await?.read_all().await?;
        // Our own PDF, made by us from text: it needs no child process.
        let drawn = tokio::task::spawn_blocking(move || {
            let page = Pages::open(pdf, u64::MAX).ok()?.renditions(SCALE).into_iter().next()?;
            Plain::from(&page).jpeg(80).ok()
        });
        let picture = drawn.await.ok().flatten().ok_or(StepError::Stopped)?;
        self.renditions.put(&key, picture.clone()).await?;
        Ok(picture)
    }
}

/// The name under which a printed revision is saved.
#[must_use]
pub fn print_file_name(dossier: &Dossier, revision: u16) -> String {
    let (title, number) = (dossier.service.title.trim_end_matches("申請"), &dossier.case.number);
    format!("{title}申請單-{number}-第{revision}版.pdf")
}

/// The name under which a photo behind a page of a scan is saved.
#[must_use]
pub fn photo_file_name(dossier: &Dossier, photo: &Photo) -> String {
    let ending = match photo.kind.as_str() {
        "image/heic" => "heic",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    };
    format!("手機拍照-{}-第{}頁.{ending}", dossier.case.number, photo.page)
}

fn find(
    dossier: &Dossier,
    actor: &Actor,
    which: Which<'_>,
) -> Option<(Digest, i64, String, String, &'static str)> {
    match which {
        Which::Print(revision) => {
            let print = dossier.prints.iter().find(|print| print.revision.get() == revision)?;
            let name = print_file_name(dossier, revision);
            Some((print.digest, print.bytes, name, "application/pdf".into(), "view-print"))
        }
        Which::Scan(id) => {
            let scan = dossier.scans.iter().find(|scan| scan.id == id)?;
            Some((scan.digest, scan.bytes, scan.file_name.clone(), "application/pdf".into(), "download-scan"))
        }
        Which::Photo { scan, page } => {
            let (_, photo) = dossier.photos().find(|(of, photo)| of.id == scan && photo.page == page)?;
            let name = photo_file_name(dossier, photo);
            Some((photo.digest, photo.bytes, name, photo.kind.clone(), "download-scan"))
        }
        Which::Attachment(id) => {
            let attachment = dossier.attachments.iter().find(|attachment| attachment.id == id)?;
            let (name, kind) = (attachment.file_name.clone(), attachment.kind.clone());
            Some((attachment.digest, attachment.bytes, name, kind, "download-attachment"))
        }
        Which::RecordFile { record, digest } => {
            let record = dossier.records_for(actor)?.iter().find(|one| one.id == record)?;
            let file = record.files.iter().find(|file| file.digest.to_string() == digest)?;
            Some((file.digest, file.bytes, file.file_name.clone(), file.kind.clone(), "download-record-file"))
        }
        Which::Digest(digest) => find(dossier, actor, named(dossier, digest)?),
    }
}

/// The document of a case that has this digest.
fn named(dossier: &Dossier, digest: Digest) -> Option<Which<'_>> {
    let print = dossier.prints.iter().find(|print| print.digest == digest);
    let scan = dossier.scans.iter().find(|scan| scan.digest == digest);
    let photo = dossier.photos().find(|(_, photo)| photo.digest == digest);
    let attachment = dossier.attachments.iter().find(|attachment| attachment.digest == digest);
    (print.map(|print| Which::Print(print.revision.get())))
        .or_else(|| scan.map(|scan| Which::Scan(&scan.id)))
        .or_else(|| photo.map(|(scan, photo)| Which::Photo { scan: &scan.id, page: photo.page }))
        .or_else(|| attachment.map(|attachment| Which::Attachment(&attachment.id)))
}
