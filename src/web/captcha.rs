//! 驗證碼: its picture and its sound, and what forms that ask for it do with the answer.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::identity::captcha::{self, AtLogin, Captcha};
use crate::identity::limits::{self as rates, Asked, network};
use crate::steps::office::Origin;

use super::app::App;
use super::limits;
use super::pages::captcha::CaptchaField;
use super::trouble::WebError;
use super::typed::Sent;
use super::visitor::Asker;

/// What a form says when the digits weren't right.
const WRONG: &str = "驗證碼不正確，或已超過 5 分鐘。請輸入新圖片上的四個數字。";

/// A captcha's picture (`.png`) or sound (`.wav`).
pub async fn look(
    State(app): State<App>,
    Asker(origin): Asker,
    Path(file): Path<String>,
) -> Result<Response, WebError> {
    let (id, ending) = file.split_once('.').ok_or_else(WebError::not_found)?;
    let captcha = Captcha::parse(id).ok_or_else(WebError::not_found)?;
    limits::spend(&app, &origin, Asked::Captcha).await?;
    let (store, world) = (&app.office.store, &app.office.world);
    let (kind, bytes) = match ending {
        "png" => ("image/png", captcha.picture(store, world).await?),
        "wav" => ("audio/wav", captcha.sound(store, world).await?),
        _ => return Err(WebError::not_found()),
    };
    Ok(([(header::CONTENT_TYPE, kind)], bytes.ok_or_else(WebError::not_found)?).into_response())
}

/// A new captcha for a form.
#[must_use]
pub fn field(app: &App) -> CaptchaField {
    CaptchaField { id: Captcha::new(&app.office.world).as_text().into(), error: None }
}

/// A new captcha, because the last one wasn't answered rightly.
#[must_use]
pub fn wrong(app: &App) -> CaptchaField {
    CaptchaField { error: Some(WRONG.into()), ..field(app) }
}

/// Whether 更換驗證碼 was pressed: nothing else is to be done with what was sent.
#[must_use]
pub fn wants_another(sent: &Sent) -> bool {
    sent.ticked("captcha_again")
}

/// Whether the digits of the form were right. Wrong ones are counted by network.
///
/// # Errors
/// When there were too many wrong ones, or the database fails.
pub async fn passes(app: &App, origin: &Origin, sent: &Sent) -> Result<bool, WebError> {
    limits::look(app, origin, Asked::WrongCaptcha).await?;
    let office = &app.office;
    let right =
        captcha::check(&office.store, &office.world, sent.one("captcha_id"), sent.one("captcha")).await?;
    if !right {
        tracing::info!("captcha answered wrongly");
        limits::spend(app, origin, Asked::WrongCaptcha).await?;
    }
    Ok(right)
}

/// Whether the log-in page asks for digits: always, never, or when a password from this network didn't fit a little
/// while ago.
///
/// # Errors
/// When the database fails.
pub async fn is_asked_at_login(app: &App, origin: &Origin) -> Result<bool, WebError> {
    Ok(match app.entrance.captcha {
        AtLogin::Always => true,
        AtLogin::Never => false,
        AtLogin::AfterFailure => {
            let (office, who) = (&app.office, network(&origin.remote));
            let (now, most) = (office.world.now(), &app.entrance.rates);
            rates::count(&office.store, now, most, Asked::WrongPassword, &who).await? > 0
        }
    })
}
