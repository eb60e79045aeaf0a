//! The life cycle as data: one table says which event leads from where to where, who may, and what it needs.
//!
//! Buttons, authorisation, the words of a refusal and the API's 409 all come from [`TABLE`].
//! [`apply`] judges one request against it and knows no SQL and no HTTP.
//!
//! ```text
//! (new) -open-> draft -print-> sealing -submit-> submitted -receive-> received -dispatch-> in_service -close-> closed
//!                                 ^ <-return------- |  ^                 |                     ^ <----reopen----- |
//!                                                   |  '-resubmit- supplement <- ask_supplement (submitted, received)
//!                                                   '-decline-> declined      withdraw -> withdrawn (before in_service)
//! ```

use super::event::Event;
use super::refusal::{Refused, Why};
use super::request::{CaseFacts, Request};
use super::role::{Actor, Role};
use super::state::State;

/// Where an event leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The state stays as it is.
    Same,
    /// To this state.
    State(State),
}

/// What must hold besides state and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The case is the actor's own.
    OwnCase,
    /// Every required field is answered.
    RequiredFields,
    /// A subject where the service item needs one, and never two.
    Subject,
    /// Every required attachment is there.
    RequiredAttachments,
    /// An accepted scan of the newest revision, which still says what the record says.
    ScanOfNewest,
    /// A reason in words.
    Reason,
    /// Which fields or documents reopen.
    ReopenedItems,
    /// Each reopened item is answered.
    ItemsAnswered,
    /// If something printed changed: a new print and a new signed scan.
    FreshSeal,
    /// Every attachment has been reviewed and found good.
    AttachmentsReviewed,
    /// No correction says that the form must be signed again.
    SealStands,
    /// A verdict on the signed form.
    FormVerdict,
    /// The case's school lies in the supervisor's zone.
    OwnZone,
    /// At least one professional; of a profession that the case asks for, or a reason.
    Professionals,
    /// The professional serves this case.
    Assigned,
    /// One of the closing reasons (其他 with text) and a summary.
    ClosingReason,
    /// A closing was proposed.
    Proposed,
    /// A closing was proposed, by another person.
    ProposedByAnother,
    /// The colleague is an applicant of the same school.
    Colleague,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What happens.
    pub event: Event,
    /// Who may.
    pub role: Role,
    /// From which states.
    pub from: &'static [State],
    /// Where it leads.
    pub to: To,
    /// What else must hold, in the order of checking.
    pub needs: &'static [Need],
}

use Event as E;
use Need as N;
use Role as R;
use State as S;

const fn rule(event: E, role: R, from: &'static [S], to: To, needs: &'static [N]) -> Rule {
    Rule { event, role, from, to, needs }
}

