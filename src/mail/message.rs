//! A letter as it travels: headers and text by RFC 5322 and MIME, in ASCII alone.

use std::fmt::Write as _;

use data_encoding::BASE64;
use jiff::Timestamp;
use lettre::address::Address;

use super::Delivery;

/// Characters of base64 on one line (RFC 2045, section 6.8).
const LINE: usize = 76;
/// Bytes of text in one encoded word, so that it stays below 75 characters (RFC 2047, section 2).
const WORD: usize = 42;

/// A mail address with the name that may stand before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name; may be empty.
    name: String,
    /// The address.
    address: String,
}

impl Mailbox {
    /// Reads `notices@example.org` or `通知 <notices@example.org>`. Nothing for what no mail could reach, and
    /// for whatever could smuggle in another header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address.trim()),
            None => ("", text),
        };
        let (local, domain) = address.rsplit_once('@')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let fits = address.len() <= 254
            && address.parse::<Address>().is_ok()
            && local.chars().all(plain)
            && domain.chars().all(host)
            && !text.chars().any(char::is_control);
        fits.then(|| Self { name: name.trim_matches('"').to_owned(), address: address.to_owned() })
    }

    /// The address alone.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    fn header(&self) -> String {
        if self.name.is_empty() {
            return self.address.clone();
        }
        format!("{} <{}>", encoded(&self.name), self.address)
    }
}

/// The whole message, its lines ended by CR LF.
pub(super) fn message(from: &Mailbox, to: &Mailbox, delivery: &Delivery<'_>) -> String {
    let at = Timestamp::from_millisecond(delivery.at).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut text = String::new();
    for (name, value) in [
        ("From", from.header()),
        ("To", to.address.clone()),
        ("Subject", encoded(&delivery.letter.subject)),
        ("Date", at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()),
        ("Message-ID", format!("<{}@{}>", delivery.id, from.domain())),
        // So that nobody's absence note answers (RFC 3834).
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
        ("Content-Type", "text/plain; charset=utf-8".to_owned()),
        ("Content-Transfer-Encoding", "base64".to_owned()),
    ] {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    let body = BASE64.encode(delivery.letter.body.replace('\n', "\r\n").as_bytes());
    for line in body.as_bytes().chunks(LINE) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push_str("\r\n");
    }
    text
}

/// A text of any letters for a header: encoded words, one a line.
fn encoded(text: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words = words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64.encode(word.as_bytes())));
    words.collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Letter;

    #[test]
    fn addresses_are_read_with_and_without_a_name() {
        let read = |text: &str| Mailbox::parse(text).map(|mailbox| (mailbox.name, mailbox.address));
        assert_eq!(read(" a.b+c@example.org "), Some((String::new(), "a.b+c@example.org".into())));
        assert_eq!(read("通知 <n@example.org>"), Some(("通知".into(), "n@example.org".into())));
        let injected = "to@example.org\r\nBcc: other@example.org";
        for wrong in
            ["", "nobody", "@example.org", "a@", "a..b@example.org", "a b@example.org", injected, "x\n<a@b>"]
        {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_message_is_ascii_in_short_lines() {
        let letter = Letter {
            subject: "【示範學生輔導諮商中心】案件 1150000123：補件".into(),
            body: "您好\n".repeat(40),
        };
        let delivery = Delivery { id: "m1", to: "to@example.org", at: 1_766_037_780_000, letter: &letter };
        let from = Mailbox::parse("通知 <n@example.org>").unwrap();
        let to = Mailbox::parse(delivery.to).unwrap();
        let text = message(&from, &to, &delivery);
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 78), "{text}");
        assert!(
            text.contains("\r\nDate: Thu, 18 Dec 2025 06:03:00 +0000\r\nMessage-ID: <m1@example.org>\r\n")
        );
    }
}
