//! Who is told of what: one table says for each event, and for each reminder, whom it concerns and in which
//! words. Whoever did it isn't told, and nobody is told of a case outside their scope.
//!
//! A notice never holds more than this table's words, the case number and the time.

use std::fmt;
use std::str::FromStr;

use super::event::Event;
use super::ids::Malformed;
use super::state::State;
use super::wait::Wait;

/// Whom something concerns, seen from the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    /// The applicant, after the event: the one who got the case by 移交.
    Applicant,
    /// Every case manager.
    Managers,
    /// Every case manager, if the case had been submitted before: nobody waits for one that never was.
    ManagersOnceSubmitted,
    /// The supervisors of the zone of the case's school.
    Supervisors,
    /// The professionals who serve the case.
    Serving,
    /// Those of them who didn't serve it before.
    Joined,
    /// Those who don't serve it any more: the only ones who are told of a case that they can't open.
    Left,
    /// Every archivist.
    Archivists,
    /// Every administrator, who is told of the house and never of a case.
    Administrators,
}

impl Audience {
    /// All audiences.
    pub const ALL: [Self; 9] = [
        Self::Applicant,
        Self::Managers,
        Self::ManagersOnceSubmitted,
        Self::Supervisors,
        Self::Serving,
        Self::Joined,
        Self::Left,
        Self::Archivists,
        Self::Administrators,
    ];

    /// The name in databases.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "applicant",
            Self::Managers => "managers",
            Self::ManagersOnceSubmitted => "managers_once_submitted",
            Self::Supervisors => "supervisors",
            Self::Serving => "serving",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Archivists => "archivists",
            Self::Administrators => "administrators",
        }
    }

    /// Whether this audience is told by its role alone, whatever cases it sees.
    #[must_use]
    pub fn is_by_role(self) -> bool {
        matches!(self, Self::Archivists | Self::Administrators)
    }
}

impl FromStr for Audience {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|audience| audience.as_str() == text);
        found.ok_or_else(|| Malformed(format!("no such audience: {text:?}")))
    }
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Something happened.
    Event(Event),
    /// Somebody registered, confirmed the address, and waits for the account.
    Account,
    /// Somebody proposed to destroy a case.
    Disposal,
    /// A mail was given up.
    Mail,
    /// Accounts are due to be looked at: 帳號清查.
    Review,
    /// The check of originals found something.
    Fixity,
    /// A case in 收件 must be signed again, and nobody has asked for it yet: told when it is corrected so, and again as a
    /// reminder.
    SealAnew,
    /// This has waited for too long.
    Reminder(Wait),
}

/// What a reminder's name begins with in databases.
const REMINDER: &str = "reminder_";
/// Topics that are neither an event nor a reminder, and their names there.
const OTHERS: [(Topic, &str); 6] = [
    (Topic::Account, "account"),
    (Topic::Disposal, "disposal"),
    (Topic::Mail, "mail_given_up"),
    (Topic::Review, "accounts_due"),
    (Topic::Fixity, "fixity"),
    (Topic::SealAnew, "seal_anew"),
];

impl Topic {
    /// The label that users see.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            // A submitted case reads as the state that it has reached, as in its flow.
            Self::Event(Event::Submit) => State::Submitted.label().into(),
            Self::Event(event) => event.label().into(),
            Self::Account => Wait::Account.label().into(),
            Self::Disposal => Wait::Disposal.label().into(),
            Self::Mail => "放棄寄送的郵件".into(),
            Self::Review => "帳號清查".into(),
            Self::Fixity => "原件檢查".into(),
            Self::SealAnew => "提醒：重新核章".into(),
            Self::Reminder(wait) => format!("提醒：{}", wait.label()),
        }
    }

    /// What the page is called on which somebody does something about the house; none of what a case's number names.
    #[must_use]
    pub fn page(self) -> Option<&'static str> {
        match self {
            Self::Mail => Some("郵件寄送"),
            Self::Review => Some("帳號清查"),
            Self::Fixity => Some("原件檢查"),
            Self::Account | Self::Reminder(Wait::Account) => Some("待啟用帳號"),
            Self::Disposal | Self::SealAnew | Self::Reminder(_) | Self::Event(_) => None,
        }
    }

    /// The page on which somebody does something about it, given the case's number where it is about one.
    #[must_use]
    pub fn place(self, number: Option<&str>) -> String {
        match (self, number) {
            (Self::Disposal | Self::Reminder(Wait::Disposal), _) => "/retention".into(),
            (Self::Mail, _) => "/admin/mail".into(),
            (Self::Review, _) => "/admin/review".into(),
            (Self::Fixity, _) => "/fixity".into(),
            (Self::Account | Self::SealAnew | Self::Reminder(_) | Self::Event(_), None) => {
                "/accounts/waiting".into()
            }
            (Self::Account | Self::SealAnew | Self::Reminder(_) | Self::Event(_), Some(number)) => {
                format!("/cases/{number}")
            }
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => f.write_str(event.as_str()),
            Self::Reminder(wait) => write!(f, "{REMINDER}{wait}"),
            other => {
                OTHERS.iter().filter(|(topic, _)| topic == other).try_for_each(|(_, name)| f.write_str(name))
            }
        }
    }
}

