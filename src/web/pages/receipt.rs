//! The receipt after 送件.

use askama::Template;

use super::frame::Frame;
use super::parts::{CaseNumberText, DigestText, Fact, Link};
use super::words::Moment;

/// What was submitted, when, and how to prove it.
#[derive(Debug, Template)]
#[template(path = "receipt.html")]
pub struct ReceiptPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// When it was submitted.
    pub when: Moment,
    /// 服務項目, 學校, 申請人, 服務對象, 申請單版次.
    pub facts: Vec<Fact>,
    /// The documents with their whole SHA-256.
    pub documents: Vec<ReceiptDocument>,
    /// What comes next: 申請完成，等待審核確認中.
    pub waiting: String,
    /// Whom to call, from the configuration.
    pub call: String,
    /// 需人工核對 and the like.
    pub remark: Option<String>,
    /// Back to the case.
    pub back: Link,
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
            call: "請來電學諮中心個管組確認收件：07-382-1200。".into(),
            remark: None,
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
        }
    }
}
