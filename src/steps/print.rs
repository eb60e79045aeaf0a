//! 列印申請單: the record is frozen as a numbered revision and becomes a PDF. The case is in 核章.

use std::sync::Arc;

use crate::archive::Stored;
use crate::case::event::Event;
use crate::case::ids::Revision;
use crate::case::request::Request;
use crate::case::role::{Actor, Role};
use crate::case::snapshot::Snapshot;
use crate::case::state::State;
use crate::fault::{self, Point};
use crate::forms::layout::Layout;
use crate::forms::{PrintRequest, Printed};
use crate::store::Tx;
use crate::store::documents::Document;
use crate::store::flow::Evidence;
use crate::store::papers::{self, NewPrint};

use super::office::Entry;
use super::upload::size;
use super::{Dossier, Office, StepError};

/// What printing a case now would give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The newest revision once more: nothing has changed since.
    Current(Revision),
    /// A new revision with this number.
    Fresh(Revision),
}

/// A new revision that is laid out, and not yet anywhere but in memory.
pub(super) struct LaidOut {
    dossier: Dossier,
    revision: Revision,
    snapshot: Snapshot,
    printed: Printed,
    at: i64,
}

/// A new revision whose PDF is stored, and which its case doesn't know yet.
pub(super) struct Stowed {
    dossier: Dossier,
    revision: Revision,
    snapshot: Snapshot,
    layout: Layout,
    stored: Stored,
    at: i64,
}

impl Dossier {
    /// What printing would give now.
    ///
    /// # Errors
    /// [`StepError::Refused`] with what is missing, [`StepError::TooManyPrints`].
    pub fn due(&self, actor: &Actor) -> Result<Due, StepError> {
        self.judge(&Request::new(Event::Print), actor)?;
        let newest = self.newest_print();
        if let Some(print) = newest
            && matches!(self.state(), State::Sealing | State::Supplement)
            && self.changed_since(print).is_empty()
        {
            return Ok(Due::Current(print.revision));
        }
        let number = newest.map_or(0, |print| i64::from(print.revision)) + 1;
        Ok(Due::Fresh(Revision::try_from(number).map_err(|_| StepError::TooManyPrints)?))
    }
}

impl Office {
    /// Prints the form of a case and returns the revision. When nothing has changed since the newest
    /// print, that one is returned: a double click prints once.
    ///
    /// # Errors
    /// [`StepError::Refused`] with what is missing, [`StepError::Print`] when the record can't be laid out.
    pub async fn print_form(&self, actor: &Actor, number: &str) -> Result<Revision, StepError> {
        match self.print_once(actor, number).await {
            // Somebody printed or edited at the same moment: look again, once.
            Err(StepError::Conflict) => self.print_once(actor, number).await,
            outcome => outcome,
        }
    }

    async fn print_once(&self, actor: &Actor, number: &str) -> Result<Revision, StepError> {
        let dossier = self.dossier(actor, number).await?;
        let revision = match dossier.due(actor)? {
            Due::Current(revision) => return Ok(revision),
            Due::Fresh(revision) => revision,
        };
        let laid_out = self.lay_out(dossier, revision).await?;
        let stowed = self.stow(laid_out).await?;
        let mut tx = self.store.write().await?;
        self.keep_print(&mut tx, actor, &stowed).await?;
        fault::here(Point::PrintWritten);
        tx.commit().await?;
        fault::here(Point::PrintCommitted);
        stowed.log();
        self.metrics.printed();
        Ok(revision)
    }

    /// Freezes the record and sets it as a PDF.
    pub(super) async fn lay_out(&self, dossier: Dossier, revision: Revision) -> Result<LaidOut, StepError> {
        let snapshot = dossier.snapshot(&self.today().to_string());
        // One moment for the PDF's metadata and the row: with the snapshot it makes the same bytes again.
        let at = self.world.now();
        let record = serde_json::to_value(&snapshot).map_err(|_| StepError::Stopped)?;
        let printed_at = jiff::Timestamp::from_millisecond(at).map_err(|_| StepError::Stopped)?;
        let (printer, key) = (Arc::clone(&self.printer), self.key.clone());
        let (template, reference) = (dossier.case.service.clone(), dossier.case.reference);
        // Typesetting is processor work of tens of milliseconds: not on an async worker.
        let printed = tokio::task::spawn_blocking(move || {
            printer.print(&PrintRequest {
                template: &template,
                snapshot: &record,
                case_label: reference.to_string(),
                reference,
                revision,
                key: &key,
                printed_at,
            })
        })
        .await;
        let printed = printed.map_err(|_| StepError::Stopped)??;
        Ok(LaidOut { dossier, revision, snapshot, printed, at })
    }

    /// Stores the PDF among the originals, durably.
    pub(super) async fn stow(&self, laid_out: LaidOut) -> Result<Stowed, StepError> {
        let LaidOut { dossier, revision, snapshot, printed, at } = laid_out;
        let stored = self.originals.put_bytes(&printed.pdf).await?;
        Ok(Stowed { dossier, revision, snapshot, layout: printed.layout, stored, at })
    }

    /// Writes the revision into its case, which is in 核章 then.
    ///
    /// # Errors
    /// [`StepError::Conflict`] when the case has changed since it was read. Then nothing of the revision was
    /// written, and the transaction can go on with others.
    pub(super) async fn keep_print(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        stowed: &Stowed,
    ) -> Result<(), StepError> {
        let Stowed { dossier, revision, snapshot, layout, stored, at } = stowed;
        // The version guards everything below: of two prints at once, one finds it changed.
        let from = dossier.state();
        // In 補件 the case stays there: its bound scan counts until a new one is handed in.
        let to = if from == State::Supplement { State::Supplement } else { State::Sealing };
        self.move_case(tx, dossier, to).await?;
        let document =
            Document { digest: stored.digest, bytes: size(stored.bytes), kind: "application/pdf".into() };
        self.hold_original(tx, &document).await?;
        let new = NewPrint {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            revision: *revision,
            template_version: dossier.service.version,
            snapshot,
            layout,
            digest: &stored.digest,
            by: &actor.id,
            at: *at,
        };
        papers::add_print(tx, &new).await?;
        let evidence =
            [Evidence { kind: "print".into(), revision: Some(revision.get()), digest: stored.digest }];
        // Nobody else prints: see the life cycle.
        let role = Role::Applicant;
        let entry =
            Entry { event: Event::Print, role, from: Some(from), to, reason: "", evidence: &evidence };
        Ok(self.happened(tx, &dossier.case.id, actor, entry).await?)
    }
}

impl Stowed {
    /// The revision's number.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Says in the log that the revision was printed, once it is kept.
    pub(super) fn log(&self) {
        let Self { dossier, revision, stored, .. } = self;
        tracing::info!(case = %dossier.case.number, %revision, digest = %stored.digest, "form printed");
    }
}
