//! What the rules look at: the facts of the case, and what the person brings along.

use super::event::Event;
use super::ids::{Malformed, Revision};
use super::lifecycle::Need;
use super::refusal::Why;
use super::role::Actor;
use super::service::SubjectNeed;
use super::state::State;

/// The facts of a case that the rules judge by. Collected by the step, inside its transaction.
#[derive(Clone, Debug)]
pub struct CaseFacts {
    /// Where the case stands.
    pub state: State,
    /// The account of the applicant.
    pub applicant: String,
    /// The zone of the case's school.
    pub zone: Option<String>,
    /// Labels of required fields without an answer, subject's included.
    pub missing_fields: Vec<String>,
    /// Whether the service item needs a subject.
    pub subject_need: SubjectNeed,
    /// Subjects that aren't deleted.
    pub subjects: usize,
    /// Labels of required attachments that are missing.
    pub missing_attachments: Vec<String>,
    /// The newest printed revision.
    pub newest: Option<Revision>,
    /// Labels of what changed since the newest print.
    pub changed_since_print: Vec<String>,
    /// Whether a scan of the newest revision is bound or at hand.
    pub sealed_revision: Option<Revision>,
    /// Attachments not reviewed or not found good.
    pub unreviewed_attachments: usize,
    /// Whether a correction says that the form must be signed again.
    pub seal_anew: bool,
    /// Whether the signed form was found good.
    pub form_verdict: bool,
    /// Labels of reopened items without an answer.
    pub unanswered: Vec<String>,
    /// Labels of the professions that the case asks for.
    pub professions: Vec<String>,
    /// Accounts of the professionals who serve it.
    pub assigned: Vec<String>,
    /// Who proposed the closing.
    pub closing_proposed_by: Option<String>,
}

/// An accepted scan that the person wants to submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanFacts {
    /// The revision on the paper.
    pub revision: Revision,
    /// Whether every box looks empty.
    pub all_empty: bool,
    /// Whether the person said that it is sealed all the same.
    pub confirmed: bool,
}

/// A professional chosen for dispatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The account.
    pub id: String,
    /// 心理師 or 社工師.
    pub profession: String,
}

/// Why a case is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingReason {
    /// 主訴改善
    Improved,
    /// 症狀緩解回歸學校
    BackToSchool,
    /// 已連結資源
    ResourcesLinked,
    /// 結業、畢業或轉學外縣市
    LeftSchool,
    /// 其他, with text
    Other,
}

impl ClosingReason {
    /// The name in databases, forms and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::BackToSchool => "back-to-school",
            Self::ResourcesLinked => "resources-linked",
            Self::LeftSchool => "left-school",
            Self::Other => "other",
        }
    }

    /// All reasons in the order of the page.
    pub const ALL: [Self; 5] =
        [Self::Improved, Self::BackToSchool, Self::ResourcesLinked, Self::LeftSchool, Self::Other];

    /// The label that users see.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Improved => "主訴改善",
            Self::BackToSchool => "症狀緩解回歸學校",
            Self::ResourcesLinked => "已連結資源",
            Self::LeftSchool => "結業、畢業或轉學外縣市",
            Self::Other => "其他",
        }
    }
}

impl std::str::FromStr for ClosingReason {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| Malformed(format!("no such closing reason: {text:?}")))
    }
}

/// What a person asks for, with what they bring along.
#[derive(Clone, Debug)]
pub struct Request {
    /// What shall happen.
    pub event: Event,
    /// The reason in words, or the 補件說明.
    pub reason: Option<String>,
    /// The scan to submit.
    pub scan: Option<ScanFacts>,
    /// Labels of the items that reopen.
    pub reopen: Vec<String>,
    /// The professionals chosen.
    pub professionals: Vec<Chosen>,
    /// Why the case is closed.
    pub closing: Option<ClosingReason>,
    /// The closing summary.
    pub summary: Option<String>,
    /// Whether the colleague is an applicant of the same school.
    pub colleague_fits: bool,
}

