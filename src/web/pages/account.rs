//! 帳號資料.

use askama::Template;

use super::frame::Frame;
use super::parts::Fact;
use super::words::Moment;

/// What the system keeps about the signed-in person.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// Around the page.
    pub frame: Frame,
    /// 帳號名稱, 帳號, 信箱, 學校, 學制, 角色, in this order.
    pub facts: Vec<Fact>,
    /// The sign-in before this one.
    pub last_sign_in: Option<Moment>,
    /// Whether there is a password here; who comes by sign-on has none.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub has_second: bool,
    /// Who can change it.
    pub change_words: String,
}

#[cfg(test)]
impl AccountPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame { here: super::frame::Here::Account, ..Frame::sample() },
            facts: vec![
                Fact::new("帳號名稱", "測試人員"),
                Fact::new("帳號", "test01"),
                Fact::new("信箱", ""),
                Fact::new("學校", "三民區 測試國小"),
                Fact::new("學制", "國小"),
                Fact::new("角色", "申請人"),
            ],
            last_sign_in: Some(Moment::at(1_766_037_780_000, 1_766_124_180_000)),
            has_password: true,
            has_second: false,
            change_words: "服務學校綁定後如需修改，請洽學諮中心個管組修改資料。".into(),
        }
    }
}
