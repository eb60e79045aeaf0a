//! 帳號登入, 記住我 and 登出.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::identity::devices::{self, Back};
use crate::identity::limits::Asked as Tried;
use crate::identity::log::{self, Kind};
use crate::identity::login::{self, Attempt, Outcome};
use crate::identity::sessions::{self, Means, Token};

use super::app::App;
use super::entry::{self, Coming, Guest, local_path};
use super::pages::captcha::CaptchaField;
use super::pages::frame::Here;
use super::pages::login::LoginPage;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::{Asker, Reader, Visitor};
use super::{captcha, limits, navigation, sign_on};

/// Leads everyone to where their work begins.
pub async fn home(visitor: Visitor) -> Redirect {
    Redirect::to(navigation::start(&visitor.actor))
}

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
    why: Option<String>,
}

/// The log-in page; it says why a session ended, and offers to go on where the device is remembered.
pub async fn show(
    State(app): State<App>,
    Asker(origin): Asker,
    jar: CookieJar,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let captcha = captcha::is_asked_at_login(&app, &origin).await?.then(|| captcha::field(&app));
    let mut page = page(&app, "", local_path(asked.next.as_deref()), None, captcha);
    page.why = asked.why.as_deref().and_then(why);
    page.remembered = match jar.get(app.device_cookie_name()) {
        Some(cookie) => {
            let office = &app.office;
            let rules = &app.doors.rules;
            let person = devices::whose(&office.store, &office.world, rules, cookie.value()).await?;
            person.map(|person| person.name)
        }
        None => None,
    };
    Ok(html(&page))
}

/// Why somebody is here again.
fn why(name: &str) -> Option<String> {
    let words = match name {
        "idle" => "您已閒置一段時間，系統為保護資料已自動登出。登入後會回到剛才的頁面。",
        "long" => "登入已達時間上限，系統為保護資料已自動登出。登入後會回到剛才的頁面。",
        "file" => "送出時登入已逾時，檔案沒有上傳。登入後請再選擇一次檔案。",
        "stolen" => {
            "這台裝置的「記住我」已停用：它的登入憑證在別處被用過。請以密碼登入，並查看「登入中的裝置」。"
        }
        "ended" => "已登出。",
        "password" => "密碼已變更，請以新密碼登入。",
        _ => return None,
    };
    Some(words.into())
}

/// Checks name and password, and begins a session with a new token.
pub async fn enter(
    State(app): State<App>,
    Asker(origin): Asker,
    jar: CookieJar,
    Coming(whence): Coming,
    sent: Sent,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Tried::Login).await?;
    let office = &app.office;
    let account = sent.one("account");
    let next = local_path(Some(sent.one("next")));
    if captcha::wants_another(&sent) {
        return Ok(html(&page(&app, account, next, None, Some(captcha::field(&app)))));
    }
    // Without the right digits no password is looked at: a program can't lock anybody out.
    let asked = captcha::is_asked_at_login(&app, &origin).await?;
    if asked && !captcha::passes(&app, &origin, &sent).await? {
        return Ok(refused(&page(&app, account, next, None, Some(captcha::wrong(&app)))));
    }
    let known = entry::devices(&app, &jar);
    let attempt = Attempt {
        login: account,
        password: sent.one("password"),
        devices: &known,
        whence: &whence,
        organisation: &office.organisation,
    };
    let outcome = login::check(&office.store, &office.world, &app.passwords, &app.doors, attempt).await?;
    let error = match outcome {
        Outcome::Welcome { person, owes_password, has_second } => {
            let mut jar = jar;
            // Whoever owes a new password comes by the password until then.
            if sent.ticked("remember") && !owes_password {
                let keep = app.doors.rules.remember;
                let whose = (person.id.as_str(), person.password_hash.as_deref().unwrap_or_default());
                let kept = devices::remember(&office.store, &office.world, keep, whose, &whence).await?;
                if let Some(cookie) = kept {
                    jar = jar.add(entry::device_cookie(&app, cookie));
                }
            }
            if !has_second {
                jar = entry::know(&app, jar, &person.id);
            }
            let judged = person.password_hash.as_deref();
            let guest = Guest { person: &person.id, means: Means::Password, judged, owes_password, next };
            return entry::let_in(&app, jar, &whence, guest).await;
        }
        Outcome::Wrong => {
            limits::spend(&app, &origin, Tried::WrongPassword).await?;
            "帳號或密碼不正確。請再輸入一次，並留意大小寫與輸入法。".to_owned()
        }
        Outcome::Locked(minutes) => {
            format!("登入失敗次數過多，為保護帳號已暫停登入。請於 {minutes} 分鐘後再試。")
        }
    };
    let captcha = captcha::is_asked_at_login(&app, &origin).await?.then(|| captcha::field(&app));
    Ok(refused(&page(&app, account, next, Some(error), captcha)))
}

