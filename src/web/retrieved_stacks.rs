//! 調閱 of a whole stack: what it is, for what it is taken out, and the file as a download.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::holder::Archivist;
use crate::case::role::{Actor, Role};
use crate::steps::StepError;
use crate::store::stacks::{CutFrom, Stack};

use super::app::App;
use super::documents::send;
use super::pages::field::Field;
use super::pages::frame::Here;
use super::pages::parts::{DigestText, Link};
use super::pages::retrieved_stack::{CutFromLine, FoundStack, RetrievedStackPage};
use super::pages::words::{self, Moment};
use super::retrieval::purpose_field;
use super::trouble::{WebError, html, mend};
use super::typed::Sent;
use super::visitor::Held;

/// A stack; before a purpose is stated, the question for it.
pub async fn open(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(digest): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &held, &digest, purpose_field("", None)).await?))
}

/// States the purpose.
pub async fn state(
    State(app): State<App>,
    held: Held<Archivist>,
    Path(digest): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let typed = sent.one("purpose");
    match app.office.state_purpose_of_stack(&held.who, &held.visitor.origin, &digest, typed).await {
        Ok(()) => Ok(Redirect::to(&address(&digest)).into_response()),
        Err(StepError::Invalid(errors)) => {
            let words = errors.into_iter().map(|error| error.words).collect();
            Ok(mend(&page(&app, &held, &digest, purpose_field(typed, Some(words))).await?))
        }
        Err(other) => Err(other.into()),
    }
}

/// The file, as a download.
pub async fn original(
    State(app): State<App>,
    Held { visitor, who }: Held<Archivist>,
    Path(digest): Path<String>,
) -> Result<Response, WebError> {
    match app.office.take_out_stack(&who, &visitor.origin, &digest).await {
        Ok(found) => send(found, "attachment"),
        Err(StepError::PurposeNeeded) => Ok(Redirect::to(&address(&digest)).into_response()),
        Err(other) => Err(other.into()),
    }
}

/// Where the stack with this digest is taken out.
pub(super) fn address(digest: &str) -> String {
    format!("/retrieval/stacks/{digest}")
}

/// A stack that was found.
pub(super) fn found(found: &Stack, now: i64) -> FoundStack {
    FoundStack {
        file_name: found.file_name.clone(),
        pages: found.pages,
        at: Moment::at(found.created_at, now),
        digest: DigestText::new(found.digest.short()),
        href: address(&found.digest.to_string()),
    }
}

/// A stack that a scan was cut out of; only archivists are led to it.
pub(super) fn cut_from_line(actor: &Actor, from: &CutFrom) -> CutFromLine {
    let digest = from.digest.to_string();
    let may = actor.is(Role::Archivist) && !from.gone;
    CutFromLine { href: may.then(|| address(&digest)), digest: DigestText::new(digest), gone: from.gone }
}

async fn page(
    app: &App,
    held: &Held<Archivist>,
    digest: &str,
    purpose: Field,
) -> Result<RetrievedStackPage, WebError> {
    let found = app.office.kept_stack(&held.who, &held.visitor.origin, digest).await?;
    let now = app.office.world.now();
    let (digest, stack) = (found.stack.digest.to_string(), found.stack);
    let address = address(&digest);
    let link = |number: &String| Link { label: number.clone(), href: format!("/retrieval/{number}") };
    Ok(RetrievedStackPage {
        frame: held.visitor.frame_at(app, Here::Retrieval, None),
        download: found.stated.is_some().then(|| format!("{address}/original")),
        address,
        file_name: stack.file_name,
        size: words::size(u64::try_from(stack.bytes).unwrap_or(0)),
        pages: stack.pages,
        at: Moment::at(stack.created_at, now),
        digest: DigestText::new(digest),
        cases: found.cases.iter().map(link).collect(),
        stated: found.stated.as_ref().map(|stated| stated.purpose.clone()),
        until: found.stated.map(|stated| Moment::at(stated.until, now)),
        purpose,
    })
}
