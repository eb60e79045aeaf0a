//! 更正 and 移交: a case manager corrects a submitted case with a reason, or hands it to a colleague of the
//! same school. What stood there before is kept.

use crate::case::event::Event;
use crate::case::fields::{FieldSpec, Values};
use crate::case::notify::Topic;
use crate::case::refusal::{Refused, Why};
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::state::State;
use crate::case::subject::{self, IdFinding};
use crate::case::validate::{self, FieldError, Typed};
use crate::store::Tx;
use crate::store::cases;
use crate::store::drafts;
use crate::store::notices::About;
use crate::store::people;
use crate::store::supplements::{self, Corrected, NewCorrection};

use super::notify::{Moved, News};
use super::office::{Entry, Origin};
use super::words::reason as checked;
use super::{Dossier, Office, StepError};

/// What a case manager corrects.
#[derive(Clone, Copy)]
pub struct Correction<'a> {
    /// The content tab as typed, whole; none: it stays.
    pub content: Option<&'a Typed>,
    /// The subject as typed, whole; none: it stays.
    pub subject: Option<&'a Typed>,
    /// Why.
    pub reason: &'a str,
    /// Whether the form must be signed again.
    pub seal_anew: bool,
    /// Whether an identity number with a wrong checksum is right all the same.
    pub confirmed: bool,
    /// From where it is corrected.
    pub origin: &'a Origin,
}

impl Office {
    /// Corrects a submitted case.
    ///
    /// # Errors
    /// [`StepError::Refused`] without a reason, or for a subject where the case has none;
    /// [`StepError::Invalid`] where nothing is sent, and with [`StepError::Confirm`] as in an edit;
    /// [`StepError::Conflict`] when the case was changed meanwhile.
    pub async fn correct(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        correction: Correction<'_>,
    ) -> Result<(), StepError> {
        let reason = &checked(correction.reason)?;
        let mut tx = self.store.write().await?;
        let mut dossier = self.dossier_in(&mut tx, actor, number).await?;
        let transition = dossier.judge(&Request::new(Event::Correct).because(reason), actor)?;
        if correction.content.is_none() && correction.subject.is_none() {
            let words = "請提供更正後的案件內容或服務對象。".to_owned();
            return Err(StepError::Invalid(vec![FieldError { field: "content".into(), words }]));
        }
        let subject = match (correction.subject, dossier.subject().cloned()) {
            (Some(typed), Some(subject)) => Some((typed, subject)),
            (Some(_), None) => {
                // What was typed would be lost without a word.
                let (state, event, why) = (dossier.state(), Event::Correct, Why::NothingToCorrect);
                return Err(Refused { state, event, why }.into());
            }
            (None, _) => None,
        };
        let mut changes = Vec::new();
        if let Some(typed) = correction.content {
            let (mut content, errors) = validate::check(&dossier.service.fields, typed);
            if !errors.is_empty() {
                return Err(StepError::Invalid(errors));
            }
            // Answers to questions that the form no longer asks stay.
            for (id, value) in &dossier.case.content {
                if dossier.service.field(id).is_none() {
                    content.insert(id.clone(), value.clone());
                }
            }
            changes.extend(compared("content", &dossier.service.fields, &dossier.case.content, &content));
            dossier.case.content = content;
        }
        let now = self.world.now();
        if let Some((typed, subject)) = subject {
            let (answers, overruled) = checked_subject(typed, correction.confirmed)?;
            let found = compared("subject", &subject::FIELDS, &subject.answers, &answers);
            if !found.is_empty() {
                cases::change_subject(&mut tx, &subject.id, &dossier.case.id, &answers, now).await?;
                self.note_overruled(&mut tx, actor, correction.origin, &dossier, overruled).await?;
            }
            changes.extend(found);
            for one in dossier.subjects.iter_mut().filter(|one| one.id == subject.id) {
                one.answers = answers.clone();
            }
        }
        if changes.is_empty() && correction.seal_anew {
            let words = "沒有更正任何欄位；只需重新核章時，請用「退回核章」或「補件」。".to_owned();
            return Err(StepError::Invalid(vec![FieldError { field: "seal_anew".into(), words }]));
        }
        if changes.is_empty() {
            return Ok(());
        }
        dossier.guard(version)?;
        self.write_case(&mut tx, &dossier, &dossier.case.standing.clone()).await?;
        let new = NewCorrection {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            reason,
            seal_anew: correction.seal_anew,
            changes: &changes,
            by: &actor.id,
            at: now,
        };
        supplements::add_correction(&mut tx, &new).await?;
        let labels = changes.iter().map(|change| change.label.as_str()).collect::<Vec<_>>().join("、");
        let seal = if correction.seal_anew { "，需重新核章" } else { "" };
        let words = format!("{reason}（更正：{labels}{seal}）");
        let (from, to) = (Some(transition.from), transition.to);
        let role = transition.role;
        let entry = Entry { event: Event::Correct, role, from, to, reason: &words, evidence: &[] };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        if correction.seal_anew {
            self.tell_to_seal(&mut tx, actor, &dossier, now).await?;
        }
        tx.commit().await?;
        tracing::info!(case = %number, fields = changes.len(), "case corrected");
        Ok(())
    }

