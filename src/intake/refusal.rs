//! Why a file was not accepted: a stable code, an English message, and a sentence for the applicant.
//!
//! A [`Reason`] carries the facts; the words are made here and nowhere else. The sentences say what
//! happened, that nothing was changed, and what to do. They never name another case.

use serde::{Deserialize, Serialize};

use crate::paper::Obstacle;

/// Why a file was refused, with its facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// More bytes than allowed.
    TooBig {
        /// Bytes of the file.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// No bytes at all.
    EmptyFile,
    /// A signed form has to be a PDF; this is something else.
    NotAPdf {
        /// What it seems to be.
        kind: String,
    },
    /// A photographed page has to be a JPEG, PNG or HEIC.
    NotAPhoto {
        /// What it seems to be.
        kind: String,
    },
    /// An attachment has to be a PDF, JPEG or PNG.
    WrongKind {
        /// What it seems to be.
        kind: String,
    },
    /// The file can't be parsed, or is cut off.
    Damaged {
        /// What failed, for the log.
        detail: String,
    },
    /// Opens only with a password, or restricts its use.
    Encrypted,
    /// Contains something that acts when opened or clicked.
    ActiveContent {
        /// The kind of action.
        what: String,
    },
    /// Carries other files inside.
    EmbeddedFiles,
    /// More pages than allowed.
    TooManyPages {
        /// Pages of the file.
        pages: u32,
        /// Pages allowed.
        limit: u32,
    },
    /// A page larger or smaller than any paper.
    PageSize {
        /// The page, from 1.
        page: u32,
    },
    /// An image with more pixels than allowed, or that grows beyond all measure when unpacked.
    ImageTooLarge {
        /// The page, from 1, where known.
        page: Option<u32>,
    },
    /// A page that no code could be read from, while pages of the form are missing.
    NoCode {
        /// The page of the file, from 1.
        page: u32,
        /// The page of the form that it looks like.
        looks_like: Option<u8>,
        /// Why no code may have been readable.
        obstacles: Vec<Obstacle>,
    },
    /// A code that this installation didn't make.
    ForgedCode {
        /// The page of the file, from 1.
        page: u32,
    },
    /// A page that bears the codes of two different prints.
    MixedCodes {
        /// The page of the file, from 1.
        page: u32,
    },
    /// A page of another case's form.
    OtherCase {
        /// The page of the file, from 1.
        page: u32,
    },
    /// A page of an older print of the same case.
    StaleRevision {
        /// The page of the file, from 1.
        page: u32,
        /// The revision on the paper.
        revision: u16,
        /// The newest revision.
        newest: u16,
    },
    /// A page of a revision that was never printed, as far as is known.
    UnknownRevision {
        /// The page of the file, from 1.
        page: u32,
        /// The revision on the paper.
        revision: u16,
    },
    /// Pages of different revisions in one file.
    MixedRevisions,
    /// Pages of different cases in one file.
    MixedCases,
    /// A page of the form isn't there.
    PageMissing {
        /// The page of the form, from 1.
        page: u8,
        /// How many pages the form has.
        pages: u8,
    },
    /// A page of the form is there more than once.
    PageTwice {
        /// The page of the form, from 1.
        page: u8,
    },
    /// A page that isn't part of any form, beside a complete form.
    ForeignPage {
        /// The page of the file, from 1.
        page: u32,
    },
    /// The pages of one case can't be told from others in the same file.
    Inseparable,
    /// Reading took longer than allowed.
    TimeLimit,
    /// Reading one page took longer than allowed.
    PageTimeLimit {
        /// The page of the file, from 1.
        page: u32,
    },
    /// Reading took more memory than allowed.
    MemoryLimit,
    /// The reading process ended without an answer.
    Crashed,
}

/// A reason as it is told: code, English message, and the applicant's sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The stable code, such as `stale-revision`.
    pub code: String,
    /// For the command line and logs, in English.
    pub message: String,
    /// For people on pages, in Traditional Chinese.
    pub words: String,
}

impl From<&Reason> for Refusal {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code().into(), message: reason.message(), words: reason.words() }
    }
}

