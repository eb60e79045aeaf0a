//! 派案: where a supervisor's work begins. What waits in the own zone, several cases dispatched at once, and
//! proposals of closing.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::holder::Supervisor;
use crate::case::refusal::Why;
use crate::case::subject;
use crate::case::validate::{REASON, free};
use crate::steps::dispatch::{Outcome, Pick, label, needs};
use crate::steps::duties::Duty;
use crate::steps::{Dossier, StepError};
use crate::store::duties::{Listed, Page, Turn};
use crate::store::schools;

use super::app::App;
use super::list;
use super::pages::chooser::Chooser;
use super::pages::dispatch::{
    ClosingCase, DispatchList, DispatchPage, DispatchedCase, DispatchedPage, WaitingCase,
};
use super::pages::frame::Here;
use super::pages::parts::{CaseNumberText, Link, Pager};
use super::pages::words::Moment;
use super::staffing;
use super::trouble::{WebError, html, mend};
use super::typed::Sent;
use super::view::{self, path};
use super::visitor::{AtWork, Visitor};

/// Cases in one press at most: more than a page ever shows.
const MOST: usize = 200;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    show: String,
    after: Option<String>,
    before: Option<String>,
}

/// The supervisor's lists.
pub async fn show(
    State(app): State<App>,
    at_work: AtWork<Supervisor>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let turn = turn(asked.after.as_deref(), asked.before.as_deref());
    let page = if asked.show == "closings" {
        closings(&app, &at_work, &turn).await?
    } else {
        waiting(&app, &at_work, &turn).await?
    };
    Ok(html(&page))
}

/// Dispatches the ticked cases, each on its own, and says what came of each.
pub async fn dispatch(
    State(app): State<App>,
    at_work: AtWork<Supervisor>,
    sent: Sent,
) -> Result<Response, WebError> {
    let ticked = sent.0.get("case").cloned().unwrap_or_default();
    let people = staffing::people(&sent);
    // One reason for all of them: it won't do for any.
    let wrong = free("原因", sent.one("reason"), REASON).err();
    if ticked.is_empty() || people.is_empty() || wrong.is_some() {
        let page = again(&app, &at_work, &sent, &ticked, &people, wrong).await?;
        return Ok(mend(&page));
    }
    let picks: Option<Vec<Pick>> = ticked.iter().take(MOST + 1).map(|value| pick(value)).collect();
    let picks = picks
        .filter(|picks| picks.len() <= MOST)
        .ok_or_else(|| WebError::bad_request("這個表單的案件不是系統認得的。"))?;
    let (office, AtWork { visitor, who }) = (&app.office, &at_work);
    let outcomes = office.dispatch_several(who, &visitor.origin, picks, &people, sent.one("reason")).await?;
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for (pick, outcome) in outcomes {
        let dossier = office.dossier(&visitor.actor, &pick.number).await.ok();
        let (good, words) = match outcome {
            Outcome::Dispatched => (true, "已派案".to_owned()),
            Outcome::Already => (true, "先前已派給相同的人員".to_owned()),
            Outcome::Failed(error) => (false, why(&error, dossier.as_ref())),
        };
        let case = DispatchedCase {
            href: path(&pick.number, ""),
            number: CaseNumberText::new(pick.number),
            state: dossier.map(|dossier| view::state_badge(dossier.state())),
            words,
        };
        if good { done.push(case) } else { refused.push(case) }
    }
    let all = office.professionals().await?;
    let names =
        all.iter().filter(|one| people.contains(&one.id)).map(|one| label(&one.name, &one.profession));
    Ok(html(&DispatchedPage {
        frame: visitor.frame_at(&app, Here::Dispatch, None),
        people: names.collect::<Vec<_>>().join("、"),
        done,
        refused,
        back: Link { label: "回派案".into(), href: "/dispatch".into() },
    }))
}

