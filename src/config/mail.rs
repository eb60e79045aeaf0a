//! The settings of mail and of reminders.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::case::patience::Patience;
use crate::case::working_days::Calendar;
use crate::mail::{Login, Mailbox, Smtp, Tls};

use super::reader::Reader;

/// How mails are written and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The mail server; without one, mails are written into the outbox folder.
    pub smtp: Option<Smtp>,
    /// Who writes, such as `通知 <notices@example.org>`.
    pub from: Mailbox,
    /// How many minutes the oldest notice waits for others to go along.
    pub gather_minutes: u32,
}

impl Mail {
    pub(super) fn read(r: &mut Reader) -> Self {
        let host = r.host("mail.host");
        Self {
            from: r.mailbox("mail.from", host.is_some()).unwrap_or_else(nobody),
            smtp: smtp(r, host),
            gather_minutes: r.number("mail.gather_minutes", 2, 0..=1440),
        }
    }
}

/// The sender where nothing leaves the machine.
fn nobody() -> Mailbox {
    Mailbox::parse("casebind@localhost").expect("it is an address")
}

/// Every key is read, so that a wrong one is told even where there is no host.
fn smtp(r: &mut Reader, host: Option<String>) -> Option<Smtp> {
    let ways = [("starttls", Tls::StartTls), ("tls", Tls::FromStart), ("none", Tls::None)];
    let tls = r.choice("mail.tls", &ways);
    let usual = match tls {
        Tls::StartTls => 587,
        Tls::FromStart => 465,
        Tls::None => 25,
    };
    let port = r.number("mail.port", usual, 1..=u16::MAX);
    let login = login(r);
    let ca_file: Option<PathBuf> = r.path("mail.ca_file");
    let answer = Duration::from_secs(r.number("mail.answer_seconds", 20, 1..=60));
    let host = host?;
    if tls == Tls::None && !is_here(&host) {
        let allowed = r#""starttls" or "tls"; "none" only with a host on this machine, such as localhost"#;
        r.problem("mail.tls", Some("\"none\""), allowed);
    }
    Some(Smtp { host, port, tls, login, ca_file, answer })
}

fn login(r: &mut Reader) -> Option<Login> {
    let user = Some(r.text("mail.user", "")).filter(|user| !user.is_empty());
    match (user, r.secret_of_environment("mail.password")) {
        (Some(user), Some(password)) => Some(Login { user, password }),
        (Some(_), None) => {
            r.missing(
                "mail.password",
                "the password of mail.user, in the environment variable CASEBIND_MAIL_PASSWORD",
            );
            None
        }
        (None, Some(_)) => {
            r.missing("mail.user", "the name that goes with mail.password");
            None
        }
        (None, None) => None,
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// After how many working days people are reminded, and which days are none.
pub(super) fn patience(r: &mut Reader) -> Patience {
    let usual = Patience::default();
    Patience {
        seal: r.number("reminders.seal_days", usual.seal, 0..=365),
        supplement: r.number("reminders.supplement_days", usual.supplement, 0..=365),
        review: r.number("reminders.review_days", usual.review, 0..=365),
        dispatch: r.number("reminders.dispatch_days", usual.dispatch, 0..=365),
        close: r.number("reminders.close_days", usual.close, 0..=365),
        account: r.number("reminders.account_days", usual.account, 0..=365),
        record: r.number("reminders.record_days", usual.record, 0..=365),
        disposal: r.number("reminders.disposal_days", usual.disposal, 0..=365),
        times: r.number("reminders.times", usual.times, 1..=100),
        calendar: Calendar { holidays: r.dates("reminders.holidays").into_iter().collect() },
    }
}