impl Reason {
    /// The stable code: what the serialised reason is tagged with.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooBig { .. } => "too-big",
            Self::EmptyFile => "empty-file",
            Self::NotAPdf { .. } => "not-a-pdf",
            Self::NotAPhoto { .. } => "not-a-photo",
            Self::WrongKind { .. } => "wrong-kind",
            Self::Damaged { .. } => "damaged",
            Self::Encrypted => "encrypted",
            Self::ActiveContent { .. } => "active-content",
            Self::EmbeddedFiles => "embedded-files",
            Self::TooManyPages { .. } => "too-many-pages",
            Self::PageSize { .. } => "page-size",
            Self::ImageTooLarge { .. } => "image-too-large",
            Self::NoCode { .. } => "no-code",
            Self::ForgedCode { .. } => "forged-code",
            Self::MixedCodes { .. } => "mixed-codes",
            Self::OtherCase { .. } => "other-case",
            Self::StaleRevision { .. } => "stale-revision",
            Self::UnknownRevision { .. } => "unknown-revision",
            Self::MixedRevisions => "mixed-revisions",
            Self::MixedCases => "mixed-cases",
            Self::PageMissing { .. } => "page-missing",
            Self::PageTwice { .. } => "page-twice",
            Self::ForeignPage { .. } => "foreign-page",
            Self::Inseparable => "inseparable",
            Self::TimeLimit => "time-limit",
            Self::PageTimeLimit { .. } => "page-time-limit",
            Self::MemoryLimit => "memory-limit",
            Self::Crashed => "crashed",
        }
    }

    /// The message for the command line and logs.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::TooBig { bytes, limit } => format!("the file has {bytes} bytes; {limit} are allowed"),
            Self::EmptyFile => "the file is empty".into(),
            Self::NotAPdf { kind } => format!("a signed form has to be a PDF; this is {kind}"),
            Self::NotAPhoto { kind } => format!("a photo has to be a JPEG, PNG or HEIC; this is {kind}"),
            Self::WrongKind { kind } => format!("an attachment has to be a PDF, JPEG or PNG; this is {kind}"),
            Self::Damaged { detail } => format!("the file is damaged or cut off ({detail})"),
            Self::Encrypted => "the PDF is encrypted or protected by a password".into(),
            Self::ActiveContent { what } => format!("the PDF contains active content ({what})"),
            Self::EmbeddedFiles => "the PDF carries embedded files".into(),
            Self::TooManyPages { pages, limit } => format!("the PDF has {pages} pages; {limit} are allowed"),
            Self::PageSize { page } => format!("page {page} is larger or smaller than any paper"),
            Self::ImageTooLarge { page: Some(page) } => {
                format!("page {page} holds an image that is too large")
            }
            Self::ImageTooLarge { page: None } => "the file holds an image that is too large".into(),
            Self::NoCode { page, looks_like, obstacles } => {
                let look =
                    looks_like.map_or(String::new(), |n| format!("; it looks like page {n} of the form"));
                let why: Vec<_> = obstacles.iter().map(|o| obstacle(*o).0).collect();
                let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
                format!("no code could be read on page {page}{why}{look}")
            }
            Self::ForgedCode { page } => format!("the code on page {page} was not made with this key"),
            Self::MixedCodes { page } => {
                format!(
                    "page {page} bears codes of different prints, or one that isn't genuine beside others"
                )
            }
            Self::OtherCase { page } => format!("page {page} belongs to another case"),
            Self::StaleRevision { page, revision, newest } => {
                format!("page {page} is of revision {revision}; the newest is {newest}")
            }
            Self::UnknownRevision { page, revision } => {
                format!("page {page} is of revision {revision}, which is not known")
            }
            Self::MixedRevisions => "pages of different revisions are mixed".into(),
            Self::MixedCases => "pages of different cases are mixed".into(),
            Self::PageMissing { page, pages } => format!("page {page} of {pages} is missing"),
            Self::PageTwice { page } => format!("page {page} of the form is there more than once"),
            Self::ForeignPage { page } => format!("page {page} of the file is not a page of the form"),
            Self::Inseparable => "its pages can't be cut out of the file".into(),
            Self::TimeLimit => "reading the file took too long".into(),
            Self::PageTimeLimit { page } => format!("reading page {page} took too long"),
            Self::MemoryLimit => "reading the file took too much memory".into(),
            Self::Crashed => "the reading process ended without an answer".into(),
        }
    }

    /// The sentence for the applicant: what happened, that nothing changed, what to do.
    #[must_use]
    pub fn words(&self) -> String {
        let (what, then) = self.parts();
        format!("{what}案件內容沒有任何變動。{then}")
    }

    /// What happened, alone.
    #[must_use]
    pub fn what(&self) -> String {
        self.parts().0
    }

    /// What to do, alone.
    #[must_use]
    pub fn then(&self) -> &'static str {
        self.parts().1
    }

    /// The same about a file that was cut out of a larger one, of which these were the pages (from 1).
    #[must_use]
    pub fn on_pages(mut self, of_whole: &[u32]) -> Self {
        if let Some(page) = self.file_page()
            && let Some(whole) = of_whole.get((*page as usize).saturating_sub(1))
        {
            *page = *whole;
        }
        self
    }

    /// The page of the file (from 1) that it is about, if it is about one.
    #[must_use]
    pub fn page(&self) -> Option<u32> {
        self.clone().file_page().copied()
    }

    fn file_page(&mut self) -> Option<&mut u32> {
        match self {
            Self::NoCode { page, .. }
            | Self::ForgedCode { page }
            | Self::MixedCodes { page }
            | Self::OtherCase { page }
            | Self::StaleRevision { page, .. }
            | Self::UnknownRevision { page, .. }
            | Self::ForeignPage { page }
            | Self::PageTimeLimit { page }
            | Self::PageSize { page }
            | Self::ImageTooLarge { page: Some(page) } => Some(page),
            _ => None,
        }
    }

    /// What happened, and what to do.
    fn parts(&self) -> (String, &'static str) {
        match self {
            Self::TooBig { bytes, limit } => (
                format!("檔案大小 {}，超過上限 {}。", megabytes(*bytes), megabytes(*limit)),
                "請以 200 dpi 灰階重新掃描，或分開上傳。",
            ),
            Self::EmptyFile => ("檔案是空的，沒有任何內容。".into(), "請確認檔案後重新上傳。"),
            Self::NotAPdf { kind } => {
                (format!("簽核申請單必須是 PDF 檔，這個檔案是 {kind}。"), "請將紙本掃描成 PDF 後重新上傳。")
            }
            Self::NotAPhoto { kind } => (
                format!("照片必須是 JPEG、PNG 或 HEIC 檔，這個檔案是 {kind}。"),
                "請直接用相機拍下每一頁，或從相簿選取照片。",
            ),
            Self::WrongKind { kind } => {
                (format!("附件必須是 PDF、JPEG 或 PNG 檔，這個檔案是 {kind}。"), "請轉成上述格式後重新上傳。")
            }
            Self::Damaged { .. } => ("檔案損壞或不完整，無法開啟。".into(), "請重新掃描或重新匯出後再上傳。"),
            Self::Encrypted => {
                ("檔案有密碼保護或加密。".into(), "請取消密碼保護，或直接上傳掃描器產生的 PDF。")
            }
            Self::ActiveContent { .. } => (
                "檔案內含會自動執行的內容（例如程式碼或表單動作），為了安全無法接受。".into(),
                "請上傳掃描器直接產生的 PDF，或將檔案列印成新的 PDF 後再上傳。",
            ),
            Self::EmbeddedFiles => {
                ("檔案內夾帶其他檔案，為了安全無法接受。".into(), "請將夾帶的檔案移除，並分開上傳。")
            }
            Self::TooManyPages { pages, limit } => {
                (format!("檔案有 {pages} 頁，超過上限 {limit} 頁。"), "請只上傳需要的頁面，或分成幾個檔案。")
            }
            Self::PageSize { page } => {
                (format!("第 {page} 頁的紙張尺寸不合理。"), "請以 A4 重新掃描後上傳。")
            }
            Self::ImageTooLarge { .. } => (
                "檔案內的影像像素過多，無法處理。".into(),
                "掃描請用 200 至 300 dpi；用手機拍照，請把相機的解析度調低（例如 1200 萬像素）再拍。",
            ),
            Self::NoCode { page, looks_like, obstacles } => (
                no_code(*page, *looks_like, obstacles),
                "請以 200 dpi 以上灰階、完整頁面重新掃描；也可以輸入印在識別碼旁的核對碼，由個管組人工核對。",
            ),
            Self::ForgedCode { page } => {
                (format!("第 {page} 頁的識別碼不是本系統產生的。"), "請上傳由本系統列印的申請單。")
            }
            Self::MixedCodes { page } => (
                format!("第 {page} 頁的識別碼互相矛盾：有別份申請單的，或不是本系統產生的。"),
                "請一次只放一張紙，確認紙上沒有貼上或露出別的條碼，重新掃描後上傳；若仍不行，請重新列印並核章。",
            ),
            Self::OtherCase { page } => (
                format!("第 {page} 頁是另一個案件的申請單，不屬於本案。"),
                "請確認紙本後，上傳本案最新列印並核章的申請單。",
            ),
            Self::StaleRevision { page, revision, newest } => (
                format!("第 {page} 頁是第 {revision} 版的申請單，資料後來修改過，目前最新為第 {newest} 版。"),
                "請重新列印最新版並核章後再上傳。",
            ),
            Self::UnknownRevision { page, revision } => (
                format!("第 {page} 頁是第 {revision} 版的申請單，但本案沒有列印過這個版次。"),
                "請重新列印並核章後再上傳。",
            ),
            Self::MixedRevisions => {
                ("檔案裡混有不同版次的申請單。".into(), "請只上傳最新版的申請單，所有頁面須為同一次列印。")
            }
            Self::MixedCases => ("檔案裡混有不同案件的申請單。".into(), "請一個案件上傳一個檔案。"),
            Self::PageMissing { page, pages } => (
                format!("缺少申請單的第 {page} 頁（共 {pages} 頁）。"),
                "請將全部頁面掃描成同一個檔案後重新上傳。",
            ),
            Self::PageTwice { page } => {
                (format!("申請單的第 {page} 頁重複出現。"), "請移除重複的頁面後重新上傳。")
            }
            Self::ForeignPage { page } => (
                format!("檔案的第 {page} 頁不是申請單的頁面。"),
                "請移除該頁；若是檢附資料，請到附件區上傳。",
            ),
            Self::Inseparable => (
                "這個案件的頁面無法從整份檔案中分開。".into(),
                "請單獨掃描這個案件的申請單，再到案件頁上傳。",
            ),
            Self::TimeLimit => {
                ("檔案過於複雜，在時限內無法讀取。".into(), "請以 200 dpi 灰階重新掃描後上傳。")
            }
            Self::PageTimeLimit { page } => (
                format!("檔案的第 {page} 頁過於複雜，在時限內無法讀取。"),
                "請以 200 dpi 灰階重新掃描這一頁，再把所有頁面掃描成同一個檔案上傳。",
            ),
            Self::MemoryLimit => {
                ("檔案過於複雜，讀取時超過記憶體上限。".into(), "請以 200 dpi 灰階重新掃描後上傳。")
            }
            Self::Crashed => ("檔案無法安全讀取。".into(), "請重新掃描後上傳；若仍失敗，請與個管組聯絡。"),
        }
    }
}

