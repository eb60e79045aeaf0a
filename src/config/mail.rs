//! The settings of mail and of reminders.

use std::path::PathBuf;

use crate::case::patience::Patience;
use crate::case::working_days::Calendar;
use crate::mail::{Login, Smtp, Tls};

use super::reader::Reader;

/// How mail goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The mail server; without one, mails are written into the outbox folder.
    pub smtp: Option<Smtp>,
    /// Who writes, such as `通知 <notices@example.org>`.
    pub from: String,
    /// How many minutes the oldest notice waits for others to go along.
    pub gather_minutes: u32,
}

/// The sender where nothing leaves the machine.
const NOBODY: &str = "casebind@localhost";

impl Mail {
    pub(super) fn read(r: &mut Reader) -> Self {
        let host = r.host("mail.host");
        let choices = [("starttls", Tls::StartTls), ("required", Tls::Required), ("none", Tls::None)];
        let tls = r.choice("mail.tls", &choices);
        let usual = match tls {
            Tls::Required => 465,
            Tls::StartTls => 587,
            Tls::None => 25,
        };
        let port = r.number("mail.port", usual, 1..=u16::MAX);
        let username = r.text("mail.username", "");
        let password_file = r.path("mail.password_file");
        let ca_file = r.path("mail.ca_file");
        let from = r.mailbox("mail.from");
        let gather_minutes = r.number("mail.gather_minutes", 2, 0..=1440);
        if host.is_some() && from.is_none() {
            r.missing("mail.from", "the address that mails come from, such as notices@example.org");
        }
        let login = login(r, username, password_file);
        if tls == Tls::None && host.as_deref().is_some_and(|host| !is_loopback(host)) {
            let allowed =
                r#""starttls" or "required"; "none" only with a host on this machine, such as localhost"#;
            r.problem("mail.tls", Some("\"none\""), allowed);
        }
        Self {
            smtp: host.map(|host| Smtp { host, port, tls, login, ca_file }),
            from: from.unwrap_or_else(|| NOBODY.into()),
            gather_minutes,
        }
    }
}

fn login(r: &mut Reader, username: String, password_file: Option<PathBuf>) -> Option<Login> {
    match (username.is_empty(), password_file) {
        (false, Some(password_file)) => Some(Login { username, password_file }),
        (false, None) => {
            r.missing("mail.password_file", "the file with the password of mail.username on its first line");
            None
        }
        (true, Some(_)) => {
            r.missing("mail.username", "the name that goes with mail.password_file");
            None
        }
        (true, None) => None,
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// After how many working days people are reminded, and which days are none.
pub(super) fn patience(r: &mut Reader) -> Patience {
    Patience {
        seal: r.number("reminders.seal_days", 5, 0..=365),
        supplement: r.number("reminders.supplement_days", 5, 0..=365),
        review: r.number("reminders.review_days", 3, 0..=365),
        dispatch: r.number("reminders.dispatch_days", 3, 0..=365),
        times: r.number("reminders.times", 3, 1..=100),
        calendar: Calendar { holidays: r.dates("reminders.holidays").into_iter().collect() },
    }
}
