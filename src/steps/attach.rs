//! 檢附資料: files that go with the application. Checked, hashed, stored, then written down.

use crate::case::event::Event;
use crate::case::ids::Digest;
use crate::case::request::Request as Asked;
use crate::case::role::Actor;
use crate::case::supplement::Place;
use crate::case::validate::FieldError;
use crate::fault::{self, Point};
use crate::store::flow::Evidence;
use crate::store::papers::{self, NewAttachment};

use super::upload::{TakenIn, Upload};
use super::{Office, StepError};

/// What the flow says of an attachment that was taken off.
pub(super) const DELETED: &str = "刪除檢附資料";

impl Office {
    /// Adds an attachment to a case.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::Invalid`] for an unknown category or a file name that can't be
    /// printed, [`StepError::File`] when the file isn't accepted.
    pub async fn add_attachment(
        &self,
        actor: &Actor,
        number: &str,
        category: &str,
        upload: Upload,
    ) -> Result<(), StepError> {
        let dossier = self.dossier(actor, number).await?;
        dossier.judge(&Asked::new(Event::Edit), actor)?;
        if dossier.service.attachment(category).is_none() {
            let words = "請選擇檢附資料的類別。".to_owned();
            return Err(StepError::Invalid(vec![FieldError { field: "category".into(), words }]));
        }
        let label = dossier.service.attachment(category).map_or(category, |known| known.label.as_str());
        dossier.insist_reopened(Place::Attachment, category, label)?;
        let TakenIn { file_name, document, pages } = self.take_in(upload).await?;
        let digest = document.digest;
        self.keep_pages(&digest, pages).await?;
        let (mut tx, mut dossier) = self.edit_begin(actor, number).await?;
        // Reading took its time: what was open then may be closed now.
        dossier.insist_reopened(Place::Attachment, category, category)?;
        let known = dossier.attachments.iter().any(|a| a.digest == digest && a.category == category);
        if known {
            // The same file in the same category: a double click, not a second document.
            return Ok(());
        }
        self.hold_original(&mut tx, &document).await?;
        let new = NewAttachment {
            id: &self.world.new_id(),
            case: &dossier.case.id,
            category,
            file_name: &file_name,
            digest: &digest,
            by: &actor.id,
            at: self.world.now(),
        };
        papers::add_attachment(&mut tx, &new).await?;
        dossier.attachments = papers::attachments(&mut tx, &dossier.case.id).await?;
        let evidence = [evidence(digest)];
        self.edit_end_with(&mut tx, actor, &dossier, "新增檢附資料", &evidence).await?;
        fault::here(Point::AttachWritten);
        tx.commit().await?;
        fault::here(Point::AttachCommitted);
        tracing::info!(case = %number, %digest, "attachment stored");
        self.metrics.uploaded("attachment");
        Ok(())
    }

    /// Takes an attachment off a case; the original is kept.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::NotFound`].
    pub async fn delete_attachment(&self, actor: &Actor, number: &str, id: &str) -> Result<(), StepError> {
        let (mut tx, dossier) = self.edit_begin(actor, number).await?;
        if papers::was_deleted(&mut tx, id, &dossier.case.id).await? {
            return Ok(());
        }
        if let Some(attachment) = dossier.attachments.iter().find(|attachment| attachment.id == id) {
            let category = dossier.service.attachment(&attachment.category);
            let label = category.map_or(attachment.category.as_str(), |known| known.label.as_str());
            dossier.insist_reopened(Place::Attachment, &attachment.category, label)?;
        }
        if !papers::delete_attachment(&mut tx, id, &dossier.case.id, self.world.now()).await? {
            return Err(StepError::NotFound);
        }
        let gone = dossier.attachments.iter().find(|attachment| attachment.id == id);
        let evidence: Vec<_> = gone.map(|attachment| evidence(attachment.digest)).into_iter().collect();
        self.edit_end_with(&mut tx, actor, &dossier, DELETED, &evidence).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What the flow, and the receipt of the step, tell of a file.
fn evidence(digest: Digest) -> Evidence {
    Evidence { kind: "attachment".into(), revision: None, digest }
}
