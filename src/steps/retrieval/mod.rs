//! 調閱: an archivist finds a case by its papers, says for what, and takes originals out; a slip says what each is and
//! whose hands it went through; any file can be examined against what is registered.
//!
//! [`purpose`] 調閱目的 · [`slip`] 驗證單 · [`stacks`] 整疊掃描檔 · [`examine`] 查驗; the bytes themselves go out by [`super::retrieve`].

pub mod examine;
pub mod purpose;
pub mod slip;
pub mod stacks;

use crate::case::holder::Archivist;
use crate::case::ids::Digest;
use crate::forms::code::ShortCode;
use crate::store::list::{self, Filter, Place, Sort, Sought, Total, Wanted};
use crate::store::papers::Attachment;
use crate::store::retrievals;
use crate::store::stacks::Stack;

use super::office::Origin;
use super::retrieve::{photo_file_name, print_file_name};
use super::{Dossier, Office, StepError};

/// Cases that are found by a digest or a file name at most.
const MOST: i64 = 500;

/// What is looked for; what is empty narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The case's number.
    pub number: String,
    /// The first hex digits of a SHA-256, or all 64.
    pub digest: String,
    /// 核對碼, as printed on the form.
    pub code: String,
    /// A school's code or a part of its name.
    pub school: String,
    /// Opened at this moment or later, epoch milliseconds.
    pub from: Option<i64>,
    /// Opened before this moment.
    pub before: Option<i64>,
    /// A part of the subject's name, or the whole number of the document.
    pub subject: String,
    /// A part of the name of an uploaded file.
    pub file: String,
}

impl Search {
    /// Whether anything is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A field that can't be read, and why.
pub type Mistake = (&'static str, String);

/// What was found.
#[derive(Default)]
pub struct Found {
    /// The cases, the newest opened first.
    pub dossiers: Vec<Dossier>,
    /// The stacks that fit, on the first page.
    pub stacks: Vec<Stack>,
    /// How many cases there are in all.
    pub total: Option<Total>,
    /// The page before.
    pub previous: Option<Place>,
    /// The page after.
    pub next: Option<Place>,
    /// Fields that couldn't be read: then nothing is found.
    pub mistakes: Vec<Mistake>,
}

/// What an original is in its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Such as 簽核申請單（第 2 版）.
    pub label: String,
    /// The name of the file.
    pub file_name: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub bytes: i64,
    /// Its media type.
    pub kind: String,
    /// When it was printed or uploaded, epoch milliseconds.
    pub at: i64,
    /// Of an attachment that was deleted: when and by whom.
    pub deleted: Option<Deleted>,
}

/// That an attachment was deleted: its original is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// When, epoch milliseconds.
    pub at: i64,
    /// By whom, by name, where the flow tells it.
    pub by: Option<String>,
}

impl Office {
    /// Finds cases, and stacks, by what an archivist knows of a paper. Looking leaves a trace with the numbers that were shown.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_originals(
        &self,
        who: &Archivist,
        origin: &Origin,
        search: &Search,
        place: Place,
    ) -> Result<Found, StepError> {
        if search.is_empty() {
            origin.shows_nobody();
            return Ok(Found::default());
        }
        let among = match self.named_cases(search).await? {
            Ok(among) => among,
            Err(mistakes) => {
                origin.shows_nobody();
                return Ok(Found { mistakes, ..Found::default() });
            }
        };
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let filter = Filter {
            school: text(&search.school),
            opened_from: search.from,
            opened_before: search.before,
            subject: Sought::new(&search.subject),
            among,
            ..Filter::default()
        };
        let stacks = if place == Place::First { self.find_stacks(search).await? } else { Vec::new() };
        let wanted = Wanted { filter, sort: Sort::Opening, place };
        let mut db = self.store.read().await?;
        let page = list::page(&mut db, &Self::scope(who), &wanted).await?;
        let dossiers = self.dossiers_of(&mut db, page.cases).await?;
        drop(db);
        let numbers: Vec<&str> = dossiers.iter().map(|dossier| dossier.case.number.as_str()).collect();
        self.trace_list(who, origin, true, &numbers).await?;
        let (total, previous, next) = (Some(page.total), page.previous, page.next);
        Ok(Found { dossiers, stacks, total, previous, next, mistakes: Vec::new() })
    }

    /// The cases that number, digest, code and file name leave; none of these given: all.
    async fn named_cases(
        &self,
        search: &Search,
    ) -> Result<Result<Option<Vec<String>>, Vec<Mistake>>, StepError> {
        let mut among: Option<Vec<String>> = None;
        let mut mistakes = Vec::new();
        let mut narrow = |ids: Vec<String>| {
            among = Some(match among.take() {
                None => ids,
                Some(kept) => kept.into_iter().filter(|id| ids.contains(id)).collect(),
            });
        };
        let mut db = self.store.read().await?;
        let number: String = search.number.chars().filter(|c| !c.is_whitespace()).collect();
        if !number.is_empty() {
            narrow(retrievals::case_by_number(&mut db, &number).await?.into_iter().collect());
        }
        match digits(&search.digest) {
            Ok(digits) if digits.is_empty() => {}
            Ok(digits) => narrow(retrievals::cases_by_digest(&mut db, &digits, MOST).await?),
            Err(words) => mistakes.push(("digest", words)),
        }
        if !search.code.trim().is_empty() {
            match ShortCode::read(search.code.trim(), &self.key) {
                Ok(code) => {
                    let case = retrievals::case_by_reference(&mut db, code.reference).await?;
                    narrow(case.into_iter().collect());
                }
                Err(_) => {
                    let words = "核對碼不正確。請對照申請單上印的 12 個英文字母與數字，再輸入一次。";
                    mistakes.push(("code", words.to_owned()));
                }
            }
        }
        if !search.file.trim().is_empty() {
            narrow(retrievals::cases_by_file(&mut db, search.file.trim(), MOST).await?);
        }
        Ok(if mistakes.is_empty() { Ok(among) } else { Err(mistakes) })
    }
}

