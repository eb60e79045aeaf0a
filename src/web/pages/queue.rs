//! 待審核: the case managers' queue, the longest wait first.

use askama::Template;

use super::case_list::StateCount;
use super::frame::Frame;
use super::parts::{Action, Badge, CaseNumberText, Pager};
use super::words::Moment;

/// The queue.
#[derive(Debug, Template)]
#[template(path = "queue.html")]
pub struct QueuePage {
    /// Around the page.
    pub frame: Frame,
    /// How many cases are in each state, of all.
    pub states: Vec<StateCount>,
    /// The watched states; 送件 first.
    pub tabs: Vec<QueueTab>,
    /// 開始審核: opens the case that has waited longest, where one waits.
    pub begin: Option<Action>,
    /// What stands here when nothing waits.
    pub empty: String,
    /// How many cases wait.
    pub total: u64,
    /// How many stand on a page.
    pub page_size: usize,
    /// The cases of this page.
    pub rows: Vec<QueueRow>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// One watched state.
#[derive(Clone, Debug)]
pub struct QueueTab {
    /// Such as 送件.
    pub label: String,
    /// How many cases stand there.
    pub count: i64,
    /// The queue of it.
    pub href: String,
    /// Whether it is the one shown.
    pub here: bool,
}

/// One case that waits.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// The case number.
    pub number: CaseNumberText,
    /// Where it is reviewed.
    pub href: String,
    /// The service item.
    pub service: String,
    /// District and name.
    pub school: String,
    /// 申請人.
    pub applicant: String,
    /// 服務對象; empty where there is none.
    pub subject: String,
    /// Since when it waits.
    pub since: Moment,
    /// How long, such as 3 天.
    pub waited: String,
    /// 新 or 有更新.
    pub news: Option<Badge>,
    /// 需人工核對, 核章欄空白.
    pub marks: Vec<Badge>,
    /// 檢附資料, such as `2 未核閱`.
    pub attachments: Option<Badge>,
    /// Who else is looking at it now.
    pub lookers: Vec<String>,
}

#[cfg(test)]
impl QueuePage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::parts::{Look, Weight};
        let row = |number: &str, hours: i64, waited: &str| QueueRow {
            number: CaseNumberText::new(number),
            href: format!("/cases/{number}/review"),
            service: "轉介申請".into(),
            school: "三民區 測試國小".into(),
            applicant: "測試人員".into(),
            subject: "王小明".into(),
            since: ago(hours),
            waited: waited.into(),
            news: Some(Badge::new("新", Look::Going)),
            marks: Vec::new(),
            attachments: Some(Badge::new("2 未核閱", Look::Waiting)),
            lookers: Vec::new(),
        };
        let mut watched = row("1150000107", 50, "2 天");
        watched.news = Some(Badge::new("有更新", Look::Attention));
        watched.lookers = vec!["陳個管".into()];
        watched.marks = vec![Badge::new("需人工核對", Look::Attention)];
        let mut seen = row("1150000123", 3, "3 小時");
        seen.news = None;
        seen.subject = String::new();
        seen.attachments = None;
        seen.service = "小團體輔導".into();
        let tab = |label: &str, count: i64, state: &str, here: bool| QueueTab {
            label: label.into(),
            count,
            href: format!("/queue?state={state}"),
            here,
        };
        Self {
            frame: Frame::sample_staff(),
            states: StateCount::samples(),
            tabs: vec![
                tab("送件", 23, "submitted", true),
                tab("補件", 4, "supplement", false),
                tab("收件", 11, "received", false),
            ],
            begin: Some(Action::open("開始審核", "/queue/next").weighing(Weight::Primary)),
            empty: String::new(),
            total: 23,
            page_size: 20,
            rows: vec![row("1150000101", 80, "3 天"), watched, seen],
            pager: Pager { previous: None, next: Some("/queue?after=1764.x".into()) },
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self {
            states: Vec::new(),
            begin: None,
            empty: "目前沒有待審核的案件。".into(),
            total: 0,
            rows: Vec::new(),
            pager: Pager::default(),
            ..Self::sample()
        }
    }
}
