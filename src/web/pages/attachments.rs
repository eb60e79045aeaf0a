//! 檢附資料: what is there, in which state, and the form that adds more.

use askama::Template;

use super::field::Choice;
use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, DigestText, Link};
use super::words::Moment;

/// The attachments of a case.
#[derive(Debug, Template)]
#[template(path = "attachments.html")]
pub struct AttachmentsPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Whose they are: the subject, or the service item.
    pub about: String,
    /// Back to the case.
    pub back: Link,
    /// What the service item needs, and whether it is there.
    pub needed: Vec<Needed>,
    /// The attachments, newest first.
    pub items: Vec<AttachmentItem>,
    /// The form; `None` when nothing can be added any more.
    pub upload: Option<AttachmentUpload>,
    /// Why nothing can be added.
    pub closed_words: Option<String>,
}

/// A category that must be there before printing.
#[derive(Clone, Debug)]
pub struct Needed {
    /// The category's label.
    pub label: String,
    /// Whether one is there.
    pub there: bool,
}

/// One attachment.
#[derive(Clone, Debug)]
pub struct AttachmentItem {
    /// The category's label.
    pub category: String,
    /// The file's name, as it was uploaded.
    pub name: String,
    /// Such as PDF or JPEG.
    pub kind: String,
    /// Such as 1.4 MB.
    pub size: String,
    /// The whole SHA-256.
    pub digest: DigestText,
    /// When it was uploaded.
    pub when: Moment,
    /// By whom.
    pub who: String,
    /// 未核閱, 已核閱 or 需補件.
    pub state: Badge,
    /// What the reviewer says about it.
    pub remark: Option<String>,
    /// Where it downloads.
    pub href: String,
    /// The page that asks before deleting; `None` when it can't be deleted any more.
    pub delete: Option<String>,
}

/// The form that adds an attachment.
#[derive(Clone, Debug)]
pub struct AttachmentUpload {
    /// The form's address.
    pub action: String,
    /// Hidden fields: `version` and `token`.
    pub hidden: Vec<(String, String)>,
    /// The categories, required ones that are missing first.
    pub categories: Vec<Choice>,
    /// The most bytes a file may have.
    pub max_bytes: u64,
    /// Such as 20 MB.
    pub max_words: String,
    /// Why the last file was refused.
    pub error: Option<String>,
}

#[cfg(test)]
impl AttachmentsPage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::parts::Look;
        let item = |category: &str, name: &str, kind: &str, state: Badge| AttachmentItem {
            category: category.into(),
            name: name.into(),
            kind: kind.into(),
            size: "1.4 MB".into(),
            digest: DigestText::new("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            when: ago(4),
            who: "測試人員".into(),
            state,
            remark: None,
            href: "/cases/1150000123/attachments/a1".into(),
            delete: Some("/cases/1150000123/attachments/a1/delete".into()),
        };
        let mut wanting = item("輔導紀錄摘要", "摘要.jpg", "JPEG", Badge::new("需補件", Look::Attention));
        wanting.remark = Some("第二頁影像模糊，請重新拍攝後上傳。".into());
        let mut seen = item("家長(監護人)同意書", "同意書.pdf", "PDF", Badge::new("已核閱", Look::Done));
        seen.delete = None;
        Self {
            frame: Frame::sample(),
            number: CaseNumberText::new("1150000123"),
            about: "轉介申請，服務對象：王小明".into(),
            back: Link { label: "回案件".into(), href: "/cases/1150000123?tab=subject".into() },
            needed: vec![
                Needed { label: "家長(監護人)同意書".into(), there: true },
                Needed { label: "輔導紀錄摘要".into(), there: false },
            ],
            items: vec![
                wanting,
                seen,
                item(
                    "出缺席紀錄",
                    "114學年度第一學期出缺席紀錄總表.png",
                    "PNG",
                    Badge::new("未核閱", Look::Waiting),
                ),
            ],
            upload: Some(AttachmentUpload {
                action: "/cases/1150000123/attachments".into(),
                hidden: vec![("version".into(), "4".into()), ("token".into(), "t".into())],
                categories: vec![
                    Choice::labelled("summary", "輔導紀錄摘要（必備）", true),
                    Choice::labelled("consent", "家長(監護人)同意書（必備）", false),
                    Choice::labelled("other", "其他", false),
                ],
                max_bytes: 20 << 20,
                max_words: "20 MB".into(),
                error: Some("「摘要.docx」不是 PDF、JPEG 或 PNG，沒有上傳。請另存成 PDF 後再選一次。".into()),
            }),
            closed_words: None,
        }
    }

    pub(crate) fn sample_empty() -> Self {
        let mut page = Self::sample();
        page.items.clear();
        page.needed[0].there = false;
        if let Some(upload) = &mut page.upload {
            upload.error = None;
        }
        page
    }
}
