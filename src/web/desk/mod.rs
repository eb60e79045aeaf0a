//! The reviewer's desk: opens a submitted case, tells who else looks at it, and takes verdicts.
//!
//! [`record`] fills the left column, [`stage`] the papers in the middle, [`items`] what is judged; [`judge`]
//! takes verdicts and tells of conflicts.

mod items;
mod judge;
mod pictures;
mod record;
mod stage;

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

use crate::case::event::Event;
use crate::case::holder::{CaseManager, Holder as _};
use crate::case::role::Actor;
use crate::case::state::State as CaseState;
use crate::steps::scan::seen;
use crate::steps::{Dossier, Office};
use crate::store::queue::Key;

use super::app::App;
use super::ends;
use super::pages::case_page::Next;
use super::pages::desk::DeskPage;
use super::pages::frame::Here;
use super::pages::parts::{Action, CaseNumberText, Link, Weight};
use super::pages::words;
use super::trouble::{WebError, html};
use super::view::{self, path};
use super::visitor::{Settled, Visitor};

pub use judge::{Meanwhile, judge, meanwhile};
pub use pictures::{attachment_page, print_page, scan_page};

/// What a case waits for in 收件 that was corrected such that its form must be signed again.
const TO_SEAL: &str = "更正後須重新核章：請申請人補件，重新送出審核並收件之後，才能派案。";

/// Insists on a case manager; for everybody else the desk isn't there.
pub fn insist_manager(actor: &Actor) -> Result<CaseManager, WebError> {
    CaseManager::of(actor).ok_or_else(WebError::not_found)
}

/// The desk of a case that can be judged; other cases are shown by their own page.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    axum::extract::Query(asked): axum::extract::Query<Asked>,
) -> Result<Response, WebError> {
    let manager = insist_manager(&visitor.actor)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    if !dossier.may(Event::Review, &visitor.actor) {
        return Ok(Redirect::to(&path(&number, "")).into_response());
    }
    app.office.trace_view(&visitor.actor, &visitor.origin, &dossier.case.id).await?;
    let others = app.office.look_at(&visitor.actor, &dossier).await?;
    let others = others.into_iter().map(|look| look.name).collect();
    let page = page(&app, &visitor, &dossier, others, asked.said.as_deref()).await?;
    tokio::spawn(prepare(app.office.clone(), manager, dossier));
    Ok(html(&page))
}

#[derive(serde::Deserialize)]
pub struct Asked {
    said: Option<String>,
}

/// Draws what the reviewer will look at next, while they look at this case.
async fn prepare(office: Office, manager: CaseManager, dossier: Dossier) {
    office.prepare_pictures(&dossier).await;
    let place = Key::of(&dossier.case);
    let Ok(Some(next)) = office.next_waiting(&manager, Some(&place), &dossier.case.number).await else {
        return;
    };
    if let Ok(next) = office.dossier(&manager, &next).await {
        office.prepare_pictures(&next).await;
    }
}

async fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    others: Vec<String>,
    said: Option<&str>,
) -> Result<DeskPage, WebError> {
    let (case, now) = (&dossier.case, app.office.world.now());
    let number = &case.number;
    let leaves = stage::leaves(app, dossier).await?;
    let mut about =
        vec![format!("{} {}", case.school.district, case.school.name), case.applicant_name.clone()];
    about.push(words::waiting(now - case.state_at));
    let pictured = match dossier.bound_scan() {
        Some(scan) => app.office.pictured_seals(scan, &seen(scan)?).await?,
        None => BTreeSet::new(),
    };
    let items = items::items(dossier, &pictured, now)?;
    Ok(DeskPage {
        frame: visitor.frame_at(app, Here::Queue, said),
        number: CaseNumberText::new(number),
        service: dossier.service.title.clone(),
        state: view::state_badge(dossier.state()),
        about,
        version: case.version,
        since: now,
        others,
        look: path(number, "/review/look"),
        next: Link { label: "下一件".into(), href: format!("/queue/next?after={number}") },
        remarks: record::remarks(dossier)?,
        record: record::sections(dossier),
        differences: leaves.iter().filter_map(|leaf| leaf.marks.as_ref()).map(|m| m.changes.len()).sum(),
        leaves,
        progress: items::progress(&items),
        receive: items::receive(dossier, &items),
        items,
        judge: path(number, "/review/verdicts"),
        ends: ends::buttons(dossier, &visitor.actor),
        menu: ends::menu(dossier, &visitor.actor),
    })
}

/// Who looks at a case now.
#[derive(Serialize)]
struct Present {
    /// In words; empty: nobody else.
    words: String,
    /// The case's version.
    version: i64,
}

/// Notes that somebody still looks, and tells who else does.
pub async fn look(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    insist_manager(&visitor.actor)?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    visitor.origin.shows_nobody();
    let others = app.office.keep_looking(&visitor.actor, &dossier).await?;
    let names: Vec<_> = others.into_iter().map(|look| look.name).collect();
    let words = if names.is_empty() {
        String::new()
    } else {
        format!("{} 也正在看這個案件", names.join("、"))
    };
    Ok(Json(Present { words, version: dossier.case.version }).into_response())
}

/// What a case manager does next with a case that can be reviewed; nothing for others.
#[must_use]
pub fn next(dossier: &Dossier, actor: &Actor) -> Option<Next> {
    if !dossier.may(Event::Review, actor) {
        return None;
    }
    let waits = dossier.state() == CaseState::Submitted;
    let open =
        Action::open(if waits { "開始審核" } else { "開啟審核桌" }, path(&dossier.case.number, "/review"));
    if dossier.state() == CaseState::Received && dossier.wants_new_seal() {
        let ask = Action::open(Event::AskSupplement.label(), path(&dossier.case.number, "/supplement"));
        return Some(Next {
            sentence: TO_SEAL.into(),
            primary: Some(ask.weighing(Weight::Primary)),
            others: vec![open],
            checklist: Vec::new(),
        });
    }
    let sentence = format!("{}。", dossier.state().note());
    let (primary, others) =
        if waits { (Some(open.weighing(Weight::Primary)), Vec::new()) } else { (None, vec![open]) };
    Some(Next { sentence, primary, others, checklist: Vec::new() })
}
