//! One case: where it stands, the next thing to do, the trail of papers, and the manual's tabs.

use askama::Template;
use askama::filters::HtmlSafe;

use super::field::Choice;
use super::frame::Frame;
use super::parts::{
    Action, Badge, CaseNumberText, Change, DigestText, Fact, FlowRow, Link, Menu, Pager, Verdict,
};
use super::service_record::RecordCard;
use super::words::Moment;

/// The page of one case.
#[derive(Debug, Template)]
#[template(path = "case_page.html")]
pub struct CasePage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The service item.
    pub service: String,
    /// 案件狀態.
    pub state: Badge,
    /// School, 學制, 申請人, in one line.
    pub about: Vec<String>,
    /// The life cycle as a track.
    pub track: Track,
    /// What the applicant was asked for: 補件, or the reason of a return.
    pub wanted: Option<Wanted>,
    /// The next thing that this person can do.
    pub next: Next,
    /// How the printed form differs from the record, when it does.
    pub stale: Option<Stale>,
    /// Printed revisions and scans, newest first.
    pub papers: Vec<Paper>,
    /// The 「...」 menu of the case.
    pub menu: Menu,
    /// The open tab with its content.
    pub tab: Tab,
    /// The service item has no subject: 對象 isn't shown.
    pub without_subject: bool,
}

/// The life cycle: 暫存, 核章, 送件, 收件, 服務中, 結案, and what happened beside it.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/track.html")]
pub struct Track {
    /// The stations in order.
    pub stations: Vec<Station>,
    /// 補件, 退回核章, 撤案, 不開案, when they happened.
    pub detours: Vec<Detour>,
}

impl HtmlSafe for Track {}

/// One station of the track.
#[derive(Clone, Debug)]
pub struct Station {
    /// The state's label.
    pub label: String,
    /// Whether it is 核章: drawn as a seal.
    pub seal: bool,
    /// How far the case has come.
    pub reached: Reached,
    /// When the case last came here.
    pub when: Option<Moment>,
}

/// How far the case has come at a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Passed.
    Done,
    /// The case is here.
    Here,
    /// Still to come.
    Ahead,
    /// Will not be reached: the case ended elsewhere.
    Never,
}

impl Reached {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Here => "here",
            Self::Ahead => "ahead",
            Self::Never => "never",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Done => "已完成",
            Self::Here => "目前在這裡",
            Self::Ahead => "尚未到達",
            Self::Never => "不會到達",
        }
    }

    fn is_here(self) -> bool {
        self == Self::Here
    }
}

/// Something that happened beside the track.
#[derive(Clone, Debug)]
pub struct Detour {
    /// Such as 補件 or 退回核章.
    pub label: String,
    /// The station (from 1) after which it happened.
    pub after: usize,
    /// When.
    pub when: Moment,
    /// The reason given.
    pub reason: String,
    /// Whether it still waits for an answer.
    pub open: bool,
}

/// What a reviewer asked the applicant for.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/wanted.html")]
pub struct Wanted {
    /// 補件說明 or 退回核章.
    pub title: String,
    /// In the reviewer's words.
    pub reason: String,
    /// Who asked.
    pub who: String,
    /// When.
    pub when: Moment,
    /// The items that reopened; empty after a return.
    pub items: Vec<WantedItem>,
    /// What to do with them, for who can.
    pub help: Option<String>,
}

impl HtmlSafe for Wanted {}

/// One item that reopened.
#[derive(Clone, Debug)]
pub struct WantedItem {
    /// Its label.
    pub label: String,
    /// 已修改, 已說明 or 尚未完成.
    pub state: Badge,
    /// Where it is changed.
    pub change: Option<Link>,
    /// The form for words instead of a change.
    pub answer: Option<WantedAnswer>,
    /// What was said; may be empty.
    pub said: String,
}

/// The form for words about an item.
#[derive(Clone, Debug)]
pub struct WantedAnswer {
    /// Its address.
    pub action: String,
    /// The id of its field.
    pub field: String,
    /// What was said before.
    pub value: String,
}

/// The next thing to do.
#[derive(Clone, Debug)]
pub struct Next {
    /// A sentence, such as 請列印申請單並送核章.
    pub sentence: String,
    /// The one primary button; `None` when someone else is to act.
    pub primary: Option<Action>,
    /// Other things that can be done.
    pub others: Vec<Action>,
    /// What printing still needs; empty when nothing is checked here.
    pub checklist: Vec<CheckItem>,
}

/// Something that printing needs.
#[derive(Clone, Debug)]
pub struct CheckItem {
    /// Such as 家長(監護人)同意書.
    pub label: String,
    /// Whether it is there.
    pub done: bool,
    /// Where to do it.
    pub href: String,
}

