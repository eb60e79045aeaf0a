//! 確認身分, and what follows it.

use askama::Template;

use super::frame::Frame;

/// Asks for a fresh proof.
#[derive(Debug, Template)]
#[template(path = "rise.html")]
pub struct RisePage {
    /// Around the page.
    pub frame: Frame,
    /// What is asked for.
    pub asks: Asks,
    /// The login name, for password managers.
    pub login: String,
    /// For how many minutes a proof is fresh.
    pub minutes: i64,
    /// Why the last one didn't do.
    pub error: Option<String>,
    /// The local path to go on to.
    pub next: String,
}

/// What a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A code of the second factor.
    Code,
    /// The password.
    Password,
    /// Signing on anew: there is neither here.
    SignOn,
}

/// The proof is given, and the file waits.
#[derive(Debug, Template)]
#[template(path = "ready.html")]
pub struct ReadyPage {
    /// Around the page.
    pub frame: Frame,
    /// The file's address.
    pub file: String,
    /// The page that it belongs to.
    pub back: String,
}

/// A form that was held: it waits to be sent again.
#[derive(Debug, Template)]
#[template(path = "held.html")]
pub struct HeldPage {
    /// Around the page.
    pub frame: Frame,
    /// Where it goes.
    pub action: String,
    /// The fields as they were sent.
    pub fields: Vec<(String, String)>,
    /// What was typed, for the eye.
    pub typed: Vec<String>,
    /// The page that it came from.
    pub back: String,
    /// Where it is given up.
    pub discard: String,
}

#[cfg(test)]
impl RisePage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_staff(),
            asks: Asks::Code,
            login: "manager".into(),
            minutes: 10,
            error: None,
            next: "/cases/export.csv?scope=all".into(),
        }
    }

    pub(crate) fn sample_password() -> Self {
        Self {
            frame: Frame::sample(),
            asks: Asks::Password,
            error: Some("密碼不正確，請再輸入一次。".into()),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_sign_on() -> Self {
        Self { frame: Frame::sample(), asks: Asks::SignOn, ..Self::sample() }
    }
}

#[cfg(test)]
impl ReadyPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_staff(),
            file: "/cases/export.csv?scope=all".into(),
            back: "/cases".into(),
        }
    }
}

#[cfg(test)]
impl HeldPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample(),
            action: "/cases/1150000123/withdraw".into(),
            fields: vec![("version".into(), "7".into()), ("reason".into(), "家長不同意轉介".into())],
            typed: vec!["家長不同意轉介".into()],
            back: "/cases/1150000123/withdraw".into(),
            discard: "/held/0199-1/discard".into(),
        }
    }
}