/// Hex digits of a digest as people type and copy them: in groups, in capitals.
fn digits(typed: &str) -> Result<String, String> {
    let digits: String =
        typed.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    match digits.len() {
        0 => Ok(digits),
        6..=64 if hex => Ok(digits),
        _ => Err("SHA-256 請輸入開頭 6 至 64 個字元，只有數字 0 至 9 與字母 a 至 f。".to_owned()),
    }
}

/// The originals of a case: signed scans, the photos behind them, attachments, printed revisions, and what is kept beside
/// them: deleted attachments and the files of service records, whose words archivists don't read.
#[must_use]
pub fn originals(dossier: &Dossier) -> Vec<Original> {
    let scans = dossier.scans.iter().map(|scan| Original {
        label: match scan.bound_at {
            Some(_) => format!("簽核申請單（第 {} 版）", scan.revision),
            None => format!("未送件的掃描檔（第 {} 版）", scan.revision),
        },
        file_name: scan.file_name.clone(),
        digest: scan.digest,
        bytes: scan.bytes,
        kind: "application/pdf".into(),
        at: scan.uploaded_at,
        deleted: None,
    });
    let photos = dossier.photos().map(|(scan, photo)| Original {
        label: match scan.bound_at {
            Some(_) => format!("簽核申請單的照片（第 {} 版，掃描檔第 {} 頁）", scan.revision, photo.page),
            None => format!("未送件的照片（第 {} 版，掃描檔第 {} 頁）", scan.revision, photo.page),
        },
        file_name: photo_file_name(dossier, photo),
        digest: photo.digest,
        bytes: photo.bytes,
        kind: photo.kind.clone(),
        at: scan.uploaded_at,
        deleted: None,
    });
    let attachment = |one: &Attachment| {
        let known = dossier.service.attachment(&one.category);
        let label = known.map_or("檢附資料", |spec| spec.label.as_str());
        let deleted = one.deleted_at.map(|at| Deleted { at, by: dossier.deleted_by(one).map(str::to_owned) });
        Original {
            label: deleted.as_ref().map_or_else(|| label.to_owned(), |_| format!("已刪除的附件（{label}）")),
            file_name: one.file_name.clone(),
            digest: one.digest,
            bytes: one.bytes,
            kind: one.kind.clone(),
            at: one.uploaded_at,
            deleted,
        }
    };
    let attachments = dossier.attachments.iter().map(attachment);
    let deleted = dossier.deleted_attachments.iter().map(attachment);
    let prints = dossier.prints.iter().map(|print| Original {
        label: format!("申請單第 {} 版", print.revision),
        file_name: print_file_name(dossier, print.revision.get()),
        digest: print.digest,
        bytes: print.bytes,
        kind: "application/pdf".into(),
        at: print.printed_at,
        deleted: None,
    });
    let files = dossier.records.iter().flat_map(|record| &record.files).map(|file| Original {
        label: "服務紀錄的檔案".into(),
        file_name: file.file_name.clone(),
        digest: file.digest,
        bytes: file.bytes,
        kind: file.kind.clone(),
        at: file.uploaded_at,
        deleted: None,
    });
    scans.chain(photos).chain(attachments).chain(prints).chain(deleted).chain(files).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_people_copy_them() {
        assert_eq!(digits(" BA78 16bf "), Ok("ba7816bf".to_owned()));
        assert_eq!(digits(""), Ok(String::new()));
        assert_eq!(digits(&"a".repeat(64)), Ok("a".repeat(64)));
        for wrong in ["ba78", "xyz123", &"a".repeat(65), "ba7816%"] {
            assert!(digits(wrong).is_err(), "{wrong}");
        }
    }
}
