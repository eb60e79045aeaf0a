//! The record as it is printed, frozen with each revision, and what changed between two of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fields::{FieldSpec, Value, Values};
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address; may be empty.
    pub email: String,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(redacted)")
    }
}

/// One attachment in the form's list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A file's name may tell whose it is.
impl fmt::Debug for AttachmentLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentLine").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// One thing that differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The label of the field, in the form's words.
    pub label: String,
    /// What was printed; empty where there was nothing.
    pub before: String,
    /// What the record says now; empty where there is nothing.
    pub after: String,
}

impl Snapshot {
    /// What a reader of `self` would find changed in `now`: what makes a print stale.
    /// The day of printing doesn't count.
    #[must_use]
    pub fn changed(&self, now: &Self, service: &ServiceSpec) -> Vec<Changed> {
        let mut changed = Vec::new();
        let mut note = |label: &str, before: String, after: String| {
            if before != after {
                changed.push(Changed { label: label.to_owned(), before, after });
            }
        };
        note("單位名稱", self.organisation.name.clone(), now.organisation.name.clone());
        note("學校", self.school.describe(), now.school.describe());
        note("申請人", self.applicant.name.clone(), now.applicant.name.clone());
        note("信箱", self.applicant.email.clone(), now.applicant.email.clone());
        for spec in &service.fields {
            note(&spec.label, answer(Some(&self.content), spec), answer(Some(&now.content), spec));
        }
        if self.subject.is_some() || now.subject.is_some() {
            for spec in subject::FIELDS.iter() {
                let label = format!("對象 {}", spec.label);
                note(&label, answer(self.subject.as_ref(), spec), answer(now.subject.as_ref(), spec));
            }
        }
        let lines = |snapshot: &Self| {
            let lines =
                snapshot.attachments.iter().map(|a| format!("{} {}（{}）", a.category, a.name, a.digest));
            lines.collect::<Vec<_>>().join("、")
        };
        note("檢附資料", lines(self), lines(now));
        let seals = |snapshot: &Self| {
            snapshot.seals.iter().map(|seal| seal.label.as_str()).collect::<Vec<_>>().join("、")
        };
        note("核章欄", seals(self), seals(now));
        changed
    }
}

impl SchoolHead {
    fn describe(&self) -> String {
        format!("{} {}（{}）", self.district, self.name, self.stage_label)
    }
}

fn answer(values: Option<&Values>, spec: &FieldSpec) -> String {
    values.and_then(|values| values.get(&spec.id)).map(Value::display).unwrap_or_default()
}
