//! 對象: the child that the case is about. One per case; deleted ones are kept.

use crate::case::event::Event;
use crate::case::fields::Values;
use crate::case::refusal::{Refused, Why};
use crate::case::role::Actor;
use crate::case::subject::{self, IdFinding};
use crate::case::supplement::Place;
use crate::case::validate::{self, Typed};
use crate::store::cases::{self, Subject};
use crate::store::traces::Trace;

use super::office::Origin;
use super::{Dossier, Office, StepError};

/// A subject as somebody typed it.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The answers.
    pub typed: &'a Typed,
    /// Whether the person says that a number with a wrong checksum is right.
    pub confirmed: bool,
    /// From where they say so: it is traced.
    pub origin: &'a Origin,
}

impl Office {
    /// Adds the subject of a case.
    ///
    /// # Errors
    /// [`StepError::Refused`] when there is one already or the service item takes none,
    /// [`StepError::Invalid`], [`StepError::Confirm`].
    pub async fn add_subject(&self, actor: &Actor, number: &str, asked: Asked<'_>) -> Result<(), StepError> {
        let Asked { typed, confirmed, origin } = asked;
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        let taken = Refused { state: dossier.state(), event: Event::Edit, why: Why::SubjectTaken };
        dossier.insist_reopened(Place::Subject, "", "服務對象")?;
        if let Some(subject) = dossier.subject() {
            // The same answers again are the second click of a double click.
            let same = checked(typed, true).is_ok_and(|(answers, _)| answers == subject.answers);
            return if same { Ok(()) } else { Err(taken.into()) };
        }
        if !dossier.takes_subject() {
            return Err(taken.into());
        }
        let (answers, overruled) = checked(typed, confirmed)?;
        let id = self.world.new_id();
        cases::add_subject(&mut tx, &id, &dossier.case.id, &answers, self.world.now()).await?;
        self.note_overruled(&mut tx, actor, origin, &dossier, overruled).await?;
        dossier.subjects.push(Subject { id, answers, deleted: false });
        self.edit_end(&mut tx, actor, &dossier, "新增服務對象").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Changes the subject with this id.
    ///
    /// # Errors
    /// As [`Self::add_subject`]; [`StepError::Conflict`] when the case was changed meanwhile;
    /// [`StepError::NotFound`] when there is no such subject.
    pub async fn change_subject(
        &self,
        actor: &Actor,
        number: &str,
        id: &str,
        version: i64,
        asked: Asked<'_>,
    ) -> Result<(), StepError> {
        let Asked { typed, confirmed, origin } = asked;
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        let subject = dossier.subject().filter(|subject| subject.id == id).ok_or(StepError::NotFound)?;
        let typed = &dossier.with_closed(Place::Subject, &subject::FIELDS, &subject.answers, typed);
        if checked(typed, true).is_ok_and(|(answers, _)| answers == subject.answers) {
            return Ok(());
        }
        dossier.guard(version)?;
        let (answers, overruled) = checked(typed, confirmed)?;
        dossier.insist_fields_reopened(Place::Subject, &subject::FIELDS, &subject.answers, &answers)?;
        if !cases::change_subject(&mut tx, id, &dossier.case.id, &answers, self.world.now()).await? {
            return Err(StepError::NotFound);
        }
        self.note_overruled(&mut tx, actor, origin, &dossier, overruled).await?;
        for subject in dossier.subjects.iter_mut().filter(|subject| subject.id == id) {
            subject.answers = answers.clone();
        }
        self.edit_end(&mut tx, actor, &dossier, "服務對象").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes the subject with this id; it is kept and listed under 已刪除.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`].
    pub async fn delete_subject(&self, actor: &Actor, number: &str, id: &str) -> Result<(), StepError> {
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        if dossier.subjects.iter().any(|subject| subject.id == id && subject.deleted) {
            return Ok(());
        }
        dossier.insist_reopened(Place::Subject, "", "服務對象")?;
        if !cases::delete_subject(&mut tx, id, &dossier.case.id, self.world.now()).await? {
            return Err(StepError::NotFound);
        }
        for subject in dossier.subjects.iter_mut().filter(|subject| subject.id == id) {
            subject.deleted = true;
        }
        self.edit_end(&mut tx, actor, &dossier, "刪除服務對象").await?;
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn note_overruled(
        &self,
        tx: &mut crate::store::Tx,
        actor: &Actor,
        origin: &Origin,
        dossier: &Dossier,
        overruled: bool,
    ) -> Result<(), StepError> {
        if overruled {
            let trace = Trace {
                person: Some(&actor.id),
                action: "confirmed-checksum",
                case: Some(&dossier.case.id),
                detail: "an identity number with a wrong checksum was confirmed",
                ..Trace::default()
            };
            self.trace_in(tx, origin, trace).await?;
        }
        Ok(())
    }
}

/// The answers, and whether a wrong checksum was confirmed.
fn checked(typed: &Typed, confirmed: bool) -> Result<(Values, bool), StepError> {
    let (mut answers, mut errors) = validate::check(&subject::FIELDS, typed);
    let finding = subject::check_id(&mut answers);
    if let IdFinding::Wrong(error) = &finding {
        errors.push(error.clone());
    }
    if !errors.is_empty() {
        return Err(StepError::Invalid(errors));
    }
    match finding {
        IdFinding::Confirm(error) if !confirmed => Err(StepError::Confirm(error)),
        IdFinding::Confirm(_) => Ok((answers, true)),
        IdFinding::Fine | IdFinding::Wrong(_) => Ok((answers, false)),
    }
}
