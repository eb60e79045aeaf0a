//! What waits for those who lead and do the service: cases to dispatch and to close, cases that one serves.

use crate::case::role::{Actor, Role};
use crate::store::duties::{self, List, Page, Turn};

use super::{Office, StepError};

/// Which list of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// A supervisor's: 收件 in the own zone, waiting for 派案.
    ToDispatch,
    /// A supervisor's: proposals of closing in the own zone.
    ToClose,
    /// A professional's: own cases in 服務中.
    Serving,
    /// A professional's: own cases in 結案.
    Served,
}

impl Office {
    /// A page of a person's list.
    ///
    /// # Errors
    /// [`StepError::NotFound`] without the role; without a zone a supervisor's lists are empty.
    pub async fn duties(&self, actor: &Actor, duty: Duty, turn: &Turn) -> Result<Page, StepError> {
        let Some(list) = list(actor, duty)? else {
            return Ok(Page { cases: Vec::new(), total: 0, previous: None, next: None });
        };
        Ok(duties::page(&mut *self.store.read().await?, list, turn).await?)
    }

    /// How many cases stand in a person's list.
    ///
    /// # Errors
    /// As [`Self::duties`].
    pub async fn count_duties(&self, actor: &Actor, duty: Duty) -> Result<i64, StepError> {
        let Some(list) = list(actor, duty)? else { return Ok(0) };
        Ok(duties::count(&mut *self.store.read().await?, list).await?)
    }
}

fn list(actor: &Actor, duty: Duty) -> Result<Option<List<'_>>, StepError> {
    let role = match duty {
        Duty::ToDispatch | Duty::ToClose => Role::Supervisor,
        Duty::Serving | Duty::Served => Role::Professional,
    };
    if !actor.is(role) {
        return Err(StepError::NotFound);
    }
    let zone = actor.zone.as_deref();
    Ok(match duty {
        Duty::ToDispatch => zone.map(List::ToDispatch),
        Duty::ToClose => zone.map(List::ToClose),
        Duty::Serving => Some(List::Serving(&actor.id)),
        Duty::Served => Some(List::Served(&actor.id)),
    })
}
