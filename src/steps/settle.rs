//! 選擇您服務的學校: an account without a school is bound, once. Only a case manager changes it later.

use crate::case::role::Actor;
use crate::store::people;
use crate::store::traces::Trace;

use super::office::Origin;
use super::{Office, StepError};

impl Office {
    /// Binds the actor's account to a school. An account that has one keeps it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bind_school(&self, actor: &Actor, origin: &Origin, code: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let bound = people::bind_school(&mut tx, &actor.id, code, self.world.now()).await?;
        tx.commit().await?;
        if bound {
            let trace =
                Trace { person: Some(&actor.id), action: "bind-school", detail: code, ..Trace::default() };
            self.trace(origin, trace).await?;
        }
        Ok(())
    }
}
