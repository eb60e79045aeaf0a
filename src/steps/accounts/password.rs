//! A password is given to somebody else's account: all its sessions end.

use crate::steps::{Office, StepError};
use crate::store::accounts;
use crate::store::changes::Change;
use crate::store::people;

use super::Hand;

impl Office {
    /// Gives an account the password with this hash, and ends its sessions.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there.
    pub async fn give_password(&self, hand: Hand<'_>, id: &str, hash: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let account = accounts::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        people::set_password(&mut tx, id, hash, self.world.now()).await?;
        accounts::end_sessions(&mut tx, id).await?;
        let change = Change {
            kind: "account",
            subject: id,
            name: &account.draft.login,
            field: "password",
            ..Change::default()
        };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }
}
