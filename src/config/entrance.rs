//! The settings of what strangers meet: when a captcha is asked for, and how often things may be asked.

use super::reader::Reader;

/// What strangers meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// When the log-in page asks for a captcha.
    pub captcha_at_login: CaptchaAtLogin,
    /// How often things may be asked within a window of time.
    pub requests: Requests,
}

/// When the log-in page asks for a captcha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaAtLogin {
    /// Each time.
    Always,
    /// When a password didn't fit a little while ago.
    AfterFailure,
    /// Never.
    Never,
}

/// How often things may be asked within a window of time; mails by their address, the rest by network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    /// The window in minutes.
    pub window_minutes: i64,
    /// Log-ins.
    pub login: i64,
    /// Sign-ons by another service.
    pub sign_on: i64,
    /// Registrations.
    pub register: i64,
    /// Forgotten passwords.
    pub password: i64,
    /// Pictures and sounds of captchas.
    pub captcha: i64,
    /// Wrong answers to captchas.
    pub wrong_captcha: i64,
    /// Phone links.
    pub phone: i64,
    /// Mails of each kind to one address or account.
    pub mail: i64,
    /// Requests of one account that is signed in.
    pub signed_in: i64,
}

impl Entrance {
    pub(super) fn read(r: &mut Reader) -> Self {
        let captcha_at_login = r.choice(
            "captcha.login",
            &[
                ("always", CaptchaAtLogin::Always),
                ("after-failure", CaptchaAtLogin::AfterFailure),
                ("never", CaptchaAtLogin::Never),
            ],
        );
        let mut most = |key: &str, default: i64| r.number(key, default, 1..=1_000_000);
        let requests = Requests {
            login: most("requests.login", 300),
            sign_on: most("requests.sign_on", 300),
            register: most("requests.register", 30),
            password: most("requests.password", 30),
            captcha: most("requests.captcha", 600),
            wrong_captcha: most("requests.wrong_captcha", 60),
            phone: most("requests.phone", 120),
            mail: most("requests.mail", 3),
            signed_in: most("requests.signed_in", 6000),
            window_minutes: r.number("requests.window_minutes", 15, 1..=1440),
        };
        Self { captcha_at_login, requests }
    }
}
