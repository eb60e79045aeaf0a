//! 帳號登入.

use askama::Template;

use super::captcha::CaptchaField;
use super::frame::Frame;

/// The sign-in page.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    /// Around the page; no account.
    pub frame: Frame,
    /// What was typed as 帳號.
    pub account: String,
    /// Why it failed: the same words whether or not the account exists.
    pub error: Option<String>,
    /// The digits that keep programs away, where they are asked for.
    pub captcha: Option<CaptchaField>,
    /// Why somebody who was signed in is here again.
    pub why: Option<String>,
    /// Whom this browser is remembered for, by name: one press goes on.
    pub remembered: Option<String>,
    /// For how many days 記住我 lasts; `None`: it isn't offered.
    pub remember_days: Option<i64>,
    /// The local path to go on to after 登入.
    pub next: String,
    /// The other way in, where one is configured.
    pub sign_on: Option<Offer>,
    /// 線上申請注意事項, one sentence each; [`LoginPage::usual_steps`] unless configured.
    pub steps: Vec<String>,
    /// Whom to ask, as configured.
    pub help: Option<String>,
}

/// Sign-on by another service.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The service's name.
    pub label: String,
    /// Where it begins.
    pub href: String,
    /// Whether the service didn't answer when it was asked last.
    pub down: bool,
}

impl LoginPage {
    /// Whether the other way is the usual one: most people come by it where there is one.
    pub(crate) fn sign_on_first(&self) -> bool {
        self.sign_on.as_ref().is_some_and(|offer| !offer.down)
    }

    /// The walk in four sentences, from the manual.
    #[must_use]
    pub fn usual_steps() -> Vec<String> {
        [
            "由各校輔導相關人員登入，填寫申請案件與服務對象。",
            "列印申請單，送承辦人、主任與校長核章。",
            "掃描核章後的申請單，上傳後送件。",
            "送件後請來電確認收件，並記得登出系統。",
        ]
        .map(str::to_owned)
        .into()
    }
}

#[cfg(test)]
impl LoginPage {
    pub(crate) fn sample() -> Self {
        Self {
            frame: Frame::sample_stranger(),
            account: String::new(),
            error: None,
            captcha: Some(CaptchaField::sample()),
            why: None,
            remembered: None,
            remember_days: Some(30),
            next: "/cases".into(),
            sign_on: None,
            steps: Self::usual_steps(),
            help: Some("如無法順利登入，請來電學諮中心個管組：07-382-1200。".into()),
        }
    }

    pub(crate) fn sample_sign_on() -> Self {
        let offer =
            Offer {
                label: "教育局單一登入".into(), href: "/sign-on?next=%2Fcases".into(), down: false
            };
        Self { sign_on: Some(offer), ..Self::sample() }
    }

    pub(crate) fn sample_sign_on_down() -> Self {
        let offer = Self::sample_sign_on().sign_on.map(|offer| Offer { down: true, ..offer });
        Self { sign_on: offer, ..Self::sample() }
    }

    pub(crate) fn sample_remembered() -> Self {
        Self {
            why: Some("您已閒置一段時間，系統為保護資料已自動登出。登入後會回到剛才的頁面。".into()),
            remembered: Some("測試人員".into()),
            ..Self::sample()
        }
    }

    pub(crate) fn sample_refused() -> Self {
        Self {
            account: "test01".into(),
            error: Some("帳號或密碼不正確。請再輸入一次，並留意大小寫與輸入法。".into()),
            ..Self::sample()
        }
    }
}