/// The printed form no longer says what the record says.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/stale.html")]
pub struct Stale {
    /// The newest printed revision.
    pub revision: u16,
    /// The fields that changed since.
    pub changes: Vec<Change>,
    /// 重新列印申請單.
    pub reprint: Option<Action>,
}

impl HtmlSafe for Stale {}

/// One printed revision or scan.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/paper.html")]
pub struct Paper {
    /// Such as 申請單第 2 版 or 簽核申請單掃描檔.
    pub title: String,
    /// Whether it is a scan: a signed paper carries the seal.
    pub scan: bool,
    /// The picture of the first page.
    pub thumbnail: Option<String>,
    /// Where the whole opens.
    pub href: String,
    /// When it was printed or uploaded.
    pub when: Moment,
    /// By whom.
    pub who: String,
    /// What is thought of it.
    pub verdict: Option<Verdict>,
    /// What reviewers found of its seal boxes.
    pub seals: Vec<Verdict>,
    /// The first 12 digits of its SHA-256.
    pub digest: DigestText,
}

impl HtmlSafe for Paper {}

/// The open tab.
#[derive(Clone, Debug)]
pub enum Tab {
    /// 內容.
    Content(ContentTab),
    /// 對象.
    Subject(SubjectTab),
    /// 紀錄.
    Records(RecordsTab),
    /// 流程, newest first.
    Flow(Vec<FlowRow>),
}

impl Tab {
    fn is(&self, name: &str) -> bool {
        let own = match self {
            Self::Content(_) => "content",
            Self::Subject(_) => "subject",
            Self::Records(_) => "records",
            Self::Flow(_) => "flow",
        };
        own == name
    }
}

/// 內容: the answers, and 檢附資料 for a service item without a subject.
#[derive(Clone, Debug)]
pub struct ContentTab {
    /// The answers in the order of the form.
    pub facts: Vec<Fact>,
    /// 編輯, when it is allowed.
    pub edit: Option<Action>,
    /// 更正, newest first.
    pub corrections: Vec<CorrectionLine>,
    /// 檢附資料, in short.
    pub attachments: Vec<AttachmentLine>,
    /// Opens the page of 檢附資料.
    pub attach: Action,
}

/// One correction by a case manager.
#[derive(Clone, Debug)]
pub struct CorrectionLine {
    /// When.
    pub when: Moment,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// Whether the form must be signed again.
    pub seal_anew: bool,
    /// What stood there, and what stands there now.
    pub changes: Vec<Change>,
}

/// One attachment in a short list.
#[derive(Clone, Debug)]
pub struct AttachmentLine {
    /// The category.
    pub category: String,
    /// The file's name.
    pub name: String,
    /// Where it downloads.
    pub href: String,
    /// 未核閱, 已核閱 or 需補件.
    pub state: Badge,
    /// The first 12 digits of its SHA-256.
    pub digest: DigestText,
}

/// 對象.
#[derive(Clone, Debug)]
pub struct SubjectTab {
    /// This tab's address, for the filter form.
    pub href: String,
    /// `show`: 未刪除 or 已刪除.
    pub show: Vec<Choice>,
    /// `q`.
    pub keyword: String,
    /// 新增, when there is none yet and it is allowed.
    pub add: Option<Action>,
    /// Why there is no 新增, such as 1 個案件以申請 1 位個案對象為限.
    pub limit_words: String,
    /// The subjects found.
    pub subjects: Vec<SubjectCard>,
}

/// One subject.
#[derive(Clone, Debug)]
pub struct SubjectCard {
    /// Such as `1. 王小明 (男)`.
    pub title: String,
    /// The masked identity number.
    pub id_number: String,
    /// 學生背景, 學生班級, 家長(監護人), 關係, 地址, 輔導老師, 導師, 備註 and so on.
    pub facts: Vec<Fact>,
    /// 檢附資料, in short.
    pub attachments: Vec<AttachmentLine>,
    /// 服務人員; empty shows 未分派.
    pub staff: String,
    /// Its 「...」 menu: 編輯, 刪除, 檢附資料, 服務人員.
    pub menu: Menu,
    /// When and by whom it was deleted.
    pub deleted: Option<String>,
}

/// 紀錄: service records.
#[derive(Clone, Debug, Default)]
pub struct RecordsTab {
    /// Said while there are none.
    pub empty_words: String,
    /// Such as 共 6 次，300 分鐘.
    pub totals: Option<String>,
    /// 新增紀錄, when it is allowed.
    pub add: Option<Action>,
    /// The records of this page, the newest session first.
    pub records: Vec<RecordCard>,
    /// What those learn who may not read them; then nothing else is shown.
    pub secret: Option<String>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

#[cfg(test)]
#[path = "case_page_sample.rs"]
pub(crate) mod sample;
