//! Takes verdicts: one by one or many at once, by form or by script; the second of two people to act is told
//! what the first did, and loses nothing.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

use crate::case::event::Event;
use crate::case::refusal::Refused;
use crate::case::review::{Target, Verdict};
use crate::steps::review::Judged;
use crate::steps::{Dossier, StepError};

use super::super::app::App;
use super::super::pages::parts::{Action, Link, Weight};
use super::super::pages::trouble::{ConflictPage, ConflictRow};
use super::super::pages::words::Moment;
use super::super::trouble::{WebError, html};
use super::super::typed::Sent;
use super::super::view::{self, path};
use super::super::visitor::{Settled, Visitor};
use super::{insist_manager, items};

/// What a script is told after a verdict.
#[derive(Serialize)]
struct Answer {
    version: i64,
    progress: String,
    ready: bool,
    words: String,
    items: Vec<AnsweredItem>,
}

#[derive(Serialize)]
struct AnsweredItem {
    target: String,
    verdict: &'static str,
    remark: String,
    who: String,
}

/// Gives verdicts.
pub async fn judge(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, WebError> {
    insist_manager(&visitor.actor)?;
    let json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.starts_with("application/json"));
    let version = sent.version()?;
    let dossier = app.office.dossier(&visitor.actor, &number).await?;
    let judged = judged(&dossier, &sent)?;
    match app.office.judge_papers(&visitor.actor, &number, version, &judged).await {
        Ok(_) if json => answer(&app, &visitor, &number).await,
        Ok(_) => {
            let first = judged.first().map(|one| one.target.to_string().replace(':', "-"));
            let anchor = first.map(|id| format!("#item-{id}")).unwrap_or_default();
            Ok(Redirect::to(&path(&number, &format!("/review{anchor}"))).into_response())
        }
        Err(StepError::Conflict) => conflict(&app, &visitor, &number, &sent, &judged, None).await,
        Err(StepError::Refused(refused)) => {
            conflict(&app, &visitor, &number, &sent, &judged, Some(refused)).await
        }
        Err(other) => Err(other.into()),
    }
}

fn judged(dossier: &Dossier, sent: &Sent) -> Result<Vec<Judged>, WebError> {
    let wrong = || WebError::bad_request("這個核閱表單的內容不是系統認得的。");
    let verdict: Verdict = sent.one("verdict").parse().map_err(|_| wrong())?;
    let targets = sent.0.get("target").map(Vec::as_slice).unwrap_or_default();
    let one = |text: &String| {
        let target: Target = text.parse().map_err(|_| wrong())?;
        let kept = || dossier.verdict_on(&target).map(|given| given.remark.clone()).unwrap_or_default();
        let remark = sent.0.get("remark").and_then(|typed| typed.first()).cloned().unwrap_or_else(kept);
        Ok(Judged { target, verdict, remark })
    };
    targets.iter().map(one).collect()
}

async fn answer(app: &App, visitor: &Visitor, number: &str) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    // Their pictures stand on the page already.
    let items = items::items(&dossier, &BTreeSet::new(), app.office.world.now())?;
    let (ready, words) = items::readiness(&dossier, &items);
    visitor.origin.shows_nobody();
    let told = Answer {
        version: dossier.case.version,
        progress: items::progress(&items),
        ready,
        words,
        items: items
            .into_iter()
            .map(|item| AnsweredItem {
                target: item.target,
                verdict: item.verdict,
                remark: item.remark,
                who: item.who,
            })
            .collect(),
    };
    Ok(Json(told).into_response())
}

/// 409: what the others did, beside the verdict that was just given.
async fn conflict(
    app: &App,
    visitor: &Visitor,
    number: &str,
    sent: &Sent,
    judged: &[Judged],
    refused: Option<Refused>,
) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    let rows = judged.iter().filter_map(|one| {
        let given = dossier.verdict_on(&one.target);
        let theirs = given.map_or_else(
            || Verdict::Unreviewed.label().to_owned(),
            |given| {
                let who = items::who(given, app.office.world.now());
                format!("{}（{who}）", said(given.verdict, &given.remark))
            },
        );
        let same =
            given.is_some_and(|given| given.verdict == one.verdict && given.remark == one.remark.trim());
        (!same).then(|| ConflictRow {
            label: label(&dossier, &one.target),
            theirs,
            yours: said(one.verdict, &one.remark),
        })
    });
    let told = Meanwhile {
        what: "您開啟審核桌之後，其他人也處理了這個案件。",
        safe: "沒有任何核閱被覆蓋，您剛才的核閱與備註都保留在這一頁。",
        rows: rows.collect(),
        action: path(number, "/review/verdicts"),
        button: "仍以我的核閱儲存",
    };
    meanwhile(app, visitor, &dossier, sent, told, refused).await
}

