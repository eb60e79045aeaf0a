//! 兩步驟驗證.

use askama::Template;

use super::frame::Frame;

/// Asks for the second factor.
#[derive(Debug, Template)]
#[template(path = "code.html")]
pub struct CodePage {
    /// Around the page; no account yet.
    pub frame: Frame,
    /// Why the last code didn't do.
    pub error: Option<String>,
    /// The local path to go on to.
    pub next: String,
    /// What to do without phone and codes.
    pub help: Option<String>,
}

#[cfg(test)]
impl CodePage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            error: None,
            next: "/queue".into(),
            help: Some(
                "手機與備用碼都不在身邊時，請來電學諮中心個管組：07-382-1200，由系統管理員確認身分後重設。"
                    .into(),
            ),
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            error: Some("驗證碼不正確或已經用過。請等驗證器顯示下一組再輸入。".into()), ..Self::sample()
        }
    }
}
