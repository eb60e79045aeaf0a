//! The receipt of an event: 送件 above all, and every other step of a case.

use askama::Template;

use super::frame::Frame;
use super::parts::{CaseNumberText, DigestText, Fact, Link};
use super::words::Moment;

/// What happened, when, by whom, and how to prove it.
#[derive(Debug, Template)]
#[template(path = "receipt.html")]
pub struct ReceiptPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Such as 已送件.
    pub title: String,
    /// One character for the seal.
    pub seal: String,
    /// The event's label.
    pub event: String,
    /// When it happened.
    pub when: Moment,
    /// 服務項目, 學校, 申請人, 服務對象, 申請單版次, 經辦, 原因.
    pub facts: Vec<Fact>,
    /// The documents with their whole SHA-256.
    pub documents: Vec<ReceiptDocument>,
    /// What comes next: 申請完成，等待審核確認中.
    pub waiting: String,
    /// After 送件: that nobody has to call, and whom one can, from the configuration.
    pub call: Option<String>,
    /// 需人工核對 and the like.
    pub remark: Option<String>,
    /// The receipt as a file.
    pub file: Link,
    /// Back to the case.
    pub back: Link,
    /// The list of cases.
    pub list: Link,
    /// Whether to remind of 登出.
    pub leave: bool,
}

/// A document of a receipt.
#[derive(Clone, Debug)]
pub struct ReceiptDocument {
    /// Such as 簽核申請單掃描檔.
    pub label: String,
    /// The whole SHA-256.
    pub digest: DigestText,
}

#[cfg(test)]
impl ReceiptPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample(),
            number: CaseNumberText::new("1150000123"),
            title: "已送件".into(),
            seal: "送".into(),
            event: "上傳簽核申請單".into(),
            when: super::case_list::sample::ago(0),
            facts: vec![
                Fact::new("服務項目", "轉介申請"),
                Fact::new("學校", "三民區 測試國小"),
                Fact::new("申請人", "測試人員"),
                Fact::new("服務對象", "王小明"),
                Fact::new("申請單版次", "第 2 版，共 2 頁"),
            ],
            documents: vec![
                ReceiptDocument {
                    label: "簽核申請單掃描檔".into(),
                    digest: DigestText::new(
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                    ),
                },
                ReceiptDocument {
                    label: "申請單第 2 版".into(),
                    digest: DigestText::new(
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    ),
                },
            ],
            waiting: "申請完成，等待審核確認中".into(),
            call: Some(
                "這張收據就是送件的證明，之後的進展會通知您，不需要來電確認。有疑問請洽個管組：07-382-1200。"
                    .into(),
            ),
            remark: None,
            file: Link { label: "下載收據".into(), href: "/cases/1150000123/receipts/9.txt".into() },
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
            list: Link { label: "我的申請案件".into(), href: "/cases".into() },
            leave: true,
        }
    }
    pub(crate) fn sample_returned() -> Self {
        let mut page = Self::sample();
        page.facts.push(Fact::new("經辦", "陳個管"));
        page.facts.push(Fact::new("原因", "校長核章不清楚，請重新核章後上傳。"));
        Self {
            title: "已退回核章".into(),
            seal: "退".into(),
            event: "退回核章".into(),
            waiting: "請依原因重新核章，掃描上傳後再送件。".into(),
            call: None,
            leave: false,
            documents: Vec::new(),
            ..page
        }
    }
}
