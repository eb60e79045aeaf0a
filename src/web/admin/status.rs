//! 停用 and 啟用 of an account.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::account::Fault;
use crate::case::holder::Administrator;
use crate::steps::StepError;
use crate::steps::accounts::Hand;
use crate::web::app::App;
use crate::web::pages::field::Field;
use crate::web::pages::parts::Fact;
use crate::web::pages::trouble::ConfirmPage;
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html};
use crate::web::typed::Sent;
use crate::web::visitor::Visitor;

use super::{Admin, frame, path, to};

/// Code points of a reason at most.
const REASON: usize = 200;

/// The question, with a field for the reason.
pub async fn ask_disable(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &visitor, &who, &id, "", None).await?))
}

/// Disables it.
pub async fn disable(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    let reason: String = sent.one("reason").chars().filter(|c| !c.is_control()).take(REASON).collect();
    let hand = Hand::Administrator(&who, &visitor.origin);
    match app.office.disable_account(hand, &id, &reason).await {
        Ok(()) => Ok(to(&id, "account-disabled").into_response()),
        Err(StepError::Account(faults)) => {
            let words: String = faults.iter().map(|fault: &Fault| fault.words()).collect();
            let page = page(&app, &visitor, &who, &id, &reason, Some(words)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// Enables it.
pub async fn enable(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.enable_account(Hand::Administrator(&who, &visitor.origin), &id, "").await?;
    Ok(to(&id, "account-enabled"))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    who: &Administrator,
    id: &str,
    typed: &str,
    error: Option<String>,
) -> Result<ConfirmPage, WebError> {
    let account = app.office.account(who, id).await?.account;
    let now = app.office.world.now();
    let last = account.signed_in_at.map_or_else(|| "從未登入".to_owned(), |at| Moment::at(at, now).text);
    let mut reason = Field::text("reason", "停用原因", typed, REASON);
    reason.error = error;
    Ok(ConfirmPage {
        frame: frame(app, visitor, None),
        title: "要停用這個帳號嗎？".into(),
        what: "停用後立即登出，也不能再登入；資料與案件都會保留，之後可以再啟用。".into(),
        facts: vec![
            Fact::new("姓名", &account.draft.name),
            Fact::new("帳號", &account.draft.login),
            Fact::new("角色", super::roles(&account.draft.roles)),
            Fact::new("上次登入", last),
        ],
        reason: Some(reason),
        action: path(id, "/disable"),
        hidden: Vec::new(),
        button: "停用".into(),
        cancel: path(id, ""),
    })
}
