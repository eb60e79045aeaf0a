//! 郵件寄送: how mail goes out, for the administrator. Nothing of any case.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, Pager};
use super::words::Moment;

/// The outbox.
#[derive(Debug, Template)]
#[template(path = "outbox.html")]
pub struct OutboxPage {
    /// Around the page.
    pub frame: Frame,
    /// To be sent, and not failed yet.
    pub waiting: i64,
    /// Failed, and to be tried again.
    pub failing: i64,
    /// Given up.
    pub given_up: i64,
    /// Sent in the last day.
    pub sent: i64,
    /// Mails that wait or were given up, newest first.
    pub mails: Vec<MailItem>,
    /// To older ones.
    pub pager: Pager,
}

/// One mail.
#[derive(Clone, Debug)]
pub struct MailItem {
    /// The name of the account that it goes to, and its login.
    pub to: String,
    /// How it stands.
    pub state: Badge,
    /// What it is about, such as 2 則通知.
    pub what: String,
    /// When it was put into the outbox.
    pub created: Moment,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed last.
    pub failure: Option<String>,
    /// When it is tried next, such as 2025/12/18 14:03.
    pub next: Option<String>,
    /// Where 再試一次 goes; none where there is nothing to try again.
    pub retry: Option<String>,
}

impl OutboxPage {
    fn failed(&self) -> i64 {
        self.failing + self.given_up
    }
}

#[cfg(test)]
impl OutboxPage {
    pub(crate) fn sample() -> Self {
        use super::parts::Look;
        use crate::web::pages::case_list::sample::ago;
        let item = |to: &str, state, attempts, failure: Option<&str>, hours| MailItem {
            to: to.into(),
            state,
            what: "2 則通知".into(),
            created: ago(hours),
            attempts,
            failure: failure.map(str::to_owned),
            next: failure.map(|_| "2025/12/18 14:08".into()),
            retry: failure.map(|_| "/admin/mail/m1/retry".into()),
        };
        let mut given_up =
            item("陳老師（teacher-chen）", Badge::new("已放棄", Look::Ended), 13, Some("郵件伺服器拒收"), 40);
        given_up.next = None;
        Self {
            frame: Frame::sample_administrator(),
            waiting: 1,
            failing: 1,
            given_up: 1,
            sent: 128,
            mails: vec![
                item("王輔導（counsellor）", Badge::new("等待寄出", Look::Waiting), 0, None, 0),
                item(
                    "李督導（supervisor）",
                    Badge::new("稍後再試", Look::Attention),
                    3,
                    Some("連不上郵件伺服器"),
                    1,
                ),
                given_up,
            ],
            pager: Pager { previous: None, next: Some("/admin/mail?before=m3".into()) },
        }
    }

    pub(crate) fn sample_empty() -> Self {
        let pager = Pager { previous: None, next: None };
        Self { waiting: 0, failing: 0, given_up: 0, mails: Vec::new(), pager, ..Self::sample() }
    }
}
