//! 確認身分: a fresh proof before what is delicate, and back without losing what was typed.
//!
//! [`demand`] is a layer on the routes that need one. A page that was asked for is opened afterwards; a form that was
//! sent is held ([`super::held`]) and sent again by the person.

use axum::extract::{Query, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::identity::credentials::{self, Proved};
use crate::identity::limits::Asked as Tried;
use crate::identity::log::{self, Kind, Whence};
use crate::identity::second_factor;
use crate::identity::sessions::{self, Proof, Session};

use super::app::{App, Signed};
use super::code;
use super::entry::{self, Coming, local_path};
use super::held::{self, Kept};
use super::limits;
use super::pages::frame::Here;
use super::pages::rise::{Asks, ReadyPage, RisePage};
use super::trouble::{self, WebError, html};
use super::typed::Sent;
use super::visitor::Visitor;

/// A route that demands a fresh proof.
pub fn fresh(app: &App, route: MethodRouter<App>) -> MethodRouter<App> {
    route.layer(from_fn_with_state(app.clone(), demand))
}

/// Lets a request past whose session was proved a moment ago, and leads others to the proof. Who isn't signed in
/// is the handler's business.
pub async fn demand(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(signed) = request.extensions().get::<Signed>().cloned() else {
        return next.run(request).await;
    };
    if signed.session.is_fresh(&app.doors.rules, app.office.world.now()) {
        return next.run(request).await;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let after = if request.method() == Method::GET {
        path
    } else {
        match held::hold(&app, &signed.person.id, request).await {
            Ok(Kept::Form(page) | Kept::Draft(page)) => page,
            Ok(Kept::Nothing(back)) => back,
            Err(error) => return trouble::page(&app, Some(&signed), error),
        }
    };
    Redirect::to(&address(&after)).into_response()
}

fn address(next: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("/confirm?{query}")
}

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
}

/// Asks for the proof.
pub async fn show(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let next = local_path(asked.next.as_deref());
    html(&page(&app, &visitor, next, None))
}

/// Judges it; the session rises and has a new token.
pub async fn prove(
    State(app): State<App>,
    visitor: Visitor,
    jar: CookieJar,
    Coming(whence): Coming,
    sent: Sent,
) -> Result<Response, WebError> {
    let next = local_path(Some(sent.one("next")));
    let (office, session) = (&app.office, &visitor.signed.session);
    let about = log::About { person: Some(&session.person.id), ..log::About::default() };
    limits::spend_from(&app, &whence.address, Tried::Code).await?;
    let (proof, error) = judge(&app, session, &sent, &whence).await?;
    if let Some(error) = error {
        log::line(Kind::RiseRefused, about, &whence);
        let page = page(&app, &visitor, next, Some(error));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response());
    }
    let token = sessions::rise(&office.store, &office.world, &session.id, proof).await?;
    log::line(Kind::Rose, about, &whence);
    let jar = jar.add(entry::session_cookie(&app, &token));
    // A file doesn't replace the page: it would stay on screen as if nothing had happened.
    if next.split('?').next().is_some_and(|path| path.ends_with(".csv")) {
        let frame = app.frame(Some(&visitor.signed), Here::Elsewhere);
        let back = next.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("/", |(at, _)| at);
        let page = ReadyPage { frame, file: next.to_owned(), back: back.to_owned() };
        return Ok((jar, html(&page)).into_response());
    }
    Ok((jar, Redirect::to(next)).into_response())
}

/// What was proved, and why it wasn't.
async fn judge(
    app: &App,
    session: &Session,
    sent: &Sent,
    whence: &Whence,
) -> Result<(Proof, Option<String>), WebError> {
    let office = &app.office;
    if session.has_second {
        let verdict = second_factor::check(
            &office.store,
            &office.world,
            &app.passwords,
            &app.doors.key,
            &session.person.id,
            sent.one("code"),
            whence,
        )
        .await?;
        return Ok((Proof::Second, code::refusal(verdict)));
    }
    let password = sent.one("password");
    let proved =
        credentials::prove(&office.store, &office.world, &app.passwords, &session.person, password).await?;
    let error = match proved {
        Proved::Right => None,
        Proved::Wrong => Some("密碼不正確，請再輸入一次。".to_owned()),
        Proved::Locked(minutes) => {
            Some(format!("輸入錯誤次數過多，為保護帳號已暫停。請於 {minutes} 分鐘後再試。"))
        }
    };
    Ok((Proof::First, error))
}

fn page(app: &App, visitor: &Visitor, next: &str, error: Option<String>) -> RisePage {
    let session = &visitor.signed.session;
    let asks = if session.has_second {
        Asks::Code
    } else if session.person.password_hash.is_some() {
        Asks::Password
    } else {
        Asks::SignOn
    };
    RisePage {
        frame: app.frame(Some(&visitor.signed), Here::Elsewhere),
        asks,
        login: session.person.login.clone(),
        minutes: app.doors.rules.fresh / 60_000,
        error,
        next: next.to_owned(),
    }
}
