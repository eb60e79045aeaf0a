//! 重新開案: a decision of a supervisor that takes a reason and nothing else.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::request::Request;
use crate::steps::{Dossier, StepError};

use super::app::App;
use super::pages::field::Field;
use super::pages::frame::Notice;
use super::pages::parts::Fact;
use super::pages::trouble::ConfirmPage;
use super::trouble::{WebError, came_back, html};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// What is decided, in words.
struct Question {
    event: Event,
    title: &'static str,
    what: &'static str,
    reason: &'static str,
    below: &'static str,
    said: &'static str,
}

const REOPEN: Question = Question {
    event: Event::Reopen,
    title: "要重新開啟這個案件嗎？",
    what: "案件回到「服務中」，由原來的專業輔導人員繼續服務；需要換人時請再改派。",
    reason: "重新開案原因",
    below: "/reopen",
    said: "reopened",
};

/// The question of 重新開案.
pub async fn ask_reopen(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    ask(&app, &visitor, &number, &REOPEN).await
}

/// 重新開案.
pub async fn reopen(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let outcome = app.office.reopen(&visitor.actor, &number, sent.version()?, sent.one("reason")).await;
    answer(&app, &visitor, &number, &sent, &REOPEN, outcome).await
}

async fn ask(app: &App, visitor: &Visitor, number: &str, question: &Question) -> Result<Response, WebError> {
    let dossier = app.office.dossier(&visitor.actor, number).await?;
    let request = Request::new(question.event).because("?");
    dossier.judge(&request, &visitor.actor).map_err(StepError::from)?;
    Ok(html(&page(app, visitor, &dossier, question, dossier.case.version, "", None)))
}

async fn answer(
    app: &App,
    visitor: &Visitor,
    number: &str,
    sent: &Sent,
    question: &Question,
    outcome: Result<(), StepError>,
) -> Result<Response, WebError> {
    match outcome {
        Err(StepError::Refused(refused)) if refused.why == Why::NoReason => {
            let dossier = app.office.dossier(&visitor.actor, number).await?;
            came_back(app, visitor, &dossier, &refused).await?;
            let words = format!("請填寫{}。", question.reason);
            let (version, typed) = (sent.version()?, sent.one("reason"));
            let page = page(app, visitor, &dossier, question, version, typed, Some(words));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(StepError::Conflict) => {
            let dossier = app.office.dossier(&visitor.actor, number).await?;
            let (version, typed) = (dossier.case.version, sent.one("reason"));
            let mut page = page(app, visitor, &dossier, question, version, typed, None);
            page.frame.notices.push(Notice::overtaken());
            Ok((StatusCode::CONFLICT, html(&page)).into_response())
        }
        Ok(()) => Ok(Redirect::to(&path(number, &format!("?said={}", question.said))).into_response()),
        Err(other) => Err(other.into()),
    }
}

fn page(
    app: &App,
    visitor: &Visitor,
    dossier: &Dossier,
    question: &Question,
    version: i64,
    typed: &str,
    error: Option<String>,
) -> ConfirmPage {
    let mut reason = Field::text("reason", question.reason, typed, 500);
    reason.hint = Some("會顯示在案件流程中。".into());
    reason.error = error;
    let case = &dossier.case;
    ConfirmPage {
        frame: visitor.frame(app, None),
        title: question.title.into(),
        what: question.what.into(),
        facts: vec![
            Fact::new("案件編號", &case.number),
            Fact::new("學校", format!("{} {}", case.school.district, case.school.name)),
            Fact::new("服務項目", &dossier.service.title),
        ],
        reason: Some(reason),
        action: path(&case.number, question.below),
        hidden: vec![("version".into(), version.to_string())],
        button: question.event.label().into(),
        cancel: path(&case.number, ""),
    }
}
