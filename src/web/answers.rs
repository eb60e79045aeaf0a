//! The applicant in 補件, and after a 退回核章: what was asked for, how far each item is, and the next step.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::fields::FieldSpec;
use crate::case::role::Actor;
use crate::case::state::State as CaseState;
use crate::case::supplement::{Item, Place};
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::late::{away, late};
use super::next::print_action;
use super::pages::case_page::{Next, Wanted, WantedAnswer, WantedItem};
use super::pages::parts::{Action, Badge, Link, Look, Weight};
use super::pages::words::Moment;
use super::trouble::WebError;
use super::typed::Sent;
use super::view::path;
use super::visitor::Settled;

/// What the applicant was asked for and still waits to be done: a supplement, or the reason of a return.
#[must_use]
pub fn wanted(dossier: &Dossier, actor: &Actor, now: i64) -> Option<Wanted> {
    if dossier.state() == CaseState::Supplement {
        return supplement(dossier, actor, now);
    }
    if dossier.state() != CaseState::Sealing {
        return None;
    }
    // Told until the next 送件.
    let last = dossier.flow.iter().find(|row| matches!(row.event, Event::Return | Event::Submit))?;
    (last.event == Event::Return).then(|| Wanted {
        title: "退回核章".into(),
        reason: last.reason.clone(),
        who: last.actor_name.clone(),
        when: Moment::at(last.at, now),
        items: Vec::new(),
        help: None,
    })
}

fn supplement(dossier: &Dossier, actor: &Actor, now: i64) -> Option<Wanted> {
    let asked = dossier.supplement()?;
    let open = dossier.may(Event::Edit, actor);
    Some(Wanted {
        title: "補件說明".into(),
        reason: asked.reason.clone(),
        who: asked.asked_by.clone(),
        when: Moment::at(asked.asked_at, now),
        items: asked.items.iter().map(|item| wanted_item(dossier, item, open)).collect(),
        help: open.then(|| "只有下列項目可以修改；不需要修改的，請填寫說明。".to_owned()),
    })
}

fn wanted_item(dossier: &Dossier, item: &Item, open: bool) -> WantedItem {
    let changed = dossier.stands_for(item) != item.baseline;
    let (words, look) = if changed {
        ("已修改", Look::Done)
    } else if !item.answer.trim().is_empty() {
        ("已說明", Look::Done)
    } else {
        ("尚未完成", Look::Attention)
    };
    let number = &dossier.case.number;
    WantedItem {
        label: item.label.clone(),
        state: Badge::new(words, look),
        change: open.then(|| way(dossier, item)),
        answer: open.then(|| WantedAnswer {
            action: path(number, &format!("/supplement/items/{}", item.seq)),
            field: format!("answer-{}", item.seq),
            value: item.answer.clone(),
        }),
        said: item.answer.trim().to_owned(),
    }
}

/// Where an item is changed.
fn way(dossier: &Dossier, item: &Item) -> Link {
    let number = &dossier.case.number;
    let (label, href) = match item.place {
        Place::Content => ("修改", path(number, &format!("/content#f-{}", item.id))),
        Place::Subject => {
            let id = dossier.subject().map(|subject| subject.id.as_str()).unwrap_or_default();
            ("修改", path(number, &format!("/subject/{id}#f-{}", item.id)))
        }
        Place::Attachment => ("上傳", path(number, "/attachments")),
        Place::SignedForm => ("重新上傳", path(number, "/scans/new")),
    };
    Link { label: label.into(), href }
}

/// The fields that can be changed now: all of them before 送件, the reopened ones in 補件.
#[must_use]
pub fn open_fields(dossier: &Dossier, place: Place, specs: &[FieldSpec]) -> Vec<FieldSpec> {
    specs.iter().filter(|spec| dossier.reopened(place, &spec.id)).cloned().collect()
}

