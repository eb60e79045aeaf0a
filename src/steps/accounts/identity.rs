//! Who somebody is at the sign-on of another service is linked to an account, or taken from it. Staff come in by it
//! only so: an identity that nobody has linked makes an account of an applicant.

use crate::case::account::Fault;
use crate::identity::credentials;
use crate::steps::{Office, StepError};
use crate::store::changes::Change;
use crate::store::{accounts, identities};

use super::Hand;

impl Office {
    /// Lets whoever is `subject` at `issuer` come in as this account.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there; [`StepError::Account`] for an identity that leads
    /// into an account already, or none.
    pub async fn link_identity(
        &self,
        hand: Hand<'_>,
        id: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<(), StepError> {
        let (issuer, subject) = (issuer.trim(), subject.trim());
        if issuer.is_empty() || subject.is_empty() {
            return Err(StepError::Account(vec![Fault::NoIdentity]));
        }
        let mut tx = self.store.write().await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if !identities::link(&mut tx, issuer, subject, id, self.world.now()).await? {
            return Err(StepError::Account(vec![Fault::IdentityTaken]));
        }
        let new = format!("{issuer} {subject}");
        let change = Change { new: &new, ..of(id, &account.draft.login) };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }

    /// Takes an identity from an account; its sessions and remembered devices end.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there; [`StepError::Account`] for an identity that doesn't
    /// lead into it.
    pub async fn unlink_identity(
        &self,
        hand: Hand<'_>,
        id: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        let (issuer, subject) = (issuer.trim(), subject.trim());
        if identities::person(&mut tx, issuer, subject).await?.as_deref() != Some(id) {
            return Err(StepError::Account(vec![Fault::IdentityElsewhere]));
        }
        identities::unlink(&mut tx, issuer, subject).await?;
        credentials::end_all(&mut tx, &self.world, id, None).await?;
        let old = format!("{issuer} {subject}");
        let change = Change { old: &old, ..of(id, &account.draft.login) };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }
}

fn of<'a>(id: &'a str, login: &'a str) -> Change<'a> {
    Change { kind: "account", subject: id, name: login, field: "sign-on", ..Change::default() }
}
