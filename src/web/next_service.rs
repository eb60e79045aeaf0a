//! The next thing to do from 收件 on: what a supervisor and a professional can do, by the life cycle.

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::request::{Chosen, ClosingReason, Request};
use crate::case::role::Actor;
use crate::case::state::State;
use crate::steps::Dossier;

use super::pages::case_page::Next;
use super::pages::parts::{Action, Weight};
use super::records::staff;
use super::view::path;

/// The next thing that this person leads or does in the service of the case; none where they have no part in it.
#[must_use]
pub fn next(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    let found = match dossier.state() {
        State::Received => received(dossier, actor),
        State::InService => in_service(dossier, actor),
        State::Closed => closed(dossier, actor),
        State::Submitted => submitted(dossier, actor),
        State::Draft | State::Sealing | State::Supplement | State::Declined | State::Withdrawn => None,
    };
    found.filter(|next| next.primary.is_some() || !next.others.is_empty())
}

/// Why the life cycle wouldn't let this person do it, with everything brought along that it needs; nothing if it would.
fn hindrance(dossier: &Dossier, actor: &Actor, event: Event) -> Option<Why> {
    let request = Request {
        professionals: vec![Chosen { id: String::new(), profession: String::new() }],
        closing: Some(ClosingReason::Improved),
        summary: Some("?".into()),
        ..Request::new(event).because("?")
    };
    dossier.judge(&request, actor).err().map(|refused| refused.why)
}

/// Whether it would.
fn could(dossier: &Dossier, actor: &Actor, event: Event) -> bool {
    hindrance(dossier, actor, event).is_none()
}

fn open(dossier: &Dossier, event: Event, below: &str) -> Action {
    Action::open(event.label(), path(&dossier.case.number, below))
}

/// 不開案, for a supervisor; who is a case manager alone declines at the desk.
fn decline(dossier: &Dossier, actor: &Actor) -> Option<Action> {
    could(dossier, actor, Event::Decline)
        .then(|| open(dossier, Event::Decline, "/decline").weighing(Weight::Danger))
}

fn submitted(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    if !actor.is(crate::case::role::Role::Supervisor) {
        return None;
    }
    Some(Next {
        sentence: format!("{}。", State::Submitted.note()),
        primary: None,
        others: decline(dossier, actor).into_iter().collect(),
        checklist: Vec::new(),
    })
}

fn received(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    let dispatch = || open(dossier, Event::Dispatch, "/dispatch").weighing(Weight::Primary);
    let (sentence, primary) = match hindrance(dossier, actor, Event::Dispatch) {
        None => ("收件完成，請選擇專業輔導人員派案。".to_owned(), Some(dispatch())),
        Some(why @ Why::SealAnew) => (why.words(), None),
        Some(_) => return None,
    };
    let others = decline(dossier, actor).into_iter().collect();
    Some(Next { sentence, primary, others, checklist: Vec::new() })
}

fn in_service(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    let number = &dossier.case.number;
    let reassign =
        could(dossier, actor, Event::Reassign).then(|| open(dossier, Event::Reassign, "/reassign"));
    let records = could(dossier, actor, Event::Record);
    let add = Action::open("新增紀錄", path(number, "/records/new"));
    let look = Action::open("查看結案申請", path(number, "/closing"));
    let mut others = Vec::new();
    let (sentence, primary) = if let Some(closing) = dossier.closing() {
        let verdict = dossier.judge(&Request::new(Event::Close), actor);
        let own = matches!(&verdict, Err(refused) if refused.why == Why::SamePerson);
        if records {
            others.push(add);
        }
        match verdict {
            Ok(_) => (
                format!("{}已申請結案，請核准或退回。", closing.proposer),
                Some(Action::open("審核結案申請", path(number, "/closing"))),
            ),
            Err(_) if own => {
                others.push(look);
                ("您已申請結案；申請的人不能自行核准，請由其他分區督導核准。".to_owned(), None)
            }
            Err(_) => {
                if dossier.records_for(actor).is_some() {
                    others.push(look);
                }
                ("已申請結案，等待分區督導核准。".to_owned(), None)
            }
        }
    } else if records {
        others.push(open(dossier, Event::ProposeClosing, "/close"));
        ("服務中；每次服務後請新增紀錄，服務完成時請申請結案。".to_owned(), Some(add))
    } else {
        (format!("由{}服務中。", staff(dossier)), None)
    };
    others.extend(reassign);
    let primary = primary.map(|action| action.weighing(Weight::Primary));
    Some(Next { sentence, primary, others, checklist: Vec::new() })
}

fn closed(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    let mut others = Vec::new();
    if could(dossier, actor, Event::Reopen) {
        others.push(open(dossier, Event::Reopen, "/reopen"));
    }
    if dossier.records_for(actor).is_some() && !dossier.closings.is_empty() {
        others.push(Action::open("查看結案申請", path(&dossier.case.number, "/closing")));
    }
    Some(Next {
        sentence: format!("{}。", State::Closed.note()),
        primary: None,
        others,
        checklist: Vec::new(),
    })
}
