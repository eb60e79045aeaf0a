//! 驗證碼, a part of forms that strangers may send.

use askama::Template;
use askama::filters::HtmlSafe;

/// The field of a captcha: picture, sound and what is typed.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/captcha.html")]
pub struct CaptchaField {
    /// The captcha's identifier, sent along by the form.
    pub id: String,
    /// Why the last answer won't do.
    pub error: Option<String>,
}

impl HtmlSafe for CaptchaField {}

#[cfg(test)]
impl CaptchaField {
    pub(crate) fn sample() -> Self {
        Self { id: "AAAAAAAAAAAAAAAAAAAAAA".into(), error: None }
    }

    pub(crate) fn sample_wrong() -> Self {
        Self {
            error: Some("驗證碼不正確，請輸入新圖片上的四個數字。".into()), ..Self::sample()
        }
    }
}
