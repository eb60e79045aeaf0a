//! The reviewer's desk: the record, the paper, and what is to be judged, side by side on one screen.
//!
//! Everything works without scripts: zoom, turn, flicker and outlines are controls that the style sheet
//! follows, verdicts are small forms. `desk.js` adds the keys and spares the reloads.

use askama::Template;

use super::frame::Frame;
use super::parts::{Action, Badge, CaseNumberText, Link, Menu, Verdict};

/// The desk.
#[derive(Debug, Template)]
#[template(path = "desk.html")]
pub struct DeskPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// The service item.
    pub service: String,
    /// 案件狀態.
    pub state: Badge,
    /// School, applicant, subject, and how long it has waited.
    pub about: Vec<String>,
    /// The case's version, in every form.
    pub version: i64,
    /// When this page was made, epoch milliseconds: what happened since is told on a conflict.
    pub since: i64,
    /// Who else is looking, by name.
    pub others: Vec<String>,
    /// Says that somebody still looks, and asks who else does.
    pub look: String,
    /// The next case of the queue.
    pub next: Link,
    /// What the reviewer should know first: 需人工核對, what the applicant said, what was corrected.
    pub remarks: Vec<Verdict>,
    /// The record, by sections.
    pub record: Vec<DeskSection>,
    /// The papers, page after page.
    pub leaves: Vec<Leaf>,
    /// How many places differ from the print.
    pub differences: usize,
    /// What is to be judged, in order.
    pub items: Vec<DeskItem>,
    /// Where verdicts go.
    pub judge: String,
    /// How far: 已核閱 3／5.
    pub progress: String,
    /// 收件, where the state allows it.
    pub receive: Option<Receive>,
    /// 退回核章, 補件, 不開案.
    pub ends: Vec<DeskEnd>,
    /// 更正, 移交, 撤案 and the case page.
    pub menu: Menu,
}

/// A part of the record.
#[derive(Clone, Debug)]
pub struct DeskSection {
    /// Its heading.
    pub heading: String,
    /// Its answers.
    pub facts: Vec<DeskFact>,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct DeskFact {
    /// The label.
    pub label: String,
    /// What stands there now.
    pub value: String,
    /// What was printed, where that is something else.
    pub was: Option<String>,
}

/// One page of paper on the stage.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The element's id.
    pub id: String,
    /// Such as 簽核申請單 第 1 頁，共 2 頁.
    pub caption: String,
    /// How the page lies in the scan, in figures; empty for other papers.
    pub lies: String,
    /// The picture.
    pub image: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// The same page as it was printed; for pages of the form.
    pub print: Option<String>,
    /// What is outlined; for pages of the form.
    pub marks: Option<Marks>,
}

/// What is outlined on a page, in tenths of a millimetre on the form.
#[derive(Clone, Debug)]
pub struct Marks {
    /// The page's width.
    pub width: u32,
    /// The page's height.
    pub height: u32,
    /// The seal boxes.
    pub boxes: Vec<Outline>,
    /// Where the paper differs from the print.
    pub changes: Vec<Outline>,
}

/// One outline.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The element's id.
    pub id: String,
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
    /// What it is.
    pub title: String,
}

/// One thing to judge.
#[derive(Clone, Debug)]
pub struct DeskItem {
    /// The element's id.
    pub id: String,
    /// Its name in forms: `seal:principal`, `attachment:…`, `form`.
    pub target: String,
    /// Such as 校長 or 家長(監護人)同意書.
    pub label: String,
    /// 核章欄, 檢附資料.
    pub kind: &'static str,
    /// The seal box cut out, or the first page.
    pub picture: Option<Crop>,
    /// Where it lies on the stage.
    pub place: Option<String>,
    /// The original, as a download.
    pub file: Option<Link>,
    /// What the machine thinks, as advice.
    pub machine: Option<Verdict>,
    /// `unreviewed`, `reviewed` or `wanting`.
    pub verdict: &'static str,
    /// The remark; may be empty.
    pub remark: String,
    /// Who judged, and when; empty: nobody has.
    pub who: String,
}

impl DeskItem {
    /// Where a seal box of which there is no picture lies on the stage.
    fn place_alone(&self) -> Option<&str> {
        let alone = self.picture.is_none() && self.target.starts_with("seal:");
        self.place.as_deref().filter(|_| alone)
    }
}

/// A picture with its size.
#[derive(Clone, Debug)]
pub struct Crop {
    /// Where it is.
    pub src: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// 收件.
#[derive(Clone, Debug)]
pub struct Receive {
    /// The form's address.
    pub action: String,
    /// Whether everything was found good.
    pub ready: bool,
    /// What is still needed, or what happens next.
    pub words: String,
}

/// Another end of the review, with the key that opens it.
#[derive(Clone, Debug)]
pub struct DeskEnd {
    /// The button.
    pub action: Action,
    /// The key.
    pub key: &'static str,
}

/// A verdict's button: value, words, key.
const VERDICTS: [(&str, &str, &str); 3] =
    [("reviewed", "已核閱", "1"), ("wanting", "需補件", "2"), ("unreviewed", "未核閱", "3")];

/// The keys, as the dialog lists them.
const KEYS: [(&[&str], &str); 14] = [
    (&["j", "k"], "下一項、上一項"),
    (&["1"], "已核閱，並移到下一項"),
    (&["2"], "需補件，並填寫備註"),
    (&["3"], "改回未核閱"),
    (&["u"], "復原上一個核閱"),
    (&["r"], "填寫備註；Enter 儲存，Esc 離開"),
    (&["a"], "未核閱的全部設為已核閱"),
    (&["Enter"], "全部已核閱時：收件，並開啟下一件"),
    (&["n"], "下一件（這一件留在待審核）"),
    (&["f"], "切換掃描影像與印出的申請單"),
    (&["d"], "標示與列印內容不同之處"),
    (&["+", "-", "t"], "放大、縮小、旋轉"),
    (&["b", "s"], "退回核章、補件"),
    (&["?"], "顯示或關閉這張表"),
];

impl DeskPage {
    fn verdicts(&self) -> [(&'static str, &'static str, &'static str); 3] {
        VERDICTS
    }

    fn keys(&self) -> [(&'static [&'static str], &'static str); 14] {
        KEYS
    }
}

#[cfg(test)]
#[path = "desk_sample.rs"]
pub(crate) mod sample;
