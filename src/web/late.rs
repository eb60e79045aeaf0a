//! A form that came too late: the case has moved on and doesn't take it any more. What was typed is shown once more, to be
//! copied, with what happened and where to go on.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::case::refusal::Refused;
use crate::case::request::Request;
use crate::case::role::Actor;
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::pages::parts::{Action, Fact, Link};
use super::pages::trouble::ConflictPage;
use super::pages::words::Moment;
use super::trouble::{WebError, came_back, html, overtaken};
use super::view::path;
use super::visitor::Visitor;

/// What was typed, field by field: label and text.
pub type Typed<'a> = [(&'a str, String)];

/// 409 for a step that the case doesn't take any more, with what was typed; the error page where nothing was, or where the
/// refusal has another reason.
///
/// # Errors
/// The refusal itself, or when its trace can't be kept.
pub async fn late(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refused: Refused,
    typed: &Typed<'_>,
) -> Result<Response, WebError> {
    let what = "您開啟這一頁之後，案件有了變動，現在不能再送出這份表單。";
    Ok(overtaken(&moved_on(app, visitor, dossier, refused, what, typed).await?))
}

/// The same for a form that is opened when the case doesn't take it any more, and of which a draft with the key `draft` lies
/// there: the only way to read it, or to be rid of it.
///
/// # Errors
/// As [`late`].
pub async fn left_behind(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refused: Refused,
    draft: &str,
    typed: &Typed<'_>,
) -> Result<Response, WebError> {
    let what = "這份表單現在不能填寫；您先前填寫、還沒有送出的草稿保留在這一頁。";
    let back = path(&dossier.case.number, "");
    let discard = Action::post("捨棄草稿", format!("/drafts/{draft}"), &[("discard", "1"), ("back", &back)]);
    let page = moved_on(app, visitor, dossier, refused, what, typed).await?;
    Ok(overtaken(&ConflictPage { discard: Some(discard), ..page }))
}

/// What was typed about a case that isn't theirs to see any more: 404, which says nothing of the case, and the own words.
///
/// # Errors
/// That there is no such page, where nothing was typed.
pub fn away(app: &App, visitor: &Visitor, typed: &Typed<'_>) -> Result<Response, WebError> {
    let kept = kept(typed);
    if kept.is_empty() {
        return Err(WebError::not_found());
    }
    visitor.origin.shows_nobody();
    let page = ConflictPage {
        frame: visitor.frame(app, None),
        title: "找不到這個案件".into(),
        what: "這個案件不在您可以查看的案件之中，例如已改由其他人員服務。".into(),
        happened: Vec::new(),
        safe: "您剛才填寫的內容沒有送出，都保留在這一頁；離開之後就沒有了，需要時請先複製。".into(),
        rows: Vec::new(),
        kept,
        resubmit: None,
        discard: None,
        back: Link { label: "回案件列表".into(), href: "/cases".into() },
    };
    Ok((StatusCode::NOT_FOUND, html(&page)).into_response())
}

/// What is to be told of an error: whoever may not take the step, or comes too late for it, is told that before what is
/// wrong with the text, and sees no form again.
pub fn told_first(dossier: &Dossier, actor: &Actor, request: &Request, error: StepError) -> StepError {
    match (error, dossier.judge(request, actor)) {
        (StepError::Invalid(_), Err(refused)) => refused.into(),
        (error, _) => error,
    }
}

/// What is wrong with the reason, if a reason is all that was typed.
pub fn of_reason(error: &StepError) -> Option<String> {
    match error {
        StepError::Invalid(errors) => errors.first().map(|error| error.words.clone()),
        _ => None,
    }
}

fn kept(typed: &Typed<'_>) -> Vec<Fact> {
    let said = typed.iter().filter(|(_, text)| !text.trim().is_empty());
    said.map(|(label, text)| Fact::new(*label, text.trim())).collect()
}

/// The page about a case that has moved on, once the refusal is traced; the refusal itself where nothing was typed, or where
/// it has another reason.
async fn moved_on(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    refused: Refused,
    what: &str,
    typed: &Typed<'_>,
) -> Result<ConflictPage, WebError> {
    let kept = kept(typed);
    if kept.is_empty() || !refused.why.moved_on() {
        return Err(StepError::from(refused).into());
    }
    came_back(app, visitor, dossier, &refused).await?;
    let now = app.office.world.now();
    let newest = dossier
        .flow
        .first()
        .map(|row| format!("{} {} {}", Moment::at(row.at, now).text, row.actor_name, row.event.label()));
    Ok(ConflictPage {
        frame: visitor.frame(app, None),
        title: "這個案件剛才有了變動".into(),
        what: what.into(),
        happened: newest.into_iter().chain([refused.words()]).collect(),
        safe: "沒有任何內容被覆蓋，您填寫的內容都保留在這一頁；離開之前，需要的請先複製，再到案件頁看現在可以做什麼。"
            .into(),
        rows: Vec::new(),
        kept,
        resubmit: None,
        discard: None,
        back: Link { label: "查看最新內容".into(), href: path(&dossier.case.number, "") },
    })
}
