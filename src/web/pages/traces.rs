//! 查閱紀錄: who saw one case, newest first, 20 a page.

use askama::Template;

use super::field::Choice;
use super::frame::Frame;
use super::parts::{CaseNumberText, DigestText, Link, Pager};
use super::words::Moment;

/// Who saw a case.
#[derive(Debug, Template)]
#[template(path = "traces.html")]
pub struct TracesPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the case.
    pub back: Link,
    /// The page's own address: without filters, and where the filter goes.
    pub address: String,
    /// `person`, the first one 全部人員 with an empty value.
    pub people: Vec<Choice>,
    /// `action`, the first one 全部動作 with an empty value.
    pub actions: Vec<Choice>,
    /// Whether anything is narrowed.
    pub narrowed: bool,
    /// How many stand on a page.
    pub page_size: usize,
    /// How many traces fit.
    pub total: i64,
    /// The traces of this page.
    pub rows: Vec<TraceRow>,
    /// 上一頁 and 下一頁.
    pub pager: Pager,
}

/// One trace.
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// When.
    pub when: Moment,
    /// The name at that moment; empty before a log-in.
    pub who: String,
    /// The roles at that moment.
    pub roles: String,
    /// What was done.
    pub action: String,
    /// The document, if one was seen.
    pub document: Option<TraceDocument>,
    /// The network address.
    pub remote: String,
    /// The request's identifier, shortened, as it stands in the log.
    pub request: String,
}

/// A document that a trace names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceDocument {
    /// Such as 申請單第 2 版.
    pub label: String,
    /// The first 12 digits of its SHA-256.
    pub digest: DigestText,
}

#[cfg(test)]
impl TracesPage {
    /// A case that several people looked at.
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        let row = |minutes, who: &str, roles: &str, action: &str, document: Option<(&str, &str)>| TraceRow {
            when: ago(minutes),
            who: who.into(),
            roles: roles.into(),
            action: action.into(),
            document: document
                .map(|(label, hex)| TraceDocument { label: label.into(), digest: DigestText::new(hex) }),
            remote: "192.0.2.7".into(),
            request: "6f1c20de".into(),
        };
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000123"),
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
            address: "/cases/1150000123/traces".into(),
            people: vec![
                Choice::labelled("", "全部人員", true),
                Choice::labelled("p1", "管理人員", false),
                Choice::labelled("p2", "測試人員", false),
            ],
            actions: vec![
                Choice::labelled("", "全部動作", true),
                Choice::labelled("view-case", "檢視案件", false),
            ],
            narrowed: false,
            page_size: 20,
            total: 24,
            rows: vec![
                row(3, "管理人員", "個管組", "查看查閱紀錄", None),
                row(
                    9,
                    "管理人員",
                    "個管組",
                    "下載簽核申請單",
                    Some(("簽核申請單（第 2 版）", "9f86d081884c")),
                ),
                row(
                    12,
                    "督導人員",
                    "分區督導、專業輔導人員",
                    "檢視頁面影像",
                    Some(("簽核申請單（第 2 版）", "9f86d081884c")),
                ),
                row(15, "管理人員", "個管組", "嘗試不能進行的步驟：收件", None),
                row(60, "測試人員", "申請人", "檢視案件", None),
                row(61, "測試人員", "申請人", "下載檢附資料", Some(("家長(監護人)同意書", "ba7816bf8f01"))),
                row(62, "", "", "開啟手機拍照連結", None),
            ],
            pager: Pager {
                previous: None,
                next: Some("/cases/1150000123/traces?before=1766037780000.x".into()),
            },
        }
    }

    /// Narrowed to what nobody did.
    pub(crate) fn sample_nothing_found() -> Self {
        Self { rows: Vec::new(), total: 0, narrowed: true, pager: Pager::default(), ..Self::sample() }
    }
}
