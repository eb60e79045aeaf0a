//! 保存年限, for archivists: what has come to the end of its period, and what is held.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::dates;
use crate::case::holder::Archivist;
use crate::case::validate::FieldError;
use crate::steps::StepError;
use crate::steps::disposal::{Listed, kind_label};
use crate::steps::retention::{Kept, Overview};
use crate::store::retention::Hold;

use super::app::App;
use super::pages::field::{Field, LineKind};
use super::pages::frame::Here;
use super::pages::retention::{HoldCard, KeptRow, ProposalRow, RetentionPage};
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Held;

/// Code points of a reason at most.
pub(super) const REASON: usize = 500;

#[derive(Deserialize, Default)]
pub struct Asked {
    after: Option<String>,
    said: Option<String>,
}

/// The page.
pub async fn show(
    State(app): State<App>,
    held: Held<Archivist>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let after = asked.after.as_deref().and_then(place).unwrap_or((i64::MIN, String::new()));
    let page = page(&app, &held, &after, asked.said.as_deref()).await?;
    Ok(html(&page))
}

/// Places a hold.
pub async fn hold(State(app): State<App>, held: Held<Archivist>, sent: Sent) -> Result<Response, WebError> {
    let (number, reason) = (sent.one("number"), limited(sent.one("reason")));
    match app.office.place_hold(&held.who, &held.visitor.origin, number, &reason).await {
        Ok(()) => Ok(Redirect::to("/retention?said=hold-placed").into_response()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &held, &(i64::MIN, String::new()), None).await?;
            page.number = number_field(number, error_of(&errors, "number"));
            page.reason = reason_field(&reason, error_of(&errors, "reason"));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Lifts a hold.
pub async fn lift(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let reason = limited(sent.one(&format!("reason-{id}")));
    match app.office.lift_hold(&held.who, &held.visitor.origin, &id, &reason).await {
        Ok(()) => Ok(Redirect::to("/retention?said=hold-lifted").into_response()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &held, &(i64::MIN, String::new()), None).await?;
            if page.holds.iter().all(|card| card.id != id) {
                return Err(WebError::not_found());
            }
            for card in page.holds.iter_mut().filter(|card| card.id == id) {
                card.reason_to_lift = lift_field(&id, &reason, error_of(&errors, "reason"));
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn page(
    app: &App,
    Held { visitor, who }: &Held<Archivist>,
    after: &(i64, String),
    said: Option<&str>,
) -> Result<RetentionPage, WebError> {
    let Overview { periods, cases, next, proposals, holds, stacks } =
        app.office.retention(who, &visitor.origin, after).await?;
    Ok(RetentionPage {
        frame: visitor.frame_at(app, Here::Retention, said),
        periods: periods.into_iter().map(|(kind, years)| (kind_label(&kind).to_owned(), years)).collect(),
        cases: cases.iter().map(|kept| row(app, kept)).collect(),
        next: next.map(|(at, id)| format!("/retention?after={at}.{id}")),
        proposals: proposals.iter().map(|one| proposal(app, one, &who.id)).collect(),
        holds: holds.into_iter().map(|hold| card(app, hold)).collect(),
        stack_years: stacks.years,
        stacks: stacks.count,
        number: number_field("", None),
        reason: reason_field("", None),
    })
}

fn row(app: &App, kept: &Kept) -> KeptRow {
    KeptRow {
        number: kept.case.number.clone(),
        service: kept.service.clone(),
        school: kept.case.school.clone(),
        ended: format!("{} {}", kept.case.state.label(), day(app, kept.case.ended_at)),
        until: dates::screen(&kept.until.to_string()),
        due: kept.due,
        held: kept.case.held,
        proposal: kept.case.proposal.as_ref().map(|id| format!("/retention/disposals/{id}")),
    }
}

fn proposal(app: &App, one: &Listed, reader: &str) -> ProposalRow {
    let disposal = &one.disposal;
    ProposalRow {
        number: disposal.number.clone(),
        service: one.service.clone(),
        school: disposal.school.clone(),
        proposed: format!("{}，{}", disposal.proposer, day(app, disposal.proposed_at)),
        own: disposal.proposed_by == reader,
        href: format!("/retention/disposals/{}", disposal.id),
    }
}

fn card(app: &App, hold: Hold) -> HoldCard {
    HoldCard {
        placed: format!("{}，{}", hold.placed_by, day(app, hold.placed_at)),
        reason_to_lift: lift_field(&hold.id, "", None),
        id: hold.id,
        number: hold.number,
        reason: hold.reason,
    }
}

pub(super) fn day(app: &App, millis: i64) -> String {
    dates::screen(&app.office.day_of(millis).to_string())
}

fn number_field(value: &str, error: Option<String>) -> Field {
    Field { error, ..Field::line("number", "案件編號", LineKind::Text, value) }
}

fn reason_field(value: &str, error: Option<String>) -> Field {
    Field { error, ..Field::text("reason", "原因", value, REASON) }
}

/// Each hold on the page has a field of its own.
fn lift_field(hold: &str, value: &str, error: Option<String>) -> Field {
    Field { error, ..Field::text(&format!("reason-{hold}"), "解除原因", value, REASON) }
}

pub(super) fn error_of(errors: &[FieldError], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.words.clone())
}

/// What was typed, without control characters and no longer than it may be.
pub(super) fn limited(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_control() || *c == '\n').take(REASON).collect()
}

/// Where a page begins: a moment and a case, divided by a dot.
pub(super) fn place(text: &str) -> Option<(i64, String)> {
    let (at, id) = text.split_once('.')?;
    Some((at.parse().ok()?, id.to_owned()))
}