/// Which page an address asks for.
pub fn turn(after: Option<&str>, before: Option<&str>) -> Turn {
    match (after.and_then(|key| key.parse().ok()), before.and_then(|key| key.parse().ok())) {
        (Some(key), _) => Turn::After(key),
        (None, Some(key)) => Turn::Before(key),
        (None, None) => Turn::First,
    }
}

/// The links to the pages before and after, below this address.
pub fn pager(page: &Page, base: &str) -> Pager {
    let join = if base.contains('?') { '&' } else { '?' };
    let address = |turn: &Turn| match turn {
        Turn::First => base.to_owned(),
        Turn::After(key) => format!("{base}{join}after={key}"),
        Turn::Before(key) => format!("{base}{join}before={key}"),
    };
    Pager { previous: page.previous.as_ref().map(address), next: page.next.as_ref().map(address) }
}

/// Why a case wasn't dispatched, for the person.
fn why(error: &StepError, dossier: Option<&Dossier>) -> String {
    match error {
        StepError::Refused(refused) if refused.why == Why::ProfessionUnfit => {
            let needs = dossier.map(|dossier| needs(&dossier.case.content).join("、")).unwrap_or_default();
            format!("所選人員與轉介需求（{needs}）不符，請改選人員，或填寫原因後再派一次。")
        }
        StepError::Refused(refused) => refused.words(),
        StepError::Conflict => Why::Changed.words(),
        StepError::Invalid(errors) => errors.iter().map(|error| error.words.as_str()).collect(),
        StepError::NotFound if dossier.is_some() => "所選人員目前不能派案，請重新選擇。".into(),
        StepError::NotFound => "找不到這個案件，或它已不在您的督導分區。".into(),
        other => {
            tracing::error!(error = %other, "a case among several couldn't be dispatched");
            "系統暫時無法完成這一件，請稍後再試一次。".into()
        }
    }
}

/// A ticked case: its number and the version that the page knew, with a dot between.
fn pick(value: &str) -> Option<Pick> {
    let (number, version) = value.split_once('.')?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    Some(Pick { number: number.to_owned(), version: version.parse().ok()? }).filter(|_| digits)
}

async fn again(
    app: &App,
    at_work: &AtWork<Supervisor>,
    sent: &Sent,
    ticked: &[String],
    people: &[String],
    wrong: Option<String>,
) -> Result<DispatchPage, WebError> {
    // The same page of the list: what was ticked on it stays ticked.
    let key = |name| Some(sent.one(name)).filter(|key| !key.is_empty());
    let mut page = waiting(app, at_work, &turn(key("after"), key("before"))).await?;
    if let DispatchList::ToDispatch { cases, chooser, error, .. } = &mut page.list {
        *error = ticked.is_empty().then(|| "請至少勾選一件案件，再按「派案」。".to_owned());
        chooser.error = people.is_empty().then(|| Why::NoProfessional.words());
        chooser.reason = staffing::reason_field("原因", sent.one("reason"), false);
        chooser.reason.error = wrong;
        for one in &mut chooser.people {
            one.chosen = people.contains(&one.id);
        }
        for case in cases {
            case.chosen = ticked.contains(&case.value);
        }
    }
    Ok(page)
}

/// Keeps a trace of which cases a list of duties shows.
pub(super) async fn trace(app: &App, visitor: &Visitor, cases: &[Listed]) -> Result<(), WebError> {
    let numbers: Vec<&str> = cases.iter().map(|one| one.case.number.as_str()).collect();
    Ok(app.office.trace_list(&visitor.actor, &visitor.origin, false, &numbers).await?)
}

