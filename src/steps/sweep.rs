//! Half-typed forms that nobody has gone on with, and forms that were held for their owner and never sent again: they hold
//! what a record holds, and nobody keeps them by intent.

use crate::store::{drafts, held, leases};

use super::{Office, StepError};

/// How long a half-typed form is kept after the last key: a summer's holidays, in milliseconds.
pub const DRAFT_MILLIS: i64 = 90 * 24 * 60 * 60_000;
/// How long the lease on sweeping holds: it is also how often it happens.
const HOUR: i64 = 60 * 60_000;

impl Office {
    /// Forgets old half-typed forms and held ones, unless another process has done so within the hour. Returns how many; nothing
    /// if it wasn't our turn.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_drafts(&self) -> Result<Option<u64>, StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        if !leases::take(&mut tx, "drafts", now, now + HOUR).await? {
            return Ok(None);
        }
        let swept = drafts::sweep(&mut tx, now - DRAFT_MILLIS).await? + held::sweep(&mut tx, now).await?;
        tx.commit().await?;
        if swept > 0 {
            tracing::info!(forms = swept, "old drafts forgotten");
        }
        Ok(Some(swept))
    }
}
