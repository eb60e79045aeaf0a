//! How much waits for somebody: what the navigation counts, each role its own.

use crate::case::rights::{Right, may};
use crate::case::role::{Actor, Role};
use crate::store::{disposals, fixity, mails};

use super::{Office, StepError};

/// How much waits, by what it is; 0 of what is nobody's business.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Registered accounts, for case managers.
    pub registered: i64,
    /// Proposals of others to destroy a case, for archivists.
    pub disposals: i64,
    /// Findings of the check of originals that stand, for archivists and administrators.
    pub findings: i64,
    /// Mails that were given up, for administrators.
    pub mails: i64,
    /// Accounts that are due to be looked at, for administrators.
    pub reviews: i64,
}

impl Office {
    /// How much waits for this person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(&self, actor: &Actor) -> Result<Waiting, StepError> {
        let mut waiting = Waiting { registered: self.waiting_accounts(actor).await?, ..Waiting::default() };
        if actor.is(Role::Administrator) {
            waiting.reviews = self.accounts_due().await?;
        }
        if !may(actor, Right::Fixity) {
            return Ok(waiting);
        }
        let mut db = self.store.read().await?;
        waiting.findings = fixity::count_open(&mut db).await?;
        if actor.is(Role::Archivist) {
            waiting.disposals = disposals::count_open(&mut db, &actor.id).await?;
        }
        if actor.is(Role::Administrator) {
            waiting.mails = mails::count_given_up(&mut db).await?;
        }
        Ok(waiting)
    }
}
