//! A case as JSON: the record, what is asked for, who serves it, and what the reader may do now.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::case::event::Event;
use crate::case::fields::Value;
use crate::case::national_id;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::steps::{Dossier, StepError};
use crate::store::cases::{Case, Subject};

use super::answers::Answer;
use super::flow::FlowLine;
use super::names::{Named, StateName, moment};
use super::papers::{AttachmentLine, PrintLine, ScanLine};
use super::waiting::{Closing, Offered, ReviewItem, Supplement, offered, review};

/// What a list tells of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseLine {
    /// 案件編號.
    number: String,
    /// The service item.
    service: Named,
    /// Where it stands.
    state: StateName,
    /// Since when it stands there.
    #[schema(format = DateTime)]
    since: String,
    /// The school at which it was opened.
    school: School,
    /// The applicant.
    applicant: Applicant,
    /// When it was opened.
    #[schema(format = DateTime)]
    opened_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    changed_at: String,
    /// The version: what a step that changes the case wants to know.
    version: i64,
}

/// A school.
#[derive(Debug, Serialize, ToSchema)]
pub struct School {
    /// Six characters of the ministry's list.
    code: String,
    /// The name.
    name: String,
    /// 行政區.
    district: String,
    /// 學制.
    stage: Named,
}

/// Who applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct Applicant {
    /// The name.
    name: String,
    /// The address; may be empty.
    email: String,
}

impl CaseLine {
    pub fn new(case: &Case, service: &str) -> Self {
        let school = &case.school;
        Self {
            number: case.number.clone(),
            service: Named::new(&case.service, service),
            state: case.standing.state().into(),
            since: moment(case.state_at),
            school: School {
                code: school.code.clone(),
                name: school.name.clone(),
                district: school.district.clone(),
                stage: Named::new(school.stage.as_str(), school.stage.label()),
            },
            applicant: Applicant { name: case.applicant_name.clone(), email: case.applicant_email.clone() },
            opened_at: moment(case.opened_at),
            changed_at: moment(case.changed_at),
            version: case.version,
        }
    }
}

/// A case with everything that the reader may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseRecord {
    #[serde(flatten)]
    case: CaseLine,
    /// The content tab, by field id.
    #[schema(value_type = BTreeMap<String, Answer>)]
    content: BTreeMap<String, Value>,
    /// 對象.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectRecord>,
    /// Oldest first.
    attachments: Vec<AttachmentLine>,
    /// Newest first.
    prints: Vec<PrintLine>,
    /// Newest first.
    scans: Vec<ScanLine>,
    /// Who serves the case.
    staff: Vec<Staff>,
    /// The supplement that waits for the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    supplement: Option<Supplement>,
    /// The proposal to close the case that waits for the supervisor.
    #[serde(skip_serializing_if = "Option::is_none")]
    closing: Option<Closing>,
    /// What is to be judged, for a reader who may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    review: Vec<ReviewItem>,
    /// 流程, newest first.
    flow: Vec<FlowLine>,
    /// What the reader may do now.
    events: Vec<Offered>,
}

impl CaseRecord {
    pub fn new(dossier: &Dossier, actor: &Actor) -> Result<Self, StepError> {
        Ok(Self {
            case: CaseLine::new(&dossier.case, &dossier.service.title),
            content: dossier.case.content.clone(),
            subject: dossier.subject().map(|subject| SubjectRecord::new(dossier, subject, actor)),
            attachments: dossier.attachments.iter().map(|one| AttachmentLine::new(dossier, one)).collect(),
            prints: dossier.prints.iter().map(|one| PrintLine::new(dossier, one)).collect(),
            scans: dossier.scans.iter().map(|one| ScanLine::new(dossier, one)).collect::<Result<_, _>>()?,
            staff: dossier
                .staff
                .iter()
                .map(|one| Staff {
                    id: one.person_id.clone(),
                    name: one.name.clone(),
                    profession: one.profession.clone(),
                    since: moment(one.since),
                })
                .collect(),
            supplement: Supplement::of(dossier),
            closing: Closing::of(dossier).filter(|_| dossier.records_for(actor).is_some()),
            review: if dossier.may(Event::Review, actor) { review(dossier) } else { Vec::new() },
            flow: dossier.flow.iter().map(FlowLine::from).collect(),
            events: offered(dossier, actor),
        })
    }
}

/// 對象.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubjectRecord {
    /// The identifier.
    id: String,
    /// The answers, by field id. The number of the document is masked unless the reader's work needs it.
    #[schema(value_type = BTreeMap<String, Answer>)]
    answers: BTreeMap<String, Value>,
}

impl SubjectRecord {
    fn new(dossier: &Dossier, subject: &Subject, actor: &Actor) -> Self {
        let mut answers = subject.answers.clone();
        // Whoever may change the number now has to read it whole; everybody else has the printed form for that.
        let corrects = Request::new(Event::Correct).because("?");
        let needed = dossier.may(Event::Edit, actor) || dossier.judge(&corrects, actor).is_ok();
        if let (false, Some(Value::Text(number))) = (needed, answers.get_mut("id_number")) {
            *number = national_id::mask(number);
        }
        Self { id: subject.id.clone(), answers }
    }
}

/// A professional who serves the case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Staff {
    /// The account.
    id: String,
    /// The name.
    name: String,
    /// 心理師 or 社工師; may be empty.
    profession: String,
    /// Since when.
    #[schema(format = DateTime)]
    since: String,
}
