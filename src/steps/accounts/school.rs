//! 變更服務學校: a case manager binds an applicant's account to another school, with a reason; nobody the own one. Cases
//! that were opened before stay with their school, and the applicant logs in anew.

use crate::case::account::{Fault, Status};
use crate::case::holder::CaseManager;
use crate::case::role::Role;
use crate::identity::credentials;
use crate::steps::office::Origin;
use crate::steps::{Office, StepError};
use crate::store::accounts::{self, Account, Narrow, Page, Turn};
use crate::store::changes::Change;
use crate::store::schools::{self, School};

use super::Hand;

/// Schools that are offered at most.
const OFFERED: usize = 30;

/// An applicant's account and the schools to choose from.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The account.
    pub account: Account,
    /// The schools that were found.
    pub schools: Vec<School>,
    /// Whether there are more.
    pub more: bool,
}

/// A page of applicants.
pub type Candidates = Page;

impl Office {
    /// Applicants' accounts, for a case manager. It leaves a trace of whom it shows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn applicants(
        &self,
        who: &CaseManager,
        origin: &Origin,
        keyword: &str,
        turn: &Turn,
    ) -> Result<Candidates, StepError> {
        let narrow = Narrow { keyword: keyword.to_owned(), role: Some(Role::Applicant), ..Narrow::ALL };
        let page = accounts::page(&mut *self.store.read().await?, &narrow, turn).await?;
        self.trace_accounts(who, origin, &page).await?;
        Ok(page)
    }

    /// An applicant's account, and the open schools whose name, code or district holds `keyword`. It leaves a trace.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't an applicant's.
    pub async fn binding(
        &self,
        who: &CaseManager,
        origin: &Origin,
        id: &str,
        keyword: &str,
    ) -> Result<Binding, StepError> {
        let mut db = self.store.read().await?;
        let account = applicant(accounts::find(&mut db, id).await?)?;
        let keyword = keyword.trim();
        let mut found = if keyword.is_empty() { Vec::new() } else { schools::open(&mut db).await? };
        found.retain(|school| {
            [&school.name, &school.code, &school.district].into_iter().any(|text| text.contains(keyword))
        });
        drop(db);
        self.trace_account(who, origin, id).await?;
        let more = found.len() > OFFERED;
        found.truncate(OFFERED);
        Ok(Binding { account, schools: found, more })
    }

    /// Binds an applicant's account to another school. `was` is the school that the page knew.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't an applicant's, [`StepError::Conflict`] where somebody
    /// else was faster, [`StepError::Account`] for what won't do.
    pub async fn rebind_school(
        &self,
        who: &CaseManager,
        origin: &Origin,
        id: &str,
        was: &str,
        code: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        let (code, reason) = (code.trim(), reason.trim());
        let mut tx = self.store.write().await?;
        accounts::lock(&mut tx, id).await?;
        let account = applicant(accounts::find(&mut tx, id).await?)?;
        let hand = Hand::Manager(who, origin);
        let mut faults = Vec::new();
        if hand.is(id) {
            faults.push(Fault::OwnRoles);
        }
        match schools::standing(&mut tx, code).await? {
            None => faults.push(Fault::SchoolUnknown),
            Some(standing) if standing.closed_at.is_some() => faults.push(Fault::SchoolClosed),
            Some(_) => {}
        }
        if reason.is_empty() {
            faults.push(Fault::NoReason);
        }
        if !faults.is_empty() {
            return Err(StepError::Account(faults));
        }
        if account.draft.school == code {
            return Ok(());
        }
        if account.draft.school != was {
            return Err(StepError::Conflict);
        }
        let mut draft = account.draft.clone();
        code.clone_into(&mut draft.school);
        accounts::set(&mut tx, id, &draft, self.world.now()).await?;
        credentials::end_all(&mut tx, &self.world, id, None).await?;
        let change = Change {
            kind: "account",
            subject: id,
            name: &draft.login,
            field: "school",
            old: was,
            new: code,
            reason,
        };
        self.changed(&mut tx, &hand, change).await?;
        Ok(tx.commit().await?)
    }
}

/// The account, if it is an applicant's that isn't disabled.
fn applicant(account: Option<Account>) -> Result<Account, StepError> {
    let fits = |account: &Account| {
        account.draft.roles.contains(&Role::Applicant) && account.status != Status::Disabled
    };
    account.filter(fits).ok_or(StepError::NotFound)
}
