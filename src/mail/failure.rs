//! How sending fails, by class, and when it is tried again.

use std::fmt;
use std::str::FromStr;

/// Why a mail didn't go out. The mail server's own words may name the address, so they are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The server can't be reached, or broke off.
    Unreachable,
    /// It didn't answer in time.
    Timeout,
    /// No encryption that we trust came about.
    Tls,
    /// It doesn't accept our name and password, or wants some.
    Login,
    /// It said: not now (a 4xx reply).
    Later,
    /// It said: never (a 5xx reply).
    Refused,
    /// The account's address is none.
    Address,
    /// The outbox folder can't be written.
    Folder,
    /// What it has to say can't be read.
    Letter,
}

impl Failure {
    /// All classes.
    pub const ALL: [Self; 9] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Tls,
        Self::Login,
        Self::Later,
        Self::Refused,
        Self::Address,
        Self::Folder,
        Self::Letter,
    ];

    /// The name in the database and in logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Later => "later",
            Self::Refused => "refused",
            Self::Address => "address",
            Self::Folder => "folder",
            Self::Letter => "letter",
        }
    }

    /// What happened, for the administrator.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "連不上郵件伺服器",
            Self::Timeout => "郵件伺服器沒有回應",
            Self::Tls => "無法與郵件伺服器建立加密連線",
            Self::Login => "郵件伺服器不接受帳號密碼",
            Self::Later => "郵件伺服器暫時不收",
            Self::Refused => "郵件伺服器拒收",
            Self::Address => "帳號的信箱格式不正確",
            Self::Folder => "寄件匣資料夾無法寫入",
            Self::Letter => "郵件的內容無法讀取",
        }
    }

    /// Whether trying again by itself is of no use (RFC 5321, section 4.2.1): the same mail would get the same
    /// answer. What an administrator may mend meanwhile, such as a password or an address, isn't final.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Refused)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Failure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|f| f.as_str() == text).ok_or_else(|| format!("no such failure: {text:?}"))
    }
}

const MINUTE: i64 = 60_000;
/// The longest pause between two attempts.
const LONGEST: i64 = 240 * MINUTE;
/// How long a mail is tried.
const DAY: i64 = 24 * 60 * MINUTE;

/// When a mail is tried again after its `attempts`th attempt has failed at `now`: after 1, 2, 4 … minutes, four
/// hours at most. Nothing when a day since `first_at` would be over: it is given up. Epoch milliseconds.
#[must_use]
pub fn next_try(attempts: i64, first_at: i64, now: i64) -> Option<i64> {
    let doublings = attempts.clamp(1, 9) - 1;
    let due = now + (MINUTE << doublings).min(LONGEST);
    (due <= first_at + DAY).then_some(due)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_four_hours_and_end_after_a_day() {
        let (mut now, mut pauses) = (0, Vec::new());
        for attempt in 1.. {
            let Some(due) = next_try(attempt, 0, now) else { break };
            pauses.push((due - now) / MINUTE);
            now = due;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240, 240]);
        assert!(now <= DAY && now > DAY - LONGEST, "the whole day is used");
    }

    #[test]
    fn a_mail_that_lay_for_days_is_tried_once() {
        assert_eq!(next_try(1, 0, 3 * DAY), None);
        assert_eq!(next_try(1, 3 * DAY, 3 * DAY), Some(3 * DAY + MINUTE));
        assert_eq!(next_try(i64::MAX, 0, 0), Some(LONGEST));
    }

    #[test]
    fn classes_are_read_back() {
        for failure in Failure::ALL {
            assert_eq!(failure.to_string().parse(), Ok(failure));
            assert!(!failure.label().is_empty());
        }
        assert!("bored".parse::<Failure>().is_err());
    }
}
