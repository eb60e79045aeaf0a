//! 忘記密碼, for strangers: the form, the same answer for all, and the page of the link in the mail.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::identity::limits::Asked;
use crate::identity::links::Secret;
use crate::identity::passwords::About;
use crate::steps::forgotten::Link;

use super::app::App;
use super::entry::Coming;
use super::new_password::{self, Refused};
use super::pages::captcha::CaptchaField;
use super::pages::field::{Field, LineKind, Section};
use super::pages::frame::Here;
use super::pages::parts;
use super::pages::short_form::{AnswerPage, ShortFormPage};
use super::register::is_address;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Asker;
use super::{captcha, limits};

/// The form.
pub async fn show(State(app): State<App>) -> Response {
    html(&page(&app, &Sent::default(), false, captcha::field(&app)))
}

/// Asks for a link. What is answered doesn't depend on whether there is such an account.
pub async fn send(State(app): State<App>, Asker(origin): Asker, sent: Sent) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Password).await?;
    if captcha::wants_another(&sent) {
        return Ok(html(&page(&app, &sent, false, captcha::field(&app))));
    }
    let (account, address) = (sent.one("account").trim(), sent.one("email").trim().to_lowercase());
    if account.is_empty() || account.len() > 254 || !is_address(&address) {
        return Ok(refused(&page(&app, &sent, true, captcha::field(&app))));
    }
    if !captcha::passes(&app, &origin, &sent).await? {
        return Ok(refused(&page(&app, &sent, false, captcha::wrong(&app))));
    }
    // Whether an account got several mails a moment ago is looked at when the mail is written: who names the wrong one
    // uses up nothing of the owner's.
    app.office.forgot_password(account, &address).await?;
    Ok(Redirect::to("/forgotten/sent").into_response())
}

/// What everybody is told who asked.
pub async fn sent(State(app): State<App>) -> Response {
    html(&AnswerPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "請到信箱收信".into(),
        words: vec![
            "如果帳號與信箱相符，您會收到一封信；信中的連結 15 分鐘內有效，只能使用一次。".into(),
            "幾分鐘後還沒有收到時，請查看垃圾郵件，並確認帳號與信箱是否正確。以教育局 OpenID 登入者，請到教育局設定密碼。".into(),
        ],
        ways: vec![parts::Link { label: "回登入".into(), href: "/login".into() }],
    })
}

/// The page of the link. Looking uses nothing up: mail programs look at links by themselves.
pub async fn ask(State(app): State<App>, Path(secret): Path<String>) -> Result<Response, WebError> {
    let link = app.office.password_link(&Secret::from_text(&secret)).await?.ok_or_else(void)?;
    Ok(html(&new_page(&app, &secret, link.second_factor, None)))
}

/// Sets the new password.
pub async fn set(
    State(app): State<App>,
    Asker(origin): Asker,
    Coming(whence): Coming,
    Path(secret): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Password).await?;
    let link = Secret::from_text(&secret);
    let Link { person, school, second_factor } = app.office.password_link(&link).await?.ok_or_else(void)?;
    let about = About::of(&person, &[&school, &app.organisation.name], second_factor);
    let hash = match new_password::hashed(&app, &sent, &about).await? {
        Ok(hash) => hash,
        Err(fault) => return Ok(refused(&new_page(&app, &secret, second_factor, Some(&fault)))),
    };
    if !app.office.reset_password(&origin, &whence, &link, &hash).await? {
        return Err(void());
    }
    Ok(html(&AnswerPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "密碼已變更".into(),
        words: vec!["所有裝置都已登出，請以新密碼登入。我們也寄了一封信告訴您密碼已變更。".into()],
        ways: vec![parts::Link { label: "前往登入".into(), href: "/login".into() }],
    }))
}

fn page(app: &App, sent: &Sent, wrong: bool, captcha: CaptchaField) -> ShortFormPage {
    let mut account = Field::line("account", "帳號", LineKind::Text, sent.one("account"));
    account.autocomplete = "username".into();
    account.hint = Some("自行註冊的帳號，就是註冊時的信箱。".into());
    let mut email = Field::line("email", "信箱", LineKind::Email, sent.one("email"));
    email.autocomplete = "email".into();
    if wrong && sent.one("account").trim().is_empty() {
        account.error = Some("請輸入帳號。".into());
    }
    if wrong && !is_address(&sent.one("email").trim().to_lowercase()) {
        email.error = Some("請輸入完整的信箱，例如 name@example.org。".into());
    }
    ShortFormPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "忘記密碼".into(),
        lead: vec!["請輸入帳號與信箱，我們會寄一封信給您，信中的連結可以設定新密碼。".into()],
        facts: Vec::new(),
        sections: vec![Section { heading: None, fields: vec![account, email] }],
        captcha: Some(captcha),
        action: "/forgotten".into(),
        button: Some("寄送連結".into()),
        refuse: None,
        aside: None,
        ways: vec![parts::Link { label: "回登入".into(), href: "/login".into() }],
    }
}

fn new_page(app: &App, secret: &str, second_factor: bool, fault: Option<&Refused>) -> ShortFormPage {
    ShortFormPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "設定新密碼".into(),
        lead: vec!["設定之後，所有裝置都會登出，請以新密碼重新登入。".into()],
        facts: Vec::new(),
        sections: vec![Section {
            heading: None,
            fields: new_password::fields("新密碼", second_factor, fault),
        }],
        captcha: None,
        action: format!("/forgotten/{secret}"),
        button: Some("設定新密碼".into()),
        refuse: None,
        aside: None,
        ways: Vec::new(),
    }
}

fn refused(page: &ShortFormPage) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// A link that isn't good any more, or never was: nobody is told which.
fn void() -> WebError {
    WebError {
        title: "這個連結不能用了".into(),
        what: "設定新密碼的連結只能使用一次，15 分鐘內有效；重新申請之後，先前的也會失效。".into(),
        safe: Some("您的密碼沒有變更。".into()),
        todo: vec!["請回到登入頁，按「忘記密碼」重新申請。".into()],
        ..WebError::not_found()
    }
}
