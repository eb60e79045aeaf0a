//! 註冊帳號, for strangers: the form, the same answer for all, and the page of the link in the mail.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::identity::limits::Asked;
use crate::identity::links::Secret;
use crate::identity::passwords::About;
use crate::mail::Mailbox;
use crate::steps::register::Registering;
use crate::store::schools;

use super::app::App;
use super::new_password::{self, Refused};
use super::pages::captcha::CaptchaField;
use super::pages::field::{Field, LineKind, Section};
use super::pages::frame::Here;
use super::pages::parts::Link;
use super::pages::short_form::{AnswerPage, RegisterPage, ShortFormPage};
use super::school::by_district;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Asker;
use super::{captcha, limits};

/// Letters of a name at most.
const NAME: usize = 50;

/// The form.
pub async fn show(State(app): State<App>) -> Result<Response, WebError> {
    let form = Form::default();
    Ok(html(&page(&app, &form, &Faults::default(), captcha::field(&app)).await?))
}

/// Takes a registration in. What is answered doesn't depend on whether anybody has the address.
pub async fn send(State(app): State<App>, Asker(origin): Asker, sent: Sent) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Register).await?;
    let form = Form::read(&app, &sent);
    if captcha::wants_another(&sent) {
        return Ok(html(&page(&app, &form, &Faults::default(), captcha::field(&app)).await?));
    }
    let (about, mut faults) = judge(&app, &form, &sent).await?;
    if !faults.none() {
        return refused(&page(&app, &form, &faults, captcha::field(&app)).await?);
    }
    // Without the right digits no password is hashed, which is work.
    if !captcha::passes(&app, &origin, &sent).await? {
        return refused(&page(&app, &form, &faults, captcha::wrong(&app)).await?);
    }
    let hash = match new_password::hashed(&app, &sent, &about).await? {
        Ok(hash) => hash,
        Err(why) => {
            faults.password = Some(why);
            return refused(&page(&app, &form, &faults, captcha::field(&app)).await?);
        }
    };
    // An address that got several mails a moment ago gets no other; nobody is told so.
    if limits::may_mail(&app, Asked::RegistrationMail, &form.email).await? {
        let who =
            Registering { email: &form.email, name: &form.name, school: &form.school, password_hash: &hash };
        app.office.register(&origin, &who).await?;
    }
    Ok(Redirect::to("/register/sent").into_response())
}

/// What everybody is told who registered.
pub async fn sent(State(app): State<App>) -> Response {
    html(&AnswerPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "請到信箱收信".into(),
        words: vec![
            "我們寄了一封信到您填寫的信箱。請在 24 小時內開啟信中的連結，輸入剛才設定的密碼，確認信箱。"
                .into(),
            "確認之後由個管組審核；啟用後會再寄信通知您。".into(),
            "幾分鐘後還沒有收到時，請查看垃圾郵件，或確認信箱是否正確後再註冊一次。".into(),
        ],
        ways: vec![Link { label: "回登入".into(), href: "/login".into() }],
    })
}

/// The page of the link. Looking uses nothing up: mail programs look at links by themselves.
pub async fn ask(State(app): State<App>, Path(secret): Path<String>) -> Result<Response, WebError> {
    app.office.registration_of(&Secret::from_text(&secret)).await?.ok_or_else(void)?;
    Ok(html(&confirm_page(&app, &secret, None)))
}

/// Confirms the address, with the password that was chosen: whoever has the mail alone can't finish what somebody
/// else began.
pub async fn confirm(
    State(app): State<App>,
    Asker(origin): Asker,
    Path(secret): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Password).await?;
    let link = Secret::from_text(&secret);
    let registration = app.office.registration_of(&link).await?.ok_or_else(void)?;
    if !app.passwords.fits(sent.one("password"), Some(&registration.password_hash)).await {
        tracing::info!(registration = registration.id, "the registration's password didn't fit");
        let words = "這不是註冊時設定的密碼。如果忘記了，請重新註冊一次。";
        let page = confirm_page(&app, &secret, Some(words));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response());
    }
    if !app.office.confirm_registration(&link).await? {
        return Err(void());
    }
    Ok(html(&AnswerPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "信箱已確認".into(),
        words: vec!["您的註冊正在等待個管組審核。啟用後會寄信通知您，屆時請以這個信箱作為帳號登入。".into()],
        ways: vec![Link { label: "回登入".into(), href: "/login".into() }],
    }))
}