/// The whole life cycle. Opening has no row to come from and is judged by [`may_open`].
pub const TABLE: &[Rule] = &[
    rule(E::Edit, R::Applicant, &[S::Draft, S::Sealing, S::Supplement], To::Same, &[N::OwnCase]),
    rule(E::Correct, R::CaseManager, &[S::Submitted, S::Received], To::Same, &[N::Reason]),
    rule(
        E::Print,
        R::Applicant,
        &[S::Draft, S::Sealing],
        To::State(S::Sealing),
        &[N::OwnCase, N::RequiredFields, N::Subject, N::RequiredAttachments],
    ),
    // 補件 of something printed needs a new print and a new signed scan; the case stays in 補件 meanwhile.
    rule(
        E::Print,
        R::Applicant,
        &[S::Supplement],
        To::Same,
        &[N::OwnCase, N::RequiredFields, N::Subject, N::RequiredAttachments],
    ),
    rule(E::Submit, R::Applicant, &[S::Sealing], To::State(S::Submitted), &[N::OwnCase, N::ScanOfNewest]),
    rule(E::Return, R::CaseManager, &[S::Submitted], To::State(S::Sealing), &[N::Reason]),
    rule(
        E::AskSupplement,
        R::CaseManager,
        &[S::Submitted, S::Received],
        To::State(S::Supplement),
        &[N::Reason, N::ReopenedItems],
    ),
    rule(
        E::Resubmit,
        R::Applicant,
        &[S::Supplement],
        To::State(S::Submitted),
        &[N::OwnCase, N::ItemsAnswered, N::RequiredFields, N::Subject, N::RequiredAttachments, N::FreshSeal],
    ),
    rule(E::Review, R::CaseManager, &[S::Submitted, S::Received], To::Same, &[]),
    rule(
        E::Receive,
        R::CaseManager,
        &[S::Submitted],
        To::State(S::Received),
        &[N::AttachmentsReviewed, N::SealStands, N::FormVerdict],
    ),
    rule(E::Decline, R::CaseManager, &[S::Submitted, S::Received], To::State(S::Declined), &[N::Reason]),
    rule(
        E::Decline,
        R::Supervisor,
        &[S::Submitted, S::Received],
        To::State(S::Declined),
        &[N::OwnZone, N::Reason],
    ),
    rule(
        E::Dispatch,
        R::Supervisor,
        &[S::Received],
        To::State(S::InService),
        &[N::OwnZone, N::SealStands, N::Professionals],
    ),
    rule(E::Reassign, R::Supervisor, &[S::InService], To::Same, &[N::OwnZone, N::Reason, N::Professionals]),
    rule(E::Record, R::Professional, &[S::InService], To::Same, &[N::Assigned]),
    rule(E::ProposeClosing, R::Professional, &[S::InService], To::Same, &[N::Assigned, N::ClosingReason]),
    rule(E::SendClosingBack, R::Supervisor, &[S::InService], To::Same, &[N::OwnZone, N::Proposed, N::Reason]),
    rule(E::Close, R::Supervisor, &[S::InService], To::State(S::Closed), &[N::OwnZone, N::ProposedByAnother]),
    rule(
        E::Reopen,
        R::Supervisor,
        &[S::Closed],
        To::State(S::InService),
        &[N::OwnZone, N::Reason, N::Professionals],
    ),
    rule(
        E::Withdraw,
        R::Applicant,
        &[S::Draft, S::Sealing],
        To::State(S::Withdrawn),
        &[N::OwnCase, N::Reason],
    ),
    rule(
        E::Withdraw,
        R::CaseManager,
        &[S::Draft, S::Sealing, S::Submitted, S::Supplement, S::Received],
        To::State(S::Withdrawn),
        &[N::Reason],
    ),
    rule(
        E::HandOver,
        R::CaseManager,
        &[S::Draft, S::Sealing, S::Submitted, S::Supplement, S::Received, S::InService],
        To::Same,
        &[N::Colleague],
    ),
];

/// What a granted request does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// What happens.
    pub event: Event,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// The role that allowed it.
    pub role: Role,
}

/// Whether this person may open a case: an applicant who is bound to a school.
///
/// # Errors
/// [`Why::Role`] without the role, [`Why::NoSchool`] without a school.
pub fn may_open(actor: &Actor) -> Result<(), Refused> {
    let refuse = |why| Err(Refused { state: State::Draft, event: Event::Open, why });
    if !actor.is(Role::Applicant) {
        return refuse(Why::Role { needed: vec![Role::Applicant] });
    }
    if actor.school.is_none() {
        return refuse(Why::NoSchool);
    }
    Ok(())
}

/// Judges one request: the transition, or a refusal that names state, event and reason.
///
/// # Errors
/// The first unmet condition, in this order: state, role, then the needs of the row.
/// Someone who holds several roles is judged by the row that grants, if there is one.
pub fn apply(case: &CaseFacts, request: &Request, actor: &Actor) -> Result<Transition, Refused> {
    let refuse = |why| Refused { state: case.state, event: request.event, why };
    let rows: Vec<_> = TABLE.iter().filter(|row| row.event == request.event).collect();
    let here: Vec<_> = rows.iter().filter(|row| row.from.contains(&case.state)).collect();
    if here.is_empty() {
        let mut allowed: Vec<_> = rows.iter().flat_map(|row| row.from).copied().collect();
        allowed.sort_unstable();
        allowed.dedup();
        return Err(refuse(Why::State { allowed }));
    }
    let mine: Vec<_> = here.iter().filter(|row| actor.is(row.role)).collect();
    let mut first = None;
    for row in &mine {
        match row.needs.iter().find_map(|need| request.unmet(*need, case, actor)) {
            None => {
                let to = match row.to {
                    To::Same => case.state,
                    To::State(state) => state,
                };
                return Ok(Transition { event: request.event, from: case.state, to, role: row.role });
            }
            Some(why) => first = first.or(Some(why)),
        }
    }
    Err(refuse(first.unwrap_or_else(|| Why::Role { needed: here.iter().map(|row| row.role).collect() })))
}

/// The events that the table offers this person in this state: what buttons a page shows.
/// Needs aren't judged here; a button whose needs are unmet explains itself when it is pressed.
#[must_use]
pub fn offered(state: State, actor: &Actor) -> Vec<Event> {
    let mut events: Vec<_> = TABLE
        .iter()
        .filter(|row| row.from.contains(&state) && actor.is(row.role))
        .map(|row| row.event)
        .collect();
    events.dedup();
    events
}
