//! What a letter says: case numbers, what waits, links. No name, no address, nothing that was typed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Notices that one letter spells out; of more it tells the number.
const MOST: usize = 20;

/// What every letter has: who writes, and where everything is to be found.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// The organisation's name.
    pub organisation: String,
    /// How people reach the service, without a slash at the end.
    pub public_url: String,
    /// The time zone of the times in it.
    pub time_zone: TimeZone,
}

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 案件編號; none of what is about no case.
    pub number: Option<String>,
    /// What it is about, such as 補件.
    pub label: String,
    /// What waits.
    pub words: String,
    /// When, epoch milliseconds.
    pub at: i64,
    /// Whether what it is about can be opened.
    pub opens: bool,
    /// The page where that is, such as `/cases/1150000123`.
    pub place: String,
}

impl Line {
    /// What it is about, in a few words.
    fn head(&self) -> String {
        match &self.number {
            Some(number) => format!("案件 {number}：{}", self.label),
            None => self.label.clone(),
        }
    }
}

/// A letter without its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The text, its lines ended by `\n`.
    pub body: String,
}

impl Letter {
    /// The letter that tells these notices.
    #[must_use]
    pub fn new(head: &Letterhead, lines: &[Line]) -> Self {
        let subject = match lines {
            [one] => one.head(),
            several if several.iter().all(|line| line.number.is_some()) => {
                format!("{} 則案件通知", several.len())
            }
            several => format!("{} 則通知", several.len()),
        };
        let mut body = String::from("您好：\n\n");
        for line in lines.iter().take(MOST) {
            let when = Timestamp::from_millisecond(line.at).unwrap_or(Timestamp::UNIX_EPOCH);
            let when = when.to_zoned_datetime(head.time_zone.clone()).strftime("%Y/%m/%d %H:%M");
            let what = line.head().replacen('：', "　", usize::from(line.number.is_some()));
            body.push_str(&format!("{what}（{when}）\n{}。\n", line.words));
            if line.opens {
                body.push_str(&format!("{}{}\n", head.public_url, line.place));
            }
            body.push('\n');
        }
        if lines.len() > MOST {
            body.push_str(&format!("另有 {} 則，請登入後在「通知」查看。\n\n", lines.len() - MOST));
        }
        body.push_str(&format!(
            "全部通知：{}/notices\n\n{}\n此信由系統自動寄出，請勿直接回覆。\n",
            head.public_url, head.organisation
        ));
        Self { subject: format!("【{}】{subject}", head.organisation), body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Letterhead {
        Letterhead {
            organisation: "測試中心".into(),
            public_url: "https://forms.example.org".into(),
            time_zone: TimeZone::fixed(jiff::tz::offset(8)),
        }
    }

    fn line(number: &str, opens: bool) -> Line {
        let (label, words) = ("補件".into(), "申請資料需補件".into());
        let place = format!("/cases/{number}");
        Line { number: Some(number.into()), label, words, at: 1_766_037_780_000, opens, place }
    }

    #[test]
    fn one_notice_is_told_in_the_subject() {
        let letter = Letter::new(&head(), &[line("1150000123", true)]);
        assert_eq!(letter.subject, "【測試中心】案件 1150000123：補件");
        insta::assert_snapshot!(letter.body, @r"
        您好：

        案件 1150000123　補件（2025/12/18 14:03）
        申請資料需補件。
        https://forms.example.org/cases/1150000123

        全部通知：https://forms.example.org/notices

        測試中心
        此信由系統自動寄出，請勿直接回覆。
        ");
    }

    #[test]
    fn an_account_that_waits_has_no_number_and_no_name() {
        let place = "/accounts/waiting".into();
        let account = Line { number: None, label: "註冊帳號".into(), place, ..line("", true) };
        let letter = Letter::new(&head(), std::slice::from_ref(&account));
        assert_eq!(letter.subject, "【測試中心】註冊帳號");
        assert!(letter.body.contains("註冊帳號（2025/12/18 14:03）\n"), "{}", letter.body);
        assert!(letter.body.contains("https://forms.example.org/accounts/waiting\n"), "{}", letter.body);
        assert_eq!(
            Letter::new(&head(), &[account, line("1150000123", true)]).subject,
            "【測試中心】2 則通知"
        );
    }

    #[test]
    fn several_are_counted_and_only_so_many_spelled_out() {
        let lines: Vec<_> = (0..25).map(|at| line(&format!("11500001{at:02}"), at != 3)).collect();
        let letter = Letter::new(&head(), &lines);
        assert_eq!(letter.subject, "【測試中心】25 則案件通知");
        assert_eq!(letter.body.matches("補件（").count(), MOST);
        assert!(letter.body.contains("另有 5 則"));
        assert!(!letter.body.contains("/cases/1150000103"), "a case that can't be opened has no link");
    }
}
