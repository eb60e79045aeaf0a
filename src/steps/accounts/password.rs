//! What somebody comes in with is reset by another: a password is given, a second factor taken off. All sessions and
//! remembered devices end.

use crate::case::account::{Fault, Status};
use crate::case::mail_kind::MailKind;
use crate::identity::credentials;
use crate::identity::log::Kind;
use crate::identity::second_factor;
use crate::steps::{Office, StepError};
use crate::store::accounts::{self, Account};
use crate::store::changes::Change;
use crate::store::people;

use super::Hand;

impl Office {
    /// Gives an account the password with this hash, and tells its owner that it was changed. One that was `made_up`
    /// is for one log-in.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there.
    pub async fn give_password(
        &self,
        hand: Hand<'_>,
        id: &str,
        hash: &str,
        made_up: bool,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        credentials::put(&mut tx, &self.world, id, hash, None, &hand.whence()).await?;
        people::note_given(&mut tx, id, made_up.then(|| self.world.now())).await?;
        self.changed(&mut tx, &hand, change(&account, "password", "")).await?;
        Ok(tx.commit().await?)
    }

    /// Sends a link by mail with which the owner sets a new password, once. Until then the old one stays.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there; [`StepError::Account`] for one that may not come in
    /// or has no address.
    pub async fn send_password_reset(&self, hand: Hand<'_>, id: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if account.status != Status::Active || account.draft.email.is_empty() {
            return Err(StepError::Account(vec![Fault::NoWay]));
        }
        self.post_letter(&mut tx, MailKind::Password, Some(id), "", "").await?;
        self.changed(&mut tx, &hand, change(&account, "password-link", "")).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the second factor off an account whose owner has lost it, with a reason. Staff enrol a new one at the
    /// next sign-in.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there or has none; [`StepError::Account`] without a
    /// reason, and for the own account.
    pub async fn reset_second_factor(&self, hand: Hand<'_>, id: &str, reason: &str) -> Result<(), StepError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(StepError::Account(vec![Fault::NoReason]));
        }
        if hand.is(id) {
            return Err(StepError::Account(vec![Fault::OwnFactor]));
        }
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if !second_factor::remove(&mut tx, &self.world, Kind::FactorReset, id, &hand.whence()).await? {
            return Err(StepError::NotFound);
        }
        credentials::end_all(&mut tx, &self.world, id, None).await?;
        self.changed(&mut tx, &hand, change(&account, "second-factor", reason)).await?;
        Ok(tx.commit().await?)
    }
}

fn change<'a>(account: &'a Account, field: &'a str, reason: &'a str) -> Change<'a> {
    let Account { id, draft, .. } = account;
    Change { kind: "account", subject: id, name: &draft.login, field, reason, ..Change::default() }
}