impl FromStr for Topic {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(wait) = text.strip_prefix(REMINDER) {
            return wait.parse().map(Self::Reminder);
        }
        match OTHERS.iter().find(|(_, name)| *name == text) {
            Some((topic, _)) => Ok(*topic),
            None => text.parse().map(Self::Event),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// What it is about.
    pub topic: Topic,
    /// Whom it concerns.
    pub audience: Audience,
    /// Whether they must act; else they should know.
    pub acts: bool,
    /// What waits for them, or what they should know.
    pub words: &'static str,
}

use Audience as A;
use Event as E;

const fn must(event: E, audience: A, words: &'static str) -> Told {
    Told { topic: Topic::Event(event), audience, acts: true, words }
}

const fn know(event: E, audience: A, words: &'static str) -> Told {
    Told { topic: Topic::Event(event), audience, acts: false, words }
}

const fn house(topic: Topic, audience: Audience, words: &'static str) -> Told {
    Told { topic, audience, acts: true, words }
}

const fn remind(wait: Wait, audience: A, words: &'static str) -> Told {
    Told { topic: Topic::Reminder(wait), audience, acts: true, words }
}

/// Everything that anybody is told. Who belongs to several audiences is told once, by the first.
pub const TABLE: &[Told] = &[
    must(E::Submit, A::Managers, "申請已送件，等待審核"),
    must(E::Return, A::Applicant, "簽核申請單已退回，請依退回原因重新核章並上傳"),
    must(E::AskSupplement, A::Applicant, "申請資料需補件，請依補件說明修改後送出審核"),
    must(E::Resubmit, A::Managers, "補件已送出，等待審核"),
    know(E::Correct, A::Applicant, "個管組已更正案件內容，更正前後與原因請見案件"),
    know(E::Receive, A::Applicant, "申請已收件，等待派案"),
    must(E::Receive, A::Supervisors, "案件已收件，等待派案"),
    know(E::Decline, A::Applicant, "審核後不開案，原因請見案件流程"),
    know(E::Dispatch, A::Applicant, "已派案，專業輔導人員開始服務"),
    must(E::Dispatch, A::Joined, "案件已派給您，請開始服務"),
    must(E::Reassign, A::Joined, "案件已改派給您，請開始服務"),
    know(E::Reassign, A::Left, "案件已改派其他人員，不再由您服務"),
    must(E::ProposeClosing, A::Supervisors, "專業輔導人員申請結案，等待核定"),
    must(E::SendClosingBack, A::Serving, "結案申請已退回，請依退回原因處理"),
    know(E::Close, A::Applicant, "服務完成，已結案"),
    know(E::Close, A::Serving, "結案申請已核定，已結案"),
    know(E::Reopen, A::Applicant, "案件重新開案，繼續服務"),
    must(E::Reopen, A::Serving, "案件重新開案，請繼續服務"),
    know(E::Withdraw, A::Applicant, "案件已由個管組撤案，原因請見案件流程"),
    know(E::Withdraw, A::ManagersOnceSubmitted, "案件已撤案，不需再審核"),
    must(E::HandOver, A::Applicant, "案件已移交給您，請接續辦理"),
    house(Topic::Account, A::Managers, "有人註冊帳號並已確認信箱，等待啟用"),
    house(Topic::Disposal, A::Archivists, "案件已提請銷毀，等待另一位檔案管理人員核准或不核准"),
    house(Topic::Fixity, A::Archivists, "檢查原件時發現問題，請查看並依說明修復"),
    house(Topic::Fixity, A::Administrators, "檢查原件時發現問題，請查看並依說明修復"),
    house(Topic::Mail, A::Administrators, "有郵件多次寄送失敗而放棄，請查看原因"),
    house(Topic::Review, A::Administrators, "有帳號已到清查期限，請逐一確認是否仍需使用"),
    remind(Wait::Seal, A::Applicant, "申請單已列印一段時間，請完成核章並上傳"),
    remind(Wait::Supplement, A::Applicant, "補件尚未送出，請依補件說明修改後送出審核"),
    remind(Wait::Review, A::Managers, "申請已送件一段時間，請審核"),
    house(Topic::SealAnew, A::Managers, "案件收件後已更正，須重新核章，請申請人補件"),
    remind(Wait::Dispatch, A::Supervisors, "案件已收件一段時間，請派案"),
    remind(Wait::Closing, A::Supervisors, "結案申請已等待一段時間，請核准或退回"),
    remind(Wait::Account, A::Managers, "註冊的帳號已等待一段時間，請啟用或不啟用"),
    remind(Wait::Record, A::Serving, "服務中的案件已有一段時間沒有新的服務紀錄，請補上紀錄或申請結案"),
    remind(Wait::Disposal, A::Archivists, "提請銷毀的案件已等待一段時間，請核准或不核准"),
];

/// The rows of a topic, in order.
pub fn of(topic: Topic) -> impl Iterator<Item = &'static Told> {
    TABLE.iter().filter(move |told| told.topic == topic)
}

