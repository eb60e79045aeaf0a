//! 待啟用帳號, for case managers: who registered, 啟用, and 不啟用 with a reason.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::holder::CaseManager;
use crate::steps::StepError;
use crate::steps::register::{Decider, REASON, Waiting};
use crate::store::registrations::Mark;

use super::app::App;
use super::pages::field::Field;
use super::pages::frame::Here;
use super::pages::parts::Fact;
use super::pages::trouble::ConfirmPage;
use super::pages::waiting_accounts::{WaitingAccount, WaitingAccountsPage};
use super::pages::words::Moment;
use super::trouble::{WebError, html, mend};
use super::typed::Sent;
use super::visitor::Held;

#[derive(Deserialize, Default)]
pub struct Asked {
    said: Option<String>,
    #[serde(default)]
    after: String,
}

/// The registrations that wait.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<CaseManager>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let after: Option<Mark> = asked.after.parse().ok();
    let list = app.office.waiting_list(Decider::Manager(&who, &visitor.origin), after.as_ref()).await?;
    let now = app.office.world.now();
    Ok(html(&WaitingAccountsPage {
        frame: visitor.frame_at(&app, Here::WaitingAccounts, asked.said.as_deref()),
        accounts: list.waiting.iter().map(|waiting| account(waiting, now)).collect(),
        total: list.total,
        first: after.is_some(),
        next: list.next.map(|mark| format!("/accounts/waiting?after={mark}")),
    }))
}

/// 啟用.
pub async fn activate(
    State(app): State<App>,
    Held { visitor, who }: Held<CaseManager>,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.activate_account(Decider::Manager(&who, &visitor.origin), &id).await?;
    Ok(Redirect::to("/accounts/waiting?said=account-activated"))
}

/// Asks for the reason of 不啟用.
pub async fn ask_refuse(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&confirm(&app, &held, &id, "", None).await?))
}

/// 不啟用.
pub async fn refuse(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let reason = sent.one("reason").trim();
    let who = Decider::Manager(&held.who, &held.visitor.origin);
    match app.office.refuse_account(who, &id, reason).await {
        Ok(()) => Ok(Redirect::to("/accounts/waiting?said=account-refused").into_response()),
        Err(StepError::Account(_)) => {
            let words = "請填寫原因，200 字以內，例如「請改用教育局 OpenID 登入」。";
            let page = confirm(&app, &held, &id, reason, Some(words)).await?;
            Ok(mend(&page))
        }
        Err(other) => Err(other.into()),
    }
}

async fn confirm(
    app: &App,
    Held { visitor, who }: &Held<CaseManager>,
    id: &str,
    typed: &str,
    error: Option<&str>,
) -> Result<ConfirmPage, WebError> {
    let waiting = app.office.waiting_account(Decider::Manager(who, &visitor.origin), id).await?;
    let mut reason = Field::text("reason", "原因", typed, REASON);
    reason.hint = Some("會寫在給申請人的信裡，請勿填寫個人資料。".into());
    reason.error = error.map(str::to_owned);
    Ok(ConfirmPage {
        frame: visitor.frame_at(app, Here::WaitingAccounts, None),
        title: "不啟用這個帳號嗎？".into(),
        what: "申請人會收到信與原因，之後可以再註冊一次。".into(),
        facts: vec![Fact::new("姓名", &waiting.registration.name), Fact::new("學校", school(&waiting))],
        reason: Some(reason),
        action: format!("/accounts/waiting/{id}/refuse"),
        hidden: Vec::new(),
        button: "不啟用".into(),
        cancel: "/accounts/waiting".into(),
    })
}

fn school(waiting: &Waiting) -> String {
    waiting.school.as_ref().map_or_else(String::new, |school| format!("{} {}", school.district, school.name))
}

fn account(waiting: &Waiting, now: i64) -> WaitingAccount {
    let registration = &waiting.registration;
    let below = |end: &str| format!("/accounts/waiting/{}/{end}", registration.id);
    WaitingAccount {
        name: registration.name.clone(),
        email: registration.email.clone(),
        school: school(waiting),
        stage: waiting.school.as_ref().map_or("", |school| school.stage.label()).into(),
        colleagues: waiting.colleagues,
        confirmed: Moment::at(registration.confirmed_at.unwrap_or(registration.created_at), now),
        activate: below("activate"),
        refuse: below("refuse"),
    }
}
