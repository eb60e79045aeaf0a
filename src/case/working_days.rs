//! Working days: Monday to Friday without the holidays that the installation names.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

/// Which days count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days off that fall on Monday to Friday; others among them change nothing.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// Whether people work on this day.
    #[must_use]
    pub fn works(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains(&day)
    }

    /// The latest day after which `count` working days have come to pass on `today`, which counts itself:
    /// what began on that day or earlier has waited for at least so many. With `count` 0 it is today.
    #[must_use]
    pub fn back(&self, today: Date, count: u32) -> Date {
        let (mut day, mut left) = (today, count);
        while left > 0 {
            left -= u32::from(self.works(day));
            match day.yesterday() {
                Ok(before) => day = before,
                Err(_) => return day,
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn calendar() -> Calendar {
        // A Friday and a Saturday off.
        Calendar { holidays: [date(2027, 1, 1), date(2027, 1, 2)].into() }
    }

    #[test]
    fn people_work_from_monday_to_friday_but_not_on_holidays() {
        let works = |day| calendar().works(day);
        assert!(works(date(2026, 12, 28)) && works(date(2026, 12, 31)) && works(date(2027, 1, 4)));
        assert!(!works(date(2027, 1, 1)) && !works(date(2027, 1, 2)) && !works(date(2027, 1, 3)));
        assert!(Calendar::default().works(date(2027, 1, 1)));
    }

    #[test]
    fn working_days_are_counted_back_over_weekends_and_holidays() {
        let back = |today, count| calendar().back(today, count);
        // Within a week: what began on Monday has waited for two working days on Wednesday.
        assert_eq!(back(date(2026, 12, 16), 2), date(2026, 12, 14));
        // Over a weekend: on Monday one day has passed since Friday, and since Saturday and Sunday too.
        assert_eq!(back(date(2026, 12, 21), 1), date(2026, 12, 20));
        assert_eq!(back(date(2026, 12, 21), 2), date(2026, 12, 17));
        // Over a weekend and a holiday.
        assert_eq!(back(date(2027, 1, 4), 1), date(2027, 1, 3));
        assert_eq!(back(date(2027, 1, 5), 2), date(2027, 1, 3));
        assert_eq!(back(date(2027, 1, 5), 3), date(2026, 12, 30));
        // On a day off nothing more has passed than on the day before.
        assert_eq!(back(date(2027, 1, 2), 1), back(date(2026, 12, 31), 1));
        assert_eq!(back(date(2026, 12, 16), 0), date(2026, 12, 16));
    }

    #[test]
    fn counting_back_ends_at_the_first_day_of_all() {
        assert_eq!(calendar().back(Date::MIN, 3), Date::MIN);
    }
}
