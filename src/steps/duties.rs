//! What waits for those who lead and do the service: cases to dispatch and to close, cases that one serves.

use crate::case::holder::{Professional, Supervisor};
use crate::store::duties::{self, List, Page, Turn};

use super::{Office, StepError};

/// Which list, and whose.
#[derive(Clone, Copy, Debug)]
pub enum Duty<'a> {
    /// 收件 in the supervisor's zone, waiting for 派案.
    ToDispatch(&'a Supervisor),
    /// Proposals of closing in the supervisor's zone.
    ToClose(&'a Supervisor),
    /// The professional's cases in 服務中.
    Serving(&'a Professional),
    /// The professional's cases in 結案.
    Served(&'a Professional),
}

impl<'a> Duty<'a> {
    /// None for a supervisor without a zone.
    fn list(self) -> Option<List<'a>> {
        match self {
            Self::ToDispatch(who) => who.zone.as_deref().map(List::ToDispatch),
            Self::ToClose(who) => who.zone.as_deref().map(List::ToClose),
            Self::Serving(who) => Some(List::Serving(&who.id)),
            Self::Served(who) => Some(List::Served(&who.id)),
        }
    }
}

impl Office {
    /// A page of a person's list; without a zone a supervisor's lists are empty.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn duties(&self, duty: Duty<'_>, turn: &Turn) -> Result<Page, StepError> {
        let Some(list) = duty.list() else {
            return Ok(Page { cases: Vec::new(), total: 0, previous: None, next: None });
        };
        Ok(duties::page(&mut *self.store.read().await?, list, turn).await?)
    }

    /// How many cases stand in a person's list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_duties(&self, duty: Duty<'_>) -> Result<i64, StepError> {
        let Some(list) = duty.list() else { return Ok(0) };
        Ok(duties::count(&mut *self.store.read().await?, list).await?)
    }
}
