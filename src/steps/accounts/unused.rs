//! Accounts that nobody has used for long are disabled by themselves; never the last administrator.

use crate::case::account::Fault;
use crate::steps::{Office, StepError};
use crate::store::{accounts, leases};

use super::{DAY, Hand};

/// How long the lease holds: it is also how often unused accounts are looked for.
pub(super) const HOUR: i64 = 60 * 60_000;
/// Accounts that are disabled in one round.
const ROUND: i64 = 500;

impl Office {
    /// Disables what nobody used for as long as the installation says, unless another process looked within the
    /// hour. Returns how many; nothing if it wasn't our turn, or it is off.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disable_unused(&self) -> Result<Option<usize>, StepError> {
        let days = self.accounts.disable_unused_days;
        if days == 0 {
            return Ok(None);
        }
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        let ours = leases::take(&mut tx, "accounts", now, now + HOUR).await?;
        tx.commit().await?;
        if !ours {
            return Ok(None);
        }
        let since = now - i64::from(days) * DAY;
        let unused = accounts::unused(&mut *self.store.read().await?, since, ROUND).await?;
        let reason = format!("超過 {days} 天沒有登入");
        let mut disabled = 0;
        for id in unused {
            match self.disable_account(Hand::Job("accounts"), &id, &reason).await {
                Ok(()) => disabled += 1,
                Err(StepError::Account(faults)) if faults == [Fault::LastAdministrator] => {
                    tracing::warn!(account = %id, "the last administrator hasn't signed in for long");
                }
                Err(other) => return Err(other),
            }
        }
        Ok(Some(disabled))
    }
}
