//! 待啟用帳號, for case managers.

use askama::Template;

use super::frame::Frame;
use super::words::Moment;

/// Registrations that wait.
#[derive(Debug, Template)]
#[template(path = "waiting_accounts.html")]
pub struct WaitingAccountsPage {
    /// Around the page.
    pub frame: Frame,
    /// The registrations, the longest waiting first.
    pub accounts: Vec<WaitingAccount>,
    /// How many wait in all.
    pub total: i64,
    /// Whether there is a page before this one.
    pub first: bool,
    /// The address of the next page.
    pub next: Option<String>,
}

/// One registration.
#[derive(Clone, Debug)]
pub struct WaitingAccount {
    /// The person's name.
    pub name: String,
    /// The address, which becomes the account's name.
    pub email: String,
    /// District and name of the school.
    pub school: String,
    /// 學制.
    pub stage: String,
    /// How many accounts the school has already.
    pub colleagues: i64,
    /// When the address was confirmed.
    pub confirmed: Moment,
    /// Where 啟用 goes.
    pub activate: String,
    /// Where 不啟用 asks for the reason.
    pub refuse: String,
}

#[cfg(test)]
impl WaitingAccountsPage {
    pub(crate) fn sample() -> Self {
        use crate::web::pages::case_list::sample::ago;
        let one = |name: &str, email: &str, school: &str, stage: &str, colleagues, hours| WaitingAccount {
            name: name.into(),
            email: email.into(),
            school: school.into(),
            stage: stage.into(),
            colleagues,
            confirmed: ago(hours),
            activate: "/accounts/waiting/r1/activate".into(),
            refuse: "/accounts/waiting/r1/refuse".into(),
        };
        Self {
            frame: Frame { here: super::frame::Here::WaitingAccounts, ..Frame::sample_staff() },
            accounts: vec![
                one("許園師", "director@kindergarten.example.org", "新興區 測試幼兒園", "幼兒園", 0, 30),
                one(
                    "王老師",
                    "a.very.long.address@experimental.example.org",
                    "鳳山區 測試實驗教育",
                    "非學校型態實驗教育",
                    2,
                    3,
                ),
            ],
            total: 52,
            first: false,
            next: Some("/accounts/waiting?after=1766124180000.r2".into()),
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self { accounts: Vec::new(), total: 0, next: None, ..Self::sample() }
    }
}
