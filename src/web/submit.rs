//! 送件 and 送出審核: a second press, or the back button, leads to the receipt.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::event::Event;
use crate::case::refusal::Why;
use crate::case::state::State as CaseState;
use crate::steps::StepError;

use super::app::App;
use super::scans::check_page;
use super::trouble::{WebError, came_back, mend};
use super::typed::Sent;
use super::view::path;
use super::visitor::Settled;

/// Submits the case. A second press, or the back button, finds it submitted and leads to the receipt.
pub async fn submit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let scan = sent.one("scan");
    let receipt = || Redirect::to(&path(&number, "/receipt")).into_response();
    match app.office.submit(&visitor.actor, &number, scan, sent.ticked("confirm_empty")).await {
        Ok(()) => Ok(receipt()),
        Err(StepError::Refused(refused)) if refused.why == Why::EmptySealsUnconfirmed => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            came_back(&app, &visitor, &dossier, &refused).await?;
            let page = check_page(&app, &visitor, &dossier, scan, Some(refused.why.words())).await?;
            Ok(mend(&page))
        }
        Err(StepError::Refused(refused)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            if dossier.case.standing.scan() == Some(scan) {
                return Ok(receipt());
            }
            Err(StepError::from(refused).into())
        }
        Err(other) => Err(other.into()),
    }
}

/// 送出審核: hands a supplemented case in again, with the scan that was looked at where there is a new one.
pub async fn resubmit(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let scan = Some(sent.one("scan")).filter(|scan| !scan.is_empty());
    let receipt = || Redirect::to(&path(&number, "/receipt")).into_response();
    match app.office.resubmit(&visitor.actor, &number, scan, sent.ticked("confirm_empty")).await {
        Ok(()) => Ok(receipt()),
        Err(StepError::Refused(refused)) => {
            let dossier = app.office.dossier(&visitor.actor, &number).await?;
            let done = dossier.state() == CaseState::Submitted
                && dossier.flow.first().is_some_and(|row| row.event == Event::Resubmit);
            if done {
                return Ok(receipt());
            }
            if let (Why::EmptySealsUnconfirmed, Some(scan)) = (&refused.why, scan) {
                came_back(&app, &visitor, &dossier, &refused).await?;
                let page = check_page(&app, &visitor, &dossier, scan, Some(refused.why.words())).await?;
                return Ok(mend(&page));
            }
            Err(StepError::from(refused).into())
        }
        Err(other) => Err(other.into()),
    }
}
