//! 登出 by sign-on: the last page here, which leads on to the log-out at the provider.

use askama::Template;

use super::frame::Frame;

/// After 登出 of somebody who came in by sign-on.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    /// Around the page; no account.
    pub frame: Frame,
    /// The provider's name.
    pub label: String,
    /// Where the log-out there is.
    pub href: String,
}

#[cfg(test)]
impl SignedOutPage {
    pub(crate) fn sample() -> Self {
        Self { frame: Frame::sample_stranger(), label: "教育局單一登入".into(), href: "/login".into() }
    }
}
