//! 保存年限: until when a case is kept. Pure: days in, a day out.
//!
//! Records of counselling are kept ten years after the child has left school (Student Counseling Act, enforcement rules,
//! article 10); the years are data. When a child leaves is nowhere on record, so it is reckoned from the school's stage and
//! the grade on the day on which the case was opened, and never too early: without a grade the child is taken for one that
//! had just come.

use jiff::civil::Date;

use super::stage::SchoolStage;

/// The month in which a school year begins (the first day of August).
const SCHOOL_YEAR_MONTH: i8 = 8;

/// The last day of the school year in which a child leaves the school. `grade` as it was typed, such as `4` or `七`; `on`
/// is the day on which it was so.
#[must_use]
pub fn leaves(stage: SchoolStage, grade: &str, on: Date) -> Date {
    let (first, last) = grades(stage);
    let years = last - first + 1;
    // Junior high schools count 1 to 3 or 7 to 9, senior ones 1 to 3 or 10 to 12.
    let at = number(grade).and_then(|grade| match grade {
        grade if (1..=years).contains(&grade) => Some(grade),
        grade if (first..=last).contains(&grade) => Some(grade - first + 1),
        _ => None,
    });
    let left = years - at.unwrap_or(1);
    let ends = if on.month() >= SCHOOL_YEAR_MONTH { on.year() + 1 } else { on.year() };
    Date::new(ends.saturating_add(left), SCHOOL_YEAR_MONTH - 1, 31).unwrap_or(Date::MAX)
}

/// The last day on which a case is kept: `years` after it ended or the child has left, whatever is later.
#[must_use]
pub fn kept_until(ended: Date, leaves: Option<Date>, years: i64) -> Date {
    let from = leaves.map_or(ended, |leaves| leaves.max(ended));
    let year = i16::try_from(years).ok().and_then(|years| from.year().checked_add(years)).unwrap_or(i16::MAX);
    // The 29th of February ends with the 28th where there is no other.
    Date::new(year, from.month(), from.day())
        .or_else(|_| Date::new(year, from.month(), 28))
        .unwrap_or(Date::MAX)
}

/// The first and the last grade of a stage; of those without grades as many as a child may stay years.
fn grades(stage: SchoolStage) -> (i16, i16) {
    match stage {
        SchoolStage::Kindergarten => (1, 4),
        SchoolStage::Elementary => (1, 6),
        SchoolStage::JuniorHigh => (7, 9),
        SchoolStage::SeniorHigh => (10, 12),
        SchoolStage::NonSchool => (1, 12),
    }
}

/// A grade in digits or in Chinese; 幼幼班 and the like are none.
fn number(grade: &str) -> Option<i16> {
    const WORDS: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
    let grade = grade.trim().trim_end_matches('級').trim_end_matches('年').trim();
    let word = WORDS.iter().zip(1..).find(|(word, _)| **word == grade).map(|(_, number)| number);
    word.or_else(|| grade.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_child_leaves_with_the_last_grade() {
        use SchoolStage::{Elementary, JuniorHigh, Kindergarten, NonSchool, SeniorHigh};
        for (stage, grade, on, leaves_on) in [
            (Elementary, "4", "2026-11-23", "2029-07-31"),
            (Elementary, "6", "2026-11-23", "2027-07-31"),
            (Elementary, "6", "2027-07-31", "2027-07-31"),
            (Elementary, "四年級", "2026-03-01", "2028-07-31"),
            (JuniorHigh, "8", "2026-09-01", "2028-07-31"),
            (JuniorHigh, "2", "2026-09-01", "2028-07-31"),
            (SeniorHigh, "十二", "2026-09-01", "2027-07-31"),
            // Nobody knows: as if the child had just come.
            (Elementary, "", "2026-09-01", "2032-07-31"),
            (Elementary, "13", "2026-09-01", "2032-07-31"),
            (Kindergarten, "大班", "2026-09-01", "2030-07-31"),
            (NonSchool, "", "2026-09-01", "2038-07-31"),
        ] {
            assert_eq!(leaves(stage, grade, day(on)), day(leaves_on), "{stage} {grade:?} on {on}");
        }
    }

    #[test]
    fn what_is_later_counts() {
        let left = Some(day("2029-07-31"));
        assert_eq!(kept_until(day("2027-01-05"), left, 10), day("2039-07-31"));
        assert_eq!(kept_until(day("2030-01-05"), left, 10), day("2040-01-05"));
        assert_eq!(kept_until(day("2030-01-05"), None, 5), day("2035-01-05"));
        assert_eq!(kept_until(day("2028-02-29"), None, 10), day("2038-02-28"));
        assert_eq!(kept_until(day("2028-02-29"), None, i64::MAX), Date::MAX, "no year is too far");
    }
}
