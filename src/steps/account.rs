//! What an administrator does to somebody else's way in: taking off a second factor whose owner has lost it.

use crate::case::role::{Actor, Role};
use crate::case::validate::FieldError;
use crate::identity::log::{Kind, Whence};
use crate::identity::{credentials, second_factor};
use crate::store::traces::Trace;

use super::office::Origin;
use super::{Office, StepError};

/// Code points of a reason at most.
const REASON: usize = 500;

impl Office {
    /// Takes off the second factor of somebody whose identity the administrator has made sure of; all their sessions
    /// and remembered devices end, and they are told at the next log-in, where staff enrol a new one. `agent` is the
    /// administrator's browser.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for others than administrators, for one's own account and for one without a second
    /// factor; [`StepError::Invalid`] without a reason.
    pub async fn reset_second_factor(
        &self,
        actor: &Actor,
        origin: &Origin,
        agent: &str,
        person: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        if !actor.is(Role::Administrator) || actor.id == person {
            return Err(StepError::NotFound);
        }
        let reason = reason.trim();
        let words = match reason.chars().count() {
            0 => Some("請填寫原因，例如「手機遺失，已電話核對身分」。".to_owned()),
            1..=REASON => None,
            _ => Some(format!("原因最多 {REASON} 字。")),
        };
        if let Some(words) = words {
            return Err(StepError::Invalid(vec![FieldError { field: "reason".into(), words }]));
        }
        let whence =
            Whence { address: origin.remote.clone(), agent: agent.into(), request: origin.request.clone() };
        let mut tx = self.store.write().await?;
        let done = second_factor::remove(&mut tx, &self.world, Kind::FactorReset, person, &whence).await?;
        if !done {
            return Err(StepError::NotFound);
        }
        credentials::end_all(&mut tx, &self.world, person, None).await?;
        let detail = format!("account {person}: {reason}");
        let action = "reset-second-factor";
        let trace = Trace { person: Some(&actor.id), action, detail: &detail, ..Trace::default() };
        self.trace_in(&mut tx, origin, trace).await?;
        Ok(tx.commit().await?)
    }
}
