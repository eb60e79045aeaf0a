//! 個資告知: a person accepts the collection notice as it is now.

use crate::case::role::Actor;
use crate::identity::collection::{self, Accepted};
use crate::store::acceptances;

use super::office::Origin;
use super::{Office, StepError};

impl Office {
    /// Keeps that the actor has accepted the notice.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept_notice(&self, actor: &Actor, origin: &Origin) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let accepted = Accepted { at: self.world.now(), remote: &origin.remote, request: &origin.request };
        collection::accept(&mut tx, &self.world, &actor.id, &self.notice, accepted).await?;
        tx.commit().await?;
        tracing::info!(person = %actor.id, version = self.notice.version(), "collection notice accepted");
        Ok(())
    }

    /// Whether the actor has accepted it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_accepted_notice(&self, actor: &str) -> Result<bool, StepError> {
        Ok(collection::has_accepted(&mut *self.store.read().await?, actor, &self.notice).await?)
    }

    /// Lets all made-up people accept it, so that nobody who tries a demonstration has to for each of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept_notice_for_made_up_people(&self) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let now = self.world.now();
        acceptances::keep_text(&mut tx, &self.notice.digest, &self.notice.body(), now).await?;
        acceptances::add_for_everybody(&mut tx, &self.notice.digest, now).await?;
        Ok(tx.commit().await?)
    }
}
