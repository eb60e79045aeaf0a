//! 派案 and 改派 of one case, and who serves one that is opened again: who can serve, who fits what it asks for, how much they serve already.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::{Refused, Why};
use crate::case::request::{Chosen, Request};
use crate::case::role::Role;
use crate::steps::dispatch::{label, needs};
use crate::steps::{Dossier, StepError};
use crate::store::staff::Professional;

use super::app::App;
use super::late::{away, late, of_reason, told_first};
use super::pages::chooser::{Candidate, Chooser};
use super::pages::dispatch::StaffingPage;
use super::pages::field::Field;
use super::pages::frame::{Here, Notice};
use super::pages::parts::{CaseNumberText, Fact};
use super::pages::words::Moment;
use super::records;
use super::trouble::{WebError, came_back, html, mend, overtaken};
use super::typed::Sent;
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

/// Cases that fill a bar, where nobody serves more.
const FULL: i64 = 10;

/// Who is chosen for what, on a page that may have come back.
#[derive(Clone, Copy)]
pub struct Staffing<'a> {
    /// 派案, 改派 or 重新開案.
    pub event: Event,
    /// The version that the page knows.
    pub version: i64,
    /// The accounts that are ticked.
    pub ticked: &'a [String],
    /// The reason as typed.
    pub reason: &'a str,
    /// Why it came back.
    pub refused: Option<&'a Refused>,
    /// What is wrong with the reason as it was typed.
    pub wrong: Option<&'a str>,
}

/// The page of 派案.
pub async fn ask_dispatch(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    ask(&app, &visitor, &number, Event::Dispatch).await
}

/// Dispatches the case.
pub async fn dispatch(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    act(&app, &visitor, &number, Event::Dispatch, &sent).await
}

/// The page of 改派.
pub async fn ask_reassign(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    ask(&app, &visitor, &number, Event::Reassign).await
}

/// Lets others serve the case.
pub async fn reassign(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    act(&app, &visitor, &number, Event::Reassign, &sent).await
}

/// The accounts that were ticked.
pub fn people(sent: &Sent) -> Vec<String> {
    sent.0.get("person").cloned().unwrap_or_default()
}

/// Whether it can be done at all, before anybody is chosen.
pub fn judge(dossier: &Dossier, visitor: &Visitor, event: Event) -> Result<(), WebError> {
    dossier.judge(&request(event), &visitor.actor).map_err(StepError::from)?;
    Ok(())
}

/// What is asked for, with anybody and any reason.
pub fn request(event: Event) -> Request {
    let anybody = Chosen { id: String::new(), profession: String::new() };
    Request { professionals: vec![anybody], ..Request::new(event).because("?") }
}

/// What was typed and ticked, in words: for whoever comes too late with it. Who can be chosen is a supervisor's to know.
pub async fn typed(
    app: &App,
    visitor: &Visitor,
    event: Event,
    ticked: &[String],
    reason: &str,
) -> Result<[(&'static str, String); 2], WebError> {
    let all = match visitor.actor.is(Role::Supervisor) {
        true => app.office.professionals().await?,
        false => Vec::new(),
    };
    let names =
        all.iter().filter(|one| ticked.contains(&one.id)).map(|one| label(&one.name, &one.profession));
    Ok([("所選人員", names.collect::<Vec<_>>().join("、")), (address(event).1, reason.to_owned())])
}

/// Where the form of a step goes, and what its reason is called.
fn address(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Reassign => ("/reassign", "改派原因"),
        Event::Reopen => ("/reopen", "重新開案原因"),
        _ => ("/dispatch", "原因"),
    }
}

async fn ask(app: &App, visitor: &Visitor, number: &str, event: Event) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    judge(&dossier, visitor, event)?;
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let ticked: Vec<String> = match event {
        Event::Reassign => dossier.staff.iter().map(|one| one.person_id.clone()).collect(),
        _ => Vec::new(),
    };
    let version = dossier.case.version;
    let fresh = Staffing { event, version, ticked: &ticked, reason: "", refused: None, wrong: None };
    Ok(html(&page(app, visitor, &dossier, fresh).await?))
}

async fn act(
    app: &App,
    visitor: &Visitor,
    number: &str,
    event: Event,
    sent: &Sent,
) -> Result<Response, WebError> {
    let (office, actor) = (&app.office, &visitor.actor);
    let (version, people, reason) = (sent.version()?, people(sent), sent.one("reason"));
    let (outcome, said) = match event {
        Event::Reassign => (office.reassign(actor, number, version, &people, reason).await, "reassigned"),
        _ => (office.dispatch(actor, number, version, &people, reason).await, "dispatched"),
    };
    let done = || Redirect::to(&path(number, &format!("?said={said}"))).into_response();
    let error = match outcome {
        Ok(()) => return Ok(done()),
        Err(error) => error,
    };
    let dossier = match office.dossier(actor, number).await {
        Err(StepError::NotFound) => {
            return away(app, visitor, &typed(app, visitor, event, &people, reason).await?);
        }
        found => found?,
    };
    let error = told_first(&dossier, actor, &request(event), error);
    if let Some(words) = of_reason(&error) {
        let again = Staffing { event, version, ticked: &people, reason, refused: None, wrong: Some(&words) };
        return Ok(mend(&page(app, visitor, &dossier, again).await?));
    }
    match error {
        StepError::Refused(refused)
            if matches!(refused.why, Why::NoProfessional | Why::ProfessionUnfit | Why::NoReason) =>
        {
            came_back(app, visitor, &dossier, &refused).await?;
            let refused = Some(&refused);
            let again = Staffing { event, version, ticked: &people, reason, refused, wrong: None };
            Ok(mend(&page(app, visitor, &dossier, again).await?))
        }
        StepError::Refused(refused) => {
            let typed = typed(app, visitor, event, &people, reason).await?;
            late(app, visitor, &dossier, refused, &typed).await
        }
        StepError::Conflict => {
            let version = dossier.case.version;
            let changed = Staffing { event, version, ticked: &people, reason, refused: None, wrong: None };
            let mut page = page(app, visitor, &dossier, changed).await?;
            page.frame.notices.push(Notice::overtaken());
            Ok(overtaken(&page))
        }
        other => Err(other.into()),
    }
}

