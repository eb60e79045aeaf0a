//! 紀錄: one session of service, as a professional writes it down.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::dates;
use super::ids::Malformed;
use super::role::{Actor, Role};
use super::validate::{self, FieldError, Typed};

/// The most code points of participants.
const PARTICIPANTS: usize = 200;
/// The most code points of a summary.
const SUMMARY: usize = 4000;
/// The most minutes of one session: a day.
const MINUTES: i64 = 24 * 60;

/// What kind of session it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 個別諮商／晤談
    Individual,
    /// 家長諮詢
    Parent,
    /// 教師諮詢
    Teacher,
    /// 家庭訪視
    HomeVisit,
    /// 電話聯繫
    Phone,
    /// 個案會議
    Meeting,
    /// 團體輔導
    Group,
    /// 其他
    Other,
}

impl Kind {
    /// All kinds, in the order of the page.
    pub const ALL: [Self; 8] = [
        Self::Individual,
        Self::Parent,
        Self::Teacher,
        Self::HomeVisit,
        Self::Phone,
        Self::Meeting,
        Self::Group,
        Self::Other,
    ];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Individual => "個別諮商／晤談",
            Self::Parent => "家長諮詢",
            Self::Teacher => "教師諮詢",
            Self::HomeVisit => "家庭訪視",
            Self::Phone => "電話聯繫",
            Self::Meeting => "個案會議",
            Self::Group => "團體輔導",
            Self::Other => "其他",
        }
    }

    /// The name in databases, forms and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Individual => "individual",
            Self::Parent => "parent",
            Self::Teacher => "teacher",
            Self::HomeVisit => "home-visit",
            Self::Phone => "phone",
            Self::Meeting => "meeting",
            Self::Group => "group",
            Self::Other => "other",
        }
    }
}

impl FromStr for Kind {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such kind of record: {text:?}")))
    }
}

/// What a record says.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The day of the session.
    pub held_on: Date,
    /// What kind it was.
    pub kind: Kind,
    /// How many minutes it took.
    pub minutes: i64,
    /// Who took part.
    pub participants: String,
    /// What was done and found.
    pub summary: String,
}

/// What a record says is personal.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Whether this person may read what service records of a case say, and a proposal's summary of them. `zone` is
/// that of the case's school, `serves` whether the person serves the case.
///
/// They are confidential notes of the professionals: those who serve the case read them, the supervisor of its
/// zone, and case managers. The applicant learns how many sessions there were and by whom, and so does the
/// archivist, who reaches originals by a way of its own, with a stated purpose.
#[must_use]
pub fn may_read(actor: &Actor, zone: Option<&str>, serves: bool) -> bool {
    actor.is(Role::CaseManager)
        || (actor.is(Role::Supervisor) && zone.is_some() && zone == actor.zone.as_deref())
        || (actor.is(Role::Professional) && serves)
}

impl Entry {
    /// The entry that was typed (`held_on`, `kind`, `minutes`, `participants`, `summary`), not later than `today`.
    ///
    /// # Errors
    /// What needs mending, field by field.
    pub fn read(typed: &Typed, today: Date) -> Result<Self, Vec<FieldError>> {
        let text = |id: &str| typed.get(id).and_then(|all| all.first()).map_or("", |text| text.trim());
        let mut errors = Vec::new();
        let mut wrong = |field: &str, words: &str| {
            errors.push(FieldError { field: field.into(), words: words.into() });
        };
        let held_on = dates::parse(text("held_on"));
        match held_on {
            None => wrong("held_on", "請輸入服務日期，例如 2025/12/18 或 114/12/18。"),
            Some(day) if day > today => wrong("held_on", "服務日期不能晚於今天。"),
            Some(_) => {}
        }
        let kind = text("kind").parse::<Kind>().ok();
        if kind.is_none() {
            wrong("kind", "請選擇服務方式。");
        }
        let minutes = text("minutes").parse::<i64>().ok().filter(|m| (1..=MINUTES).contains(m));
        if minutes.is_none() {
            wrong("minutes", "請輸入服務時間，以分鐘計，例如 50。");
        }
        let mut free =
            |field: &str, label: &str, limit: usize| match validate::free(label, text(field), limit) {
                Ok(words) if words.is_empty() => {
                    wrong(field, &format!("請填寫{label}。"));
                    words
                }
                Ok(words) => words,
                Err(why) => {
                    wrong(field, &why);
                    String::new()
                }
            };
        let participants = free("participants", "參與人員", PARTICIPANTS);
        let summary = free("summary", "紀錄摘要", SUMMARY);
        match (held_on, kind, minutes) {
            (Some(held_on), Some(kind), Some(minutes)) if errors.is_empty() => {
                Ok(Self { held_on, kind, minutes, participants, summary })
            }
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect()
    }

    const GOOD: [(&str, &str); 5] = [
        ("held_on", "115/11/20"),
        ("kind", "individual"),
        ("minutes", "50"),
        ("participants", "學生、輔導老師"),
        ("summary", "建立關係。"),
    ];

    #[test]
    fn an_entry_is_read_whole_or_every_fault_is_named() {
        let today = jiff::civil::date(2026, 11, 26);
        let entry = Entry::read(&typed(&GOOD), today).expect("a good entry");
        assert_eq!((entry.held_on.to_string().as_str(), entry.minutes), ("2026-11-20", 50));
        let errors = Entry::read(&typed(&[]), today).expect_err("nothing typed");
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["held_on", "kind", "minutes", "participants", "summary"]);
        let mut late = typed(&GOOD);
        late.insert("held_on".into(), vec!["2026/11/27".into()]);
        assert_eq!(Entry::read(&late, today).expect_err("tomorrow").len(), 1);
    }
}
