//! 我的申請案件 and 案件查詢: twenty a page, filters in the address.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::lifecycle;
use crate::case::role::{Actor, Role};
use crate::case::state::State as CaseState;
use crate::case::subject;
use crate::forms::fonts::Fonts;
use crate::steps::{Dossier, Office, bulk};
use crate::store::list::{self, Filter as Narrowed, PAGE};

use super::app::App;
use super::next;
use super::pages::case_list::{BulkBar, CaseCard, CaseListPage, Filter};
use super::pages::field::Choice;
use super::pages::parts::{CaseNumberText, Pager, Weight};
use super::pages::words::Moment;
use super::records;
use super::trouble::{WebError, html};
use super::view;
use super::visitor::Settled;

#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    #[serde(default)]
    service: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    page: i64,
    said: Option<String>,
}

/// The list.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let office = &app.office;
    let narrowed = narrowed(&asked.service, &asked.state, &asked.q);
    let page = asked.page.max(1);
    let mut db = office.store.read().await?;
    let found = list::cases(&mut db, &Office::scope(&visitor.actor), &narrowed, page).await?;
    let mut cards = Vec::with_capacity(found.cases.len());
    for case in found.cases {
        let dossier = office.dossier_of(&mut db, case).await?;
        cards.push(card(&dossier, &visitor.actor, office.printer.fonts(), office.world.now()));
    }
    drop(db);
    let numbers: Vec<_> = cards.iter().map(|card| card.number.digits.as_str()).collect();
    let searched = !narrowed.keyword.is_empty();
    office.trace_list(&visitor.actor, &visitor.origin, searched, &numbers).await?;
    let can_create = lifecycle::may_open(&visitor.actor).is_ok();
    Ok(html(&CaseListPage {
        frame: visitor.frame(&app, asked.said.as_deref()),
        title: visitor.list_title().into(),
        filter: filter(&app, &asked, narrowed != Narrowed::default()),
        can_create,
        total: u64::try_from(found.total).unwrap_or(0),
        page_size: u32::try_from(PAGE).unwrap_or(0),
        bulk: (visitor.actor.is(Role::Applicant) && !cards.is_empty()).then(|| bulk_bar(&asked, found.total)),
        cards,
        pager: Pager {
            previous: (page > 1).then(|| address(&asked, page - 1)),
            next: (page * PAGE < found.total).then(|| address(&asked, page + 1)),
        },
    }))
}

/// What a list is narrowed to, from its address or from a form that repeats it.
pub(super) fn narrowed(service: &str, state: &str, keyword: &str) -> Narrowed {
    Narrowed {
        service: Some(service.to_owned()).filter(|service| !service.is_empty()),
        state: state.parse().ok(),
        keyword: keyword.trim().to_owned(),
    }
}

fn bulk_bar(asked: &Asked, total: i64) -> BulkBar {
    let most = i64::try_from(bulk::MOST).unwrap_or(i64::MAX);
    BulkBar {
        hidden: [("service", &asked.service), ("state", &asked.state), ("q", &asked.q)]
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .into(),
        all: if total > PAGE && total <= most { u64::try_from(total).ok() } else { None },
        too_many: total > most,
        most: bulk::MOST,
    }
}

fn filter(app: &App, asked: &Asked, narrowed: bool) -> Filter {
    let mut services = vec![Choice::labelled("", "全部服務", asked.service.is_empty())];
    services.extend(app.office.services().map(|s| Choice::labelled(&s.id, &s.title, s.id == asked.service)));
    let mut states = vec![Choice::labelled("", "全部狀態", asked.state.is_empty())];
    states.extend(CaseState::ALL.map(|s| Choice::labelled(s.as_str(), s.label(), s.as_str() == asked.state)));
    Filter {
        scope: String::new(),
        services,
        states,
        keyword: asked.q.clone(),
        narrowed,
        clear: "/cases".into(),
    }
}

fn address(asked: &Asked, page: i64) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("service", &asked.service), ("state", &asked.state), ("q", &asked.q)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair("page", &page.to_string());
    format!("/cases?{}", query.finish())
}

fn card(dossier: &Dossier, actor: &Actor, fonts: &Fonts, now: i64) -> CaseCard {
    let case = &dossier.case;
    let text =
        |id: &str| dossier.service.field(id).map(|f| view::shown(f, &case.content)).unwrap_or_default();
    let state = dossier.state();
    let mut flow = dossier.flow.iter().map(|row| view::flow_row(dossier, row, now));
    let subject = dossier.subject();
    CaseCard {
        number: CaseNumberText::new(&case.number),
        pick: actor.is(Role::Applicant),
        href: view::path(&case.number, ""),
        service: dossier.service.title.clone(),
        state: view::state_badge(state),
        school: format!("{} {}", case.school.district, case.school.name),
        stage: case.school.stage.label().into(),
        opened: Moment::at(case.opened_at, now),
        applicant: case.applicant_name.clone(),
        phone: text("phone"),
        email: case.applicant_email.clone(),
        problem: text("problem"),
        needs: text("needs"),
        expectation: text("expectation"),
        note: text("note"),
        subject: subject.map(|subject| format!("1. {}", subject::text(&subject.answers, "name"))),
        attachments: view::attachments_badge(&dossier.attachments),
        staff: records::staff(dossier),
        newest: flow.next(),
        older: flow.collect(),
        waiting: waiting(state),
        stale: state == CaseState::Sealing && !dossier.changed_since_print().is_empty(),
        action: next::next(dossier, actor, fonts).primary.map(|action| action.weighing(Weight::Plain)),
        menu: next::menu(dossier, actor),
    }
}

/// What the case waits for, in the manual's words.
fn waiting(state: CaseState) -> Option<String> {
    let words = match state {
        CaseState::Submitted => "核閱案件中...",
        CaseState::Received => "派案中...",
        CaseState::InService => "服務中...",
        CaseState::Draft
        | CaseState::Sealing
        | CaseState::Supplement
        | CaseState::Closed
        | CaseState::Declined
        | CaseState::Withdrawn => return None,
    };
    Some(words.into())
}
