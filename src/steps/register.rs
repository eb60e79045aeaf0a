//! 註冊帳號: somebody registers, confirms the address by a link, waits, and is activated or refused by a case
//! manager, or by the command line.
//!
//! There is no account before it is activated: an address that was never confirmed, or was refused, keeps nobody
//! out. Whoever confirms says the password again, so that nobody confirms for somebody else what that one chose.

use sqlx::AnyConnection;

use crate::case::account::Fault;
use crate::case::holder::CaseManager;
use crate::case::mail_kind::MailKind;
use crate::case::not_activated::NotActivated;
use crate::case::notify::Topic;
use crate::case::role::{Actor, Role};
use crate::identity::links::{self, Purpose, Secret};
use crate::store::StoreError;
use crate::store::acceptances::{self, Acceptance};
use crate::store::addresses;
use crate::store::changes::Change;
use crate::store::notices::{self, About};
use crate::store::people::{self, Person};
use crate::store::registrations::{self, Mark, New, Registration};
use crate::store::schools::{self, School};
use crate::store::traces::Trace;

use super::accounts::Hand;
use super::notify::{Moved, News};
use super::office::Origin;
use super::{Office, StepError};

const DAY: i64 = 24 * 60 * 60_000;
/// How long a refused registration is kept, so that the reason can be told again by telephone.
const REFUSED_KEPT: i64 = 30 * DAY;
/// What the log calls the command line.
const COMMAND: &str = "casebind";
/// Registrations on one of the case managers' pages; the longest waiting first.
const LISTED: usize = 50;
/// Code points of a note at most.
pub const NOTE: usize = 200;

/// Who decides about registrations.
#[derive(Clone, Copy, Debug)]
pub enum Decider<'a> {
    /// A case manager, on a page.
    Manager(&'a CaseManager, &'a Origin),
    /// Whoever may run the program on the machine.
    Command,
}

impl<'a> Decider<'a> {
    fn hand(self) -> Hand<'a> {
        match self {
            Self::Manager(who, origin) => Hand::Manager(who, origin),
            Self::Command => Hand::Command,
        }
    }

    fn person(self) -> Option<&'a str> {
        match self {
            Self::Manager(who, _) => Some(&who.id),
            Self::Command => None,
        }
    }

    /// From where; the command line asks from nowhere.
    fn origin(self) -> Origin {
        match self {
            Self::Manager(_, origin) => origin.clone(),
            Self::Command => Origin::default(),
        }
    }
}

/// Who registers.
#[derive(Clone, Copy)]
pub struct Registering<'a> {
    /// The address, in small letters.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// The school's code.
    pub school: &'a str,
    /// The password's PHC string.
    pub password_hash: &'a str,
}

/// A registration that waits for a case manager.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The registration.
    pub registration: Registration,
    /// Its school.
    pub school: Option<School>,
    /// How many accounts the school has already.
    pub colleagues: i64,
}

/// A page of registrations that wait.
#[derive(Clone, Debug)]
pub struct WaitingList {
    /// They.
    pub waiting: Vec<Waiting>,
    /// How many wait in all.
    pub total: i64,
    /// Where the next page begins; none: this is the last one.
    pub next: Option<Mark>,
}

