//! The record as it is printed, frozen with each revision, and what changed between two of them.

use serde::{Deserialize, Serialize};

use super::fields::{FieldSpec, Values};
use super::service::{SealBox, ServiceSpec};
use super::subject;

/// Everything that a form template can see. Kept as JSON with each print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Who runs the service.
    pub organisation: Organisation,
    /// The case.
    pub case: CaseHead,
    /// The applicant's school.
    pub school: SchoolHead,
    /// The applicant.
    pub applicant: Person,
    /// The day of the print, `YYYY-MM-DD`.
    pub printed_on: String,
    /// The content tab.
    pub content: Values,
    /// The subject, where the service item has one.
    pub subject: Option<Values>,
    /// The attachments.
    pub attachments: Vec<AttachmentLine>,
    /// The seal boxes.
    pub seals: Vec<SealBox>,
}

/// The organisation's part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// The name on the form's head.
    pub name: String,
}

/// The case's part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseHead {
    /// The case number.
    pub number: String,
    /// The service item's id.
    pub service: String,
}

/// The school's part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolHead {
    /// Six characters.
    pub code: String,
    /// The name.
    pub name: String,
    /// The district.
    pub district: String,
    /// The stage's name in files.
    pub stage: String,
    /// The stage as people read it.
    pub stage_label: String,
}

/// A person's part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address; may be empty.
    pub email: String,
}

/// One attachment in the form's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentLine {
    /// The category's label.
    pub category: String,
    /// The file's name.
    pub name: String,
    /// The first 12 hex digits of its SHA-256.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: i64,
}

impl Snapshot {
    /// Labels of what a reader of `self` would find changed in `now`: the fields that make a print stale.
    /// The day of printing doesn't count.
    #[must_use]
    pub fn changed(&self, now: &Self, service: &ServiceSpec) -> Vec<String> {
        let mut changed = Vec::new();
        let mut note = |differs: bool, label: &str| {
            if differs {
                changed.push(label.to_owned());
            }
        };
        note(self.organisation != now.organisation, "單位名稱");
        note(self.school != now.school, "學校");
        note(self.applicant.name != now.applicant.name, "申請人");
        note(self.applicant.email != now.applicant.email, "信箱");
        for label in changed_fields(&service.fields, &self.content, &now.content) {
            note(true, &label);
        }
        match (&self.subject, &now.subject) {
            (None, None) => {}
            (Some(before), Some(after)) => {
                for label in changed_fields(&subject::FIELDS, before, after) {
                    note(true, &format!("對象 {label}"));
                }
            }
            _ => note(true, "服務對象"),
        }
        note(self.attachments != now.attachments, "檢附資料");
        note(self.seals != now.seals, "核章欄");
        changed
    }
}

fn changed_fields(specs: &[FieldSpec], before: &Values, after: &Values) -> Vec<String> {
    specs.iter().filter(|spec| before.get(&spec.id) != after.get(&spec.id)).map(|spec| spec.label.clone()).collect()
}
