//! How times, dates, sizes, numbers and digests read on pages. No HTML, no clock: `now` is passed in.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A moment as pages tell it: exact for machines, absolute and relative for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// RFC 3339 with the offset, for `<time datetime>`.
    pub iso: String,
    /// Such as `2025/12/18 14:03`.
    pub text: String,
    /// The day alone, such as `2025/12/18`.
    pub day: String,
    /// Such as `3 天前`.
    pub relative: String,
}

impl Moment {
    /// The moment `millis`, seen at `now`; both in epoch milliseconds, told in Taiwan's time.
    #[must_use]
    pub fn at(millis: i64, now: i64) -> Self {
        let (then, today) = (local(millis), local(now));
        Self {
            iso: then.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string(),
            text: then.strftime("%Y/%m/%d %H:%M").to_string(),
            day: then.strftime("%Y/%m/%d").to_string(),
            relative: relative(then, today, now.saturating_sub(millis)),
        }
    }
}

/// Taiwan has kept UTC+8 without summer time since 1979.
fn local(millis: i64) -> DateTime {
    Offset::constant(8).to_datetime(Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn relative(then: DateTime, today: DateTime, elapsed_millis: i64) -> String {
    let minutes = elapsed_millis / 60_000;
    let days = today.date().since(then.date()).map_or(0, |span| span.get_days());
    match (days, minutes) {
        (_, ..0) => String::new(),
        (_, 0) => "剛剛".into(),
        (_, 1..60) => format!("{minutes} 分鐘前"),
        (0, _) => format!("{} 小時前", minutes / 60),
        (1, _) => "昨天".into(),
        (2..31, _) => format!("{days} 天前"),
        (31..365, _) => format!("{} 個月前", days / 30),
        _ => format!("{} 年前", days / 365),
    }
}

/// How long something has waited, as people say it: `3 天`, `5 小時`.
#[must_use]
pub fn waited(millis: i64) -> String {
    match millis / 60_000 {
        ..1 => "剛到".into(),
        minutes @ 1..60 => format!("{minutes} 分鐘"),
        minutes @ 60..1440 => format!("{} 小時", minutes / 60),
        minutes => format!("{} 天", minutes / 1440),
    }
}

/// The same as words of their own: `剛到`, `已等待 3 小時`.
#[must_use]
pub fn waiting(millis: i64) -> String {
    if millis < 60_000 { waited(millis) } else { format!("已等待 {}", waited(millis)) }
}

/// A size as people read it: `12 KB`, `1.4 MB`, `31.2 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        1_048_576..10_737_418_240 => tenths(bytes, 104_858, "MB"),
        _ => tenths(bytes, 107_374_182, "GB"),
    }
}

/// With one digit behind the point, unless that is 0.
fn tenths(bytes: u64, tenth: u64, unit: &str) -> String {
    let tenths = bytes / tenth + u64::from(bytes % tenth >= tenth.div_ceil(2));
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {unit}"),
        (whole, tenth) => format!("{whole}.{tenth} {unit}"),
    }
}

/// A count with a comma between each three digits: `12,345`.
#[must_use]
pub fn thousands(count: i64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Hex digits in groups of four, so that two people can compare them aloud.
#[must_use]
pub fn groups_of_four(hex: &str) -> Vec<&str> {
    groups(hex, 4)
}

/// A case number in its two parts: the ROC year and the running number.
#[must_use]
pub fn number_parts(number: &str) -> (&str, &str) {
    number.split_at_checked(3).unwrap_or((number, ""))
}

fn groups(text: &str, size: usize) -> Vec<&str> {
    let mut rest = text;
    let mut out = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(size) {
        if head.is_empty() {
            break;
        }
        out.push(head);
        rest = tail;
    }
    if !rest.is_empty() {
        out.push(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-12-18 14:03 in Taipei.
    const THEN: i64 = 1_766_037_780_000;
    const MINUTE: i64 = 60_000;

    #[test]
    fn moments_are_told_absolutely_and_relatively() {
        let moment = Moment::at(THEN, THEN + 5 * MINUTE);
        assert_eq!(moment.text, "2025/12/18 14:03");
        assert_eq!(moment.iso, "2025-12-18T14:03:00+08:00");
        assert_eq!(moment.relative, "5 分鐘前");
        let after = |minutes: i64| Moment::at(THEN, THEN + minutes * MINUTE).relative;
        assert_eq!(after(0), "剛剛");
        assert_eq!(after(3 * 60), "3 小時前");
        assert_eq!(after(12 * 60), "昨天");
        assert_eq!(after(3 * 24 * 60), "3 天前");
        assert_eq!(after(-10), "");
    }

    #[test]
    fn waits_are_told_in_their_largest_unit() {
        let told = |minutes: i64| waited(minutes * MINUTE);
        assert_eq!(
            [told(0), told(59), told(61), told(1440 * 3 + 700)],
            ["剛到", "59 分鐘", "1 小時", "3 天"]
        );
    }

    #[test]
    fn sizes_digests_and_numbers() {
        assert_eq!(size(900), "900 B");
        assert_eq!(size(12_345), "13 KB");
        assert_eq!(size(20 * 1_048_576), "20 MB");
        assert_eq!(size(1_468_006), "1.4 MB");
        assert_eq!(size(33_501_000_000), "31.2 GB");
        assert_eq!(groups_of_four("ba7816bf8f"), ["ba78", "16bf", "8f"]);
        assert_eq!(number_parts("1150000123"), ("115", "0000123"));
        assert_eq!(
            [0, 999, 1_000, 1_234_567, -12_345].map(thousands),
            ["0", "999", "1,000", "1,234,567", "-12,345"]
        );
        assert_eq!(number_parts("案"), ("案", ""));
    }
}
