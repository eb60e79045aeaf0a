//! What the record says now, what a print says, and what differs: corrections that need no new seal count as said.

use std::collections::BTreeSet;

use crate::case::snapshot::{AttachmentLine, CaseHead, Changed, Organisation, Person, SchoolHead, Snapshot};
use crate::store::papers::{Attachment, Print};

use super::Dossier;

impl Dossier {
    /// The record as it would be printed on `today` (`YYYY-MM-DD`).
    #[must_use]
    pub fn snapshot(&self, today: &str) -> Snapshot {
        let school = &self.case.school;
        Snapshot {
            organisation: Organisation { name: self.organisation.clone() },
            case: CaseHead { number: self.case.number.clone(), service: self.case.service.clone() },
            school: SchoolHead {
                code: school.code.clone(),
                name: school.name.clone(),
                district: school.district.clone(),
                stage: school.stage.as_str().into(),
                stage_label: school.stage.label().into(),
            },
            applicant: Person {
                name: self.case.applicant_name.clone(),
                email: self.case.applicant_email.clone(),
            },
            printed_on: today.to_owned(),
            content: self.case.content.clone(),
            subject: self.subject().map(|subject| subject.answers.clone()),
            attachments: self.attachments.iter().map(|attachment| self.line(attachment)).collect(),
            seals: self.service.seal_boxes(school.stage).to_vec(),
        }
    }

    fn line(&self, attachment: &Attachment) -> AttachmentLine {
        let category = self.service.attachment(&attachment.category);
        AttachmentLine {
            category: category.map_or(attachment.category.as_str(), |c| c.label.as_str()).to_owned(),
            name: attachment.file_name.clone(),
            digest: attachment.digest.short(),
            bytes: attachment.bytes,
        }
    }

    /// What changed since the newest print; empty when nothing did or nothing was printed.
    #[must_use]
    pub fn changed_since_print(&self) -> Vec<Changed> {
        self.newest_print().map(|print| self.changed_since(print)).unwrap_or_default()
    }

    /// What changed since this print.
    #[must_use]
    pub fn changed_since(&self, print: &Print) -> Vec<Changed> {
        let now = self.snapshot(&print.snapshot.printed_on);
        self.accepted(print, &now).changed(&now, &self.service)
    }

    /// What a print says, with the corrections since that need no new seal. While a signed scan is bound,
    /// what isn't in the applicant's hands (names of organisation, school and applicant) doesn't count.
    fn accepted(&self, print: &Print, now: &Snapshot) -> Snapshot {
        let mut said = print.snapshot.clone();
        if self.case.standing.scan().is_some() {
            said.organisation = now.organisation.clone();
            said.school = now.school.clone();
            said.applicant = now.applicant.clone();
        }
        let to_seal = self.fields_to_seal(print);
        let since = self.corrections.iter().filter(|c| c.at >= print.printed_at && !c.seal_anew);
        let accepted = since
            .flat_map(|correction| &correction.changes)
            .filter(|change| !to_seal.contains(&(change.place.as_str(), change.field.as_str())));
        for change in accepted {
            let values = match change.place.as_str() {
                "subject" => said.subject.as_mut(),
                _ => Some(&mut said.content),
            };
            match (values, &change.after) {
                (Some(values), Some(after)) => drop(values.insert(change.field.clone(), after.clone())),
                (Some(values), None) => drop(values.remove(&change.field)),
                (None, _) => {}
            }
        }
        said
    }

    /// The fields, by place and id, that a correction since this print says must be signed again.
    fn fields_to_seal(&self, print: &Print) -> BTreeSet<(&str, &str)> {
        let since = self.corrections.iter().filter(|c| c.at >= print.printed_at && c.seal_anew);
        let changes = since.flat_map(|correction| &correction.changes);
        changes.map(|change| (change.place.as_str(), change.field.as_str())).collect()
    }

    /// Whether the bound scan's paper says something that was corrected and must be signed again.
    #[must_use]
    pub fn wants_new_seal(&self) -> bool {
        let Some(print) = self.bound_print() else { return false };
        let subject = self.subject().map(|subject| &subject.answers);
        self.fields_to_seal(print).into_iter().any(|(place, field)| match place {
            "subject" => {
                print.snapshot.subject.as_ref().and_then(|said| said.get(field))
                    != subject.and_then(|now| now.get(field))
            }
            _ => print.snapshot.content.get(field) != self.case.content.get(field),
        })
    }
}
