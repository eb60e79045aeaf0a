//! Accounts: who is there, who may come in and as what. Administrators change them on pages, whoever runs the
//! installation by the command line, and a job disables what nobody uses; all through the same steps.
//!
//! Every change is written down with what stood there before ([`crate::store::changes`]). Nobody changes the own
//! roles, and the last administrator stays one.

mod change;
mod identity;
mod password;
mod school;
mod sessions;
mod status;
mod unused;

use crate::case::account::Fault;
use crate::case::holder::{Administrator, CaseManager};
use crate::case::role::{Actor, Role};
use crate::identity::log::Whence;
use crate::store::accounts::{self, Account, Narrow, Page, Turn};
use crate::store::changes::{self, By, Change, Changed};
use crate::store::traces::Trace;
use crate::store::{Tx, people};

use super::office::Origin;
use super::{Office, StepError};

pub use school::{Binding, Candidates};
pub use status::Review;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60_000;

/// What an installation decides about accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// After how many days without a sign-in an account is disabled; 0: never.
    pub disable_unused_days: u32,
    /// After how many days an account is to be looked at again; 0: never.
    pub review_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { disable_unused_days: 180, review_days: 180 }
    }
}

/// On whose behalf something of the administration changes.
#[derive(Clone, Copy, Debug)]
pub enum Hand<'a> {
    /// An administrator, on a page.
    Administrator(&'a Administrator, &'a Origin),
    /// A case manager, on a page.
    Manager(&'a CaseManager, &'a Origin),
    /// The owner of the account.
    Owner(&'a Actor, &'a Origin),
    /// Whoever may run the program on the machine.
    Command,
    /// A job, by its name.
    Job(&'static str),
}

impl<'a> Hand<'a> {
    fn person(&self) -> Option<(&'a Actor, &'a Origin)> {
        match *self {
            Self::Administrator(who, origin) => Some((who, origin)),
            Self::Manager(who, origin) => Some((who, origin)),
            Self::Owner(who, origin) => Some((who, origin)),
            Self::Command | Self::Job(_) => None,
        }
    }

    /// Who, and the role by which; owners need none.
    fn holder(&self) -> Option<(&'a Actor, Role)> {
        match *self {
            Self::Administrator(who, _) => Some((who, Role::Administrator)),
            Self::Manager(who, _) => Some((who, Role::CaseManager)),
            Self::Owner(..) | Self::Command | Self::Job(_) => None,
        }
    }

    /// Whether this account is the own one.
    pub(super) fn is(&self, account: &str) -> bool {
        self.person().is_some_and(|(who, _)| who.id == account)
    }

    /// From where, for the owner of an account.
    fn whence(&self) -> Whence {
        self.person().map_or_else(Whence::default, |(_, origin)| Whence {
            address: origin.remote.clone(),
            request: origin.request.clone(),
            ..Whence::default()
        })
    }

    fn by(&self) -> By<'a> {
        let (name, source) = match *self {
            Self::Job(name) => (name, "job"),
            Self::Command => ("casebind", "command"),
            Self::Administrator(..) | Self::Manager(..) | Self::Owner(..) => ("", "page"),
        };
        match self.person() {
            None => By { actor: None, name, source, remote: "", request: "" },
            Some((who, origin)) => By {
                actor: Some(&who.id),
                name: &who.name,
                source,
                remote: &origin.remote,
                request: &origin.request,
            },
        }
    }
}

/// One account as an administrator sees it.
#[derive(Clone, Debug)]
pub struct Card {
    /// The account.
    pub account: Account,
    /// The newest changes of it.
    pub changes: Vec<Changed>,
}

impl Office {
    /// A page of accounts. It leaves a trace of whom it shows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(
        &self,
        who: &Administrator,
        origin: &Origin,
        narrow: &Narrow,
        turn: &Turn,
    ) -> Result<Page, StepError> {
        let page = accounts::page(&mut *self.store.read().await?, narrow, turn).await?;
        self.trace_accounts(who, origin, &page).await?;
        Ok(page)
    }

    /// Keeps a trace that somebody looked at a page of accounts: whose, and not for what was searched.
    pub(super) async fn trace_accounts(
        &self,
        who: &Actor,
        origin: &Origin,
        page: &Page,
    ) -> Result<(), StepError> {
        let shown: Vec<&str> = page.accounts.iter().map(|account| account.id.as_str()).collect();
        let detail = shown.join(" ");
        let trace =
            Trace { person: Some(&who.id), action: "list-accounts", detail: &detail, ..Trace::default() };
        Ok(self.trace(origin, trace).await?)
    }

    /// The same of one account.
    async fn trace_account(&self, who: &Actor, origin: &Origin, id: &str) -> Result<(), StepError> {
        let trace = Trace { person: Some(&who.id), action: "view-account", detail: id, ..Trace::default() };
        Ok(self.trace(origin, trace).await?)
    }

    /// One account with what was changed of it. It leaves a trace.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for an account that isn't there.
    pub async fn account(&self, who: &Administrator, origin: &Origin, id: &str) -> Result<Card, StepError> {
        let mut db = self.store.read().await?;
        let account = accounts::find(&mut db, id).await?.ok_or(StepError::NotFound)?;
        let narrow = changes::Narrow { kind: "account".into(), subject: id.to_owned() };
        let page = changes::page(&mut db, &narrow, &changes::Turn::First).await?;
        drop(db);
        self.trace_account(who, origin, id).await?;
        Ok(Card { account, changes: page.changes })
    }

    /// How many active accounts hold each role.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn roles(&self, _: &Administrator) -> Result<Vec<(Role, i64)>, StepError> {
        Ok(accounts::by_role(&mut *self.store.read().await?).await?)
    }

    /// 異動紀錄, newest first. It leaves a trace: names and addresses stand in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn changes(
        &self,
        who: &Administrator,
        origin: &Origin,
        narrow: &changes::Narrow,
        turn: &changes::Turn,
    ) -> Result<changes::Page, StepError> {
        let page = changes::page(&mut *self.store.read().await?, narrow, turn).await?;
        let trace = Trace {
            person: Some(&who.id),
            action: "view-changes",
            detail: &narrow.subject,
            ..Trace::default()
        };
        self.trace(origin, trace).await?;
        Ok(page)
    }

    /// Writes down what was changed, and says so in the log without the values.
    pub(super) async fn changed(
        &self,
        tx: &mut Tx,
        hand: &Hand<'_>,
        change: Change<'_>,
    ) -> Result<(), StepError> {
        if let Some((who, role)) = hand.holder() {
            // A request may have begun before its sender lost the role.
            let now = people::by_id(tx, &who.id).await?.filter(|person| person.active);
            if !now.is_some_and(|person| person.roles.contains(&role)) {
                return Err(StepError::NotFound);
            }
        }
        let by = hand.by();
        let actor = by.actor.unwrap_or(by.name);
        tracing::info!(
            kind = change.kind,
            subject = change.subject,
            field = change.field,
            by = actor,
            "changed"
        );
        Ok(changes::add(tx, &self.world.new_id(), self.world.now(), by, change).await?)
    }
}

/// Refuses an account that would leave nobody to administer.
async fn insist_on_another(tx: &mut Tx, account: &Account) -> Result<(), StepError> {
    let administers = account.draft.roles.contains(&Role::Administrator)
        && account.status == crate::case::account::Status::Active;
    if administers && accounts::other_administrators(tx, &account.id).await? == 0 {
        return Err(StepError::Account(vec![Fault::LastAdministrator]));
    }
    Ok(())
}
