//! The ends of a review: 收件, 退回核章, 補件, 不開案, and what a case manager does beside it: 更正, 移交, 撤案.
//!
//! Which of them are offered comes from the life cycle's table; each page says what happens next.

mod correct;
mod reason;
mod supplement;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::holder::{CaseManager, Holder as _};
use crate::case::lifecycle;
use crate::case::refusal::Refused;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::case::state::State as CaseState;
use crate::steps::{Dossier, StepError};
use crate::store::queue::Key;

use super::app::App;
use super::desk::{Meanwhile, meanwhile};
use super::pages::desk::DeskEnd;
use super::pages::end::EndPage;
use super::pages::parts::{Action, CaseNumberText, Fact, Link, Menu, Weight};
use super::pages::trouble::ConflictRow;
use super::trouble::WebError;
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

pub use correct::{ask as ask_correct, correct};
pub use reason::{ask_decline, ask_hand_over, ask_return, decline, hand_over, send_back};
pub use supplement::{ask as ask_supplement, supplement};

/// Where an end lies, its button, its key.
fn offer(event: Event) -> Option<(&'static str, &'static str, &'static str, Weight)> {
    Some(match event {
        Event::Return => ("/return", "退回核章", "b", Weight::Danger),
        Event::AskSupplement => ("/supplement", "補件", "s", Weight::Plain),
        Event::Decline => ("/decline", "不開案", "", Weight::Danger),
        Event::Correct => ("/correct", "更正", "", Weight::Plain),
        Event::HandOver => ("/hand-over", "移交", "", Weight::Plain),
        Event::Withdraw => ("/withdraw", "撤案", "", Weight::Danger),
        _ => return None,
    })
}

/// What the table offers this person here, with what each event takes.
fn offered(dossier: &Dossier, actor: &Actor) -> Vec<Event> {
    let granted = |event: &Event| dossier.judge(&request(*event), actor).is_ok();
    lifecycle::offered(dossier.state(), actor).into_iter().filter(granted).collect()
}

fn action(dossier: &Dossier, event: Event) -> Option<(Action, &'static str)> {
    let (below, label, key, weight) = offer(event)?;
    Some((Action::open(label, path(&dossier.case.number, below)).weighing(weight), key))
}

/// The buttons that end a review beside 收件.
#[must_use]
pub fn buttons(dossier: &Dossier, actor: &Actor) -> Vec<DeskEnd> {
    let ends = [Event::Return, Event::AskSupplement, Event::Decline];
    let offered = offered(dossier, actor);
    let these = ends.into_iter().filter(|event| offered.contains(event));
    these.filter_map(|event| action(dossier, event)).map(|(action, key)| DeskEnd { action, key }).collect()
}

/// What the table offers beside that, for the menu of a case.
#[must_use]
pub fn entries(dossier: &Dossier, actor: &Actor) -> Vec<Action> {
    let number = &dossier.case.number;
    let offered = offered(dossier, actor);
    let mut entries = Vec::new();
    if offered.contains(&Event::Correct) {
        entries.push(Action::open("更正內容", path(number, "/correct?part=content")));
        if dossier.subject().is_some() {
            entries.push(Action::open("更正對象", path(number, "/correct?part=subject")));
        }
    }
    let these = [Event::HandOver, Event::Withdraw].into_iter().filter(|event| offered.contains(event));
    entries.extend(these.filter_map(|event| action(dossier, event)).map(|(action, _)| action));
    entries
}

/// The menu of the desk.
#[must_use]
pub fn menu(dossier: &Dossier, actor: &Actor) -> Menu {
    let number = &dossier.case.number;
    let mut entries =
        vec![Action::open("案件頁", path(number, "")), Action::open("流程", path(number, "?tab=flow"))];
    entries.extend(self::entries(dossier, actor));
    Menu { label: "案件的其他操作".into(), entries }
}

/// The dossier, if the person may end its review so; refused otherwise before a page is shown.
async fn opened(app: &App, visitor: &Visitor, number: &str, event: Event) -> Result<Dossier, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    dossier.judge(&request(event), &visitor.actor).map_err(StepError::from)?;
    Ok(dossier)
}

