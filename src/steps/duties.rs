//! What waits for those who lead and do the service: cases to dispatch and to close, cases that one serves.
//!
//! A case that was corrected after 收件 such that its form must be signed again waits for the case managers, who ask for
//! a supplement, and not for 派案.

use crate::case::holder::{Professional, Supervisor};
use crate::store::Db;
use crate::store::cases::{self, Scope};
use crate::store::duties::{self, List, Page, Turn};
use crate::store::supplements;

use super::{Dossier, Office, StepError};

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
            return Ok(Page { cases: Vec::new(), total: 0, left_out: 0, previous: None, next: None });
        };
        let mut db = self.store.read().await?;
        let left_out = self.left_out(&mut db, list).await?;
        Ok(duties::page(&mut db, list, &left_out, turn).await?)
    }

    /// How many cases stand in a person's list.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_duties(&self, duty: Duty<'_>) -> Result<i64, StepError> {
        let Some(list) = duty.list() else { return Ok(0) };
        let mut db = self.store.read().await?;
        let left_out = self.left_out(&mut db, list).await?;
        Ok(duties::count(&mut db, list, &left_out).await?)
    }

    async fn left_out(&self, db: &mut Db, list: List<'_>) -> Result<Vec<String>, StepError> {
        match list {
            List::ToDispatch(zone) => self.to_seal(db, Some(zone)).await,
            List::ToClose(_) | List::Serving(_) | List::Served(_) => Ok(Vec::new()),
        }
    }

    /// The cases in 收件 of this zone, or of every zone, whose form must be signed again. What was corrected is read
    /// for the few alone of which that may be so.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn to_seal(&self, db: &mut Db, zone: Option<&str>) -> Result<Vec<String>, StepError> {
        let numbers = supplements::to_seal(db, zone).await?;
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let found = cases::find_all(db, &numbers, &Scope { all: true, ..Scope::default() }).await?;
        let dossiers = self.dossiers_of(db, found).await?;
        Ok(dossiers.into_iter().filter(Dossier::wants_new_seal).map(|dossier| dossier.case.id).collect())
    }
}
