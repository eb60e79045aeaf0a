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
use crate::identity::known::Browser;
use crate::identity::limits::Asked as Tried;
use crate::identity::log::{self, Kind};
use crate::identity::second_factor::{self, Verdict};
use crate::identity::sessions::{self, Proof, Session};

use super::access_log::led_to;
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
    led_to("/confirm", &address(&after))
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
    let devices = entry::devices(&app, &jar);
    let browser = Browser { key: &app.doors.key, devices: &devices, whence: &whence };
    let (proof, error) = judge(&app, session, &sent, browser).await?;
    if let Some(error) = error {
        let page = page(&app, &visitor, next, Some(error));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response());
    }
    let token = sessions::rise(&office.store, &office.world, &session.id, proof).await?;
    log::line(Kind::Rose, about, &whence);
    let mut jar = jar.add(entry::session_cookie(&app, &token));
    if proof == Proof::Second {
        jar = entry::know(&app, jar, &session.person.id);
    }
    // A file doesn't replace the page: it would stay on screen as if nothing had happened.
    if let Some(back) = page_of_file(next) {
        let frame = app.frame(Some(&visitor.signed), Here::Elsewhere);
        let page = ReadyPage { frame, file: next.to_owned(), back: back.to_owned() };
        return Ok((jar, html(&page)).into_response());
    }
    Ok((jar, Redirect::to(next)).into_response())
}

/// The page from which a file is taken along; none where the address is no file's.
fn page_of_file(next: &str) -> Option<&str> {
    let path = next.split('?').next().unwrap_or(next);
    let whole = [".csv", ".pdf"].into_iter().find_map(|ending| path.strip_suffix(ending))?;
    match path.rsplit_once('/') {
        // `/statistics.csv` belongs to a page of its own name, `/cases/export.csv` to the one above.
        Some(("", _)) | None => Some(whole),
        Some((above, _)) => Some(above),
    }
}

/// What was proved, and why it wasn't.
async fn judge(
    app: &App,
    session: &Session,
    sent: &Sent,
    browser: Browser<'_>,
) -> Result<(Proof, Option<String>), WebError> {
    let office = &app.office;
    if session.has_second {
        let verdict = second_factor::check(
            &office.store,
            &office.world,
            &app.passwords,
            browser,
            &session.person.id,
            sent.one("code"),
        )
        .await?;
        if !matches!(verdict, Verdict::Right | Verdict::Recovered(_)) {
            let about = log::About { person: Some(&session.person.id), ..log::About::default() };
            log::line(Kind::RiseRefused, about, browser.whence);
        }
        return Ok((Proof::Second, code::refusal(verdict)));
    }
    let password = sent.one("password");
    let (store, world, person) = (&office.store, &office.world, &session.person);
    let proved = credentials::prove(store, world, &app.passwords, browser, person, password).await?;
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

#[cfg(test)]
mod tests {
    use super::page_of_file;

    #[test]
    fn a_file_belongs_to_the_page_that_it_is_taken_from() {
        assert_eq!(page_of_file("/cases/export.csv?scope=all"), Some("/cases"));
        assert_eq!(page_of_file("/statistics.csv?table=months"), Some("/statistics"));
        assert_eq!(page_of_file("/bulk/0199/forms.pdf"), Some("/bulk/0199"));
        assert_eq!(page_of_file("/zones?next=a.csv"), None);
    }
}
