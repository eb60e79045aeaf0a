//! 待啟用帳號, for case managers: who registered, 啟用, and 不啟用 with a reason that goes out and a note that doesn't.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::holder::CaseManager;
use crate::case::not_activated::NotActivated;
use crate::steps::StepError;
use crate::steps::register::{Decider, NOTE, Waiting};
use crate::store::registrations::Mark;

use super::app::App;
use super::pages::field::{Choice, Field, Input, LineKind, Section};
use super::pages::frame::Here;
use super::pages::parts::Fact;
use super::pages::record_form::RecordFormPage;
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

/// Asks why, before 不啟用.
pub async fn ask_refuse(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&question(&app, &held, &id, &Sent::default(), &[]).await?))
}

/// 不啟用.
pub async fn refuse(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let Ok(why) = sent.one("why").parse::<NotActivated>() else {
        let page = question(&app, &held, &id, &sent, &[("why", "請選擇原因。")]).await?;
        return Ok(mend(&page));
    };
    let who = Decider::Manager(&held.who, &held.visitor.origin);
    match app.office.refuse_account(who, &id, why, sent.one("note")).await {
        Ok(()) => Ok(Redirect::to("/accounts/waiting?said=account-refused").into_response()),
        Err(StepError::Account(_)) => {
            let words = "請填寫內部備註，200 字以內；選「其他」時一定要填寫。";
            let page = question(&app, &held, &id, &sent, &[("note", words)]).await?;
            Ok(mend(&page))
        }
        Err(other) => Err(other.into()),
    }
}

/// The question: why, which goes out, and a note, which doesn't.
async fn question(
    app: &App,
    Held { visitor, who }: &Held<CaseManager>,
    id: &str,
    sent: &Sent,
    errors: &[(&str, &str)],
) -> Result<RecordFormPage, WebError> {
    let waiting = app.office.waiting_account(Decider::Manager(who, &visitor.origin), id).await?;
    let chosen = sent.one("why");
    let choices = NotActivated::ALL.map(|why| Choice {
        hint: Some(why.words().into()),
        ..Choice::labelled(why.as_str(), why.label(), why.as_str() == chosen)
    });
    let why = Field {
        input: Input::One(choices.into()),
        hint: Some("所選項目下方的句子會寫在信裡。".into()),
        ..Field::line("why", "原因", LineKind::Text, "")
    };
    let note = Field {
        required: false,
        hint: Some("不會寄出，30 天後刪除；選「其他」時請填寫。請勿填寫個人資料。".into()),
        ..Field::text("note", "內部備註", sent.one("note"), NOTE)
    };
    let mut fields = vec![why, note];
    for field in &mut fields {
        let found = errors.iter().find(|(name, _)| *name == field.name);
        field.error = found.map(|(_, words)| (*words).to_owned());
    }
    Ok(RecordFormPage {
        frame: visitor.frame_at(app, Here::WaitingAccounts, None),
        title: "不啟用這個帳號嗎？".into(),
        step: None,
        facts: vec![Fact::new("姓名", &waiting.registration.name), Fact::new("學校", school(&waiting))],
        sections: vec![Section { heading: None, fields }],
        caution: Some("申請人會收到信與所選的原因，之後可以再註冊一次。".into()),
        action: format!("/accounts/waiting/{id}/refuse"),
        hidden: Vec::new(),
        draft: None,
        submit: "不啟用".into(),
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
