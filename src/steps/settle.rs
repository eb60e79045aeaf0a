//! 選擇您服務的學校: an account without a school is bound, once. Only a case manager changes it later.

use crate::case::holder::Applicant;
use crate::store::changes::Change;
use crate::store::people;
use crate::store::traces::Trace;

use super::accounts::Hand;
use super::office::Origin;
use super::{Office, StepError};

impl Office {
    /// Binds the applicant's account to a school. An account that has one keeps it.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there, or when the database fails.
    pub async fn bind_school(&self, who: &Applicant, origin: &Origin, code: &str) -> Result<(), StepError> {
        let mut tx = self.store.write().await?;
        let Some(person) = people::by_id(&mut tx, &who.id).await? else { return Err(StepError::NotFound) };
        if !people::bind_school(&mut tx, &who.id, code, self.world.now()).await? {
            return Ok(());
        }
        let change = Change {
            kind: "account",
            subject: &who.id,
            name: &person.login,
            field: "school",
            new: code,
            ..Change::default()
        };
        self.changed(&mut tx, &Hand::Owner(who, origin), change).await?;
        let trace = Trace { person: Some(&who.id), action: "bind-school", detail: code, ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        Ok(tx.commit().await?)
    }
}