/// Whether anything of a place can be changed now.
#[must_use]
pub fn opens(dossier: &Dossier, place: Place) -> bool {
    dossier.state() != CaseState::Supplement
        || dossier.supplement().is_some_and(|asked| asked.items.iter().any(|item| item.place == place))
}

/// Said before the questions in 補件.
#[must_use]
pub fn caution(dossier: &Dossier) -> Option<String> {
    let asked = dossier.supplement()?;
    Some(format!(
        "補件說明：{}　只有此次開放補件的欄位可以修改；儲存後須重新列印申請單、核章並上傳。",
        asked.reason
    ))
}

/// Whether the case may be handed in again once nothing is missing but the look at a new scan.
#[must_use]
pub fn unanswered(dossier: &Dossier) -> Vec<String> {
    if dossier.state() == CaseState::Supplement { dossier.unanswered() } else { Vec::new() }
}

/// The next thing that an applicant does in 補件: answer, print, scan, hand in; one of them at each moment.
#[must_use]
pub fn next(dossier: &Dossier, actor: &Actor) -> Next {
    let number = &dossier.case.number;
    let one = |sentence: &str, primary: Action, others: Vec<Action>| Next {
        sentence: sentence.into(),
        primary: Some(primary.weighing(Weight::Primary)),
        others,
        checklist: Vec::new(),
    };
    let items = dossier.supplement().map(|asked| asked.items.as_slice()).unwrap_or_default();
    let open = |item: &&Item| !item.answered(&dossier.stands_for(item));
    if let Some(item) = items.iter().find(|item| item.place != Place::SignedForm && open(item)) {
        let way = way(dossier, item);
        let label = item.label.trim_start_matches("對象 ");
        let sentence = format!("請依補件說明修改或說明「{label}」。");
        return one(&sentence, Action::open(format!("{}「{label}」", way.label), way.href), Vec::new());
    }
    let fresh = dossier.fresh_scan();
    if fresh.is_none() && dossier.may(Event::Resubmit, actor) {
        let send = Action::post("送出審核", path(number, "/resubmit"), &[]);
        return one("補件項目都已完成，請送出審核。", send, Vec::new());
    }
    if !dossier.changed_since_print().is_empty() {
        let sentence = "列印在申請單上的資料已修改，請重新列印申請單並送核章。";
        return one(sentence, print_action(dossier, "列印申請單"), Vec::new());
    }
    let upload = Action::open("上傳簽核申請單", path(number, "/scans/new"));
    match fresh {
        Some(scan) => one(
            "掃描檔已上傳，請確認辨識結果後送出審核。",
            Action::open("確認後送出審核", path(number, &format!("/scans/{}", scan.id))),
            vec![upload],
        ),
        None => one(
            "請將申請單核章、掃描成 PDF，上傳簽核申請單。",
            upload,
            vec![print_action(dossier, "列印申請單")],
        ),
    }
}

/// Keeps the applicant's words about an item that needs no change.
pub async fn answer(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, seq)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, WebError> {
    let seq: i64 = seq.parse().map_err(|_| WebError::not_found())?;
    let error = match app.office.answer_item(&visitor.actor, &number, seq, sent.one("answer")).await {
        Ok(()) => return Ok(Redirect::to(&path(&number, "?said=answered#wanted")).into_response()),
        Err(error) => error,
    };
    let words = sent.one("answer").to_owned();
    let dossier = match app.office.dossier(&visitor.actor, &number).await {
        Err(StepError::NotFound) => return away(&app, &visitor, &[("說明", words)]),
        found => found?,
    };
    let refused = match error {
        StepError::Refused(refused) => refused,
        other => return Err(other.into()),
    };
    // The newest supplement is the one whose item it was.
    let asked = dossier.supplements.first();
    let item = asked.and_then(|asked| asked.items.iter().find(|item| item.seq == seq));
    let label = item.map_or_else(|| "說明".to_owned(), |item| format!("「{}」的說明", item.label));
    late(&app, &visitor, &dossier, refused, &[(label.as_str(), words)]).await
}
