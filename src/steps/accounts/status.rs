//! An account is disabled, enabled, or confirmed to be still needed (帳號清查).

use crate::case::account::{Fault, Status};
use crate::case::holder::Administrator;
use crate::case::notify::Topic;
use crate::identity::credentials;
use crate::steps::office::Origin;
use crate::steps::{Office, StepError};
use crate::store::accounts::{self, Narrow, Page, Turn};
use crate::store::changes::Change;

use super::{DAY, Hand, insist_on_another};

/// Accounts that are to be looked at.
#[derive(Clone, Debug)]
pub struct Review {
    /// A page of them.
    pub page: Page,
    /// How many are due.
    pub due: i64,
    /// When any account was looked at last; none: never.
    pub last: Option<i64>,
}

impl Office {
    /// Disables an account, with a reason; it is out at its next request. One that is disabled stays so.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there; [`StepError::Account`] without a reason, for the
    /// own account, and for the last administrator.
    pub async fn disable_account(&self, hand: Hand<'_>, id: &str, reason: &str) -> Result<(), StepError> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(StepError::Account(vec![Fault::NoReason]));
        }
        if hand.is(id) {
            return Err(StepError::Account(vec![Fault::OwnAccount]));
        }
        self.set_account_status(hand, id, Status::Disabled, reason).await
    }

    /// Enables an account that is disabled, or waits for it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there.
    pub async fn enable_account(&self, hand: Hand<'_>, id: &str, reason: &str) -> Result<(), StepError> {
        self.set_account_status(hand, id, Status::Active, reason.trim()).await
    }

    async fn set_account_status(
        &self,
        hand: Hand<'_>,
        id: &str,
        status: Status,
        reason: &str,
    ) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let before = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if before.status == status {
            return Ok(());
        }
        if status != Status::Active {
            insist_on_another(&mut tx, &before).await?;
        }
        accounts::set_status(&mut tx, id, status, self.world.now()).await?;
        if status == Status::Disabled {
            credentials::end_all(&mut tx, &self.world, id, None).await?;
        }
        let change = Change {
            kind: "account",
            subject: id,
            name: &before.draft.login,
            field: "status",
            old: before.status.label(),
            new: status.label(),
            reason,
        };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }

    /// 帳號清查: active accounts that nobody has looked at for long enough, or `all` active ones. Whoever looks has read
    /// what they were told of it, and leaves a trace of whom it shows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn review(
        &self,
        who: &Administrator,
        origin: &Origin,
        all: bool,
        turn: &Turn,
    ) -> Result<Review, StepError> {
        self.saw(&who.id, &[Topic::Review]).await?;
        let mut db = self.store.read().await?;
        let due = self.due_for_review();
        let listed = if all { Narrow { unreviewed_since: None, ..due.clone() } } else { due.clone() };
        let review = Review {
            page: accounts::page(&mut db, &listed, turn).await?,
            due: accounts::count(&mut db, &due).await?,
            last: accounts::last_review(&mut db).await?,
        };
        drop(db);
        self.trace_accounts(who, origin, &review.page).await?;
        Ok(review)
    }

    /// The accounts that wait to be looked at; none where reviews are off.
    #[must_use]
    pub fn due_for_review(&self) -> Narrow {
        let before = match self.accounts.review_days {
            0 => i64::MIN,
            days => self.world.now() - i64::from(days) * DAY,
        };
        Narrow { status: Some(Status::Active), unreviewed_since: Some(before), ..Narrow::ALL }
    }

    /// How many accounts wait to be looked at.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts_due(&self) -> Result<i64, StepError> {
        Ok(accounts::count(&mut *self.store.read().await?, &self.due_for_review()).await?)
    }

    /// Says that an account is still needed, as it stands.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there.
    pub async fn confirm_account(&self, hand: Hand<'_>, id: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        let by = hand.person().map(|(who, _)| who.id.as_str());
        accounts::reviewed(&mut tx, id, by, self.world.now()).await?;
        let change = Change {
            kind: "account",
            subject: id,
            name: &account.draft.login,
            field: "reviewed",
            ..Change::default()
        };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }
}
