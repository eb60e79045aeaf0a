//! Months and periods of months, as statistics count by them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::ids::Malformed;

/// A calendar month, such as `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

impl Month {
    /// The month in which a moment (epoch milliseconds) lies where the office is.
    #[must_use]
    pub fn of(millis: i64, zone: &TimeZone) -> Self {
        let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { first: zone.to_datetime(at).date().first_of_month() }
    }

    /// The month that lies this many months later, or earlier.
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self { first: self.first.saturating_add(months.months()) }
    }

    /// When it begins where the office is, in epoch milliseconds.
    #[must_use]
    pub fn begins(self, zone: &TimeZone) -> i64 {
        zone.to_timestamp(self.first.into()).map_or(0, Timestamp::as_millisecond)
    }

    /// As screens show it, such as 2026/11.
    #[must_use]
    pub fn screen(self) -> String {
        self.first.strftime("%Y/%m").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.strftime("%Y-%m"))
    }
}

impl FromStr for Month {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("a month is written like 2026-11, not {text:?}"));
        let (year, month) = text.split_once(['-', '/']).ok_or_else(wrong)?;
        let (year, month): (i16, i8) =
            (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        // Further off there is no clock that a computer could count by.
        if !(1970..=9000).contains(&year) {
            return Err(wrong());
        }
        Ok(Self { first: Date::new(year, month, 1).map_err(|_| wrong())? })
    }
}

/// Months in a row, at most [`Period::MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// The first month.
    pub from: Month,
    /// The last month.
    pub to: Month,
}

impl Period {
    /// Five years at most.
    pub const MOST: i32 = 60;

    /// The twelve months that end with `last`.
    #[must_use]
    pub fn year_to(last: Month) -> Self {
        Self { from: last.plus(-11), to: last }
    }

    /// From one month to another, in whichever order; of more than [`Self::MOST`] months the last ones.
    #[must_use]
    pub fn between(one: Month, other: Month) -> Self {
        let (from, to) = (one.min(other), one.max(other));
        Self { from: from.max(to.plus(1 - Self::MOST)), to }
    }

    /// Its months, in order.
    #[must_use]
    pub fn months(self) -> Vec<Month> {
        (0..Self::MOST).map(|at| self.from.plus(at)).take_while(|month| *month <= self.to).collect()
    }

    /// The bounds of each month in epoch milliseconds where the office is: from the first, before the second.
    #[must_use]
    pub fn bounds(self, zone: &TimeZone) -> Vec<(i64, i64)> {
        let months = self.months();
        months.iter().map(|month| (month.begins(zone), month.plus(1).begins(zone))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn months_begin_where_the_office_is() {
        let taipei = TimeZone::get("Asia/Taipei").unwrap();
        // 2026-11-30 23:59 and 2026-12-01 00:00 in Taipei.
        let midnight = "2026-11-30T16:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(Month::of(midnight - 1, &taipei), month("2026-11"));
        assert_eq!(Month::of(midnight, &taipei), month("2026-12"));
        assert_eq!(month("2026-12").begins(&taipei), midnight);
        assert_eq!(Month::of(midnight, &TimeZone::UTC), month("2026-11"));
        let period = Period::between(month("2026-11"), month("2026-12"));
        assert_eq!(period.bounds(&taipei)[0].1, period.bounds(&taipei)[1].0, "no gap");
    }

    #[test]
    fn periods_are_in_order_and_bounded() {
        let year = Period::year_to(month("2026-02"));
        assert_eq!((year.from, year.months().len()), (month("2025-03"), 12));
        assert_eq!(Period::between(month("2026-05"), month("2026-03")).from, month("2026-03"));
        let long = Period::between(month("1990-01"), month("2026-12"));
        assert_eq!((long.from, long.months().len()), (month("2022-01"), 60));
    }

    #[test]
    fn months_are_typed_in_two_ways_and_no_others() {
        assert_eq!(month("2026/3").to_string(), "2026-03");
        assert_eq!(month("2026-03").screen(), "2026/03");
        for wrong in ["", "2026", "2026-13", "2026-00", "x-1", "12026-01", "9999-01", "1900-01"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}
