//! The settings of mail and of reminders.

use crate::case::patience::Patience;
use crate::case::working_days::Calendar;
use crate::mail::Mailbox;

use super::reader::Reader;

/// How mails are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who writes, such as `通知 <notices@example.org>`.
    pub from: Mailbox,
    /// How many minutes the oldest notice waits for others to go along.
    pub gather_minutes: u32,
}

impl Mail {
    pub(super) fn read(r: &mut Reader) -> Self {
        Self {
            from: r.mailbox("mail.from", "casebind@localhost"),
            gather_minutes: r.number("mail.gather_minutes", 2, 0..=1440),
        }
    }
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
