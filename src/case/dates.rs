//! Dates as people write them: 2025/12/18 on screens, 中華民國114年12月18日 on printed forms; both as input.

use jiff::civil::Date;

/// The first year of the Republic of China is 1912.
const ROC_OFFSET: i16 = 1911;

/// Reads a date as people type it: `2025/12/18`, `2025-12-18`, `114/12/18`, `114.12.18`,
/// `民國114年12月18日`, `中華民國114年12月18日`, `1141218`, `20251218`. Full-width digits count too.
/// A year below 1000 is a year of the Republic. `None`: not a date that exists.
#[must_use]
pub fn parse(text: &str) -> Option<Date> {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).unwrap_or(0)),
            other => other,
        })
        .collect();
    let plain = plain.trim().trim_start_matches("中華").trim_start_matches("民國").trim();
    let parts: Vec<&str> =
        plain.split(['/', '-', '.', '年', '月', '日', '／', ' ']).filter(|part| !part.is_empty()).collect();
    if plain.starts_with(['-', '/', '.']) {
        return None;
    }
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (*year, *month, *day),
        [run] if (6..=8).contains(&run.len()) && run.is_ascii() => {
            (&run[..run.len() - 4], &run[run.len() - 4..run.len() - 2], &run[run.len() - 2..])
        }
        _ => return None,
    };
    let digits =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
    let year = digits(year)?;
    let year = if year < 1000 { year.checked_add(ROC_OFFSET)? } else { year };
    Date::new(year, i8::try_from(digits(month)?).ok()?, i8::try_from(digits(day)?).ok()?).ok()
}

/// As records keep it: `2025-12-18`.
#[must_use]
pub fn iso(date: Date) -> String {
    date.to_string()
}

/// As screens show it: `2025/12/18`. Text that isn't an ISO date is shown as it is.
#[must_use]
pub fn screen(iso: &str) -> String {
    if iso.parse::<Date>().is_ok() { iso.replace('-', "/") } else { iso.to_owned() }
}

/// As printed forms show it: `中華民國114年12月18日`; years before the Republic as `西元1911年…`.
#[must_use]
pub fn printed(date: Date) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    if year > ROC_OFFSET {
        format!("中華民國{}年{month}月{day}日", year - ROC_OFFSET)
    } else {
        format!("西元{year}年{month}月{day}日")
    }
}

/// The year of the Republic, as case numbers begin with it.
#[must_use]
pub fn roc_year(date: Date) -> i16 {
    date.year() - ROC_OFFSET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        let expected = Date::new(2025, 12, 18).expect("a date");
        for text in [
            "2025/12/18",
            "2025-12-18",
            "114/12/18",
            "114.12.18",
            "民國114年12月18日",
            "中華民國114年12月18日",
            "1141218",
            "20251218",
            "１１４／１２／１８",
            " 2025/12/18 ",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(parse("89/2/29").map(iso).as_deref(), Some("2000-02-29"));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "2025/2/29", "2025/13/1", "昨天", "12/18", "2025/12/18/1", "-5/1/1", "99999/1/1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_shown_for_screen_and_paper() {
        assert_eq!(screen("2025-12-18"), "2025/12/18");
        assert_eq!(screen("114/13/40"), "114/13/40");
        assert_eq!(printed(Date::new(2025, 12, 18).expect("a date")), "中華民國114年12月18日");
    }
}