/// The page on which people are chosen.
pub async fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    staffing: Staffing<'_>,
) -> Result<StaffingPage, WebError> {
    let Staffing { event, version, ticked, reason, refused, wrong } = staffing;
    let case = &dossier.case;
    let first = event == Event::Dispatch;
    let (below, label_of_reason) = address(event);
    let needs = needs(&case.content);
    let mut chooser = chooser(&app.office.professionals().await?, |profession| {
        match needs.iter().any(|need| need == profession) {
            true => (true, "符合轉介需求".to_owned()),
            false if needs.is_empty() => (false, "此案件沒有指定轉介需求".to_owned()),
            false => (false, "轉介需求沒有這一項".to_owned()),
        }
    });
    for one in &mut chooser.people {
        one.chosen = ticked.contains(&one.id);
        one.serving = event == Event::Reassign && dossier.staff.iter().any(|staff| staff.person_id == one.id);
    }
    chooser.asked = needs.join("、");
    chooser.reason = reason_field(label_of_reason, reason, !first);
    chooser.reason.error = wrong.map(str::to_owned);
    match refused.map(|refused| &refused.why) {
        Some(why @ (Why::NoReason | Why::ProfessionUnfit)) => chooser.reason.error = Some(why.words()),
        Some(why) => chooser.error = Some(why.words()),
        None => {}
    }
    let now = app.office.world.now();
    let text =
        |id: &str| dossier.service.field(id).map(|f| view::shown(f, &case.content)).unwrap_or_default();
    let mut facts = vec![
        Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
        Fact::new("服務項目", &dossier.service.title),
        Fact::new("轉介需求", needs.join("、")),
        Fact::new("問題簡述", text("problem")),
        Fact::new("轉介期待", text("expectation")),
    ];
    if first {
        let since = Moment::at(case.state_at, now);
        facts.push(Fact::new("收件", format!("{}（{}）", since.text, since.relative)));
    } else {
        let label = if event == Event::Reopen { "先前服務人員" } else { "目前服務人員" };
        facts.push(Fact::new(label, records::staff(dossier)));
    }
    Ok(StaffingPage {
        frame: visitor.frame_at(app, Here::Dispatch, None),
        title: event.label().into(),
        number: CaseNumberText::new(&case.number),
        facts,
        lead: match event {
            Event::Reassign => {
                "請勾選之後服務此案件的所有人員；沒有勾選的人員從現在起看不到這個案件。".into()
            }
            Event::Reopen => {
                "先前的服務人員都已無法服務，請勾選之後服務此案件的人員，案件就回到「服務中」。".into()
            }
            _ => String::new(),
        },
        chooser,
        action: path(&case.number, below),
        version,
        button: event.label().into(),
        cancel: path(&case.number, ""),
    })
}

/// The professionals to choose from: who fits first, then who serves the fewest. `fit` tells of a profession
/// whether it fits, and in which words.
pub fn chooser(people: &[Professional], fit: impl Fn(&str) -> (bool, String)) -> Chooser {
    let most = people.iter().map(|one| one.load).max().unwrap_or(0).max(FULL);
    let candidate = |one: &Professional| {
        let (fits, words) = match one.profession.as_str() {
            "" => (false, "帳號尚未設定專業".to_owned()),
            profession => fit(profession),
        };
        Candidate {
            id: one.id.clone(),
            name: one.name.clone(),
            profession: one.profession.clone(),
            load: one.load,
            width: one.load * 100 / most,
            fit: words,
            fits,
            chosen: false,
            serving: false,
        }
    };
    let mut people: Vec<Candidate> = people.iter().map(candidate).collect();
    people.sort_by_key(|one| (!one.fits, one.load));
    Chooser { people, asked: String::new(), error: None, reason: reason_field("原因", "", false) }
}

/// The field for the reason.
pub fn reason_field(label: &str, typed: &str, required: bool) -> Field {
    let hint = if required {
        "會顯示在案件流程中。"
    } else {
        "所選人員都不符合轉介需求時，請說明原因；會顯示在案件流程中。"
    };
    Field { required, ..Field::reason(label, typed, Some(hint)) }
}
