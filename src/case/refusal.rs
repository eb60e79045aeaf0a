//! Why a step was refused: state, event and reason by name, in words for the person and for the log.

use std::fmt;

use super::event::Event;
use super::role::Role;
use super::state::State;

/// A refused step. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The state in which it was tried.
    pub state: State,
    /// What was tried.
    pub event: Event,
    /// Why not.
    pub why: Why,
}

/// The reason of a refusal, with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The event isn't possible in this state.
    State {
        /// Where it would be possible.
        allowed: Vec<State>,
    },
    /// None of the person's roles may do this.
    Role {
        /// Which roles may.
        needed: Vec<Role>,
    },
    /// The account isn't bound to a school yet.
    NoSchool,
    /// The case belongs to someone else.
    NotOwn,
    /// Required fields are empty; their labels.
    MissingFields(Vec<String>),
    /// The service item needs a subject and there is none.
    NoSubject,
    /// More than one subject.
    ManySubjects,
    /// The service item takes no subject, or already has one.
    SubjectTaken,
    /// Required attachments are missing; their labels.
    MissingAttachments(Vec<String>),
    /// Nothing has been printed.
    NotPrinted,
    /// The record changed after the newest print; labels of what changed.
    Stale(Vec<String>),
    /// The scan shows an older revision.
    OldRevision {
        /// On the paper.
        scanned: u16,
        /// The newest.
        newest: u16,
    },
    /// There is no accepted scan.
    NoScan,
    /// The case has no scan with this identifier.
    UnknownScan(String),
    /// All seal boxes look empty and the person hasn't confirmed that it is sealed.
    EmptySealsUnconfirmed,
    /// A reason is needed.
    NoReason,
    /// Nothing was named that may change.
    NothingReopened,
    /// This field or document isn't among those that were reopened; its label.
    NotReopened(String),
    /// Reopened items without an answer; their labels.
    Unanswered(Vec<String>),
    /// Attachments not reviewed or not found good.
    UnreviewedAttachments(usize),
    /// A correction says that the form must be signed again.
    SealAnew,
    /// The scan was handed in before, and sent back or replaced; or another was asked for after it came.
    ReturnedScan,
    /// The signed form has no verdict, or not a good one.
    NoVerdict,
    /// The school lies in another zone.
    OtherZone,
    /// Nobody was chosen.
    NoProfessional,
    /// Nobody chosen has a profession that the case asks for, and there is no reason.
    ProfessionUnfit,
    /// The professional doesn't serve this case.
    NotAssigned,
    /// No closing reason, or 其他 without text.
    NoClosingReason,
    /// No summary.
    NoSummary,
    /// No closing was proposed.
    NotProposed,
    /// A closing was proposed already and waits for the supervisor.
    AlreadyProposed,
    /// The same person proposed it.
    SamePerson,
    /// The colleague isn't an applicant of the same school.
    NoColleague,
    /// The case has no subject that could be corrected.
    NothingToCorrect,
    /// Somebody else changed the case in the meantime.
    Changed,
}

impl Refused {
    /// What happened and what to do, for the person, in Traditional Chinese.
    #[must_use]
    pub fn words(&self) -> String {
        let head = format!("案件狀態為「{}」，無法「{}」：", self.state.label(), self.event.label());
        head + &self.why.words()
    }
}