fn said(verdict: Verdict, remark: &str) -> String {
    match remark.trim() {
        "" => verdict.label().to_owned(),
        remark => format!("{}：{remark}", verdict.label()),
    }
}

/// What a target is called.
fn label(dossier: &Dossier, target: &Target) -> String {
    match target {
        Target::Attachment(id) => {
            let found = dossier.attachments.iter().find(|attachment| attachment.id == *id);
            found.map_or("檢附資料", |a| view::category_label(dossier, &a.category)).to_owned()
        }
        other => {
            let items = dossier.form_items();
            let found = items.into_iter().find(|item| item.target == *other);
            found.map_or_else(|| "簽核申請單".to_owned(), |item| item.label)
        }
    }
}

/// What a 409 page of a review says.
pub struct Meanwhile {
    /// What happened.
    pub what: &'static str,
    /// What stayed safe.
    pub safe: &'static str,
    /// Both sides.
    pub rows: Vec<ConflictRow>,
    /// Where the form goes again.
    pub action: String,
    /// The button that sends it all the same.
    pub button: &'static str,
}

/// 409: what happened since the page was made, what was just given, and a button that gives it all the same
/// where the state still allows it.
///
/// # Errors
/// When the trace of a refused step can't be kept.
pub async fn meanwhile(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    sent: &Sent,
    told: Meanwhile,
    refused: Option<Refused>,
) -> Result<Response, WebError> {
    let now = app.office.world.now();
    let (version, since) = (dossier.case.version.to_string(), now.to_string());
    let mut hidden = vec![("version", version.as_str()), ("since", since.as_str())];
    for (name, values) in sent.0.iter().filter(|(name, _)| !matches!(name.as_str(), "version" | "since")) {
        hidden.extend(values.iter().map(|value| (name.as_str(), value.as_str())));
    }
    let again = Action::post(told.button, &told.action, &hidden).weighing(Weight::Primary);
    let mut happened = since_then(dossier, sent.one("since").parse().unwrap_or(now), now);
    if let Some(refused) = &refused {
        app.office.trace_refused(&visitor.origin, &visitor.actor, Some(&dossier.case.id), refused).await?;
        happened.push(refused.words());
    }
    let open = refused.is_none();
    // The desk is a case manager's, and only while there is something to judge.
    let desk = dossier.may(Event::Review, &visitor.actor);
    let newest = path(&dossier.case.number, if desk { "/review" } else { "" });
    let page = ConflictPage {
        frame: visitor.frame(app, None),
        title: "這個案件剛才有了變動".into(),
        what: told.what.into(),
        happened,
        safe: told.safe.into(),
        rows: told.rows,
        kept: Vec::new(),
        resubmit: open.then_some(again),
        discard: None,
        back: Link { label: "查看最新內容".into(), href: newest },
    };
    Ok((StatusCode::CONFLICT, html(&page)).into_response())
}

/// Verdicts and events since a moment, one sentence each, oldest first.
fn since_then(dossier: &Dossier, since: i64, now: i64) -> Vec<String> {
    let clock = |at: i64| Moment::at(at, now).text;
    let verdicts = dossier.verdicts.iter().filter(|given| given.at >= since).map(|given| {
        let target = label(dossier, &given.target);
        let words = format!(
            "{} {} 核閱「{target}」：{}",
            clock(given.at),
            given.by,
            said(given.verdict, &given.remark)
        );
        (given.at, words)
    });
    let events = dossier.flow.iter().filter(|row| row.at >= since).map(|row| {
        let reason = if row.reason.is_empty() { String::new() } else { format!("：{}", row.reason) };
        (row.at, format!("{} {} {}{reason}", clock(row.at), row.actor_name, row.event.label()))
    });
    let mut all: Vec<_> = verdicts.chain(events).collect();
    all.sort();
    all.into_iter().map(|(_, words)| words).collect()
}
