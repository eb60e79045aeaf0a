//! 撤案: the applicant takes a case back before it is submitted, the case manager until it is dispatched.

use crate::case::event::Event;
use crate::case::request::Request;
use crate::case::role::Actor;

use super::words::reason as checked;
use super::{Office, StepError};

impl Office {
    /// Withdraws a case.
    ///
    /// # Errors
    /// [`StepError::Refused`] in other states or without a reason; [`StepError::Conflict`] when the case was
    /// changed meanwhile.
    pub async fn withdraw(
        &self,
        actor: &Actor,
        number: &str,
        version: i64,
        reason: &str,
    ) -> Result<(), StepError> {
        self.move_on(actor, number, version, &Request::new(Event::Withdraw).because(&checked(reason)?)).await
    }
}
