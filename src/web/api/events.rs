//! The steps of the life cycle: which event is which step of the office.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

use crate::case::subject::FIELDS;
use crate::steps::correct::Correction;
use crate::web::app::App;
use crate::web::trouble::WebError;
use crate::web::visitor::Visitor;

use super::answers::typed;
use super::asked::{Asked, Reopened, VerdictGiven, word};
use super::body::{Body, once};
use super::caller::Caller;
use super::done::{Done, Made};
use super::problem::Writing;

/// Lets something happen
///
/// One event of the life cycle. What the table doesn't allow is refused with 409: `state`, `event` and `reason`
/// say why, and the attempt is traced.
#[utoipa::path(
    post,
    path = "/cases/{number}/events",
    tag = "events",
    operation_id = "happen",
    params(
        ("number" = String, Path, description = "案件編號"),
        ("Idempotency-Key" = Option<String>, Header, description = "Of `record`: the writer's own key"),
    ),
    request_body = Asked,
    responses((status = 200, description = "It happened", body = Done), Writing)
)]
pub async fn happen(
    State(app): State<App>,
    Caller(visitor): Caller,
    Path(number): Path<String>,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<Json<Done>, WebError> {
    let token = once(&app, &headers, &visitor.actor.id);
    let made = step(&app, &visitor, &number, asked, &token).await?;
    let done = Done::now(&app, &visitor, &number).await?;
    Ok(Json(done.with(made)))
}

async fn step(
    app: &App,
    visitor: &Visitor,
    number: &str,
    asked: Asked,
    token: &str,
) -> Result<Made, WebError> {
    let (office, actor) = (&app.office, &visitor.actor);
    match asked {
        Asked::Print => return Ok(Made::Revision(office.print_form(actor, number).await?.get())),
        Asked::Submit { scan, confirm_empty } => office.submit(actor, number, &scan, confirm_empty).await?,
        Asked::Return { version, reason } => office.send_back(actor, number, version, &reason).await?,
        Asked::AskSupplement { version, reason, items } => {
            let items: Vec<_> = items.into_iter().map(Reopened::read).collect::<Result<_, _>>()?;
            office.ask_supplement(actor, number, version, &reason, &items).await?;
        }
        Asked::Resubmit { scan, confirm_empty } => {
            office.resubmit(actor, number, scan.as_deref(), confirm_empty).await?;
        }
        Asked::Review { version, verdicts } => {
            let judged: Vec<_> = verdicts.into_iter().map(VerdictGiven::read).collect::<Result<_, _>>()?;
            office.judge_papers(actor, number, version, &judged).await?;
        }
        Asked::Receive { version } => office.receive(actor, number, version).await?,
        Asked::Decline { version, reason } => office.decline(actor, number, version, &reason).await?,
        Asked::Dispatch { version, professionals, reason } => {
            office.dispatch(actor, number, version, &professionals, &reason).await?;
        }
        Asked::Reassign { version, professionals, reason } => {
            office.reassign(actor, number, version, &professionals, &reason).await?;
        }
        Asked::Record(session) => {
            return Ok(Made::Record(office.add_record(actor, number, token, &session.typed()).await?));
        }
        Asked::ProposeClosing { version, closing, reason, summary } => {
            let closing = if closing.is_empty() { None } else { Some(word(&closing, "closing")?) };
            office.propose_closing(actor, number, version, closing, &reason, &summary).await?;
        }
        Asked::SendClosingBack { version, reason } => {
            office.send_closing_back(actor, number, version, &reason).await?;
        }
        Asked::Close { version } => office.close_case(actor, number, version).await?,
        Asked::Reopen { version, professionals, reason } => {
            office.reopen(actor, number, version, &professionals, &reason).await?;
        }
        Asked::Withdraw { version, reason } => office.withdraw(actor, number, version, &reason).await?,
        Asked::Correct { version, reason, content, subject, seal_anew, confirmed } => {
            let specs = office.dossier(actor, number).await?.service.fields;
            let content = content.map(|answers| typed(answers, &specs)).transpose()?;
            let subject = subject.map(|answers| typed(answers, &FIELDS)).transpose()?;
            let correction = Correction {
                content: content.as_ref(),
                subject: subject.as_ref(),
                reason: &reason,
                seal_anew,
                confirmed,
                origin: &visitor.origin,
            };
            office.correct(actor, number, version, correction).await?;
        }
        Asked::HandOver { version, colleague } => {
            office.hand_over(actor, number, version, &colleague).await?;
        }
    }
    Ok(Made::Nothing)
}
