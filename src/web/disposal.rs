//! 銷毀, for archivists: propose, look, approve or not, what was disposed of, and the certificates.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::dates;
use crate::case::holder::Archivist;
use crate::steps::StepError;
use crate::steps::disposal::{Listed, Look, file_label, kind_label};
use crate::store::disposals::{Held as HeldFile, Outcome};

use super::app::App;
use super::documents::send;
use super::pages::disposal::{DisposalPage, DisposedPage, DisposedRow, FileRow, Standing};
use super::pages::field::Field;
use super::pages::frame::Here;
use super::pages::parts::DigestText;
use super::pages::words;
use super::retention::{REASON, day, error_of, limited, place};
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Held;

#[derive(Deserialize, Default)]
pub struct Asked {
    before: Option<String>,
    said: Option<String>,
}

/// 提請銷毀.
pub async fn propose(
    State(app): State<App>,
    held: Held<Archivist>,
    sent: Sent,
) -> Result<Response, WebError> {
    let id = app.office.propose_disposal(&held.who, &held.visitor.origin, sent.one("number")).await?;
    Ok(Redirect::to(&format!("/retention/disposals/{id}?said=disposal-proposed")).into_response())
}

/// A proposal, or what came of it.
pub async fn show(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &held, &id, asked.said.as_deref()).await?))
}

/// 核准銷毀.
pub async fn approve(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    app.office.approve_disposal(&held.who, &held.visitor.origin, &id).await?;
    Ok(Redirect::to(&format!("/retention/disposals/{id}?said=disposal-approved")).into_response())
}

/// 不核准, or 撤回.
pub async fn refuse(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let reason = limited(sent.one("reason"));
    match app.office.refuse_disposal(&held.who, &held.visitor.origin, &id, &reason).await {
        Ok(()) => Ok(Redirect::to("/retention?said=disposal-refused").into_response()),
        Err(StepError::Invalid(errors)) => {
            let mut page = page(&app, &held, &id, None).await?;
            page.reason = reason_field(&reason, error_of(&errors, "reason"));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// The certificate.
pub async fn certificate(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let file = app.office.disposal_certificate(&held.who, &held.visitor.origin, &id).await?;
    send(file, "attachment")
}

/// What was disposed of.
pub async fn list(
    State(app): State<App>,
    Held { visitor, who }: Held<Archivist>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let before = asked.before.as_deref().and_then(place).unwrap_or((i64::MAX, String::new()));
    let (found, next) = app.office.disposed(&who, &visitor.origin, &before).await?;
    let row = |one: &Listed| DisposedRow {
        number: one.disposal.number.clone(),
        service: one.service.clone(),
        school: one.disposal.school.clone(),
        proposer: one.disposal.proposer.clone(),
        approver: one.disposal.decider.clone().unwrap_or_default(),
        day: one.disposal.decided_at.map(|at| day(&app, at)).unwrap_or_default(),
        href: format!("/retention/disposals/{}", one.disposal.id),
    };
    Ok(html(&DisposedPage {
        rows: found.iter().map(row).collect(),
        next: next.map(|(at, id)| format!("/retention/disposed?before={at}.{id}")),
        frame: visitor.frame_at(&app, Here::Retention, None),
    }))
}

async fn page(
    app: &App,
    Held { visitor, who }: &Held<Archivist>,
    id: &str,
    said: Option<&str>,
) -> Result<DisposalPage, WebError> {
    let Look { disposal, service, files, hindrance } =
        app.office.look_at_disposal(who, &visitor.origin, id).await?;
    let until = dates::screen(&disposal.kept_until.to_string());
    let decided = disposal.decided_at.map(|at| day(app, at)).unwrap_or_default();
    Ok(DisposalPage {
        frame: visitor.frame_at(app, Here::Retention, said),
        standing: match disposal.outcome {
            Outcome::Approved => Standing::Gone {
                approved: format!("{}，{decided}", disposal.decider.unwrap_or_default()),
                waiting: files.iter().filter(|file| !file.shared && file.removed_at.is_none()).count(),
                clean: disposal.cleaned_at.is_some(),
            },
            _ if disposal.proposed_by == who.id => Standing::Own,
            _ => match hindrance {
                None => Standing::Open,
                Some(refused) => Standing::Hindered(refused.words().into()),
            },
        },
        service,
        school: disposal.school,
        ended: format!("{} {}", disposal.state.label(), day(app, disposal.ended_at)),
        rule: format!("{} {} 年，保存至 {until}", kind_label(&disposal.kind), disposal.years),
        proposed: format!("{}，{}", disposal.proposer, day(app, disposal.proposed_at)),
        files: files.iter().map(row).collect(),
        reason: reason_field("", None),
        number: disposal.number,
        id: disposal.id,
    })
}

fn row(file: &HeldFile) -> FileRow {
    FileRow {
        label: file_label(&file.kind).into(),
        digest: DigestText::new(file.digest.to_string()),
        size: words::size(u64::try_from(file.bytes).unwrap_or(0)),
        shared: file.shared,
        gone: file.removed_at.is_some(),
    }
}

fn reason_field(value: &str, error: Option<String>) -> Field {
    Field { error, ..Field::text("reason", "原因", value, REASON) }
}
