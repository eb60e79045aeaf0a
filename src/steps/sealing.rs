//! Encryption at rest: what was written before there were keys is sealed, once, beside everything else.

use crate::store::StoreError;
use crate::store::sealed;

use super::{Office, StepError};

impl Office {
    /// Seals what was written before there were keys. Returns how many values it were; none: nothing is left to do.
    ///
    /// # Errors
    /// When the database fails, a value can't be opened, or a process seals with an older key. What was sealed until then
    /// stays so.
    pub async fn seal_what_is_plain(&self) -> Result<Option<u64>, StepError> {
        if sealed::sealed_since(&mut *self.store.read().await?).await? > 0 {
            return Ok(None);
        }
        let rows = sealed::rotate(&self.store, self.world.now(), &mut |_| {}).await?;
        if rows > 0 {
            tracing::info!(rows, "what was kept in clear is sealed now");
            match self.store.let_go().await {
                // The pages that held it are written over when somebody else's reading ends.
                Err(StoreError::Busy) => {
                    tracing::warn!("the database still holds what was in clear in its log")
                }
                other => other?,
            }
        }
        Ok(Some(rows))
    }
}
