//! 紀錄: one service record with its files and all its revisions, and records in the tab of a case.

use askama::Template;
use askama::filters::HtmlSafe;

use super::frame::Frame;
use super::parts::{Action, CaseNumberText, DigestText, Fact, Link};
use super::words::Moment;

/// One service record.
#[derive(Debug, Template)]
#[template(path = "service_record.html")]
pub struct ServiceRecordPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the records.
    pub back: Link,
    /// Such as 2026/11/20 個別諮商／晤談.
    pub title: String,
    /// Its newest revision.
    pub newest: RevisionShown,
    /// 修改, when it is allowed.
    pub edit: Option<Action>,
    /// Its files.
    pub files: Vec<RecordFileShown>,
    /// The form that adds a file; `None` when nothing can be added.
    pub upload: Option<RecordUpload>,
    /// The revisions before the newest, newest first.
    pub older: Vec<RevisionShown>,
}

/// One revision of a record.
#[derive(Clone, Debug)]
pub struct RevisionShown {
    /// From 1.
    pub number: i64,
    /// 服務日期, 服務方式, 時間, 參與人員.
    pub facts: Vec<Fact>,
    /// 紀錄摘要.
    pub summary: String,
    /// Who wrote it.
    pub who: String,
    /// When.
    pub when: Moment,
    /// Its receipt.
    pub receipt: String,
}

/// One file of a record.
#[derive(Clone, Debug)]
pub struct RecordFileShown {
    /// Its name as uploaded.
    pub name: String,
    /// Where it downloads.
    pub href: String,
    /// Such as PDF，1.4 MB.
    pub kind: String,
    /// The whole SHA-256.
    pub digest: DigestText,
    /// Who uploaded it.
    pub who: String,
    /// When.
    pub when: Moment,
}

/// The form that adds a file to a record.
#[derive(Clone, Debug)]
pub struct RecordUpload {
    /// The form's address.
    pub action: String,
    /// The most bytes a file may have.
    pub max_bytes: u64,
    /// Such as 20 MB.
    pub max_words: String,
    /// Why the last file was refused.
    pub error: Option<String>,
}

/// A record in the tab 紀錄.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/record_card.html")]
pub struct RecordCard {
    /// The page of the record.
    pub href: String,
    /// 服務日期.
    pub day: String,
    /// 服務方式.
    pub kind: String,
    /// Minutes.
    pub minutes: i64,
    /// 參與人員.
    pub participants: String,
    /// 紀錄摘要.
    pub summary: String,
    /// Who wrote the newest revision.
    pub who: String,
    /// When.
    pub when: Moment,
    /// How many revisions there are.
    pub revisions: usize,
    /// Names and addresses of its files.
    pub files: Vec<Link>,
    /// 修改, when it is allowed.
    pub edit: Option<String>,
}

impl HtmlSafe for RecordCard {}

#[cfg(test)]
impl RecordCard {
    pub(crate) fn sample() -> Self {
        Self {
            href: "/cases/1150000123/records/r1".into(),
            day: "2025/12/12".into(),
            kind: "個別諮商／晤談".into(),
            minutes: 50,
            participants: "學生、輔導老師".into(),
            summary: "第三次晤談。學生願意談論與同學的衝突，練習辨識情緒。\n下次邀請導師參與。".into(),
            who: "張心理".into(),
            when: super::case_list::sample::ago(100),
            revisions: 2,
            files: vec![Link {
                label: "情緒量表.pdf".into(),
                href: "/cases/1150000123/records/r1/files/ba78".into(),
            }],
            edit: Some("/cases/1150000123/records/r1/edit".into()),
        }
    }
}

#[cfg(test)]
impl ServiceRecordPage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        let revision = |number: i64, summary: &str, hours: i64| RevisionShown {
            number,
            facts: vec![
                Fact::new("服務日期", "2025/12/12"),
                Fact::new("服務方式", "個別諮商／晤談"),
                Fact::new("服務時間", "50 分鐘"),
                Fact::new("參與人員", "學生、輔導老師"),
            ],
            summary: summary.into(),
            who: "張心理".into(),
            when: ago(hours),
            receipt: format!("/cases/1150000123/records/r1/receipts/{number}"),
        };
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000123"),
            back: Link { label: "回服務紀錄".into(), href: "/cases/1150000123?tab=records".into() },
            title: "2025/12/12 個別諮商／晤談".into(),
            newest: revision(2, "第三次晤談。學生願意談論與同學的衝突，練習辨識情緒。", 90),
            edit: Some(Action::open("修改", "/cases/1150000123/records/r1/edit")),
            files: vec![RecordFileShown {
                name: "情緒量表.pdf".into(),
                href: "/cases/1150000123/records/r1/files/ba78".into(),
                kind: "PDF，1.4 MB".into(),
                digest: DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
                who: "張心理".into(),
                when: ago(90),
            }],
            upload: Some(RecordUpload {
                action: "/cases/1150000123/records/r1/files".into(),
                max_bytes: 20 << 20,
                max_words: "20 MB".into(),
                error: Some("這個檔案不是 PDF、JPEG 或 PNG。".into()),
            }),
            older: vec![revision(1, "第三次晤談。", 100)],
        }
    }

    pub(crate) fn sample_read_only() -> Self {
        Self { edit: None, upload: None, files: Vec::new(), older: Vec::new(), ..Self::sample() }
    }
}
