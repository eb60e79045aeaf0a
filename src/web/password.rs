//! 變更密碼.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::identity::credentials::{self, Changed};
use crate::identity::passwords::{About, MIN_LENGTH, MIN_WITH_SECOND};
use crate::identity::sessions::{self, Proof, Stage};

use super::app::App;
use super::door::AtDoor;
use super::entry::{self, local_path};
use super::pages::password::PasswordPage;
use super::trouble::{WebError, html};
use super::typed::Sent;

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
}

/// Asks for the present and the new password.
pub async fn show(
    State(app): State<App>,
    door: AtDoor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let page = page(&app, &door, local_path(asked.next.as_deref()), Vec::new())?;
    Ok(html(&page))
}

/// Changes it; all other sessions end, and this one has a new token.
pub async fn save(
    State(app): State<App>,
    door: AtDoor,
    jar: CookieJar,
    sent: Sent,
) -> Result<Response, WebError> {
    let (office, session) = (&app.office, &door.session);
    let next = local_path(Some(sent.one("next")));
    let (present, new) = (sent.one("present"), sent.one("new"));
    let mut page = page(&app, &door, next, Vec::new())?;
    if new != sent.one("again") {
        page.again_error = Some("兩次輸入的新密碼不一樣，請再輸入一次。".into());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response());
    }
    let school = door.school(&app).await?;
    let about = About::of(&session.person, &[&school, &office.organisation], session.has_second);
    let changed = credentials::change(
        &office.store,
        &office.world,
        &app.passwords,
        door.browser(&app),
        (&session.person, &about),
        (present, new),
        &session.id,
    )
    .await?;
    match changed {
        Changed::Done => {
            let token = sessions::rise(&office.store, &office.world, &session.id, Proof::First).await?;
            let jar = jar.add(entry::session_cookie(&app, &token));
            let next = if door.stage == Stage::Whole { "/account?said=password-changed" } else { next };
            return Ok((jar, Redirect::to(next)).into_response());
        }
        Changed::Wrong => page.present_error = Some("目前的密碼不正確。".into()),
        Changed::Locked(minutes) => {
            page.present_error =
                Some(format!("輸入錯誤次數過多，為保護帳號已暫停。請於 {minutes} 分鐘後再試。"));
        }
        Changed::Same => page.new_errors = vec!["新密碼和目前的密碼一樣，請換一組。".into()],
        Changed::Weak(faults) => page.new_errors = faults.iter().map(|fault| fault.words()).collect(),
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

fn page(app: &App, door: &AtDoor, next: &str, new_errors: Vec<String>) -> Result<PasswordPage, WebError> {
    let session = &door.session;
    // Who comes by sign-on has no password here; whoever owes a code or an enrolment has that to do first.
    if session.person.password_hash.is_none() || matches!(door.stage, Stage::Code | Stage::Enrol) {
        return Err(WebError::not_found());
    }
    Ok(PasswordPage {
        frame: door.frame(app),
        owed: door.stage == Stage::Password,
        login: session.person.login.clone(),
        least: if session.has_second { MIN_WITH_SECOND } else { MIN_LENGTH },
        present_error: None,
        new_errors,
        again_error: None,
        next: next.to_owned(),
    })
}
