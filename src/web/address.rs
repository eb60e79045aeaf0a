//! 變更信箱: asked for with the present password, and answered by links at both addresses.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::identity::credentials::{self, Proved};
use crate::identity::limits::Asked;
use crate::identity::links::Secret;
use crate::steps::address::Answered;

use super::app::App;
use super::door::AtDoor;
use super::limits;
use super::pages::field::{Field, LineKind, Section};
use super::pages::frame::Here;
use super::pages::parts::{Fact, Link};
use super::pages::short_form::{AnswerPage, ShortFormPage};
use super::register::is_address;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::{Asker, Visitor};

/// The form, or the change that is under way.
pub async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, WebError> {
    Ok(html(&page(&app, &visitor, "", None, None).await?))
}

/// Begins a change.
pub async fn send(
    State(app): State<App>,
    visitor: Visitor,
    door: AtDoor,
    sent: Sent,
) -> Result<Response, WebError> {
    let person = &visitor.signed.person;
    let new = sent.one("email").trim().to_lowercase();
    let refused = async |address: Option<&str>, password: Option<&str>| {
        let page = page(&app, &visitor, &new, address, password).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
    };
    if person.password_hash.is_none() {
        return Err(WebError::not_found());
    }
    if !is_address(&new) || new == person.email.to_lowercase() {
        return refused(Some("請輸入另一個完整的信箱，例如 name@example.org。"), None).await;
    }
    let office = &app.office;
    let password = sent.one("password");
    let browser = door.browser(&app);
    let proved =
        credentials::prove(&office.store, &office.world, &app.passwords, browser, person, password).await;
    match proved? {
        Proved::Right => {}
        Proved::Wrong => return refused(None, Some("密碼不正確，請輸入目前的密碼。")).await,
        Proved::Locked(minutes) => {
            let words = format!("密碼輸入錯誤次數過多，請於 {minutes} 分鐘後再試。");
            return refused(None, Some(&words)).await;
        }
    }
    if limits::may_mail(&app, Asked::AddressMail, &new).await? {
        office.change_address(&visitor.actor, &visitor.origin, &new).await?;
    }
    Ok(Redirect::to("/account/address").into_response())
}

/// Takes the change back.
pub async fn withdraw(State(app): State<App>, visitor: Visitor) -> Result<Redirect, WebError> {
    app.office.withdraw_address_change(&visitor.actor).await?;
    Ok(Redirect::to("/account/address"))
}

/// The page of a link. Looking uses nothing up: mail programs look at links by themselves.
pub async fn ask(State(app): State<App>, Path(secret): Path<String>) -> Result<Response, WebError> {
    let asked = app.office.address_link(&Secret::from_text(&secret)).await?.ok_or_else(void)?;
    let (lead, facts) = if asked.new {
        ("有人要把帳號的信箱改為這個信箱。是您本人時，請按「同意變更」。", Vec::new())
    } else {
        let facts = vec![Fact::new("新信箱", &asked.change.new_email)];
        ("有人要把您帳號的信箱改為下列信箱。不是您本人時，請按「不同意」，並立即變更密碼。", facts)
    };
    Ok(html(&ShortFormPage {
        frame: app.frame(None, Here::Elsewhere),
        title: "確認變更信箱".into(),
        lead: vec![lead.into()],
        facts,
        sections: Vec::new(),
        captcha: None,
        action: format!("/address/{secret}"),
        button: Some("同意變更".into()),
        refuse: Some("不同意".into()),
        aside: None,
        ways: Vec::new(),
    }))
}

/// What the address says.
pub async fn answer(
    State(app): State<App>,
    Asker(origin): Asker,
    Path(secret): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    limits::spend(&app, &origin, Asked::Password).await?;
    let yes = sent.one("answer") != "no";
    let (title, words) =
        match app.office.answer_address_link(&origin, &Secret::from_text(&secret), yes).await? {
            Answered::Void => return Err(void()),
            Answered::Waits => ("已記下您的同意", "另一個信箱也同意之後，變更才會生效。請到那個信箱收信。"),
            Answered::Moved => {
                ("信箱已變更", "之後的信會寄到新的信箱。以信箱作為帳號者，請改用新的信箱登入。")
            }
            Answered::Taken => ("沒有變更", "這個信箱現在屬於另一個帳號，所以沒有變更。"),
            Answered::Refused => {
                ("沒有變更", "已拒絕這次變更，帳號的信箱維持不變。不是您本人申請時，請立即變更密碼。")
            }
        };
    Ok(html(&AnswerPage {
        frame: app.frame(None, Here::Elsewhere),
        title: title.into(),
        words: vec![words.into()],
        ways: vec![Link { label: "前往登入".into(), href: "/login".into() }],
    }))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    typed: &str,
    address_error: Option<&str>,
    password_error: Option<&str>,
) -> Result<ShortFormPage, WebError> {
    let person = &visitor.signed.person;
    let mut facts = vec![Fact::new("目前的信箱", &person.email)];
    let mut page = ShortFormPage {
        frame: visitor.frame_at(app, Here::Account, None),
        title: "變更信箱".into(),
        lead: vec!["新、舊信箱都會收到一封信；兩邊都確認之後，變更才會生效。".into()],
        facts: Vec::new(),
        sections: Vec::new(),
        captcha: None,
        action: "/account/address".into(),
        button: None,
        refuse: None,
        aside: None,
        ways: vec![Link { label: "回帳號資料".into(), href: "/account".into() }],
    };
    if let Some(change) = app.office.open_address_change(&visitor.actor).await? {
        let said = |agreed: i64| if agreed == 1 { "已確認" } else { "等待確認" };
        facts.push(Fact::new("新信箱", format!("{}（{}）", change.new_email, said(change.new_agreed))));
        if !change.old_email.is_empty() {
            facts.push(Fact::new("原信箱", said(change.old_agreed)));
        }
        page.aside = Some(("取消這次變更".into(), "/account/address/withdraw".into()));
    } else if person.password_hash.is_none() {
        page.lead = vec!["您以教育局 OpenID 登入，信箱請到教育局變更。".into()];
    } else {
        let mut email = Field::line("email", "新信箱", LineKind::Email, typed);
        email.autocomplete = "email".into();
        email.error = address_error.map(str::to_owned);
        let mut password = Field::line("password", "目前的密碼", LineKind::Password, "");
        password.autocomplete = "current-password".into();
        password.error = password_error.map(str::to_owned);
        page.sections = vec![Section { heading: None, fields: vec![email, password] }];
        page.button = Some("寄送確認信".into());
    }
    Ok(ShortFormPage { facts, ..page })
}

/// A link that isn't good any more, or never was: nobody is told which.
fn void() -> WebError {
    WebError {
        title: "這個連結不能用了".into(),
        what: "確認變更信箱的連結只能使用一次，24 小時內有效；取消或重新申請之後也會失效。".into(),
        safe: Some("帳號的信箱沒有因為這個連結而變更。".into()),
        todo: vec!["請登入後在「帳號資料」查看，需要時再申請一次。".into()],
        ..WebError::not_found()
    }
}
