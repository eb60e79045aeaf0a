//! All sessions of an account are ended by an administrator, such as of somebody whose machine was stolen. Password and second
//! factor stay.

use crate::case::account::Fault;
use crate::identity::credentials;
use crate::identity::log::{self, About, Kind};
use crate::steps::{Office, StepError};
use crate::store::accounts;
use crate::store::changes::Change;

use super::Hand;

impl Office {
    /// Ends an account's sessions, and forgets its remembered devices and phones, with a reason.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there; [`StepError::Account`] without a reason.
    pub async fn end_sessions(&self, hand: Hand<'_>, id: &str, reason: &str) -> Result<(), StepError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(StepError::Account(vec![Fault::NoReason]));
        }
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        credentials::end_all(&mut tx, &self.world, id, None).await?;
        log::keep(&mut tx, &self.world, Kind::SessionsReset, id, &hand.whence()).await?;
        let name = &account.draft.login;
        let change =
            Change { kind: "account", subject: id, name, field: "sessions", reason, ..Change::default() };
        self.changed(&mut tx, &hand, change).await?;
        tx.commit().await?;
        log::line(Kind::SessionsReset, About { person: Some(id), ..About::default() }, &hand.whence());
        Ok(())
    }
}
