//! 紀錄: a professional writes down each session of service. A change is a new revision.

use crate::case::event::Event;
use crate::case::record::Entry;
use crate::case::request::Request as Asked;
use crate::case::role::Actor;
use crate::case::validate::Typed;
use crate::store::records::{self, Record};
use crate::store::{Tx, cases};

use super::upload::{TakenIn, Upload};
use super::{Dossier, Office, StepError};

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
        let entry = Entry::read(typed, self.today()).map_err(StepError::Invalid)?;
        if let Some((id, case)) = records::of_token(&mut tx, token).await? {
            if case != dossier.case.id {
                return Err(StepError::NotFound);
            }
            // The second click of a double click; other text from the same page is a change, and told apart.
            let same = dossier.records.iter().any(|one| one.id == id && one.revisions[0].entry == entry);
            return if same { Ok(id) } else { Err(StepError::Conflict) };
        }
        let (id, now) = (self.world.new_id(), self.world.now());
        records::begin(&mut tx, &id, &dossier.case.id, token, &actor.id, now).await?;
        records::revise(&mut tx, &id, 1, &entry, &actor.id, now).await?;
        self.count_change(&mut tx, &dossier).await?;
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
        let newest = &own_record(&dossier, actor, id)?.revisions[0];
        let entry = Entry::read(typed, self.today()).map_err(StepError::Invalid)?;
        if entry == newest.entry {
            return Ok(());
        }
        if newest.number != revision {
            return Err(StepError::Conflict);
        }
        records::revise(&mut tx, id, revision + 1, &entry, &actor.id, self.world.now()).await?;
        self.count_change(&mut tx, &dossier).await?;
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
        own_record(&dossier, actor, id)?;
        let TakenIn { file_name, document, .. } = self.take_in(upload).await?;
        let digest = document.digest;
        let mut tx = self.store.write().await?;
        let dossier = self.dossier_in(&mut tx, actor, number).await?;
        dossier.judge(&Asked::new(Event::Record), actor)?;
        let record = own_record(&dossier, actor, id)?;
        if record.files.iter().any(|file| file.digest == digest) {
            return Ok(());
        }
        let now = self.world.now();
        self.hold_original(&mut tx, &document).await?;
        let file = self.world.new_id();
        records::add_file(&mut tx, &file, id, &file_name, &digest, &actor.id, now).await?;
        self.count_change(&mut tx, &dossier).await?;
        tx.commit().await?;
        tracing::info!(case = %number, %digest, "file of a service record stored");
        self.metrics.uploaded("record-file");
        Ok(())
    }

    /// Lets those who decide on the case see that its records have changed.
    async fn count_change(&self, tx: &mut Tx, dossier: &Dossier) -> Result<(), StepError> {
        let counted = cases::bump(tx, &dossier.case.id, dossier.case.version).await?;
        if counted { Ok(()) } else { Err(StepError::Conflict) }
    }
}

/// The record with this id, if the actor wrote it: nobody changes a colleague's.
fn own_record<'d>(dossier: &'d Dossier, actor: &Actor, id: &str) -> Result<&'d Record, StepError> {
    let record = dossier.records.iter().find(|record| record.id == id);
    let mine = |record: &&Record| record.revisions.iter().all(|one| one.written_by == actor.id);
    record.filter(mine).ok_or(StepError::NotFound)
}
