//! 兩步驟驗證: how it stands, its enrolment, and the recovery codes.

use askama::Template;

use crate::web::qr::Symbol;

use super::frame::Frame;

/// The enrolment: a QR code for an app, the secret for typing, and the first code.
#[derive(Template)]
#[template(path = "enrol.html")]
pub struct EnrolPage {
    /// Around the page; no account where it is owed.
    pub frame: Frame,
    /// Whether nothing else can be done before.
    pub owed: bool,
    /// The QR code.
    pub code: Option<Symbol>,
    /// The secret in groups.
    pub secret: String,
    /// Under which name an app lists it.
    pub account: String,
    /// Why the last code didn't do.
    pub error: Option<String>,
    /// The local path to go on to.
    pub next: String,
}

/// The recovery codes, shown once.
#[derive(Template)]
#[template(path = "recovery.html")]
pub struct RecoveryPage {
    /// Around the page.
    pub frame: Frame,
    /// Whether the second factor has just been turned on.
    pub fresh: bool,
    /// The codes.
    pub codes: Vec<String>,
    /// The local path to go on to.
    pub next: String,
}

/// How it stands.
#[derive(Debug, Template)]
#[template(path = "factor.html")]
pub struct FactorPage {
    /// Around the page.
    pub frame: Frame,
    /// How many recovery codes are left.
    pub codes_left: i64,
    /// Whether its owner may take it off.
    pub may_remove: bool,
    /// Why it wasn't taken off.
    pub error: Option<String>,
}

#[cfg(test)]
impl EnrolPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            owed: true,
            code: crate::web::qr::symbol("otpauth://totp/sample"),
            secret: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".into(),
            account: "manager".into(),
            error: None,
            next: "/queue".into(),
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            frame: Frame::sample(),
            owed: false,
            error: Some("驗證碼不正確。請輸入驗證器上目前顯示的 6 位數。".into()),
            ..Self::sample()
        }
    }
}

#[cfg(test)]
impl RecoveryPage {
    pub(crate) fn sample() -> Self {
        let codes = (0..10).map(|at| format!("abcd-efgh-234{at}-mnpq")).collect();
        Self { frame: Frame::sample(), fresh: true, codes, next: "/queue".into() }
    }

    pub(crate) fn sample_renewed() -> Self {
        Self { fresh: false, next: "/account/second-factor".into(), ..Self::sample() }
    }
}

#[cfg(test)]
impl FactorPage {
    pub(crate) fn sample() -> Self {
        Self { frame: Frame::sample(), codes_left: 8, may_remove: true, error: None }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            error: Some("密碼不正確，兩步驟驗證仍在使用。".into()), codes_left: 1, ..Self::sample()
        }
    }
}
