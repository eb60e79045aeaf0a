//! What the configuration says of mail and reminders.

use insta::assert_snapshot;

use crate::mail::Tls as Way;

use super::{MINIMAL, parse, refused};

#[test]
fn mail_and_reminders_name_what_is_allowed() {
    let text = format!(
        "{MINIMAL}[mail]\nfrom = \"nobody\"\n[reminders]\nseal_days = -1\ntimes = 0\nholidays = [\"2027-02-29\"]\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 4 settings can't be used
      mail.from = "nobody": allowed is a mail address, such as notices@example.org or 通知 <notices@example.org>
      reminders.seal_days = -1: allowed is a whole number from 0 to 365
      reminders.times = 0: allowed is a whole number from 1 to 100
      reminders.holidays = ["2027-02-29"]: allowed is a list of days, such as ["2027-01-01", "2027-02-28"]
    "#);
    let days = [("CASEBIND_REMINDERS_HOLIDAYS", "2027-01-01, 2027-02-28,")];
    assert_eq!(parse(MINIMAL, &days).unwrap().reminders.calendar.holidays.len(), 2);
}

#[test]
fn a_mail_server_names_what_it_needs() {
    let text = format!("{MINIMAL}[mail]\nhost = \"mail.example.org\"\ntls = \"none\"\nuser = \"casebind\"\n");
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      mail.from is missing: it is a mail address, such as notices@example.org or 通知 <notices@example.org>
      mail.password is missing: it is the password of mail.user, in the environment variable CASEBIND_MAIL_PASSWORD
      mail.tls = "none": allowed is "starttls" or "tls"; "none" only with a host on this machine, such as localhost
    "#);
    let text = format!(
        "{MINIMAL}[mail]\nhost = \"smtp://x\"\nport = 0\ntls = \"ssl\"\nfrom = \"nobody\"\npassword = \"secret\"\nanswer_seconds = 61\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 6 settings can't be used
      mail.host = "smtp://x": allowed is a machine's name or address without a port, such as mail.example.org
      mail.from = "nobody": allowed is a mail address, such as notices@example.org or 通知 <notices@example.org>
      mail.tls = "ssl": allowed is "starttls" or "tls" or "none"
      mail.port = 0: allowed is a whole number from 1 to 65535
      mail.password = "…": allowed is a text in the environment variable CASEBIND_MAIL_PASSWORD, not in a file
      mail.answer_seconds = 61: allowed is a whole number from 1 to 60
    "#);
    assert_snapshot!(refused(MINIMAL, &[("CASEBIND_MAIL_PASSWORD", "secret")]), @r#"
    configuration casebind.toml: 1 setting can't be used
      mail.user is missing: it is the name that goes with mail.password
    "#);
}

#[test]
fn mail_without_encryption_stays_on_the_machine() {
    for host in ["localhost", "127.0.0.1", "::1"] {
        let text = format!("{MINIMAL}[mail]\nhost = \"{host}\"\ntls = \"none\"\nfrom = \"a@example.org\"\n");
        let smtp = parse(&text, &[]).unwrap().mail.smtp;
        assert_eq!(smtp.map(|smtp| (smtp.port, smtp.tls)), Some((25, Way::None)));
    }
    let usual = format!("{MINIMAL}[mail]\nhost = \"mail.example.org\"\nfrom = \"a@example.org\"\n");
    let smtp = parse(&usual, &[]).unwrap().mail.smtp;
    assert_eq!(smtp.map(|smtp| (smtp.port, smtp.tls)), Some((587, Way::StartTls)));
}