fn confirm_page(app: &App, secret: &str, error: Option<&str>) -> ShortFormPage {
    let mut password = Field::line("password", "註冊時設定的密碼", LineKind::Password, "");
    password.autocomplete = "current-password".into();
    password.error = error.map(str::to_owned);
    ShortFormPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "確認註冊信箱".into(),
        lead: vec!["請輸入註冊時設定的密碼，確認是您本人註冊。".into()],
        facts: Vec::new(),
        sections: vec![Section { heading: None, fields: vec![password] }],
        captcha: None,
        action: format!("/register/{secret}"),
        button: Some("確認信箱".into()),
        refuse: None,
        aside: None,
        ways: Vec::new(),
    }
}

/// A link that isn't good any more, or never was: nobody is told which.
fn void() -> WebError {
    WebError {
        title: "這個連結不能用了".into(),
        what: "連結只能使用一次，24 小時內有效。".into(),
        todo: vec![
            "已經確認過信箱時，請等候個管組啟用，不需要再做任何事。".into(),
            "還沒有確認時，請重新註冊一次。".into(),
        ],
        ..WebError::not_found()
    }
}

/// What was typed, as it is kept.
#[derive(Default)]
struct Form {
    email: String,
    name: String,
    school: String,
    accepted: bool,
}

impl Form {
    fn read(app: &App, sent: &Sent) -> Self {
        Self {
            email: sent.one("email").trim().to_lowercase(),
            name: sent.one("name").trim().to_owned(),
            school: sent.one("school").to_owned(),
            accepted: sent.one("notice") == app.office.notice.digest,
        }
    }
}

/// What won't do, field by field.
#[derive(Default)]
struct Faults {
    email: Option<String>,
    name: Option<String>,
    school: Option<String>,
    notice: Option<String>,
    password: Option<Refused>,
}

impl Faults {
    fn none(&self) -> bool {
        self.email.is_none()
            && self.name.is_none()
            && self.school.is_none()
            && self.notice.is_none()
            && self.password.is_none()
    }
}

/// Whether this is an address that mail reaches, and nothing beside it.
pub(super) fn is_address(text: &str) -> bool {
    Mailbox::parse(text).is_some_and(|mailbox| mailbox.domain().contains('.')) && !text.contains(['<', ' '])
}

/// Whom the password is for, and all that won't do.
async fn judge(app: &App, form: &Form, sent: &Sent) -> Result<(About, Faults), WebError> {
    let mut faults = Faults::default();
    let fault = |wrong: bool, words: &str| wrong.then(|| words.to_owned());
    faults.email = fault(!is_address(&form.email), "請輸入完整的信箱，例如 name@example.org。");
    let letters = form.name.chars().count();
    let plain = (1..=NAME).contains(&letters) && !form.name.chars().any(char::is_control);
    faults.name = fault(!plain, "請輸入您的姓名，50 字以內。");
    let school = schools::find_open(&mut *app.office.store.read().await?, &form.school).await?;
    faults.school = fault(school.is_none(), "請選擇您服務的學校。");
    faults.notice = fault(!form.accepted, "請閱讀告知事項，並勾選「我已閱讀並了解」。");
    let mut words = vec![form.email.clone(), form.name.clone(), app.organisation.name.clone()];
    words.extend(school.map(|school| school.name));
    let about = About { words, second_factor: false };
    faults.password = new_password::fault(sent, &about);
    Ok((about, faults))
}

async fn page(
    app: &App,
    form: &Form,
    faults: &Faults,
    captcha: CaptchaField,
) -> Result<RegisterPage, WebError> {
    let mut email = Field::line("email", "帳號（信箱）", LineKind::Email, &form.email);
    email.autocomplete = "email".into();
    email.hint = Some("您的信箱就是登入的帳號，通知也寄到這裡。".into());
    email.error.clone_from(&faults.email);
    let mut name = Field::line("name", "姓名", LineKind::Text, &form.name);
    name.autocomplete = "name".into();
    name.error.clone_from(&faults.name);
    let mut fields = vec![email, name];
    fields.extend(new_password::fields("密碼", false, faults.password.as_ref()));
    let all = schools::open(&mut *app.office.store.read().await?).await?;
    Ok(RegisterPage {
        frame: app.frame(None, Here::Elsewhere),
        sections: vec![Section { heading: None, fields }],
        groups: by_district(all.iter(), &form.school),
        school_error: faults.school.clone(),
        notice: app.office.notice.clone(),
        accepted: form.accepted,
        notice_error: faults.notice.clone(),
        captcha,
        contact: app.organisation.contact.clone(),
    })
}

fn refused(page: &RegisterPage) -> Result<Response, WebError> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_is_complete_and_alone() {
        assert!(is_address("a.b+c@school.example.org"));
        for wrong in ["", "a", "a@b", "a@b.c, d@e.f", "王 <a@b.c>", "a@b.c\r\nBcc: d@e.f", "a b@c.d"] {
            assert!(!is_address(wrong), "{wrong:?}");
        }
    }
}
