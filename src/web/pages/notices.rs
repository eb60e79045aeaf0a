//! 通知: what somebody has been told, newest first.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, Pager};
use super::words::Moment;

/// What the reader has been told.
#[derive(Debug, Template)]
#[template(path = "notices.html")]
pub struct NoticesPage {
    /// Around the page.
    pub frame: Frame,
    /// The newest notice, up to which 全部標示為已讀 reads; none where nothing is unread, or on older pages.
    pub newest: Option<String>,
    /// The notices of this page.
    pub items: Vec<NoticeItem>,
    /// To newer and older ones.
    pub pager: Pager,
}

/// One notice. It never holds more than the case number, the table's words and the time.
#[derive(Clone, Debug)]
pub struct NoticeItem {
    /// The case number; none of what is about no case.
    pub number: Option<CaseNumberText>,
    /// The page that reads the notice; none where the reader has left the case.
    pub href: Option<String>,
    /// What that page is called, where no case number says it.
    pub page: Option<&'static str>,
    /// What it is about.
    pub label: Badge,
    /// What waits, or what the reader should know.
    pub words: String,
    /// When.
    pub when: Moment,
    /// Whether it has been read.
    pub read: bool,
}

#[cfg(test)]
impl NoticesPage {
    pub(crate) fn sample() -> Self {
        use super::parts::Look;
        use crate::web::pages::case_list::sample::ago;
        let item = |number: &str, label: &str, look, words: &str, hours, read| NoticeItem {
            number: (!number.is_empty()).then(|| CaseNumberText::new(number)),
            href: Some(format!("/cases/{number}")),
            page: None,
            label: Badge::new(label, look),
            words: words.into(),
            when: ago(hours),
            read,
        };
        let mut frame = Frame { here: super::frame::Here::Notices, ..Frame::sample() };
        if let Some(account) = &mut frame.account {
            account.unread = 3;
        }
        let mut left = item("1150000098", "改派", Look::Ended, "案件已改派其他人員，不再由您服務", 200, true);
        left.href = None;
        let words = "有人註冊帳號並已確認信箱，等待啟用";
        let mut account = item("", "註冊帳號", Look::Attention, words, 3, false);
        account.href = Some("/accounts/waiting".into());
        account.page = Some("待啟用帳號");
        let words = "檢查原件時發現問題，請查看並依說明修復";
        let mut finding = item("", "原件檢查", Look::Attention, words, 4, false);
        finding.href = Some("/fixity".into());
        finding.page = Some("原件檢查");
        Self {
            frame,
            newest: Some("n1".into()),
            items: vec![
                item(
                    "1150000123",
                    "補件",
                    Look::Attention,
                    "申請資料需補件，請依補件說明修改後送出審核",
                    1,
                    false,
                ),
                item(
                    "1150000119",
                    "提醒：核章",
                    Look::Attention,
                    "申請單已列印一段時間，請完成核章並上傳",
                    5,
                    false,
                ),
                account,
                finding,
                item("1150000110", "收件", Look::Going, "申請已收件，等待派案", 30, true),
                left,
                item("1150000087", "結案", Look::Done, "服務完成，已結案", 900, true),
            ],
            pager: Pager { previous: None, next: Some("/notices?before=n5".into()) },
        }
    }

    pub(crate) fn sample_empty() -> Self {
        let frame = Frame { here: super::frame::Here::Notices, ..Frame::sample_staff() };
        let pager = Pager { previous: None, next: None };
        Self { frame, newest: None, items: Vec::new(), pager }
    }
}