impl Office {
    /// Takes a registration in and sends its link. The answer and the work are the same whoever has the address:
    /// that is looked up when the mail is written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register(&self, origin: &Origin, who: &Registering<'_>) -> Result<(), StepError> {
        let (id, now) = (self.world.new_id(), self.world.now());
        let mut tx = self.store.write().await?;
        registrations::sweep(&mut tx, now - DAY, now - REFUSED_KEPT).await?;
        acceptances::keep_text(&mut tx, &self.notice.digest, &self.notice.body(), now).await?;
        let new = New {
            id: &id,
            email: who.email,
            name: who.name,
            school: who.school,
            password_hash: who.password_hash,
            notice: &self.notice.digest,
            remote: &origin.remote,
            request: &origin.request,
        };
        registrations::add(&mut tx, &new, now).await?;
        self.post_letter(&mut tx, MailKind::Registration, None, who.email, &id).await?;
        tx.commit().await?;
        tracing::info!(registration = id, "registered");
        Ok(())
    }

    /// The registration of a link that is still good; looking uses nothing up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn registration_of(&self, secret: &Secret) -> Result<Option<Registration>, StepError> {
        let mut db = self.store.read().await?;
        let Some(id) = links::peek(&mut db, &self.world, Purpose::Register, secret).await? else {
            return Ok(None);
        };
        Ok(registrations::find(&mut db, &id).await?.filter(|found| found.state == "unconfirmed"))
    }

    /// Confirms the address of a registration, which then waits for the case managers: they are told. False: the link
    /// isn't good any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirm_registration(&self, secret: &Secret) -> Result<bool, StepError> {
        let mut tx = self.store.write().await?;
        let Some(id) = links::take(&mut tx, &self.world, Purpose::Register, secret).await? else {
            return Ok(false);
        };
        let Some(found) = registrations::find(&mut tx, &id).await? else { return Ok(false) };
        let free = addresses::holders(&mut tx, &found.email).await?.is_empty()
            && !registrations::waits(&mut tx, &found.email).await?;
        let at = self.world.now();
        let confirmed = free && registrations::confirm(&mut tx, &id, &found.email, at).await?;
        if confirmed {
            let about = About::Registration(&id);
            let news = News { about, topic: Topic::Account, by: None, moved: Moved::default(), at };
            self.tell(&mut tx, news).await?;
        }
        tx.commit().await?;
        tracing::info!(registration = id, confirmed, "registration's address confirmed");
        Ok(confirmed)
    }

    /// How many registrations wait, for case managers; nobody else's business.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_accounts(&self, actor: &Actor) -> Result<i64, StepError> {
        if !actor.is(Role::CaseManager) {
            return Ok(0);
        }
        Ok(registrations::count_pending(&mut *self.store.read().await?).await?)
    }

    /// 待啟用帳號 behind `after`, the longest waiting first. Whoever looks has read what they were told of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting_list(
        &self,
        who: Decider<'_>,
        after: Option<&Mark>,
    ) -> Result<WaitingList, StepError> {
        self.trace_registrations(who).await?;
        if let Some(person) = who.person() {
            let mut tx = self.store.write().await?;
            notices::read_accounts(&mut tx, person, self.world.now()).await?;
            tx.commit().await?;
        }
        let mut db = self.store.read().await?;
        let most = i64::try_from(LISTED + 1).unwrap_or(i64::MAX);
        let mut found = registrations::pending(&mut db, after, most).await?;
        let more = found.len() > LISTED;
        found.truncate(LISTED);
        let next = found.last().filter(|_| more).map(Registration::mark);
        let total = registrations::count_pending(&mut db).await?;
        let mut waiting = Vec::new();
        for registration in found {
            waiting.push(with_school(&mut db, registration).await?);
        }
        Ok(WaitingList { waiting, total, next })
    }

    /// One registration that waits.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when it doesn't wait any more.
    pub async fn waiting_account(&self, who: Decider<'_>, id: &str) -> Result<Waiting, StepError> {
        self.trace_registrations(who).await?;
        let mut db = self.store.read().await?;
        let found = registrations::find(&mut db, id).await?.filter(|found| found.state == "pending");
        Ok(with_school(&mut db, found.ok_or(StepError::NotFound)?).await?)
    }

    async fn trace_registrations(&self, who: Decider<'_>) -> Result<(), StepError> {
        let trace = Trace { person: who.person(), action: "view-registrations", ..Trace::default() };
        self.trace(&who.origin(), trace).await?;
        Ok(())
    }

    /// 啟用: makes the account, bound to its school, and tells its owner.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a registration that isn't there; [`StepError::Conflict`] when somebody else decided
    /// meanwhile, or somebody else has the address now; [`StepError::Account`] where the school was closed since.
    pub async fn activate_account(&self, who: Decider<'_>, id: &str) -> Result<(), StepError> {
        let now = self.world.now();
        let mut tx = self.store.write().await?;
        let found = registrations::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if !registrations::decide(&mut tx, id, "activated", who.person(), "", now).await?
            || !addresses::holders(&mut tx, &found.email).await?.is_empty()
        {
            return Err(StepError::Conflict);
        }
        if schools::find_open(&mut tx, &found.school_code).await?.is_none() {
            return Err(StepError::Account(vec![Fault::SchoolClosed]));
        }
        let person = account(self.world.new_id(), &found);
        people::add(&mut tx, &person, now).await.map_err(taken)?;
        let made = Change {
            kind: "account",
            subject: &person.id,
            name: &person.login,
            field: "made",
            new: &person.name,
            reason: "啟用註冊",
            ..Change::default()
        };
        let hand = who.hand();
        self.changed(&mut tx, &hand, made).await?;
        let role = Role::Applicant.label();
        for (field, new) in [("roles", role), ("school", found.school_code.as_str())] {
            self.changed(&mut tx, &hand, Change { field, new, ..made }).await?;
        }
        let acceptance = Acceptance {
            id: &self.world.new_id(),
            person: &person.id,
            digest: &found.notice_digest,
            at: found.created_at,
            remote: &found.remote,
            request: &found.request_id,
        };
        acceptances::add(&mut tx, &acceptance).await?;
        self.post_letter(&mut tx, MailKind::Activated, Some(&person.id), "", id).await?;
        let trace = Trace {
            person: who.person(),
            action: "activate-account",
            detail: &person.id,
            ..Trace::default()
        };
        self.trace_in(&mut tx, &who.origin(), trace).await?;
        tx.commit().await?;
        tracing::info!(person = person.id, by = who.person().unwrap_or(COMMAND), "account activated");
        Ok(())
    }

    /// 不啟用, with a reason, which its owner is told, and a note, which nobody is told outside. Both are written down
    /// by the school: who registered is forgotten after a while.
    ///
    /// # Errors
    /// [`StepError::NotFound`] for a registration that isn't there; [`StepError::Conflict`] when somebody else decided
    /// meanwhile; [`StepError::Account`] for a note that is too long, or is missing where the reason says nothing.
    pub async fn refuse_account(
        &self,
        who: Decider<'_>,
        id: &str,
        why: NotActivated,
        note: &str,
    ) -> Result<(), StepError> {
        let note = note.trim();
        if !is_note(note) || (why == NotActivated::Other && note.is_empty()) {
            return Err(StepError::Account(vec![Fault::NoReason]));
        }
        let kept = why.kept(note);
        let mut tx = self.store.write().await?;
        let found = registrations::find(&mut tx, id).await?.ok_or(StepError::NotFound)?;
        if !registrations::decide(&mut tx, id, "refused", who.person(), &kept, self.world.now()).await? {
            return Err(StepError::Conflict);
        }
        let refused = Change {
            kind: "registration",
            subject: id,
            name: &found.school_code,
            field: "refused",
            // What was typed is forgotten with the registration; changes never are.
            reason: why.label(),
            ..Change::default()
        };
        self.changed(&mut tx, &who.hand(), refused).await?;
        self.post_letter(&mut tx, MailKind::Refused, None, &found.email, id).await?;
        let trace = Trace { person: who.person(), action: "refuse-account", detail: id, ..Trace::default() };
        self.trace_in(&mut tx, &who.origin(), trace).await?;
        tx.commit().await?;
        tracing::info!(registration = id, by = who.person().unwrap_or(COMMAND), "account refused");
        Ok(())
    }
}

/// A note has no more than a list of changes takes, and nothing that can't be seen.
fn is_note(text: &str) -> bool {
    let odd = |c: char| c.is_control() && c != '\n' && c != '\r';
    text.chars().count() <= NOTE && !text.chars().any(odd)
}

/// A login that somebody took between the look and the write.
fn taken(error: StoreError) -> StepError {
    if error.is_taken() { StepError::Conflict } else { error.into() }
}

async fn with_school(db: &mut AnyConnection, registration: Registration) -> Result<Waiting, StoreError> {
    let school = schools::find(db, &registration.school_code).await?;
    let colleagues = addresses::count_at_school(db, &registration.school_code).await?;
    Ok(Waiting { registration, school, colleagues })
}

fn account(id: String, found: &Registration) -> Person {
    Person {
        id,
        login: found.email.clone(),
        name: found.name.clone(),
        email: found.email.clone(),
        password_hash: Some(found.password_hash.clone()),
        school: Some(found.school_code.clone()),
        zone: None,
        profession: None,
        active: true,
        roles: vec![Role::Applicant],
    }
}
