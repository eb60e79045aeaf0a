//! 申請人帳號, for case managers: an applicant who has moved is bound to another school, with a reason.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::case::account::Status;
use crate::case::holder::CaseManager;
use crate::steps::StepError;
use crate::store::accounts::Account;

use super::admin::{pager, row, turn};
use super::app::App;
use super::pages::accounts::AccountRow;
use super::pages::applicants::{ApplicantsPage, BindingPage};
use super::pages::field::Field;
use super::pages::frame::Here;
use super::pages::parts::{Action, Fact};
use super::pages::school::SchoolChoice;
use super::trouble::{WebError, html};
use super::typed::Sent;
use super::visitor::Held;

/// Code points of a reason at most.
const REASON: usize = 200;

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    q: String,
    after: Option<String>,
    before: Option<String>,
    said: Option<String>,
}

/// The applicants' accounts.
pub async fn show(
    State(app): State<App>,
    Held { visitor, who }: Held<CaseManager>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let turn = turn(asked.after.as_deref(), asked.before.as_deref());
    let page = app.office.applicants(&who, &visitor.origin, &asked.q, &turn).await?;
    let now = app.office.world.now();
    Ok(html(&ApplicantsPage {
        frame: visitor.frame_at(&app, Here::Applicants, asked.said.as_deref()),
        total: page.total,
        rows: page.accounts.iter().map(|account| applicant(account, now, account.id == who.id)).collect(),
        pager: pager(&page, "/applicants", &[("q", &asked.q)]),
        keyword: asked.q,
    }))
}

/// An applicant; nobody changes the own school.
fn applicant(account: &Account, now: i64, own: bool) -> AccountRow {
    let change = Action::open("變更學校", format!("/applicants/{}/school", account.id));
    let actions = if own || account.status == Status::Disabled { Vec::new() } else { vec![change] };
    AccountRow { place: account.school_name.clone(), actions, ..row(account, now) }
}

/// The schools to choose from, and why.
pub async fn ask_school(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &held, &id, &asked.q).await?))
}

/// Binds the account to another school.
pub async fn set_school(
    State(app): State<App>,
    held: Held<CaseManager>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let reason: String = sent.one("reason").chars().filter(|c| !c.is_control()).take(REASON).collect();
    let (was, code) = (sent.one("was"), sent.one("school"));
    let bound = app.office.rebind_school(&held.who, &held.visitor.origin, &id, was, code, &reason).await;
    match bound {
        Ok(()) => Ok(Redirect::to("/applicants?said=school-changed").into_response()),
        Err(StepError::Account(faults)) => {
            let mut page = page(&app, &held, &id, sent.one("q")).await?;
            page.error = Some(faults.iter().map(|fault| fault.words()).collect());
            for school in &mut page.schools {
                school.chosen = school.code == code;
            }
            page.reason = Field::text("reason", "原因", reason, REASON);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(StepError::Conflict) => Err(WebError {
            title: "服務學校剛才已被變更".into(),
            safe: Some("您這一次的變更沒有生效。".into()),
            todo: vec!["請重新開啟這一頁，查看目前的學校。".into()],
            ..WebError::conflict("您開啟這一頁之後，已有其他人變更了這個帳號的學校。".into())
        }),
        Err(other) => Err(other.into()),
    }
}

async fn page(
    app: &App,
    Held { visitor, who }: &Held<CaseManager>,
    id: &str,
    keyword: &str,
) -> Result<BindingPage, WebError> {
    let binding = app.office.binding(who, &visitor.origin, id, keyword).await?;
    let account = &binding.account;
    let schools = binding.schools.iter().map(|school| SchoolChoice {
        code: school.code.clone(),
        name: school.name.clone(),
        stage: format!("{}，{}", school.district, school.stage),
        chosen: false,
    });
    Ok(BindingPage {
        frame: visitor.frame_at(app, Here::Applicants, None),
        facts: vec![
            Fact::new("姓名", &account.draft.name),
            Fact::new("帳號", &account.draft.login),
            Fact::new("目前學校", &account.school_name),
        ],
        address: format!("/applicants/{id}/school"),
        keyword: keyword.to_owned(),
        was: account.draft.school.clone(),
        schools: schools.collect(),
        more: binding.more,
        error: None,
        reason: Field::text("reason", "原因", "", REASON),
    })
}
