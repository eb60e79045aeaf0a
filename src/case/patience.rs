//! How long something may wait before whoever it waits for is reminded, and how often.

use jiff::ZonedDateTime;
use jiff::civil::Date;

use super::wait::Wait;
use super::working_days::Calendar;

/// The hours of a working day in which people are reminded: from the first up to the second.
const HOURS: (i8, i8) = (8, 18);

/// Working days for each thing that can wait; 0: nobody is reminded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// In 核章, for the applicant.
    pub seal: u32,
    /// In 補件, for the applicant.
    pub supplement: u32,
    /// In 送件, for the case managers.
    pub review: u32,
    /// In 收件, for the supervisors.
    pub dispatch: u32,
    /// From 申請結案 on, for the supervisors.
    pub close: u32,
    /// From the confirmed address of a registration on, for the case managers.
    pub account: u32,
    /// In 服務中 without a new record, for those who serve: once for each gap.
    pub record: u32,
    /// From 提請銷毀 on, for the other archivists.
    pub disposal: u32,
    /// How often somebody is reminded of the same wait at most.
    pub times: u32,
    /// Which days count.
    pub calendar: Calendar,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            seal: 5,
            supplement: 5,
            review: 3,
            dispatch: 3,
            close: 3,
            account: 3,
            record: 15,
            disposal: 5,
            times: 3,
            calendar: Calendar::default(),
        }
    }
}

impl Patience {
    /// After how many working days somebody is reminded; none: never.
    #[must_use]
    pub fn days(&self, wait: Wait) -> Option<u32> {
        let days = match wait {
            Wait::Seal => self.seal,
            Wait::Supplement => self.supplement,
            Wait::Review => self.review,
            Wait::Dispatch => self.dispatch,
            Wait::Closing => self.close,
            Wait::Account => self.account,
            Wait::Record => self.record,
            Wait::Disposal => self.disposal,
        };
        (days > 0).then_some(days)
    }

    /// Whether people are reminded at this time: on working days, while they are at work.
    #[must_use]
    pub fn is_awake(&self, now: &ZonedDateTime) -> bool {
        self.calendar.works(now.date()) && (HOURS.0..HOURS.1).contains(&now.hour())
    }

    /// The last day on which something can have begun to wait that has waited for too long today; none: nothing ever
    /// does.
    #[must_use]
    pub fn last_day(&self, wait: Wait, today: Date) -> Option<Date> {
        Some(self.calendar.back(today, self.days(wait)?))
    }

    /// Whatever has waited so since before this moment (epoch milliseconds) has waited for too long;
    /// none: nothing ever does.
    #[must_use]
    pub fn ends(&self, wait: Wait, now: &ZonedDateTime) -> Option<i64> {
        let first = self.last_day(wait, now.date())?.tomorrow().ok()?;
        Some(first.to_zoned_datetime(now.time_zone().clone()).ok()?.timestamp().as_millisecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> Patience {
        let calendar = Calendar { holidays: [jiff::civil::date(2027, 1, 1)].into() };
        Patience {
            seal: 5,
            supplement: 0,
            review: 1,
            dispatch: 3,
            close: 1,
            account: 3,
            record: 15,
            disposal: 5,
            times: 2,
            calendar,
        }
    }

    fn at(text: &str) -> ZonedDateTime {
        format!("{text}+08:00[Asia/Taipei]").parse().unwrap()
    }

    fn ends(wait: Wait, now: &str) -> Option<String> {
        let millis = patience().ends(wait, &at(now))?;
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap();
        Some(moment.to_zoned_datetime(at(now).time_zone().clone()).strftime("%Y-%m-%dT%H:%M").to_string())
    }

    #[test]
    fn a_standing_is_too_long_after_so_many_working_days() {
        // On Tuesday, after a day: what was handed in on Monday, at whatever hour.
        assert_eq!(ends(Wait::Review, "2026-12-22T09:00:00").unwrap(), "2026-12-22T00:00");
        // On Monday: what was handed in before the weekend was over.
        assert_eq!(ends(Wait::Review, "2026-12-21T09:00:00").unwrap(), "2026-12-21T00:00");
        // After three days, over a holiday and a weekend: what was received on Wednesday.
        assert_eq!(ends(Wait::Dispatch, "2027-01-05T17:00:00").unwrap(), "2026-12-31T00:00");
        assert_eq!(ends(Wait::Seal, "2026-12-21T09:00:00").unwrap(), "2026-12-15T00:00");
    }

    #[test]
    fn a_gap_is_long_after_three_weeks_of_work() {
        let last = |wait| patience().last_day(wait, jiff::civil::date(2026, 12, 21));
        assert_eq!(last(Wait::Record), Some(jiff::civil::date(2026, 11, 30)));
        assert_eq!(last(Wait::Supplement), None);
    }

    #[test]
    fn nobody_is_reminded_where_it_is_switched_off() {
        for wait in Wait::ALL {
            let reminded = wait != Wait::Supplement;
            assert_eq!(ends(wait, "2026-12-22T09:00:00").is_some(), reminded, "{wait}");
        }
    }

    #[test]
    fn people_are_reminded_while_they_work() {
        let awake = |text| patience().is_awake(&at(text));
        assert!(awake("2026-12-31T08:00:00") && awake("2026-12-31T17:59:59"));
        assert!(!awake("2026-12-31T07:59:59") && !awake("2026-12-31T18:00:00"));
        assert!(!awake("2027-01-01T10:00:00") && !awake("2027-01-02T10:00:00"));
    }
}
