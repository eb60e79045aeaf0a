//! What goes around every request: whose it is, whether it is in time, and what becomes of its trouble and its traces.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;

use crate::case::refusal::Refused;
use crate::fault::{self, Point};
use crate::identity::limits;
use crate::steps::StepError;
use crate::steps::office::Origin;
use crate::web::access_log::Answered;
use crate::web::api;
use crate::web::app::{App, Signed};
use crate::web::held;
use crate::web::patience::Pace;
use crate::web::trouble::{self, WebError};
use crate::web::typed;

use super::arrived::{Arrived, arrived, is_passive};
use super::late::{is_kept, too_late};
use super::origin;

/// Looks the session up, runs the handler, and turns its trouble into the error page or, below the API's
/// root, into a problem document.
pub async fn visit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let cookie =
        CookieJar::from_headers(request.headers()).get(app.cookie_name()).map(|c| c.value().to_owned());
    let path = request.uri().path().to_owned();
    let signed = match arrived(&app, cookie, is_passive(&path)).await {
        Ok(Arrived::Signed(signed)) => {
            request.extensions_mut().insert(signed.clone());
            Some(signed)
        }
        Ok(Arrived::Arriving(arriving)) => {
            request.extensions_mut().insert(arriving);
            None
        }
        Ok(Arrived::Late(late)) => {
            if is_kept(&request) {
                return match held::hold(&app, &late.person, request).await {
                    Ok(kept) => too_late(&late, kept),
                    Err(error) => told(&app, None, &path, error).await,
                };
            }
            request.extensions_mut().insert(late);
            None
        }
        Ok(Arrived::Nobody) => None,
        Err(error) => return told(&app, None, &path, WebError::from(error)).await,
    };
    if let Some(signed) = &signed
        && let Err(error) = in_time(&app, signed, &path).await
    {
        return told(&app, Some(signed), &path, error).await;
    }
    if request.uri().path_and_query().is_some_and(|address| address.as_str().contains("%00")) {
        return told(&app, signed.as_ref(), &path, typed::zero()).await;
    }
    let origin = origin(request.headers(), request.extensions());
    request.extensions_mut().insert(origin.clone());
    let mut response = answer(&app, signed.as_ref(), &path, &origin, request, next).await;
    if let Some(signed) = signed {
        response.extensions_mut().insert(Answered(signed.person.id.clone()));
    }
    fault::here(Point::Answering);
    response
}

/// Counts what somebody asks for who is signed in. Whoever leaves may always do so, and what pages ask by themselves is
/// nobody's hurry.
async fn in_time(app: &App, signed: &Signed, path: &str) -> Result<(), WebError> {
    if is_passive(path) || path == "/logout" {
        return Ok(());
    }
    let (rates, now, person) = (&app.entrance.rates, app.office.world.now(), signed.person.id.as_str());
    let mut counted = app.hurry.count(person, now, rates.window, rates.signed_in);
    if let Ok(many @ 1..) = counted {
        match limits::spend_signed_in(&app.office.store, now, rates, person, many).await {
            Ok(all) => counted = app.hurry.heard(person, all, now, rates.window, rates.signed_in).map(|()| 0),
            // Nobody is kept out because it couldn't be counted; here it is.
            Err(error) => {
                tracing::warn!(%error, "what an account asks couldn't be told to the other processes")
            }
        }
    }
    counted.map(|_| ()).map_err(|often| {
        tracing::warn!(%person, "asked more than anybody does by hand");
        WebError::too_busy(often.seconds())
    })
}

async fn answer(
    app: &App,
    signed: Option<&Signed>,
    path: &str,
    origin: &Origin,
    request: Request,
    next: Next,
) -> Response {
    let pace = request.extensions().get::<Pace>().cloned().unwrap_or_default();
    let mut response = next.run(request).await;
    let error = response.extensions_mut().remove::<WebError>().or_else(|| WebError::unworded(&response));
    // What read the body only knows that it broke off.
    let error = error.map(|error| match error.status.is_client_error() && pace.was_too_slow() {
        true => WebError::too_slow(),
        false => error,
    });
    let Some(error) = error else {
        return match account(app, signed, path, origin, response.status()).await {
            Ok(()) => response,
            Err(failure) => told(app, signed, path, WebError::from(failure)).await,
        };
    };
    if let (Some(refused), Some(signed)) = (&error.refused, signed)
        && let Err(failure) = trace_refused(app, signed, path, origin, refused).await
    {
        return told(app, Some(signed), path, WebError::from(failure)).await;
    }
    let mut answer = told(app, signed, path, error).await;
    if let Some(allowed) = response.headers_mut().remove(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

/// An error, told as whoever asked can read it.
async fn told(app: &App, signed: Option<&Signed>, path: &str, error: WebError) -> Response {
    let error = error.about(path);
    app.office.metrics.refused(error.code);
    if api::is_below(path) {
        return api::problem::answer(app, signed, error).await;
    }
    trouble::page(app, signed, error)
}

/// Keeps a trace of a refused step, with the case that the address names.
async fn trace_refused(
    app: &App,
    signed: &Signed,
    path: &str,
    origin: &Origin,
    refused: &Refused,
) -> Result<(), StepError> {
    let actor = signed.person.actor();
    let number = trouble::case_in(path).unwrap_or_default();
    let case = app.office.dossier(&actor, number).await.ok().map(|dossier| dossier.case.id);
    Ok(app.office.trace_refused(origin, &actor, case.as_deref(), refused).await?)
}

/// Leaves the trace of an answer about a case that left none itself: a new page can't be forgotten.
/// A form that comes back (409, 422) shows the case as well.
async fn account(
    app: &App,
    signed: Option<&Signed>,
    path: &str,
    origin: &Origin,
    status: StatusCode,
) -> Result<(), StepError> {
    let shows =
        status.is_success() || matches!(status, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY);
    let (Some(signed), Some(number)) = (signed, trouble::case_in(path)) else { return Ok(()) };
    if origin.is_accounted() || !shows || status == StatusCode::NO_CONTENT {
        return Ok(());
    }
    Ok(app.office.trace_forgotten(&signed.person.actor(), origin, number).await?)
}
