//! What mails about accounts say, decided when they are written: whether anybody has an address is looked up here
//! and in no request, and a link's secret is made here and rests nowhere.

use crate::case::mail_kind::MailKind;
use crate::case::not_activated::NotActivated;
use crate::identity::limits::{self, Asked};
use crate::identity::links::{self, Purpose};
use crate::mail::{Errand, Letter};
use crate::store::mails::{self, Claimed, NewMail};
use crate::store::people::{self, Person};
use crate::store::{StoreError, Tx, addresses, registrations};

use super::outbox::MailRoom;
use super::{Office, StepError};

/// How long a mail with a link for a forgotten password may wait: an older one isn't wanted any more.
const PASSWORD_WAIT: i64 = 60 * 60_000;

impl Office {
    /// Puts a mail about an account into the outbox: to the account, or to an address that may have none.
    pub(super) async fn post_letter(
        &self,
        tx: &mut Tx,
        kind: MailKind,
        person: Option<&str>,
        address: &str,
        subject: &str,
    ) -> Result<(), StoreError> {
        let id = self.world.new_id();
        mails::add_letter(tx, &NewMail { id: &id, kind, person, address, subject }, self.world.now()).await
    }

    /// The address and the letter; nothing if there is nobody to write to, or nothing to say any more.
    pub(super) async fn account_letter(
        &self,
        room: &MailRoom,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        let mut tx = self.store.write().await?;
        let written = match claimed.kind {
            MailKind::Notices => None,
            MailKind::Registration => self.of_registration(&mut tx, room, claimed).await?,
            MailKind::Refused => {
                let refused = registrations::find(&mut tx, &claimed.subject).await?;
                refused.map(|r| {
                    let why = NotActivated::read(&r.reason);
                    (r.email, Letter::about(&room.head, Errand::Refused(why.words(), why.place())))
                })
            }
            MailKind::Password => self.of_password(&mut tx, room, claimed).await?,
            MailKind::Activated => self.to_account(&mut tx, room, claimed, Errand::Activated).await?,
            MailKind::PasswordChanged => {
                self.to_account(&mut tx, room, claimed, Errand::PasswordChanged).await?
            }
            MailKind::DeviceStolen => self.to_account(&mut tx, room, claimed, Errand::DeviceStolen).await?,
            MailKind::Locked => self.to_account(&mut tx, room, claimed, Errand::Locked).await?,
            MailKind::FactorEnrolled => {
                self.to_account(&mut tx, room, claimed, Errand::FactorEnrolled).await?
            }
            MailKind::FactorRemoved => self.to_account(&mut tx, room, claimed, Errand::FactorRemoved).await?,
            MailKind::RecoveryUsed => self.to_account(&mut tx, room, claimed, Errand::RecoveryUsed).await?,
            MailKind::RecoveryRenewed => {
                self.to_account(&mut tx, room, claimed, Errand::RecoveryRenewed).await?
            }
            MailKind::NewAddress => self.of_new_address(&mut tx, room, claimed).await?,
            MailKind::OldAddress => self.of_old_address(&mut tx, room, claimed).await?,
            MailKind::AddressChanged => {
                Some((claimed.address.clone(), Letter::about(&room.head, Errand::AddressChanged)))
            }
        };
        tx.commit().await?;
        Ok(written.filter(|(address, _)| !address.trim().is_empty()))
    }

    async fn of_registration(
        &self,
        tx: &mut Tx,
        room: &MailRoom,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        let Some(registration) = registrations::find(tx, &claimed.subject).await? else { return Ok(None) };
        if registration.state != "unconfirmed" {
            return Ok(None);
        }
        let errand = if !addresses::holders(tx, &registration.email).await?.is_empty() {
            Letter::about(&room.head, Errand::AlreadyThere)
        } else if registrations::waits(tx, &registration.email).await? {
            Letter::about(&room.head, Errand::AlreadyWaiting)
        } else {
            let secret = links::make(tx, &self.world, Purpose::Register, &registration.id).await?;
            Letter::about(&room.head, Errand::Confirm(&format!("/register/{}", secret.as_text())))
        };
        Ok(Some((registration.email, errand)))
    }

    async fn of_password(
        &self,
        tx: &mut Tx,
        room: &MailRoom,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        if claimed.created_at < self.world.now() - PASSWORD_WAIT {
            return Ok(None);
        }
        let person = match &claimed.person {
            Some(id) => people::by_id(tx, id).await?,
            None => people::by_login(tx, &claimed.subject).await?.filter(|person| forgot(person, claimed)),
        };
        let Some(person) = person.filter(|person| person.active) else { return Ok(None) };
        // Strangers' mails are counted where account and address fit, once a mail; administrators' aren't.
        if claimed.person.is_none() && claimed.attempts == 1 {
            let (now, asked) = (self.world.now(), Asked::PasswordMail);
            if limits::spend_in(tx, now, &room.rates, asked, &person.id).await?.is_err() {
                tracing::info!(?asked, person = %person.id, "asked too often");
                return Ok(None);
            }
        }
        let secret = links::make(tx, &self.world, Purpose::Password, &person.id).await?;
        let letter = Letter::about(&room.head, Errand::Password(&format!("/forgotten/{}", secret.as_text())));
        Ok(Some((person.email, letter)))
    }

    async fn to_account(
        &self,
        tx: &mut Tx,
        room: &MailRoom,
        claimed: &Claimed,
        errand: Errand<'_>,
    ) -> Result<Option<(String, Letter)>, StepError> {
        let Some(id) = &claimed.person else { return Ok(None) };
        let person = people::by_id(tx, id).await?.filter(|person| person.active);
        Ok(person.map(|person| (person.email, Letter::about(&room.head, errand))))
    }

    async fn of_new_address(
        &self,
        tx: &mut Tx,
        room: &MailRoom,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        let Some(change) = addresses::open(tx, &claimed.subject).await? else { return Ok(None) };
        if !addresses::holders(tx, &change.new_email).await?.is_empty() {
            return Ok(Some((change.new_email, Letter::about(&room.head, Errand::NewAddressTaken))));
        }
        let secret = links::make(tx, &self.world, Purpose::NewAddress, &change.id).await?;
        let link = format!("/address/{}", secret.as_text());
        Ok(Some((change.new_email, Letter::about(&room.head, Errand::NewAddress(&link)))))
    }

    async fn of_old_address(
        &self,
        tx: &mut Tx,
        room: &MailRoom,
        claimed: &Claimed,
    ) -> Result<Option<(String, Letter)>, StepError> {
        let Some(change) = addresses::open(tx, &claimed.subject).await? else { return Ok(None) };
        let secret = links::make(tx, &self.world, Purpose::OldAddress, &change.id).await?;
        let link = format!("/address/{}", secret.as_text());
        Ok(Some((change.old_email, Letter::about(&room.head, Errand::OldAddress(&link)))))
    }
}

/// Whether this is the account that somebody named who forgot its password. One that has none comes in by the
/// bureau's sign-on.
fn forgot(person: &Person, claimed: &Claimed) -> bool {
    person.password_hash.is_some() && person.email.to_lowercase() == claimed.address
}
