//! 兩步驟驗證 of one's own account: enrolment, recovery codes, and taking it off.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use crate::identity::credentials::{self, Proved};
use crate::identity::doors::StaffFactor;
use crate::identity::passwords::{self, About};
use crate::identity::second_factor::{self, Enrolled};
use crate::identity::sessions::{self, Proof, Stage, is_staff};

use super::app::App;
use super::door::AtDoor;
use super::entry::{self, local_path};
use super::pages::second_factor::{EnrolPage, FactorPage, RecoveryPage};
use super::qr;
use super::trouble::{WebError, html};
use super::typed::Sent;

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
    renew: Option<String>,
}

/// How it stands, or the enrolment where there is none yet or another one is wanted.
pub async fn show(
    State(app): State<App>,
    door: AtDoor,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    if !matches!(door.stage, Stage::Whole | Stage::Enrol) {
        return Err(WebError::not_found());
    }
    if door.session.has_second && asked.renew.is_none() {
        return Ok(html(&status(&app, &door, None).await?));
    }
    Ok(html(&enrolment(&app, &door, local_path(asked.next.as_deref()), None).await?))
}

/// Confirms the enrolment by a code; the recovery codes are shown, once.
pub async fn enrol(
    State(app): State<App>,
    door: AtDoor,
    jar: CookieJar,
    sent: Sent,
) -> Result<Response, WebError> {
    if !matches!(door.stage, Stage::Whole | Stage::Enrol) {
        return Err(WebError::not_found());
    }
    let (office, session) = (&app.office, &door.session);
    let next = local_path(Some(sent.one("next")));
    let enrolled = second_factor::enrol(
        &office.store,
        &office.world,
        &app.passwords,
        door.browser(&app),
        (&session.person.id, &session.id),
        sent.one("code"),
    )
    .await?;
    let error = match enrolled {
        Enrolled::Done(codes) => {
            let token = sessions::rise(&office.store, &office.world, &session.id, Proof::Second).await?;
            let jar = entry::know(&app, jar.add(entry::session_cookie(&app, &token)), &session.person.id);
            let page = RecoveryPage { frame: door.frame(&app), fresh: true, codes, next: next.to_owned() };
            return Ok((jar, html(&page)).into_response());
        }
        Enrolled::Wrong => {
            "驗證碼不正確。請輸入驗證器上目前顯示的 6 位數；若一直不對，請確認手機的時間是自動設定。"
                .to_owned()
        }
        Enrolled::Locked(minutes) => {
            format!("驗證碼錯誤次數過多，已暫停驗證。請於 {minutes} 分鐘後再試。")
        }
    };
    let page = enrolment(&app, &door, next, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

/// Makes new recovery codes; the old ones are good for nothing.
pub async fn renew_codes(State(app): State<App>, door: AtDoor) -> Result<Response, WebError> {
    let (office, session) = (&app.office, &door.session);
    if door.stage != Stage::Whole || !session.has_second {
        return Err(WebError::not_found());
    }
    let (store, world) = (&office.store, &office.world);
    let whose = (session.person.id.as_str(), session.id.as_str());
    let codes = second_factor::renew_codes(store, world, &app.passwords, whose, &door.whence).await?;
    let next = "/account/second-factor".to_owned();
    Ok(html(&RecoveryPage { frame: door.frame(&app), fresh: false, codes, next }))
}

/// Takes it off, where the rules leave it to the person; the password must then be long enough alone.
pub async fn remove(State(app): State<App>, door: AtDoor, sent: Sent) -> Result<Response, WebError> {
    let (office, session) = (&app.office, &door.session);
    if door.stage != Stage::Whole || !session.has_second || !may_remove(&app, &door) {
        return Err(WebError::not_found());
    }
    let (person, password) = (&session.person, sent.one("present"));
    let browser = door.browser(&app);
    let proved =
        credentials::prove(&office.store, &office.world, &app.passwords, browser, person, password).await?;
    let school = door.school(&app).await?;
    let about = About::of(person, &[&school, &office.organisation], false);
    let error = match proved {
        Proved::Wrong => "密碼不正確，兩步驟驗證仍在使用。".to_owned(),
        Proved::Locked(minutes) => {
            format!("輸入錯誤次數過多，為保護帳號已暫停。請於 {minutes} 分鐘後再試。")
        }
        Proved::Right if !passwords::check(password, &about).is_empty() => {
            "沒有兩步驟驗證的帳號，密碼至少要有 15 個字元。請先變更密碼，再停用。".to_owned()
        }
        Proved::Right => {
            let whose = (person.id.as_str(), session.id.as_str());
            second_factor::remove_own(&office.store, &office.world, whose, &door.whence).await?;
            return Ok(Redirect::to("/account?said=factor-removed").into_response());
        }
    };
    let page = status(&app, &door, Some(error)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
}

fn may_remove(app: &App, door: &AtDoor) -> bool {
    app.doors.rules.staff == StaffFactor::Offered || !is_staff(&door.session.person)
}

async fn status(app: &App, door: &AtDoor, error: Option<String>) -> Result<FactorPage, WebError> {
    let left = second_factor::codes_left(&app.office.store, &door.session.person.id).await?;
    Ok(FactorPage {
        frame: door.frame(app),
        codes_left: left,
        may_remove: may_remove(app, door) && door.session.person.password_hash.is_some(),
        error,
    })
}

async fn enrolment(
    app: &App,
    door: &AtDoor,
    next: &str,
    error: Option<String>,
) -> Result<EnrolPage, WebError> {
    let office = &app.office;
    let (key, issuer) = (&app.doors.key, office.organisation.as_str());
    let whose = (&*door.session.person, door.session.id.as_str());
    let offer = second_factor::offer(&office.store, &office.world, key, whose, issuer).await?;
    Ok(EnrolPage {
        frame: door.frame(app),
        owed: door.stage == Stage::Enrol,
        code: qr::symbol(&offer.link),
        secret: offer.secret,
        account: door.session.person.login.clone(),
        error,
        next: next.to_owned(),
    })
}
