//! The one way in: a session begins, its cookie is set, and the person goes where they wanted to.
//!
//! Every means uses it. What is still owed (a second factor, a new password) is asked for on the way by
//! [`super::visitor`], which lets nobody past.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use std::convert::Infallible;

use crate::identity::log::Whence;
use crate::identity::login;
use crate::identity::sessions::{self, Entry, Means, Token};
use crate::identity::{agent, known};

use super::app::App;
use super::headers;
use super::trouble::WebError;
use super::visitor::Asker;

/// From where and with what browser somebody asks who needn't be signed in.
#[derive(Clone, Debug)]
pub struct Coming(pub Whence);

impl<S: Sync> FromRequestParts<S> for Coming {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let Asker(origin) = Asker::from_request_parts(parts, state).await?;
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self(Whence {
            address: origin.remote,
            agent: agent::family(agent.unwrap_or_default()),
            request: origin.request,
        }))
    }
}

/// Who comes in, and where to.
#[derive(Clone, Debug)]
pub struct Guest<'a> {
    /// The account's identifier.
    pub person: &'a str,
    /// By which means.
    pub means: Means,
    /// The hash of the password that was judged, where one was.
    pub judged: Option<&'a str>,
    /// Whether the password fell behind the rules.
    pub owes_password: bool,
    /// The local path to go on to.
    pub next: &'a str,
}

/// Lets somebody in: the session that the browser had ends, a new one begins with a new token. Whose password was
/// changed while it was judged comes back to the log-in.
///
/// # Errors
/// When the database fails.
pub async fn let_in(
    app: &App,
    jar: CookieJar,
    whence: &Whence,
    guest: Guest<'_>,
) -> Result<Response, WebError> {
    let office = &app.office;
    // Whose pages the browser may have kept: another person's, or nobody knows whose.
    let mut of_another = false;
    if let Some(old) = jar.get(app.cookie_name()) {
        let whose = sessions::end(&office.store, &Token::from_cookie(old.value())).await?;
        of_another = whose.as_deref() != Some(guest.person);
    }
    let entry = Entry {
        person: guest.person,
        means: guest.means,
        judged: guest.judged,
        address: &whence.address,
        agent: &whence.agent,
        owes_password: guest.owes_password,
    };
    let begun = sessions::begin(&office.store, &office.world, app.limits, &entry).await?;
    let Some(token) = begun else {
        let jar = jar.remove(gone(app, app.cookie_name()));
        return Ok((jar, Redirect::to("/login?why=password")).into_response());
    };
    login::came_in(&office.store, &office.world, &entry, whence).await?;
    let mut response = (jar.add(session_cookie(app, &token)), Redirect::to(guest.next)).into_response();
    if of_another {
        headers::forget_pages(&mut response);
    }
    Ok(response)
}

/// The cookie of a session: for this host, this browser's lifetime, and no script.
#[must_use]
pub fn session_cookie(app: &App, token: &Token) -> Cookie<'static> {
    Cookie::build((app.cookie_name(), token.as_cookie().to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure)
        .build()
}

/// The cookie of 記住我: until the device is forgotten, or for as long as browsers keep cookies.
#[must_use]
pub fn device_cookie(app: &App, value: String) -> Cookie<'static> {
    kept(app, app.device_cookie_name(), value)
}

/// The cookie of known devices; empty where there is none.
#[must_use]
pub fn devices(app: &App, jar: &CookieJar) -> String {
    jar.get(app.known_cookie_name()).map(|cookie| cookie.value().to_owned()).unwrap_or_default()
}

/// This browser is known for the account from now on: a stranger's failures don't lock it out.
pub fn know(app: &App, jar: CookieJar, person: &str) -> CookieJar {
    let name = app.known_cookie_name();
    let value = known::after_log_in(&app.doors.key, &app.office.world, &devices(app, &jar), person);
    jar.add(kept(app, name, value))
}

fn kept(app: &App, name: &'static str, value: String) -> Cookie<'static> {
    // 400 days: no browser keeps a cookie longer.
    let secure = if app.secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000{secure}");
    Cookie::parse(text).unwrap_or_else(|_| gone(app, name))
}

/// What removes a cookie of this name.
#[must_use]
pub fn gone(app: &App, name: &'static str) -> Cookie<'static> {
    Cookie::build(name).path("/").secure(app.secure).build()
}

/// A path of this site; anything else leads to the start.
#[must_use]
pub fn local_path(next: Option<&str>) -> &str {
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
