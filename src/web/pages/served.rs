//! 我的服務案件: whom a professional serves, the one without a record for longest first.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, Pager};
use super::words::Moment;

/// A professional's own cases.
#[derive(Debug, Template)]
#[template(path = "served.html")]
pub struct ServedPage {
    /// Around the page.
    pub frame: Frame,
    /// Whether the closed ones are shown.
    pub closed: bool,
    /// How many are in 服務中.
    pub serving: i64,
    /// How many are in 結案.
    pub served: i64,
    /// The cases of this page.
    pub cases: Vec<ServedCase>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// One case.
#[derive(Clone, Debug)]
pub struct ServedCase {
    /// The case number.
    pub number: CaseNumberText,
    /// The case page, at its records.
    pub href: String,
    /// Such as 轉介申請.
    pub service: String,
    /// District and name.
    pub school: String,
    /// The subject's name; may be empty.
    pub subject: String,
    /// 問題簡述.
    pub problem: String,
    /// How many service records there are.
    pub sessions: i64,
    /// The last session, such as 最近一次 2026/11/20（6 天前）.
    pub last: String,
    /// Whether the last session is long ago, or there was none yet.
    pub long_ago: bool,
    /// 已申請結案, where that waits for a decision.
    pub proposed: Option<Badge>,
    /// When it was closed.
    pub closed: Option<Moment>,
    /// Where a new record is written; none where none can be.
    pub add: Option<String>,
}

#[cfg(test)]
impl ServedPage {
    pub(crate) fn sample() -> Self {
        use super::frame::{Here, NavLink};
        use super::parts::Look;
        let mut frame = Frame::sample_staff();
        frame.here = Here::Served;
        if let Some(account) = &mut frame.account {
            account.links = vec![NavLink::sample(Here::Served, "我的服務案件", "/served")];
        }
        let case = |number: &str, subject: &str, last: &str, long_ago: bool| ServedCase {
            number: CaseNumberText::new(number),
            href: format!("/cases/{number}?tab=records"),
            service: "轉介申請".into(),
            school: "三民區 測試國小".into(),
            subject: subject.into(),
            problem: "近一個月經常請假，與同學互動減少，導師觀察到情緒低落，家長希望有專業人員協助。".into(),
            sessions: 6,
            last: last.into(),
            long_ago,
            proposed: None,
            closed: None,
            add: Some(format!("/cases/{number}/records/new")),
        };
        let mut proposed = case("1150000103", "陳小華", "最近一次 2025/12/12（6 天前）", false);
        proposed.proposed = Some(Badge::new("已申請結案", Look::Waiting));
        Self {
            frame,
            closed: false,
            serving: 2,
            served: 12,
            cases: vec![case("1150000102", "王小明", "還沒有服務紀錄", true), proposed],
            pager: Pager { previous: None, next: Some("/served?after=20251212.c1".into()) },
        }
    }

    pub(crate) fn sample_closed() -> Self {
        let mut page = Self { closed: true, pager: Pager::default(), ..Self::sample() };
        for case in &mut page.cases {
            (case.add, case.proposed, case.long_ago) = (None, None, false);
            case.closed = Some(super::case_list::sample::ago(500));
        }
        page
    }

    pub(crate) fn sample_empty() -> Self {
        Self { cases: Vec::new(), serving: 0, served: 0, pager: Pager::default(), ..Self::sample() }
    }
}