fn refused(page: &LoginPage) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// Goes on in a remembered device, by its owner's press: the token changes, and a session begins.
pub async fn come_back(
    State(app): State<App>,
    jar: CookieJar,
    Coming(whence): Coming,
    sent: Sent,
) -> Result<Response, WebError> {
    let office = &app.office;
    let next = local_path(Some(sent.one("next")));
    let Some(cookie) = jar.get(app.device_cookie_name()).map(|cookie| cookie.value().to_owned()) else {
        return Ok(Redirect::to("/login").into_response());
    };
    let rules = &app.doors.rules;
    match devices::come_back(&office.store, &office.world, rules, &cookie, &whence).await? {
        Back::Welcome { person, device, cookie } => {
            let jar = jar.add(entry::device_cookie(&app, cookie));
            let means = Means::Remembered { device };
            let guest = Guest { person: &person.id, means, judged: None, owes_password: false, next };
            entry::let_in(&app, jar, &whence, guest).await
        }
        Back::Stolen { .. } => {
            let jar = jar.remove(entry::gone(&app, app.device_cookie_name()));
            Ok((jar, Redirect::to("/login?why=stolen")).into_response())
        }
        Back::Nothing => {
            log::line(Kind::DeviceRefused, log::About::default(), &whence);
            let jar = jar.remove(entry::gone(&app, app.device_cookie_name()));
            Ok((jar, Redirect::to("/login")).into_response())
        }
    }
}

/// 不是我: this browser isn't remembered any more.
pub async fn forget(State(app): State<App>, jar: CookieJar) -> Result<Response, WebError> {
    let jar = forget_device(&app, jar).await?;
    Ok((jar, Redirect::to("/login")).into_response())
}

/// Ends the session, and 記住我 with it: who leaves means to be gone. Who came by sign-on goes on to the log-out there.
pub async fn leave(
    State(app): State<App>,
    jar: CookieJar,
    reader: Option<Reader>,
    Coming(whence): Coming,
) -> Result<Response, WebError> {
    if let Some(cookie) = jar.get(app.cookie_name()) {
        // Also whoever still owed something, or came too late, has left.
        let whose = sessions::end(&app.office.store, &Token::from_cookie(cookie.value())).await?;
        if let Some(person) = &whose {
            log::line(Kind::SignedOut, log::About { person: Some(person), ..log::About::default() }, &whence);
        }
    }
    let mut on = Redirect::to("/login?why=ended").into_response();
    if let Some(Reader { signed, .. }) = &reader
        && signed.session.signed_on
    {
        match sign_on::signed_out(&app, &signed.person.id).await {
            Ok(there) => on = there.unwrap_or(on),
            // The session has ended; what is left of it in the browser must go too.
            Err(error) => {
                tracing::error!(code = error.code, "somebody signed out here but not at the provider")
            }
        }
    }
    let jar = forget_device(&app, jar).await?;
    let jar = jar.remove(entry::gone(&app, app.cookie_name()));
    // Nothing of the house stays in the browser (its caches; cookies are ended one by one above).
    Ok(([("clear-site-data", "\"cache\", \"storage\"")], jar, on).into_response())
}

async fn forget_device(app: &App, jar: CookieJar) -> Result<CookieJar, WebError> {
    let name = app.device_cookie_name();
    let Some(cookie) = jar.get(name) else { return Ok(jar) };
    devices::forget(&app.office.store, &app.office.world, cookie.value()).await?;
    Ok(jar.remove(entry::gone(app, name)))
}

fn page(
    app: &App,
    account: &str,
    next: &str,
    error: Option<String>,
    captcha: Option<CaptchaField>,
) -> LoginPage {
    let contact = app.organisation.contact.clone();
    let days = app.doors.rules.remember / (24 * 60 * 60_000);
    LoginPage {
        frame: app.frame(None, Here::Elsewhere),
        account: account.to_owned(),
        error,
        captcha,
        why: None,
        remembered: None,
        remember_days: (days > 0).then_some(days),
        next: next.to_owned(),
        sign_on: sign_on::offer(app, next),
        steps: LoginPage::usual_steps(),
        help: contact.map(|contact| format!("如無法順利登入，請來電{contact}。")),
    }
}
