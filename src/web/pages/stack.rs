//! 整疊上傳: the upload, and what came of each case and page of a stack.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, DigestText, Verdict};
use super::scan::Refusal;
use super::words::Moment;

/// The upload of a stack, with the earlier ones.
#[derive(Debug, Template)]
#[template(path = "stack_upload.html")]
pub struct StackUploadPage {
    /// Around the page.
    pub frame: Frame,
    /// The most bytes a stack may have.
    pub max_bytes: u64,
    /// Such as 200 MB.
    pub max_words: String,
    /// The most pages a stack may have.
    pub max_pages: u32,
    /// The person's stacks, newest first.
    pub earlier: Vec<StackLine>,
    /// Why the last file was refused.
    pub refusal: Option<Refusal>,
}

/// A stack in the list of a person's.
#[derive(Clone, Debug)]
pub struct StackLine {
    /// Its page.
    pub href: String,
    /// The file's name.
    pub file: String,
    /// How many pages it has.
    pub pages: i64,
    /// When it came.
    pub at: Moment,
    /// How far it is, in words.
    pub state: &'static str,
}

/// A stack: how far it is, and what came of it.
#[derive(Debug, Template)]
#[template(path = "stack.html")]
pub struct StackPage {
    /// Around the page.
    pub frame: Frame,
    /// The page's address, below which everything else lies.
    pub address: String,
    /// How far it is.
    pub stage: Stage,
    /// The page of the file at which the reading was broken off.
    pub stopped_at: Option<i64>,
    /// The file's name, size and pages.
    pub file: String,
    /// The whole SHA-256 of the file.
    pub digest: DigestText,
    /// Empty backs.
    pub blank: i64,
    /// The cases in it.
    pub cases: Vec<StackForm>,
    /// The pages that belong nowhere.
    pub strays: Vec<StackStray>,
    /// What 送件 couldn't do just now, one sentence a case.
    pub unsent: Vec<String>,
    /// What was typed to give pages that belong nowhere to a case.
    pub claim: Claim,
}

/// What was typed to give pages that belong nowhere to a case.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The pages that were ticked.
    pub pages: Vec<i64>,
    /// The short code as typed.
    pub code: String,
    /// Why they couldn't be given, and what to do.
    pub error: Option<String>,
}

/// How far a stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Pages are being read: so many of so many.
    Reading {
        /// Pages that are through.
        done: i64,
        /// All pages.
        total: i64,
    },
    /// Cases get their pages: so many of so many.
    Binding {
        /// Cases that are through.
        done: i64,
        /// All cases.
        total: i64,
    },
    /// Broken off.
    Stopped,
    /// At its end.
    Done,
}

/// A case of a stack.
#[derive(Clone, Debug)]
pub struct StackForm {
    /// The case number.
    pub number: CaseNumberText,
    /// What was recognised of it, or the case page.
    pub href: String,
    /// Such as 轉介申請.
    pub service: String,
    /// 服務對象; empty where there is none.
    pub subject: String,
    /// Its pages in the file: 3、4.
    pub pages: String,
    /// Where the case stands now.
    pub state: Badge,
    /// What came of it.
    pub verdict: Verdict,
    /// The value of its box for 送件, where that can be pressed.
    pub pick: Option<String>,
    /// Nothing speaks against 送件: ticked from the beginning.
    pub clean: bool,
    /// It is in 補件: what can be pressed is 送出審核.
    pub anew: bool,
    /// What has to be done before.
    pub first: Option<String>,
}

/// A page that belongs nowhere.
#[derive(Clone, Debug)]
pub struct StackStray {
    /// The page of the file, from 1.
    pub page: i64,
    /// Its picture.
    pub image: String,
    /// Why, and what to do.
    pub reason: String,
    /// Ticked to be given to a case.
    pub ticked: bool,
}

impl StackPage {
    fn title(&self) -> String {
        match self.stage {
            Stage::Reading { .. } | Stage::Binding { .. } => "正在處理整疊申請單".into(),
            Stage::Stopped => "處理到一半停下來了".into(),
            Stage::Done if self.cases.is_empty() => "沒有找到可以處理的申請單".into(),
            Stage::Done => format!("整疊共 {} 件申請單", self.cases.len()),
        }
    }

    fn under_way(&self) -> bool {
        matches!(self.stage, Stage::Reading { .. } | Stage::Binding { .. })
    }

    fn can_submit(&self) -> bool {
        self.cases.iter().any(|case| case.pick.is_some())
    }

    fn hands_in_anew(&self) -> bool {
        self.cases.iter().any(|case| case.anew)
    }
}

#[cfg(test)]
#[path = "stack_sample.rs"]
mod sample;
