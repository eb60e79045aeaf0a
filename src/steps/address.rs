//! 變更信箱: an account moves to another address when both the old and the new one have said yes.

use crate::case::mail_kind::MailKind;
use crate::case::role::Actor;
use crate::identity::links::{self, Purpose, Secret};
use crate::store::Tx;
use crate::store::addresses::{self, Change};
use crate::store::people;
use crate::store::traces::Trace;

use super::office::Origin;
use super::{Office, StepError};

/// A link of a change that is still open.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The change.
    pub change: Change,
    /// Whether it is the new address that is asked.
    pub new: bool,
}

/// What came of an answer to such a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The link isn't good any more.
    Void,
    /// The other address is still to say yes.
    Waits,
    /// The account has moved.
    Moved,
    /// The address belongs to another account by now.
    Taken,
    /// Refused: nothing changes.
    Refused,
}

impl Office {
    /// Begins a change in place of an earlier one, and asks both addresses. Whether somebody else has the new one
    /// is looked up when the mail is written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_address(&self, actor: &Actor, origin: &Origin, new: &str) -> Result<(), StepError> {
        let (id, now) = (self.world.new_id(), self.world.now());
        let mut tx = self.store.write().await?;
        let person = people::by_id(&mut tx, &actor.id).await?.ok_or(StepError::NotFound)?;
        let old = person.email.trim();
        addresses::begin(&mut tx, &id, &person.id, old, new, now).await?;
        self.post_letter(&mut tx, MailKind::NewAddress, None, new, &id).await?;
        if !old.is_empty() {
            self.post_letter(&mut tx, MailKind::OldAddress, None, old, &id).await?;
        }
        let trace =
            Trace { person: Some(&actor.id), action: "ask-address-change", detail: &id, ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        Ok(tx.commit().await?)
    }

    /// The actor's open change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_address_change(&self, actor: &Actor) -> Result<Option<Change>, StepError> {
        let since = self.world.now() - Purpose::NewAddress.good_millis();
        Ok(addresses::open_of(&mut *self.store.read().await?, &actor.id, since).await?)
    }

    /// Takes the actor's open change back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw_address_change(&self, actor: &Actor) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        addresses::withdraw(&mut tx, &actor.id).await?;
        Ok(tx.commit().await?)
    }

    /// What a link that is still good asks; looking uses nothing up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn address_link(&self, secret: &Secret) -> Result<Option<Asked>, StepError> {
        let mut db = self.store.read().await?;
        for (purpose, new) in [(Purpose::NewAddress, true), (Purpose::OldAddress, false)] {
            if let Some(id) = links::peek(&mut db, &self.world, purpose, secret).await? {
                return Ok(addresses::open(&mut db, &id).await?.map(|change| Asked { change, new }));
            }
        }
        Ok(None)
    }

    /// What the address of a link says: yes, or no, which ends the change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn answer_address_link(
        &self,
        origin: &Origin,
        secret: &Secret,
        yes: bool,
    ) -> Result<Answered, StepError> {
        let Some(Asked { change, new }) = self.address_link(secret).await? else { return Ok(Answered::Void) };
        let purpose = if new { Purpose::NewAddress } else { Purpose::OldAddress };
        let mut tx = self.store.write().await?;
        if links::take(&mut tx, &self.world, purpose, secret).await?.is_none() {
            return Ok(Answered::Void);
        }
        let answered = if yes {
            addresses::agree(&mut tx, &change.id, new).await?;
            self.move_if_agreed(&mut tx, origin, &change.id).await?
        } else if addresses::end(&mut tx, &change.id, "refused").await? {
            Answered::Refused
        } else {
            Answered::Void
        };
        tx.commit().await?;
        tracing::info!(person = change.person_id, ?answered, "change of address answered");
        Ok(answered)
    }

    async fn move_if_agreed(&self, tx: &mut Tx, origin: &Origin, id: &str) -> Result<Answered, StepError> {
        let Some(change) = addresses::open(tx, id).await? else { return Ok(Answered::Void) };
        if change.old_agreed == 0 || change.new_agreed == 0 {
            return Ok(Answered::Waits);
        }
        let others = addresses::holders(tx, &change.new_email).await?;
        if others.iter().any(|other| *other != change.person_id) {
            addresses::end(tx, id, "refused").await?;
            return Ok(Answered::Taken);
        }
        let now = self.world.now();
        if !addresses::move_to(tx, &change.person_id, &change.old_email, &change.new_email, now).await? {
            // Somebody else has changed the address since, or closed the account.
            addresses::end(tx, id, "refused").await?;
            return Ok(Answered::Void);
        }
        addresses::end(tx, id, "done").await?;
        links::forget(tx, Purpose::Password, &change.person_id).await?;
        for address in [&change.old_email, &change.new_email] {
            self.post_letter(tx, MailKind::AddressChanged, None, address, &change.person_id).await?;
        }
        let trace = Trace {
            person: Some(&change.person_id),
            action: "change-address",
            detail: id,
            ..Trace::default()
        };
        self.trace_in(tx, origin, trace).await?;
        Ok(Answered::Moved)
    }
}