/// The row of a notice that was written; none if the table doesn't have it any more.
#[must_use]
pub fn row(topic: Topic, audience: Audience) -> Option<&'static Told> {
    of(topic).find(|told| told.audience == audience)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_tells_whom_it_concerns() {
        let told = |event| of(Topic::Event(event)).map(|row| (row.audience, row.acts)).collect::<Vec<_>>();
        for event in Event::ALL {
            let expected: &[(A, bool)] = match event {
                E::Open | E::Edit | E::Print | E::Review | E::Record => &[],
                E::Submit | E::Resubmit => &[(A::Managers, true)],
                E::Return | E::AskSupplement | E::HandOver => &[(A::Applicant, true)],
                E::Receive => &[(A::Applicant, false), (A::Supervisors, true)],
                E::Correct | E::Decline => &[(A::Applicant, false)],
                E::Dispatch => &[(A::Applicant, false), (A::Joined, true)],
                E::Reassign => &[(A::Joined, true), (A::Left, false)],
                E::ProposeClosing => &[(A::Supervisors, true)],
                E::SendClosingBack => &[(A::Serving, true)],
                E::Close => &[(A::Applicant, false), (A::Serving, false)],
                E::Reopen => &[(A::Applicant, false), (A::Serving, true)],
                E::Withdraw => &[(A::Applicant, false), (A::ManagersOnceSubmitted, false)],
            };
            assert_eq!(told(event), expected, "{event}");
        }
    }

    #[test]
    fn reminders_go_to_whom_it_waits_for() {
        for wait in Wait::ALL {
            let expected = match wait {
                Wait::Seal | Wait::Supplement => A::Applicant,
                Wait::Review | Wait::Account => A::Managers,
                Wait::Dispatch | Wait::Closing => A::Supervisors,
                Wait::Record => A::Serving,
                Wait::Disposal => A::Archivists,
            };
            let told: Vec<_> = of(Topic::Reminder(wait)).map(|row| row.audience).collect();
            assert_eq!(told, [expected], "{wait}");
        }
    }

    #[test]
    fn the_house_tells_archivists_and_administrators() {
        let told = |topic| of(topic).map(|row| (row.audience, row.acts)).collect::<Vec<_>>();
        assert_eq!(told(Topic::Disposal), [(A::Archivists, true)]);
        assert_eq!(told(Topic::Fixity), [(A::Archivists, true), (A::Administrators, true)]);
        assert_eq!(told(Topic::Mail), [(A::Administrators, true)]);
        assert_eq!(told(Topic::Review), [(A::Administrators, true)]);
        assert_eq!(told(Topic::SealAnew), [(A::Managers, true)], "who can ask for a new seal");
        // Administrators see no case: they are told of none.
        let cases = TABLE.iter().filter(|row| matches!(row.topic, Topic::Event(_) | Topic::Reminder(_)));
        assert!(cases.into_iter().all(|row| row.audience != A::Administrators));
        for (topic, place) in [
            (Topic::Disposal, "/retention"),
            (Topic::Reminder(Wait::Disposal), "/retention"),
            (Topic::Reminder(Wait::Record), "/cases/1150000123"),
            (Topic::SealAnew, "/cases/1150000123"),
            (Topic::Event(Event::Submit), "/cases/1150000123"),
        ] {
            assert_eq!(topic.place(Some("1150000123")), place);
        }
        assert_eq!(Topic::Reminder(Wait::Account).place(None), "/accounts/waiting");
    }

    #[test]
    fn names_are_read_back_and_rows_are_found_again() {
        for told in TABLE {
            assert_eq!(told.topic.to_string().parse(), Ok(told.topic));
            assert_eq!(told.audience.as_str().parse(), Ok(told.audience));
            assert_eq!(row(told.topic, told.audience).map(|row| row.words), Some(told.words));
            assert!(!told.topic.label().is_empty() && !told.words.ends_with('。'), "{}", told.words);
        }
        assert!("reminder_nothing".parse::<Topic>().is_err());
        assert!("everybody".parse::<Audience>().is_err());
    }
}
