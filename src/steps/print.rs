//! 列印申請單: the record is frozen as a numbered revision and becomes a PDF. The case is in 核章.

use std::sync::Arc;

use crate::case::event::Event;
use crate::case::ids::Revision;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::snapshot::Snapshot;
use crate::case::state::State;
use crate::forms::{PrintRequest, Printed};
use crate::store::cases::{Standing, Unbound};
use crate::store::documents::{self, Document};
use crate::store::flow::Evidence;
use crate::store::papers::{self, NewPrint};

use super::office::Entry;
use super::upload::size;
use super::{Dossier, Office, StepError};

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
        dossier.judge(&Request::new(Event::Print), actor)?;
        if let Some(print) = dossier.newest_print()
            && dossier.state() == State::Sealing
            && dossier.changed_since(print).is_empty()
        {
            return Ok(print.revision);
        }
        let newest = dossier.newest_print().map_or(0, |print| i64::from(print.revision));
        let revision = Revision::try_from(newest + 1).map_err(|_| StepError::TooManyPrints)?;
        let snapshot = dossier.snapshot(&self.today().to_string());
        // One moment for the PDF's metadata and the row: with the snapshot it makes the same bytes again.
        let at = self.world.now();
        let printed = self.lay_out(&dossier, revision, &snapshot, at).await?;
        let stored = self.originals.put_bytes(&printed.pdf).await?;
        let mut tx = self.store.write().await?;
        let document =
            Document { digest: stored.digest, bytes: size(stored.bytes), kind: "application/pdf".into() };
        documents::register(&mut tx, &document, self.world.now()).await?;
        // The version guards everything below: of two prints at once, one finds it changed.
        self.write_case(&mut tx, &dossier, &Standing::Unbound(Unbound::Sealing)).await?;
        let new = NewPrint {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            revision,
            template_version: dossier.service.version,
            snapshot: &snapshot,
            layout: &printed.layout,
            digest: &stored.digest,
            by: &actor.id,
            at,
        };
        papers::add_print(&mut tx, &new).await?;
        let evidence =
            [Evidence { kind: "print".into(), revision: Some(revision.get()), digest: stored.digest }];
        let (from, to) = (Some(dossier.state()), State::Sealing);
        let entry = Entry { event: Event::Print, from, to, reason: "", evidence: &evidence };
        self.happened(&mut tx, &dossier.case.id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, %revision, digest = %stored.digest, "form printed");
        Ok(revision)
    }

    async fn lay_out(
        &self,
        dossier: &Dossier,
        revision: Revision,
        snapshot: &Snapshot,
        at: i64,
    ) -> Result<Printed, StepError> {
        let snapshot = serde_json::to_value(snapshot).map_err(|_| StepError::Stopped)?;
        let printed_at = jiff::Timestamp::from_millisecond(at).map_err(|_| StepError::Stopped)?;
        let (printer, key) = (Arc::clone(&self.printer), self.key.clone());
        let (template, reference) = (dossier.case.service.clone(), dossier.case.reference);
        // Typesetting is processor work of tens of milliseconds: not on an async worker.
        let printed = tokio::task::spawn_blocking(move || {
            printer.print(&PrintRequest {
                template: &template,
                snapshot: &snapshot,
                case_label: reference.to_string(),
                reference,
                revision,
                key: &key,
                printed_at,
            })
        })
        .await;
        Ok(printed.map_err(|_| StepError::Stopped)??)
    }
}
