//! 列印所選案件: choose, look, print, and the joined PDF.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::case::fields::Values;
use crate::case::subject;
use crate::steps::bulk::{Look, MOST};
use crate::store::bulk::{Line, Outcome, Stage};
use crate::store::list;

use super::app::App;
use super::documents::content_disposition;
use super::list::Asked;
use super::pages::bulk::{BulkForm, BulkPage, BulkRefusal, BulkStage};
use super::pages::parts::CaseNumberText;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::view::path;
use super::visitor::{Settled, Visitor};

/// Looks through what was ticked in the list, or all that the list finds, and leads to the question.
pub async fn choose(
    State(app): State<App>,
    Settled(visitor): Settled,
    sent: Sent,
) -> Result<Redirect, WebError> {
    let numbers = if sent.ticked("all") {
        let asked = Asked::sent(&sent);
        let wanted = asked.whole(&app.office)?;
        let mut db = app.office.store.read().await?;
        list::numbers(&mut db, &asked.scope(&visitor), &wanted, MOST + 1).await?
    } else {
        sent.0.get("case").cloned().unwrap_or_default()
    };
    let id = app.office.choose_bulk(&visitor.actor, &visitor.origin, &numbers).await?;
    Ok(Redirect::to(&address(&id)))
}

/// What would be printed, how far it is, or what came of it.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    let look = app.office.look_at_bulk(&visitor.actor, &id).await?;
    let mut page = BulkPage {
        frame: visitor.frame(&app, None),
        address: address(&id),
        stage: stage(&look),
        forms: Vec::new(),
        refused: Vec::new(),
    };
    if !look.under_way() {
        fill(&app, &visitor, &id, &mut page).await?;
    }
    Ok(html(&page))
}

/// Prints. A second press, or the back button, finds it under way or done.
pub async fn start(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.start_bulk(&visitor.actor, &visitor.origin, &id).await?;
    Ok(Redirect::to(&address(&id)))
}

/// How far it is, for scripts.
#[derive(Serialize)]
pub struct Progress {
    done: i64,
    total: i64,
    going: bool,
    words: String,
}

/// How far it is.
pub async fn progress(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
) -> Result<Json<Progress>, WebError> {
    let look = app.office.look_at_bulk(&visitor.actor, &id).await?;
    let done = look.tally.printed;
    let total = done + look.tally.waiting;
    Ok(Json(Progress {
        done, total, going: look.under_way(), words: format!("已列印 {done}／{total} 件")
    }))
}

/// Whether a file is to be saved, and not shown.
#[derive(Deserialize)]
pub struct Wanted {
    save: Option<String>,
}

/// The joined PDF, as it is being joined.
pub async fn joined(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, WebError> {
    let joined = app.office.join_bulk(&visitor.actor, &visitor.origin, &id).await?;
    let disposition = if wanted.save.is_some() { "attachment" } else { "inline" };
    let name = content_disposition(disposition, &joined.file_name);
    let name = HeaderValue::from_str(&name).map_err(|error| WebError::internal(&error))?;
    let mut response = Body::from_stream(joined.stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::CONTENT_SECURITY_POLICY, super::documents::viewer_policy());
    Ok(response)
}

async fn fill(app: &App, visitor: &Visitor, id: &str, page: &mut BulkPage) -> Result<(), WebError> {
    for line in app.office.bulk_lines(&visitor.actor, &visitor.origin, id).await? {
        let service =
            app.office.service(&line.service).map_or(line.service.as_str(), |spec| spec.title.as_str());
        let (number, service, subject) =
            (CaseNumberText::new(&line.number), service.to_owned(), subject_name(&line));
        match line.outcome {
            Outcome::Refused(reason) => {
                let href = path(&line.number, "");
                page.refused.push(BulkRefusal { number, href, service, subject, reason });
            }
            Outcome::Waiting { revision, fresh } => {
                let (href, revision) = (path(&line.number, ""), revision.get());
                page.forms.push(BulkForm { number, href, service, subject, revision, fresh, printed: false });
            }
            Outcome::Printed { revision, fresh } => {
                let href = path(&line.number, &format!("/prints/{revision}/form.pdf"));
                let revision = revision.get();
                page.forms.push(BulkForm { number, href, service, subject, revision, fresh, printed: true });
            }
        }
    }
    Ok(())
}

fn stage(look: &Look) -> BulkStage {
    let tally = look.tally;
    match look.bulk.stage {
        Stage::Chosen => BulkStage::Chosen,
        Stage::Printing if look.under_way() => {
            BulkStage::Printing { done: tally.printed, total: tally.printed + tally.waiting }
        }
        // Whoever printed it has gone after the last case.
        Stage::Printing | Stage::Stopped if tally.waiting == 0 => BulkStage::Done,
        Stage::Printing | Stage::Stopped => BulkStage::Stopped { waiting: tally.waiting },
        Stage::Done => BulkStage::Done,
    }
}

fn subject_name(line: &Line) -> String {
    let answers: Option<Values> = line.subject.as_deref().and_then(|json| serde_json::from_str(json).ok());
    answers.map(|answers| subject::text(&answers, "name").to_owned()).unwrap_or_default()
}

fn address(id: &str) -> String {
    format!("/bulk/{id}")
}