async fn waiting(
    app: &App,
    AtWork { visitor, who }: &AtWork<Supervisor>,
    turn: &Turn,
) -> Result<DispatchPage, WebError> {
    let office = &app.office;
    let found = office.duties(Duty::ToDispatch(who), turn).await?;
    trace(app, visitor, &found.cases).await?;
    let chooser = chooser(app, &found.cases).await?;
    let now = office.world.now();
    let pager = pager(&found, "/dispatch");
    let to_dispatch = found.total;
    let to_close = office.count_duties(Duty::ToClose(who)).await?;
    let cases = found.cases.into_iter().map(|one| waiting_case(app, &one, now)).collect();
    let hidden = match turn {
        Turn::First => Vec::new(),
        Turn::After(key) => vec![("after", key.to_string())],
        Turn::Before(key) => vec![("before", key.to_string())],
    };
    let chooser = Box::new(chooser);
    let list = DispatchList::ToDispatch { cases, to_seal: found.left_out, chooser, error: None, hidden };
    page(app, visitor, (to_dispatch, to_close), list, pager).await
}

async fn closings(
    app: &App,
    AtWork { visitor, who }: &AtWork<Supervisor>,
    turn: &Turn,
) -> Result<DispatchPage, WebError> {
    let office = &app.office;
    let found = office.duties(Duty::ToClose(who), turn).await?;
    trace(app, visitor, &found.cases).await?;
    let now = office.world.now();
    let pager = pager(&found, "/dispatch?show=closings");
    let to_dispatch = office.count_duties(Duty::ToDispatch(who)).await?;
    let to_close = found.total;
    let cases = found.cases.into_iter().map(|one| closing_case(app, &one, now)).collect();
    page(app, visitor, (to_dispatch, to_close), DispatchList::ToClose(cases), pager).await
}

async fn page(
    app: &App,
    visitor: &Visitor,
    (to_dispatch, to_close): (i64, i64),
    list: DispatchList,
    pager: Pager,
) -> Result<DispatchPage, WebError> {
    let zone = match &visitor.actor.zone {
        Some(id) => schools::zone_name(&mut *app.office.store.read().await?, id).await?,
        None => None,
    };
    let frame = visitor.frame_at(app, Here::Dispatch, None);
    let states = list::counts(app, visitor).await?;
    Ok(DispatchPage { frame, zone, states, to_dispatch, to_close, list, pager })
}

/// The professionals with what the cases of this page ask for.
async fn chooser(app: &App, cases: &[Listed]) -> Result<Chooser, WebError> {
    let asked: Vec<Vec<String>> = cases.iter().map(|one| needs(&one.case.content)).collect();
    Ok(staffing::chooser(&app.office.professionals().await?, |profession| {
        let count = asked.iter().filter(|needs| needs.iter().any(|need| need == profession)).count();
        match count {
            0 => (false, "本頁案件沒有這項需求".to_owned()),
            n => (true, format!("本頁 {n} 件有這項需求")),
        }
    }))
}

fn waiting_case(app: &App, one: &Listed, now: i64) -> WaitingCase {
    let case = &one.case;
    let service = app.office.service_to_show(case);
    let problem = service.field("problem").map(|f| view::shown(f, &case.content)).unwrap_or_default();
    WaitingCase {
        number: CaseNumberText::new(&case.number),
        value: format!("{}.{}", case.number, case.version),
        chosen: false,
        href: path(&case.number, ""),
        dispatch: path(&case.number, "/dispatch"),
        service: service.title,
        school: format!("{} {}", case.school.district, case.school.name),
        problem,
        needs: needs(&case.content),
        since: Moment::at(case.state_at, now),
    }
}

fn closing_case(app: &App, one: &Listed, now: i64) -> ClosingCase {
    let case = &one.case;
    ClosingCase {
        number: CaseNumberText::new(&case.number),
        href: path(&case.number, ""),
        decide: path(&case.number, "/closing"),
        service: app.office.service_to_show(case).title,
        school: format!("{} {}", case.school.district, case.school.name),
        subject: subject::text(&one.subject, "name").to_owned(),
        when: Moment::at(one.proposed_at.unwrap_or(case.changed_at), now),
        sessions: one.sessions,
    }
}
