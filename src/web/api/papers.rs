//! The papers of a case as JSON: attachments, printed revisions, scans.

use serde::Serialize;
use utoipa::ToSchema;

use crate::intake::How;
use crate::steps::retrieve::photo_file_name;
use crate::steps::scan::{SeenPage, seen};
use crate::steps::{Dossier, StepError};
use crate::store::papers::{Attachment, Print, Scan};
use crate::store::phones::Photo;
use crate::store::records::RecordFile;
use crate::web::view;

use super::names::{self, Named, moment};

/// 檢附資料.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentLine {
    /// The identifier.
    id: String,
    /// The category.
    category: Named,
    /// The file's name.
    file_name: String,
    /// SHA-256.
    digest: String,
    /// Its size.
    bytes: i64,
    /// Its media type, by content.
    media_type: String,
    /// What the reviewer found.
    #[schema(schema_with = names::verdicts)]
    verdict: &'static str,
    /// The reviewer's remark; may be empty.
    remark: String,
    /// When it came.
    #[schema(format = DateTime)]
    uploaded_at: String,
}

impl AttachmentLine {
    pub fn new(dossier: &Dossier, attachment: &Attachment) -> Self {
        let category = &attachment.category;
        Self {
            id: attachment.id.clone(),
            category: Named::new(category, view::category_label(dossier, category)),
            file_name: attachment.file_name.clone(),
            digest: attachment.digest.to_string(),
            bytes: attachment.bytes,
            media_type: attachment.kind.clone(),
            verdict: attachment.verdict.as_str(),
            remark: attachment.remark.clone(),
            uploaded_at: moment(attachment.uploaded_at),
        }
    }
}

/// An attachment that was deleted; its original is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedAttachmentLine {
    /// The category.
    category: Named,
    /// The file's name.
    file_name: String,
    /// SHA-256.
    digest: String,
    /// Its size.
    bytes: i64,
    /// Its media type, by content.
    media_type: String,
    /// When it came.
    #[schema(format = DateTime)]
    uploaded_at: String,
    /// When it was deleted.
    #[schema(format = DateTime)]
    deleted_at: Option<String>,
    /// By whom, by name, where the flow tells it.
    deleted_by: Option<String>,
}

impl DeletedAttachmentLine {
    pub fn new(dossier: &Dossier, attachment: &Attachment) -> Self {
        let category = &attachment.category;
        Self {
            category: Named::new(category, view::category_label(dossier, category)),
            file_name: attachment.file_name.clone(),
            digest: attachment.digest.to_string(),
            bytes: attachment.bytes,
            media_type: attachment.kind.clone(),
            uploaded_at: moment(attachment.uploaded_at),
            deleted_at: attachment.deleted_at.map(moment),
            deleted_by: dossier.deleted_by(attachment).map(str::to_owned),
        }
    }
}

/// The original of a file of a service record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordFileOriginal {
    /// The file's name.
    file_name: String,
    /// SHA-256.
    digest: String,
    /// Its size.
    bytes: i64,
    /// Its media type, by content.
    media_type: String,
    /// Who, by name.
    uploaded_by: String,
    /// When.
    #[schema(format = DateTime)]
    uploaded_at: String,
}

impl From<&RecordFile> for RecordFileOriginal {
    fn from(file: &RecordFile) -> Self {
        Self {
            file_name: file.file_name.clone(),
            digest: file.digest.to_string(),
            bytes: file.bytes,
            media_type: file.kind.clone(),
            uploaded_by: file.uploaded_by.clone(),
            uploaded_at: moment(file.uploaded_at),
        }
    }
}

/// A printed revision.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintLine {
    /// From 1.
    revision: u16,
    /// How many pages.
    pages: i64,
    /// SHA-256 of the PDF.
    digest: String,
    /// Its size.
    bytes: i64,
    /// Who, by name.
    printed_by: String,
    /// When.
    #[schema(format = DateTime)]
    printed_at: String,
    /// Labels of what changed since, where that makes it stale.
    changed_since: Vec<String>,
}

impl PrintLine {
    pub fn new(dossier: &Dossier, print: &Print) -> Self {
        Self {
            revision: print.revision.get(),
            pages: print.pages,
            digest: print.digest.to_string(),
            bytes: print.bytes,
            printed_by: print.printed_by.clone(),
            printed_at: moment(print.printed_at),
            changed_since: dossier.changed_since(print).into_iter().map(|changed| changed.label).collect(),
        }
    }
}

/// A signed scan.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanLine {
    /// The identifier.
    id: String,
    /// The revision that it shows.
    revision: u16,
    /// SHA-256 of the original.
    digest: String,
    /// Its size.
    bytes: i64,
    /// The file's name.
    file_name: String,
    /// Whether it was bound by the short code and wants checking by a person.
    by_hand: bool,
    /// Whether every seal box looks empty.
    all_empty: bool,
    /// Whether the case rests on it now.
    bound: bool,
    /// Who, by name.
    uploaded_by: String,
    /// When.
    #[schema(format = DateTime)]
    uploaded_at: String,
    /// Page by page of the file, of the scan that the case rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pages: Vec<ScanPageLine>,
}

/// A page of a scan, in the order of the file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScanPageLine {
    /// The page of the file, from 1.
    index: u32,
    /// The page of the form, from 1; none where it isn't one.
    page: Option<u8>,
    /// How many pages the form has.
    pages: Option<u8>,
    /// `code`, `short-code` (to be checked by a person) or `none`: how it was identified.
    #[schema(value_type = String)]
    how: How,
    /// By how many degrees it lies turned clockwise: 0, 90, 180 or 270.
    turn: u16,
}

impl From<SeenPage> for ScanPageLine {
    fn from(seen: SeenPage) -> Self {
        let SeenPage { index, page, pages, how, turn, .. } = seen;
        Self { index, page, pages, how, turn }
    }
}

impl ScanLine {
    pub fn new(dossier: &Dossier, scan: &Scan) -> Result<Self, StepError> {
        let bound = dossier.case.standing.scan() == Some(scan.id.as_str());
        Ok(Self {
            id: scan.id.clone(),
            revision: scan.revision.get(),
            digest: scan.digest.to_string(),
            bytes: scan.bytes,
            file_name: scan.file_name.clone(),
            by_hand: scan.by_hand,
            all_empty: scan.all_empty,
            bound,
            uploaded_by: scan.uploaded_by.clone(),
            uploaded_at: moment(scan.uploaded_at),
            pages: if bound { seen(scan)?.into_iter().map(From::from).collect() } else { Vec::new() },
        })
    }
}

/// A photo behind a page of a scan, whose PDF doesn't hold it as it was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhotoLine {
    /// The scan's identifier.
    scan: String,
    /// The page of the scan, from 1.
    page: i64,
    /// SHA-256 of the original.
    digest: String,
    /// Its size.
    bytes: i64,
    /// The name that it is saved under.
    file_name: String,
    /// Its media type, by content.
    media_type: String,
    /// When it came.
    #[schema(format = DateTime)]
    uploaded_at: String,
}

impl PhotoLine {
    pub fn new(dossier: &Dossier, scan: &Scan, photo: &Photo) -> Self {
        Self {
            scan: scan.id.clone(),
            page: photo.page,
            digest: photo.digest.to_string(),
            bytes: photo.bytes,
            file_name: photo_file_name(dossier, photo),
            media_type: photo.kind.clone(),
            uploaded_at: moment(scan.uploaded_at),
        }
    }
}
