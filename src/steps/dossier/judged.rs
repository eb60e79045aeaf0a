//! The facts that the rules judge by, and what they say to a step.

use crate::case::event::Event;
use crate::case::lifecycle::{self, Transition};
use crate::case::refusal::Refused;
use crate::case::request::{CaseFacts, Request};
use crate::case::role::Actor;
use crate::case::state::State;
use crate::case::subject;
use crate::case::validate;
use crate::steps::dispatch::needs;
use crate::store::papers::{Scan, Verdict};

use super::Dossier;

impl Dossier {
    /// Since when a scan must have been handed in to count, epoch milliseconds: since the open supplement, or the
    /// newest 退回核章. What lay there before is what was found wanting, or as old.
    #[must_use]
    pub fn scans_count_since(&self) -> i64 {
        let asked = self.supplement().map(|supplement| supplement.asked_at);
        let returned = self.flow.iter().find(|row| row.event == Event::Return).map(|row| row.at);
        asked.max(returned).unwrap_or(0)
    }

    /// Whether this scan can still be submitted, as far as its age goes: it never was, and nobody has asked for
    /// another since it came.
    #[must_use]
    pub fn scan_answers(&self, scan: &Scan) -> bool {
        scan.bound_at.is_none() && scan.uploaded_at >= self.scans_count_since()
    }

    /// The facts that the rules judge by.
    #[must_use]
    pub fn facts(&self) -> CaseFacts {
        let live = self.subjects.iter().filter(|subject| !subject.deleted).count();
        let mut missing_fields = validate::missing(&self.service.fields, &self.case.content);
        if let Some(subject) = self.subject() {
            let missing = validate::missing(&subject::FIELDS, &subject.answers);
            missing_fields.extend(missing.into_iter().map(|label| format!("對象 {label}")));
        }
        let has = |category: &str| self.attachments.iter().any(|a| a.category == category);
        // In 補件 an edit may have been undone: then the bound scan still says what the record says.
        let still_sealed = self.state() == State::Supplement
            && self.bound_print().is_some_and(|print| self.changed_since(print).is_empty());
        let newest = self.newest_print().map(|print| print.revision);
        CaseFacts {
            state: self.state(),
            applicant: self.case.applicant.clone(),
            zone: self.case.school.zone.clone(),
            missing_fields,
            subject_need: self.service.subject,
            subjects: live,
            missing_attachments: self
                .service
                .attachments
                .iter()
                .filter(|category| category.required && !has(&category.id))
                .map(|category| category.label.clone())
                .collect(),
            newest,
            changed_since_print: if still_sealed {
                Vec::new()
            } else {
                self.changed_since_print().into_iter().map(|changed| changed.label).collect()
            },
            sealed_revision: if still_sealed { newest } else { self.bound_scan().map(|scan| scan.revision) },
            unreviewed_attachments: self
                .attachments
                .iter()
                .filter(|a| a.verdict != Verdict::Reviewed)
                .count(),
            form_verdict: self.form_reviewed(),
            seal_anew: self.wants_new_seal(),
            unanswered: self.unanswered(),
            professions: needs(&self.case.content),
            assigned: self.staff.iter().map(|one| one.person_id.clone()).collect(),
            closing_proposed_by: self.closing().map(|closing| closing.proposed_by.clone()),
        }
    }

    /// Judges a request against the life cycle.
    ///
    /// # Errors
    /// The refusal, with state, event and reason.
    pub fn judge(&self, request: &Request, actor: &Actor) -> Result<Transition, Refused> {
        lifecycle::apply(&self.facts(), request, actor)
    }

    /// Whether the actor may do this now without bringing anything along: for buttons.
    #[must_use]
    pub fn may(&self, event: Event, actor: &Actor) -> bool {
        self.judge(&Request::new(event), actor).is_ok()
    }
}
