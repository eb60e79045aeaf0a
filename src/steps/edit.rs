//! 編輯: the content of a case. In 核章 an edit of anything printed makes the printed form stale.

use crate::case::event::Event;
use crate::case::request::Request;
use crate::case::role::{Actor, Role};
use crate::case::supplement::Place;
use crate::case::validate::{self, Typed};
use crate::store::Tx;
use crate::store::cases::{self, Change, Standing};
use crate::store::flow::Evidence;

use super::office::Entry;
use super::{Dossier, Office, StepError};

impl Office {
    /// Saves the content tab. `version` is the one that the page was opened at.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::Invalid`], or [`StepError::Conflict`] when the case was
    /// changed meanwhile.
    pub async fn edit_content(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        typed: &Typed,
    ) -> Result<(), StepError> {
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        let fields = &dossier.service.fields;
        let typed = dossier.with_closed(Place::Content, fields, &dossier.case.content, typed);
        let (content, errors) = validate::check(fields, &typed);
        if errors.is_empty() && content == dossier.case.content {
            // Nothing changed, or the second click of a double click: the first has saved it.
            return Ok(());
        }
        dossier.guard(version)?;
        if !errors.is_empty() {
            return Err(StepError::Invalid(errors));
        }
        let fields = &dossier.service.fields;
        dossier.insist_fields_reopened(Place::Content, fields, &dossier.case.content, &content)?;
        dossier.case.content = content;
        self.edit_end(&mut tx, actor, &dossier, "內容").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Begins an edit: a transaction, and the dossier in it, judged.
    pub(super) async fn edit_begin(&self, actor: &Actor, number: &str) -> Result<(Tx, Dossier), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Request::new(Event::Edit), actor)?;
        Ok((tx, dossier))
    }

    /// Ends an edit: the case as the dossier has it now, at the version that was read, and a flow row.
    pub(super) async fn edit_end(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        dossier: &Dossier,
        what: &str,
    ) -> Result<(), StepError> {
        self.edit_end_with(tx, actor, dossier, what, &[]).await
    }

    /// The same of an edit that is about documents.
    pub(super) async fn edit_end_with(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        dossier: &Dossier,
        what: &str,
        evidence: &[Evidence],
    ) -> Result<(), StepError> {
        let state = dossier.state();
        self.write_case(tx, dossier, &dossier.case.standing.clone()).await?;
        // Nobody else edits: see the life cycle.
        let role = Role::Applicant;
        let entry = Entry { event: Event::Edit, role, from: Some(state), to: state, reason: what, evidence };
        self.happened(tx, &dossier.case.id, actor, entry).await?;
        Ok(())
    }

    /// Writes the case at the version that was read.
    pub(super) async fn write_case(
        &self,
        tx: &mut Tx,
        dossier: &Dossier,
        standing: &Standing,
    ) -> Result<(), StepError> {
        let change = Change {
            case: &dossier.case,
            standing,
            content: &dossier.case.content,
            keywords: &dossier.keywords(),
            now: self.world.now(),
        };
        if cases::update(tx, &change).await? { Ok(()) } else { Err(StepError::Conflict) }
    }
}
