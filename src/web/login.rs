//! 帳號登入 and 登出.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use serde::Deserialize;

use crate::identity::login::{self, Outcome};
use crate::identity::sessions::{self, Token};
use crate::store::people::Person;

use super::app::App;
use super::pages::frame::Here;
use super::pages::login::LoginPage;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Visitor;
use super::{navigation, sign_on};

/// Leads everyone to where their work begins.
pub async fn home(visitor: Visitor) -> Redirect {
    Redirect::to(navigation::start(&visitor.actor))
}

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
}

/// The log-in page.
pub async fn show(State(app): State<App>, Query(asked): Query<Asked>) -> Response {
    html(&page(&app, "", local_path(asked.next.as_deref()), None))
}

/// Checks name and password, and begins a session with a new token.
pub async fn enter(State(app): State<App>, jar: CookieJar, sent: Sent) -> Result<Response, WebError> {
    let office = &app.office;
    let account = sent.one("account");
    let next = local_path(Some(sent.one("next")));
    let outcome =
        login::check(&office.store, &office.world, &app.passwords, account, sent.one("password")).await?;
    let error = match outcome {
        Outcome::Welcome(person) => {
            tracing::info!(person = %person.id, "signed in");
            return begin_session(&app, jar, &person, next).await;
        }
        Outcome::Wrong => {
            tracing::info!("sign-in failed");
            "帳號或密碼不正確。請再輸入一次，並留意大小寫與輸入法。".to_owned()
        }
        Outcome::Locked(minutes) => {
            format!("登入失敗次數過多，為保護帳號已暫停登入。請於 {minutes} 分鐘後再試。")
        }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page(&app, account, next, Some(error)))).into_response())
}

/// Begins a session with a new token, ends the one before, and leads on.
pub(super) async fn begin_session(
    app: &App,
    jar: CookieJar,
    person: &Person,
    next: &str,
) -> Result<Response, WebError> {
    let office = &app.office;
    if let Some(old) = jar.get(app.cookie_name()) {
        sessions::end(&office.store, &Token::from_cookie(old.value())).await?;
    }
    let token = sessions::begin(&office.store, &office.world, app.limits, &person.id).await?;
    let cookie = Cookie::build((app.cookie_name(), token.as_cookie().to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure);
    Ok((jar.add(cookie), Redirect::to(next)).into_response())
}

/// Ends the session. Who came in by sign-on is led on to the log-out there.
pub async fn leave(
    State(app): State<App>,
    visitor: Option<Visitor>,
    jar: CookieJar,
) -> Result<Response, WebError> {
    if let Some(cookie) = jar.get(app.cookie_name()) {
        sessions::end(&app.office.store, &Token::from_cookie(cookie.value())).await?;
    }
    let gone = Cookie::build(app.cookie_name()).path("/").secure(app.secure);
    let on = match &visitor {
        Some(visitor) => sign_on::signed_out(&app, &visitor.signed.person.id).await?,
        None => None,
    };
    let on = on.unwrap_or_else(|| Redirect::to("/login").into_response());
    Ok((jar.remove(gone), on).into_response())
}

fn page(app: &App, account: &str, next: &str, error: Option<String>) -> LoginPage {
    let contact = app.organisation.contact.clone();
    LoginPage {
        frame: app.frame(None, Here::Elsewhere),
        account: account.to_owned(),
        error,
        next: next.to_owned(),
        sign_on: sign_on::offer(app, next),
        steps: LoginPage::usual_steps(),
        help: contact.map(|contact| format!("如無法順利登入，請來電{contact}。")),
    }
}

/// A path of this site; anything else leads to the start.
pub(super) fn local_path(next: Option<&str>) -> &str {
    // Browsers leave tabs and line ends out of addresses: a slash, a tab and a slash are two slashes.
    let local = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    };
    next.filter(local).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert_eq!(local_path(Some("/cases/1150000001?tab=flow")), "/cases/1150000001?tab=flow");
        for foreign in [
            "https://example.org",
            "//example.org",
            "/\\example.org",
            "/\t/example.org",
            "javascript:alert(1)",
            "",
        ] {
            assert_eq!(local_path(Some(foreign)), "/", "{foreign}");
        }
    }
}
