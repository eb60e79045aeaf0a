//! 紀錄: a professional writes down each session of service. A change is a new revision.

use crate::case::event::Event;
use crate::case::record::Entry;
use crate::case::request::Request as Asked;
use crate::case::role::Actor;
use crate::case::validate::{FieldError, Typed};
use crate::forms::fonts;
use crate::intake::{Purpose, Request};
use crate::store::documents::{self, Document};
use crate::store::records;

use super::upload::{Upload, read_staged, size, tidy_file_name};
use super::{Office, StepError};

impl Office {
    /// Writes a new record and returns its identifier. The same `token` writes one, however often it is sent.
    ///
    /// # Errors
    /// [`StepError::Refused`], [`StepError::Invalid`] with what needs mending.
    pub async fn add_record(
        &self,
        actor: &Actor,
        number: &str,
        token: &str,
        typed: &Typed,
    ) -> Result<String, StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Asked::new(Event::Record), actor)?;
        if let Some((id, case)) = records::of_token(&mut tx, token).await? {
            return if case == dossier.case.id { Ok(id) } else { Err(StepError::NotFound) };
        }
        let entry = Entry::read(typed, self.today()).map_err(StepError::Invalid)?;
        let (id, now) = (self.world.new_id(), self.world.now());
        records::begin(&mut tx, &id, &dossier.case.id, token, &actor.id, now).await?;
        records::revise(&mut tx, &id, 1, &entry, &actor.id, now).await?;
        tx.commit().await?;
        tracing::info!(case = %number, "service record written");
        Ok(id)
    }

    /// Writes a new revision of a record; `revision` is the newest that the page knew.
    ///
    /// # Errors
    /// As [`Self::add_record`]; [`StepError::NotFound`] for a record of another case or another writer,
    /// [`StepError::Conflict`] when there is a newer revision already.
    pub async fn revise_record(
        &self,
        actor: &Actor,
        number: &str,
        id: &str,
        revision: i64,
        typed: &Typed,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Asked::new(Event::Record), actor)?;
        let record = dossier.records.iter().find(|record| record.id == id).ok_or(StepError::NotFound)?;
        let newest = &record.revisions[0];
        let mine = record.revisions.iter().all(|one| one.written_by == actor.id);
        if !mine {
            return Err(StepError::NotFound);
        }
        let entry = Entry::read(typed, self.today()).map_err(StepError::Invalid)?;
        if entry == newest.entry {
            return Ok(());
        }
        if newest.number != revision {
            return Err(StepError::Conflict);
        }
        records::revise(&mut tx, id, revision + 1, &entry, &actor.id, self.world.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a file to a record: checked, hashed, stored, then written down.
    ///
    /// # Errors
    /// As [`Self::revise_record`]; [`StepError::File`] when the file isn't accepted.
    pub async fn add_record_file(
        &self,
        actor: &Actor,
        number: &str,
        id: &str,
        upload: Upload,
    ) -> Result<(), StepError> {
        let dossier = self.dossier(actor, number).await?;
        dossier.judge(&Asked::new(Event::Record), actor)?;
        let file_name = tidy_file_name(&upload.file_name);
        let missing = self.printer.fonts().missing_glyphs(&file_name);
        if !missing.is_empty() {
            let words = format!("檔名含有無法列印的字：{}。請更改檔名後再上傳。", fonts::named(&missing));
            return Err(StepError::Invalid(vec![FieldError { field: "file".into(), words }]));
        }
        let bytes = read_staged(&upload.staged).await?;
        let request =
            Request { bytes: &bytes, purpose: Purpose::Attachment, expected: &[], key: None, by_hand: None };
        let judgement = self.judge.judge(request).await?;
        let (true, Ok(kind)) = (judgement.accepted(), judgement.kind) else {
            return Err(StepError::File(judgement.reasons));
        };
        let kind = kind.media_type().to_owned();
        let stored = self.originals.put(upload.staged).await?;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Asked::new(Event::Record), actor)?;
        let record = dossier.records.iter().find(|record| record.id == id).ok_or(StepError::NotFound)?;
        if record.files.iter().any(|file| file.digest == stored.digest) {
            return Ok(());
        }
        let now = self.world.now();
        let document = Document { digest: stored.digest, bytes: size(stored.bytes), kind };
        documents::register(&mut tx, &document, now).await?;
        let file = self.world.new_id();
        records::add_file(&mut tx, &file, id, &file_name, &stored.digest, &actor.id, now).await?;
        tx.commit().await?;
        tracing::info!(case = %number, digest = %stored.digest, "file of a service record stored");
        Ok(())
    }
}
