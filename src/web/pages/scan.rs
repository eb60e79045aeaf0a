//! 上傳簽核申請單: the upload with its refusals, and the look at what was recognised before 送件.

use askama::Template;
use askama::filters::HtmlSafe;

use super::case_page::Stale;
use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, DigestText, Link, Verdict};
use super::retrieved_stack::CutFromLine;

/// 上傳簽核申請單.
#[derive(Debug, Template)]
#[template(path = "scan_upload.html")]
pub struct ScanUploadPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The service item.
    pub service: String,
    /// Back to the case.
    pub back: Link,
    /// The revision that must be signed.
    pub revision: u16,
    /// How many pages it has.
    pub page_count: u8,
    /// The labels of its seal boxes.
    pub seals: Vec<String>,
    /// The form's address.
    pub action: String,
    /// Makes a link for a phone.
    pub phone: String,
    /// Hidden fields: `version` and `token`.
    pub hidden: Vec<(String, String)>,
    /// The most bytes a file may have.
    pub max_bytes: u64,
    /// Such as 20 MB.
    pub max_words: String,
    /// Why the last file was refused.
    pub refusal: Option<Refusal>,
    /// What was seen on its pages.
    pub seen: Seen,
}

/// The stages of an upload, in words. A refusal names the one at which it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadStage {
    /// 上傳: size.
    Upload,
    /// 檢查檔案: kind and structure.
    Check,
    /// 辨識頁面: codes, pages, revision.
    Read,
    /// 比對核章欄.
    Compare,
}

impl UploadStage {
    fn ordinal(self) -> u8 {
        match self {
            Self::Upload => 1,
            Self::Check => 2,
            Self::Read => 3,
            Self::Compare => 4,
        }
    }
}

/// A refused scan: what happened, what stayed safe, what to do.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/refusal.html")]
pub struct Refusal {
    /// Where it stopped.
    pub stage: UploadStage,
    /// Such as 這是另一個案件的申請單.
    pub title: String,
    /// What happened.
    pub what: String,
    /// What stayed safe: usually 案件狀態與先前的檔案都沒有改變。
    pub safe: String,
    /// What to do, one sentence each.
    pub todo: Vec<String>,
    /// What can be done on this page.
    pub help: RefusalHelp,
}

impl HtmlSafe for Refusal {}

/// What was seen on the pages of a refused file; nothing where it has none.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/seen.html")]
pub struct Seen {
    /// The pages, numbered as in the file.
    pub pages: Vec<ScanPage>,
    /// That some of them are listed without a picture.
    pub without_picture: Option<String>,
    /// Whether the pages are photos.
    pub photos: bool,
}

impl HtmlSafe for Seen {}

impl Seen {
    fn name(&self, page: &ScanPage) -> String {
        if self.photos {
            format!("第 {} 張照片", page.number)
        } else {
            format!("檔案的第 {} 頁", page.number)
        }
    }
}

/// What can be done about a refusal on the page itself.
#[derive(Clone, Debug)]
pub enum RefusalHelp {
    /// Choose another file.
    AnotherFile,
    /// No code was readable: send the file again with the short code typed from the paper.
    ShortCode {
        /// What was typed.
        typed: String,
        /// Why it won't do.
        error: Option<String>,
    },
    /// The paper is an older revision.
    Stale(Stale),
}

/// What was recognised on a scan, before 送件.
#[derive(Debug, Template)]
#[template(path = "scan_check.html")]
pub struct ScanCheckPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The service item.
    pub service: String,
    /// Back to the case.
    pub back: Link,
    /// What was found in all: 已辨識 2 頁，核章欄皆有核章.
    pub verdict: Verdict,
    /// The pages in the order of the printed form.
    pub pages: Vec<ScanPage>,
    /// The seal boxes, left to right.
    pub seals: Vec<SealCrop>,
    /// What differs from the print outside the boxes.
    pub changes: Vec<ChangeCrop>,
    /// The form's pages as they lie in the file, such as 2、1, where that isn't their order.
    pub order: Option<String>,
    /// 需人工核對, with the sentence why.
    pub by_hand: Option<String>,
    /// The whole SHA-256 of the original.
    pub digest: DigestText,
    /// The file's name and size.
    pub file: String,
    /// Downloads the original.
    pub original: String,
    /// The photos that its pages were made of, where the original doesn't hold them as they were taken.
    pub photos: Vec<PhotoItem>,
    /// The stack that it was cut out of, if it was; seldom several, where the same pages came twice.
    pub stacks: Vec<CutFromLine>,
    /// 送件, while it can still be pressed.
    pub submit: Option<SubmitForm>,
    /// Why it can't be pressed.
    pub closed: String,
    /// Uploads another file instead.
    pub another: Link,
}

/// The form that submits.
#[derive(Clone, Debug)]
pub struct SubmitForm {
    /// The form's address.
    pub action: String,
    /// Hidden fields: `scan`, `version`, `token`.
    pub hidden: Vec<(String, String)>,
    /// 送件 or 送出審核.
    pub button: String,
    /// What it means.
    pub words: String,
    /// Every box is empty: asks for `confirm_empty`.
    pub confirm_empty: bool,
    /// Why it came back.
    pub error: Option<String>,
}

/// One page of a scan.
#[derive(Clone, Debug)]
pub struct ScanPage {
    /// Which page of the form it is, from 1.
    pub number: u8,
    /// Its picture, as far as it is shown.
    pub image: Option<String>,
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
    /// What was recognised.
    pub verdict: Verdict,
    /// Why it isn't one of the form's, and what to do with it.
    pub sentence: Option<String>,
}

/// One seal box, cut out of the scan.
#[derive(Clone, Debug)]
pub struct SealCrop {
    /// The box's label, such as 校長.
    pub label: String,
    /// Its picture.
    pub image: Option<String>,
    /// 有核章, 空白 or 無法確定, as a shape.
    pub state: Badge,
    /// What to do, when it isn't clearly sealed.
    pub sentence: Option<String>,
}

/// A photo behind a page of a scan.
#[derive(Clone, Debug)]
pub struct PhotoItem {
    /// Its name, kind and size, and where it is downloaded.
    pub file: Link,
    /// The whole SHA-256.
    pub digest: DigestText,
}

/// A place outside the boxes where the paper differs from the print.
#[derive(Clone, Debug)]
pub struct ChangeCrop {
    /// Such as 第 1 頁：多出的筆跡.
    pub label: String,
    /// Its picture.
    pub image: String,
    /// The picture's width in pixels, roughly.
    pub width: u32,
    /// The picture's height in pixels, roughly.
    pub height: u32,
}

#[cfg(test)]
#[path = "scan_sample.rs"]
pub(crate) mod sample;
