//! 兩步驟驗證 after the password: a code of the second factor, or a recovery code.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::identity::limits::Asked as Tried;
use crate::identity::second_factor::{self, Verdict};
use crate::identity::sessions::{self, Proof, Stage};

use super::app::App;
use super::door::AtDoor;
use super::entry::{self, local_path};
use super::limits;
use super::pages::code::CodePage;
use super::trouble::{WebError, html};
use super::typed::Sent;

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
}

/// Asks for the code.
pub async fn show(State(app): State<App>, door: AtDoor, Query(asked): Query<Asked>) -> Response {
    let next = local_path(asked.next.as_deref());
    if door.stage != Stage::Code {
        return Redirect::to(next).into_response();
    }
    html(&page(&app, &door, next, None))
}

/// Judges the code; the session rises, and goes where the person wanted to.
pub async fn enter(
    State(app): State<App>,
    door: AtDoor,
    jar: CookieJar,
    sent: Sent,
) -> Result<Response, WebError> {
    let next = local_path(Some(sent.one("next")));
    if door.stage != Stage::Code {
        return Ok(Redirect::to(next).into_response());
    }
    limits::spend_from(&app, &door.whence.address, Tried::Code).await?;
    let (office, person) = (&app.office, &door.session.person.id);
    let typed = sent.one("code");
    let verdict = second_factor::check(
        &office.store,
        &office.world,
        &app.passwords,
        &app.doors.key,
        person,
        typed,
        &door.whence,
    )
    .await?;
    let Some(error) = refusal(verdict) else {
        let token = sessions::rise(&office.store, &office.world, &door.session.id, Proof::Second).await?;
        let jar = entry::know(&app, jar.add(entry::session_cookie(&app, &token)), person);
        return Ok((jar, Redirect::to(next)).into_response());
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page(&app, &door, next, Some(error)))).into_response())
}

/// What is said of a code that doesn't let anybody in.
#[must_use]
pub fn refusal(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Right | Verdict::Recovered(_) => None,
        Verdict::Wrong => Some(
            "驗證碼不正確或已經用過。請等驗證器顯示下一組再輸入；若一直不對，請確認手機的時間是自動設定。"
                .into(),
        ),
        Verdict::Locked(minutes) => {
            Some(format!("驗證碼錯誤次數過多，為保護帳號已暫停驗證。請於 {minutes} 分鐘後再試。"))
        }
    }
}

fn page(app: &App, door: &AtDoor, next: &str, error: Option<String>) -> CodePage {
    let contact = app.organisation.contact.clone();
    CodePage {
        frame: door.frame(app),
        error,
        next: next.to_owned(),
        help: contact.map(|contact| {
            format!("手機與備用碼都不在身邊時，請來電{contact}，由系統管理員確認身分後重設。")
        }),
    }
}