    /// Tells the other case managers of a case in 收件 that its form must be signed again: the reminders of 派案 may
    /// have been used up before it was corrected, or be switched off.
    async fn tell_to_seal(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        corrected: &Dossier,
        at: i64,
    ) -> Result<(), StepError> {
        if corrected.state() != State::Received {
            return Ok(());
        }
        // What was put back to what the paper says needs no new seal.
        if self.dossier_of(tx, corrected.case.clone()).await?.wants_new_seal() {
            let (about, topic) = (About::Case(&corrected.case.id), Topic::SealAnew);
            self.tell(tx, News { about, topic, by: Some(&actor.id), moved: Moved::default(), at }).await?;
        }
        Ok(())
    }

    /// Colleagues of the case's school to whom it can be handed: account and name.
    ///
    /// # Errors
    /// [`StepError::NotFound`], or a failure of the database.
    pub async fn colleagues(&self, actor: &Actor, number: &str) -> Result<Vec<(String, String)>, StepError> {
        let mut db = self.store.read().await?;
        let case = cases::find(&mut db, number, &Self::scope(actor)).await?.ok_or(StepError::NotFound)?;
        let all = people::applicants_of(&mut db, &case.school.code).await?;
        Ok(all.into_iter().filter(|(id, _)| *id != case.applicant).collect())
    }

    /// Hands a case to a colleague of the same school, who is its applicant from then on.
    ///
    /// # Errors
    /// [`StepError::Refused`] when the colleague is no active applicant of that school, [`StepError::Conflict`].
    pub async fn hand_over(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        colleague: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let mut dossier = self.dossier_in(&mut tx, actor, number).await?;
        let fitting = people::applicants_of(&mut tx, &dossier.case.school.code).await?;
        let chosen = fitting.into_iter().find(|(id, _)| id == colleague && *id != dossier.case.applicant);
        let request = Request { colleague_fits: chosen.is_some(), ..Request::new(Event::HandOver) };
        let transition = dossier.judge(&request, actor)?;
        let (id, name) = chosen.ok_or(StepError::NotFound)?;
        dossier.guard(version)?;
        let words = format!("{} → {name}", dossier.case.applicant_name);
        // Half-typed forms of somebody who can't open the case any more would lie there for ever.
        let subjects = dossier.subjects.iter().map(|subject| format!("subject-{}", subject.id));
        for form in subjects.chain([format!("content-{number}"), format!("subject-{number}")]) {
            drafts::forget(&mut tx, &dossier.case.applicant, &form).await?;
        }
        dossier.case.applicant = id;
        dossier.case.applicant_name = name;
        self.write_case(&mut tx, &dossier, &dossier.case.standing.clone()).await?;
        let (from, to) = (Some(transition.from), transition.to);
        let role = transition.role;
        let entry = Entry { event: Event::HandOver, role, from, to, reason: &words, evidence: &[] };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, "case handed over");
        Ok(())
    }
}

/// The answers, and whether a wrong checksum was confirmed.
fn checked_subject(typed: &Typed, confirmed: bool) -> Result<(Values, bool), StepError> {
    let (mut answers, mut errors) = validate::check(&subject::FIELDS, typed);
    let mut overruled = false;
    match subject::check_id(&mut answers) {
        IdFinding::Wrong(error) => errors.push(error),
        IdFinding::Confirm(error) if !confirmed && errors.is_empty() => {
            return Err(StepError::Confirm(error));
        }
        IdFinding::Confirm(_) => overruled = true,
        IdFinding::Fine => {}
    }
    if errors.is_empty() { Ok((answers, overruled)) } else { Err(StepError::Invalid(errors)) }
}

/// What differs, field by field.
fn compared(place: &str, specs: &[FieldSpec], before: &Values, after: &Values) -> Vec<Corrected> {
    let differs = |spec: &&FieldSpec| before.get(&spec.id) != after.get(&spec.id);
    let changed = specs.iter().filter(differs).map(|spec| Corrected {
        place: place.to_owned(),
        field: spec.id.clone(),
        label: if place == "subject" { format!("對象 {}", spec.label) } else { spec.label.clone() },
        before: before.get(&spec.id).cloned(),
        after: after.get(&spec.id).cloned(),
    });
    changed.collect()
}