impl Why {
    /// A stable name for the API and the log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::State { .. } => "wrong-state",
            Self::Role { .. } => "wrong-role",
            Self::NoSchool => "no-school",
            Self::NotOwn => "not-own-case",
            Self::MissingFields(_) => "missing-fields",
            Self::NoSubject => "no-subject",
            Self::ManySubjects => "many-subjects",
            Self::SubjectTaken => "subject-taken",
            Self::MissingAttachments(_) => "missing-attachments",
            Self::NotPrinted => "not-printed",
            Self::Stale(_) => "stale-print",
            Self::OldRevision { .. } => "stale-revision",
            Self::NoScan => "no-scan",
            Self::UnknownScan(_) => "unknown-scan",
            Self::EmptySealsUnconfirmed => "empty-seals-unconfirmed",
            Self::NoReason => "no-reason",
            Self::NothingReopened => "nothing-reopened",
            Self::NotReopened(_) => "not-reopened",
            Self::Unanswered(_) => "unanswered",
            Self::UnreviewedAttachments(_) => "unreviewed-attachments",
            Self::SealAnew => "seal-anew",
            Self::ReturnedScan => "returned-scan",
            Self::NoVerdict => "no-verdict",
            Self::OtherZone => "other-zone",
            Self::NoProfessional => "no-professional",
            Self::ProfessionUnfit => "profession-unfit",
            Self::NotAssigned => "not-assigned",
            Self::NoClosingReason => "no-closing-reason",
            Self::NoSummary => "no-summary",
            Self::NotProposed => "not-proposed",
            Self::AlreadyProposed => "already-proposed",
            Self::SamePerson => "same-person",
            Self::NoColleague => "no-colleague",
            Self::NothingToCorrect => "nothing-to-correct",
            Self::Changed => "changed-meanwhile",
        }
    }

    /// Whether the case has moved on: it may have taken the step when a page was opened, and neither what was typed there
    /// nor who typed it is to blame.
    #[must_use]
    pub fn moved_on(&self) -> bool {
        matches!(
            self,
            Self::State { .. }
                | Self::SubjectTaken
                | Self::NotReopened(_)
                | Self::SealAnew
                | Self::NotAssigned
                | Self::NotProposed
                | Self::AlreadyProposed
                | Self::NothingToCorrect
                | Self::Changed
        )
    }

    /// The reason and what to do, for the person, in Traditional Chinese.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::State { allowed } => {
                format!("此步驟只能在「{}」時進行。", labels(allowed.iter().map(|s| s.label())))
            }
            Self::Role { needed } => format!("此步驟須由{}進行。", labels(needed.iter().map(|r| r.label()))),
            Self::NoSchool => "帳號尚未綁定學校，請先選擇您服務的學校。".into(),
            Self::NotOwn => "這不是您申請的案件。".into(),
            Self::MissingFields(fields) => {
                format!("下列必填欄位尚未填寫：{}。請填寫後再試一次。", fields.join("、"))
            }
            Self::NoSubject => "尚未新增服務對象，請先到「對象」新增一位。".into(),
            Self::ManySubjects => "1 個案件以 1 位對象為限，請先刪除多餘的對象。".into(),
            Self::SubjectTaken => "1 個案件以 1 位對象為限；此案件不能再新增對象。".into(),
            Self::MissingAttachments(names) => {
                format!("尚缺檢附資料：{}。請上傳後再試一次。", names.join("、"))
            }
            Self::NotPrinted => "申請單尚未列印，請先列印申請單並核章。".into(),
            Self::Stale(fields) => {
                format!("列印之後資料已修改（{}），請重新列印申請單並核章。", fields.join("、"))
            }
            Self::OldRevision { scanned, newest } => {
                format!("這份掃描是第 {scanned} 版申請單，最新為第 {newest} 版。請列印最新版，核章後再上傳。")
            }
            Self::NoScan => "尚未上傳可接受的簽核申請單掃描檔。".into(),
            Self::UnknownScan(id) => {
                format!("此案件沒有編號「{id}」的掃描檔，請重新上傳簽核申請單後再送件。")
            }
            Self::EmptySealsUnconfirmed => {
                "所有核章欄看起來都是空白的。若確實已核章，請勾選確認後再送件。".into()
            }
            Self::NoReason => "請填寫原因。".into(),
            Self::NothingReopened => "請至少選擇一項需補件的欄位或文件。".into(),
            Self::NotReopened(label) => format!("「{label}」不在此次補件的範圍內，不能修改。"),
            Self::Unanswered(items) => format!("下列補件項目尚未完成：{}。", items.join("、")),
            Self::UnreviewedAttachments(count) => format!("還有 {count} 件檢附資料未核閱或需補件。"),
            Self::SealAnew => {
                "資料更正後須重新核章：由個管組請申請人補件，收件前也可以退回核章。".into()
            }
            Self::ReturnedScan => {
                "這份掃描檔先前已退回、被取代，或是在要求重新上傳之前傳來的；請將核章後的申請單重新掃描，再上傳一次。".into()
            }
            Self::NoVerdict => "簽核申請單還有核章欄未核閱，或需補件。".into(),
            Self::OtherZone => "這個案件不在您的督導分區。".into(),
            Self::NoProfessional => "請至少選擇一位專業輔導人員。".into(),
            Self::ProfessionUnfit => "所選人員與轉介需求不符，請改選或填寫原因。".into(),
            Self::NotAssigned => "您不是此案件的服務人員。".into(),
            Self::NoClosingReason => "請選擇結案原因；選「其他」時請說明。".into(),
            Self::NoSummary => "請填寫結案摘要。".into(),
            Self::NotProposed => "專業輔導人員尚未申請結案。".into(),
            Self::AlreadyProposed => "已申請結案，等待分區督導核准。".into(),
            Self::SamePerson => "申請結案的人不能自行核准。".into(),
            Self::NoColleague => "只能移交給同校的申請人。".into(),
            Self::NothingToCorrect => {
                "這個案件沒有服務對象，不能更正；需要新增對象時，請先退回核章，由申請人新增。".into()
            }
            Self::Changed => "案件剛才已被修改，您的操作沒有生效。請重新整理後再試一次。".into(),
        }
    }
}

fn labels<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join("、")
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused in state {}: {}", self.event, self.state, self.why.code())
    }
}

impl std::error::Error for Refused {}