/// What was seen of a page without a readable code, and why that may be.
fn no_code(page: u32, looks_like: Option<u8>, obstacles: &[Obstacle]) -> String {
    let why: Vec<_> = obstacles.iter().map(|o| obstacle(*o).1).collect();
    let why = if why.is_empty() {
        "可能太暗、太模糊，或頁角被裁掉".to_owned()
    } else {
        why.join("，")
    };
    let look = looks_like.map_or(String::new(), |n| format!("看起來像是申請單的第 {n} 頁，但無法確定。"));
    format!("第 {page} 頁讀不到申請單上的識別碼：{why}。{look}")
}

/// An obstacle in English, and what it says to the applicant.
fn obstacle(obstacle: Obstacle) -> (&'static str, &'static str) {
    match obstacle {
        Obstacle::TooDark => ("too dark", "掃描得太暗，請把亮度調高"),
        Obstacle::TooPale => ("too pale", "掃描得太淡，請把濃度調高"),
        Obstacle::TooCoarse => ("too coarse", "解析度太低，細節看不清楚"),
        Obstacle::Blurred => ("blurred", "影像模糊，拍照或掃描時請勿移動"),
        Obstacle::CutOff => ("cut off", "紙張沒有完整入鏡，四個角的識別碼都要看得到"),
    }
}

fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one decimal of megabytes is shown")]
    let megabytes = bytes as f64 / (1024.0 * 1024.0);
    format!("{megabytes:.1} MB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_what_the_serialised_reason_is_tagged_with() {
        for reason in [
            Reason::TooBig { bytes: 30_000_000, limit: 20 },
            Reason::NotAPdf { kind: "html".into() },
            Reason::StaleRevision { page: 1, revision: 1, newest: 2 },
            Reason::MixedRevisions,
            Reason::TimeLimit,
            Reason::PageTimeLimit { page: 2 },
            Reason::Crashed,
        ] {
            let json = serde_json::to_value(&reason).expect("serialises");
            assert_eq!(json["code"], reason.code());
            assert_eq!(serde_json::from_value::<Reason>(json).expect("reads back"), reason);
        }
    }

    #[test]
    fn the_words_say_that_nothing_changed_and_what_to_do() {
        let refusal = Refusal::from(&Reason::TooBig { bytes: 30 * 1024 * 1024, limit: 20 * 1024 * 1024 });
        assert_eq!(refusal.code, "too-big");
        assert!(refusal.words.starts_with("檔案大小 30.0 MB，超過上限 20.0 MB。"), "{}", refusal.words);
        assert!(refusal.words.contains("沒有任何變動"));
        assert!(refusal.words.contains("請以"));
    }
}