impl Request {
    /// A request that brings nothing along.
    #[must_use]
    pub fn new(event: Event) -> Self {
        Self {
            event,
            reason: None,
            scan: None,
            reopen: Vec::new(),
            professionals: Vec::new(),
            closing: None,
            summary: None,
            colleague_fits: false,
        }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    fn has_reason(&self) -> bool {
        filled(self.reason.as_deref())
    }

    /// Why `need` isn't met, or nothing if it is.
    pub(super) fn unmet(&self, need: Need, case: &CaseFacts, actor: &Actor) -> Option<Why> {
        let unless = |met: bool, why: Why| if met { None } else { Some(why) };
        match need {
            Need::OwnCase => unless(case.applicant == actor.id, Why::NotOwn),
            Need::RequiredFields => {
                unless(case.missing_fields.is_empty(), Why::MissingFields(case.missing_fields.clone()))
            }
            Need::Subject => match (case.subject_need, case.subjects) {
                (SubjectNeed::Required, 0) => Some(Why::NoSubject),
                (SubjectNeed::None, 0) | (SubjectNeed::Optional, 0 | 1) | (SubjectNeed::Required, 1) => None,
                (_, _) => Some(Why::ManySubjects),
            },
            Need::RequiredAttachments => unless(
                case.missing_attachments.is_empty(),
                Why::MissingAttachments(case.missing_attachments.clone()),
            ),
            Need::ScanOfNewest => self.scan_unfit(case),
            Need::Reason => unless(self.has_reason(), Why::NoReason),
            Need::ReopenedItems => unless(!self.reopen.is_empty(), Why::NothingReopened),
            Need::ItemsAnswered => {
                unless(case.unanswered.is_empty(), Why::Unanswered(case.unanswered.clone()))
            }
            Need::FreshSeal if self.scan.is_some() => self.scan_unfit(case),
            Need::FreshSeal => match (case.newest, case.sealed_revision) {
                (None, _) => Some(Why::NotPrinted),
                _ if !case.changed_since_print.is_empty() => {
                    Some(Why::Stale(case.changed_since_print.clone()))
                }
                (Some(newest), Some(sealed)) if newest == sealed => None,
                (Some(newest), Some(sealed)) => {
                    Some(Why::OldRevision { scanned: sealed.get(), newest: newest.get() })
                }
                (Some(_), None) => Some(Why::NoScan),
            },
            Need::AttachmentsReviewed => unless(
                case.unreviewed_attachments == 0,
                Why::UnreviewedAttachments(case.unreviewed_attachments),
            ),
            Need::SealStands => unless(!case.seal_anew, Why::SealAnew),
            Need::FormVerdict => unless(case.form_verdict, Why::NoVerdict),
            Need::OwnZone => unless(case.zone.is_some() && case.zone == actor.zone, Why::OtherZone),
            Need::Professionals => {
                let fits = case.professions.is_empty()
                    || self.professionals.iter().any(|p| case.professions.contains(&p.profession));
                if self.professionals.is_empty() {
                    Some(Why::NoProfessional)
                } else {
                    unless(fits || self.has_reason(), Why::ProfessionUnfit)
                }
            }
            Need::Assigned => unless(case.assigned.contains(&actor.id), Why::NotAssigned),
            Need::ClosingReason => match self.closing {
                None => Some(Why::NoClosingReason),
                Some(ClosingReason::Other) if !self.has_reason() => Some(Why::NoClosingReason),
                Some(_) => unless(filled(self.summary.as_deref()), Why::NoSummary),
            },
            Need::Proposed => unless(case.closing_proposed_by.is_some(), Why::NotProposed),
            Need::ProposedByAnother => match &case.closing_proposed_by {
                None => Some(Why::NotProposed),
                Some(id) => unless(*id != actor.id, Why::SamePerson),
            },
            Need::Colleague => unless(self.colleague_fits, Why::NoColleague),
        }
    }

    fn scan_unfit(&self, case: &CaseFacts) -> Option<Why> {
        let Some(newest) = case.newest else { return Some(Why::NotPrinted) };
        let Some(scan) = self.scan else { return Some(Why::NoScan) };
        if scan.revision != newest {
            return Some(Why::OldRevision { scanned: scan.revision.get(), newest: newest.get() });
        }
        if !case.changed_since_print.is_empty() {
            return Some(Why::Stale(case.changed_since_print.clone()));
        }
        if scan.all_empty && !scan.confirmed { Some(Why::EmptySealsUnconfirmed) } else { None }
    }
}

fn filled(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}
