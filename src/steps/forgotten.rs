//! 忘記密碼: a link by mail sets a new password, once.
//!
//! Whoever asks learns nothing: the request is put into the outbox as it was typed, and whether there is such an
//! account is looked up when the mail is written. A new password ends every session; a second factor stays.

use crate::case::mail_kind::MailKind;
use crate::identity::credentials;
use crate::identity::links::{self, Purpose, Secret};
use crate::identity::log::Whence;
use crate::identity::login;
use crate::store::people::{self, Person};
use crate::store::traces::Trace;
use crate::store::{factors, schools, throttles};

use super::office::Origin;
use super::{Office, StepError};

/// A link that is still good.
#[derive(Debug)]
pub struct Link {
    /// The account.
    pub person: Person,
    /// The name of its school; may be empty.
    pub school: String,
    /// Whether it has a second factor, which stays, and lets a password be shorter.
    pub second_factor: bool,
}

impl Office {
    /// Asks for a link, for whatever account and address were typed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forgot_password(&self, login: &str, address: &str) -> Result<(), StepError> {
        let (login, address) = (login.trim().to_lowercase(), address.trim().to_lowercase());
        let mut tx = self.store.write().await?;
        self.post_letter(&mut tx, MailKind::Password, None, &address, &login).await?;
        tx.commit().await?;
        tracing::info!("link for a forgotten password asked for");
        Ok(())
    }

    /// The account of a link that is still good; looking uses nothing up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn password_link(&self, secret: &Secret) -> Result<Option<Link>, StepError> {
        let mut db = self.store.read().await?;
        let Some(id) = links::peek(&mut db, &self.world, Purpose::Password, secret).await? else {
            return Ok(None);
        };
        let Some(person) = people::by_id(&mut db, &id).await?.filter(|person| person.active) else {
            return Ok(None);
        };
        let second_factor = factors::active(&mut db, &id).await?.is_some();
        let school = schools::name(&mut db, person.school.as_deref()).await?;
        Ok(Some(Link { person, school, second_factor }))
    }

    /// Sets the new password, ends all sessions, and tells the owner. False: the link isn't good any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reset_password(
        &self,
        origin: &Origin,
        whence: &Whence,
        secret: &Secret,
        hash: &str,
    ) -> Result<bool, StepError> {
        let mut tx = self.store.write().await?;
        let Some(id) = links::take(&mut tx, &self.world, Purpose::Password, secret).await? else {
            return Ok(false);
        };
        let Some(person) = people::by_id(&mut tx, &id).await?.filter(|person| person.active) else {
            return Ok(false);
        };
        credentials::put(&mut tx, &self.world, &id, hash, None, whence).await?;
        throttles::forget_failures(&mut tx, &login::strangers(&person.login)).await?;
        let trace = Trace { person: Some(&id), action: "reset-password", ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        tx.commit().await?;
        Ok(true)
    }
}
