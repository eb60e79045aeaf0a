//! 變更密碼.

use askama::Template;

use super::frame::Frame;

/// Asks for the present and a new password.
#[derive(Debug, Template)]
#[template(path = "password.html")]
pub struct PasswordPage {
    /// Around the page.
    pub frame: Frame,
    /// Whether it has to be changed before anything else.
    pub owed: bool,
    /// The login name, for password managers.
    pub login: String,
    /// The fewest characters.
    pub least: usize,
    /// What is wrong with the present one.
    pub present_error: Option<String>,
    /// What is wrong with the new one, and how to do it better.
    pub new_errors: Vec<String>,
    /// What is wrong with its repetition.
    pub again_error: Option<String>,
    /// The local path to go on to.
    pub next: String,
}

impl PasswordPage {
    pub(crate) fn refused(&self) -> bool {
        self.present_error.is_some() || !self.new_errors.is_empty() || self.again_error.is_some()
    }
}

#[cfg(test)]
impl PasswordPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame { here: super::frame::Here::Account, ..Frame::sample() },
            owed: false,
            login: "test01".into(),
            least: 15,
            present_error: None,
            new_errors: Vec::new(),
            again_error: None,
            next: "/account".into(),
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            present_error: Some("目前的密碼不正確。".into()),
            new_errors: vec![
                "密碼至少要有 15 個字元。用三、四個不相干的詞連起來，好記又夠長，例如「詞-詞-詞-詞」。"
                    .into(),
                "這是很多人用過、已經外流的密碼，請換一組自己想的。".into(),
            ],
            again_error: Some("兩次輸入的新密碼不一樣，請再輸入一次。".into()),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_owed() -> Self {
        Self { frame: Frame::sample_stranger(), owed: true, next: "/cases".into(), ..Self::sample() }
    }
}