/// What is asked for, with any reason, item or colleague.
fn request(event: Event) -> Request {
    let request = Request { colleague_fits: true, reopen: vec![String::new()], ..Request::new(event) };
    request.because("?")
}

/// A page with nothing asked yet. `from` is a form that came back: it keeps the version that it knew.
fn page(app: &App, visitor: &Visitor, dossier: &Dossier, event: Event, from: Option<&Sent>) -> EndPage {
    let number = &dossier.case.number;
    let (below, title, ..) = offer(event).unwrap_or(("", event.label(), "", Weight::Plain));
    let reviewed = dossier.may(Event::Review, &visitor.actor);
    let back = if reviewed {
        Link { label: "回審核桌".into(), href: path(number, "/review") }
    } else {
        Link { label: "回案件".into(), href: path(number, "") }
    };
    let kept = |name: &str, fresh: String| match from {
        Some(sent) if !sent.one(name).is_empty() => sent.one(name).to_owned(),
        _ => fresh,
    };
    EndPage {
        frame: visitor.frame(app, None),
        number: CaseNumberText::new(number),
        back,
        title: title.into(),
        facts: vec![
            Fact::new("服務項目", &dossier.service.title),
            Fact::new("學校", format!("{} {}", dossier.case.school.district, dossier.case.school.name)),
            Fact::new("申請人", &dossier.case.applicant_name),
        ],
        steps: Vec::new(),
        groups: Vec::new(),
        group_error: None,
        fields: Vec::new(),
        action: path(number, below),
        hidden: vec![
            ("version".into(), kept("version", dossier.case.version.to_string())),
            ("since".into(), kept("since", app.office.world.now().to_string())),
        ],
        button: Some(title.into()),
        danger: false,
    }
}

/// 409 for an end: what happened meanwhile, and what was typed.
async fn overtaken(
    app: &App,
    visitor: &Visitor,
    number: &str,
    event: Event,
    sent: &Sent,
    refused: Option<Refused>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    let (below, ..) = offer(event).unwrap_or(("/receive", "", "", Weight::Plain));
    let typed = sent.one("reason").trim();
    let rows = (!typed.is_empty()).then(|| ConflictRow {
        label: event.label().into(),
        theirs: dossier.state().label().into(),
        yours: typed.to_owned(),
    });
    let told = Meanwhile {
        what: "您開啟這一頁之後，其他人也處理了這個案件。",
        safe: "沒有任何內容被覆蓋，您剛才填寫的文字都保留在這一頁。",
        rows: rows.into_iter().collect(),
        action: path(number, below),
        button: "仍然這樣處理",
    };
    meanwhile(app, visitor, &dossier, sent, told, refused).await
}

/// After an end: the next case of the queue, or the case itself where it wasn't in the queue.
async fn onwards(app: &App, visitor: &Visitor, before: &Dossier, said: &str) -> Result<Response, WebError> {
    let number = &before.case.number;
    let manager = CaseManager::of(&visitor.actor).filter(|_| before.state() == CaseState::Submitted);
    let Some(manager) = manager else {
        return Ok(Redirect::to(&path(number, &format!("?said={said}"))).into_response());
    };
    let place = Key::of(&before.case);
    let next = app.office.next_waiting(&manager, Some(&place), number).await?;
    Ok(Redirect::to(&match next {
        Some(next) => path(&next, &format!("/review?said={said}")),
        None => format!("/queue?said={said}"),
    })
    .into_response())
}

/// 收件.
pub async fn receive(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let version = sent.version()?;
    let before = app.office.dossier(&visitor.actor, &number).await?;
    match app.office.receive(&visitor.actor, &number, version).await {
        Ok(()) => onwards(&app, &visitor, &before, "received").await,
        Err(StepError::Conflict) => overtaken(&app, &visitor, &number, Event::Receive, &sent, None).await,
        // Somebody else ended the review, or the second press of a key finds it done.
        Err(StepError::Refused(refused)) if before.state() != CaseState::Submitted => {
            overtaken(&app, &visitor, &number, Event::Receive, &sent, Some(refused)).await
        }
        Err(other) => Err(other.into()),
    }
}
