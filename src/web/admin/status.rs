//! 停用, 啟用, 重設密碼, 重設第二驗證 and 登出所有裝置 of an account; what ends something with a question before, and a reason.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::case::account::Fault;
use crate::steps::StepError;
use crate::steps::accounts::Hand;
use crate::web::app::App;
use crate::web::pages::field::Field;
use crate::web::pages::parts::Fact;
use crate::web::pages::trouble::ConfirmPage;
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html, mend};
use crate::web::typed::Sent;

use super::{Admin, frame, path, to};

/// Code points of a reason at most.
const REASON: usize = 200;

/// What is asked before it is done.
struct Question {
    ends: Ends,
    title: &'static str,
    what: &'static str,
    reason: &'static str,
    below: &'static str,
    button: &'static str,
    said: &'static str,
}

/// What ends.
enum Ends {
    Account,
    SecondFactor,
    Sessions,
}

const DISABLE: Question = Question {
    ends: Ends::Account,
    title: "要停用這個帳號嗎？",
    what: "停用後立即登出，也不能再登入；資料與案件都會保留，之後可以再啟用。",
    reason: "停用原因",
    below: "/disable",
    button: "停用",
    said: "account-disabled",
};

const SECOND_FACTOR: Question = Question {
    ends: Ends::SecondFactor,
    title: "要重設這個帳號的第二驗證嗎？",
    what: "請先確認對方身分。重設後立即登出，原來的驗證器與備用碼都失效；對方下次登入時重新設定。",
    reason: "重設原因與確認身分的方式",
    below: "/second-factor",
    button: "重設第二驗證",
    said: "second-factor-reset",
};

const SESSIONS: Question = Question {
    ends: Ends::Sessions,
    title: "要登出這個帳號的所有裝置嗎？",
    what: "所有裝置立即登出，「記住我」也會失效；密碼與第二驗證不變，對方可以再登入。",
    reason: "原因",
    below: "/sessions",
    button: "登出所有裝置",
    said: "sessions-ended",
};

/// The question before an account is disabled.
pub async fn ask_disable(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &admin, &id, &DISABLE, None).await?))
}

/// Disables it.
pub async fn disable(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    end(&app, &admin, &id, &DISABLE, &sent).await
}

/// The question before a second factor is reset.
pub async fn ask_second_factor(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &admin, &id, &SECOND_FACTOR, None).await?))
}

/// Resets it.
pub async fn reset_second_factor(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    end(&app, &admin, &id, &SECOND_FACTOR, &sent).await
}

/// The question before all sessions are ended.
pub async fn ask_sessions(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, WebError> {
    Ok(html(&page(&app, &admin, &id, &SESSIONS, None).await?))
}

/// Ends them.
pub async fn end_sessions(
    State(app): State<App>,
    admin: Admin,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, WebError> {
    end(&app, &admin, &id, &SESSIONS, &sent).await
}

/// Ends it: back to the account, or the question once more.
async fn end(
    app: &App,
    admin: &Admin,
    id: &str,
    question: &Question,
    sent: &Sent,
) -> Result<Response, WebError> {
    let reason: String = sent.one("reason").chars().filter(|c| !c.is_control()).take(REASON).collect();
    let (office, hand) = (&app.office, Hand::Administrator(&admin.who, &admin.visitor.origin));
    let done = match question.ends {
        Ends::Account => office.disable_account(hand, id, &reason).await,
        Ends::SecondFactor => office.reset_second_factor(hand, id, &reason).await,
        Ends::Sessions => office.end_sessions(hand, id, &reason).await,
    };
    match done {
        Ok(()) => Ok(to(id, question.said).into_response()),
        Err(StepError::Account(faults)) => {
            let words = faults.iter().map(|fault: &Fault| fault.words()).collect();
            Ok(mend(&page(app, admin, id, question, Some((&reason, words))).await?))
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

/// Sends a link with which the owner sets a new password.
pub async fn send_password_link(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
) -> Result<Redirect, WebError> {
    app.office.send_password_reset(Hand::Administrator(&who, &visitor.origin), &id).await?;
    Ok(to(&id, "password-link-sent"))
}

/// The question; `wrong` is what was typed as the reason, and why it won't do.
async fn page(
    app: &App,
    Admin { visitor, who }: &Admin,
    id: &str,
    question: &Question,
    wrong: Option<(&str, String)>,
) -> Result<ConfirmPage, WebError> {
    let account = app.office.account(who, &visitor.origin, id).await?.account;
    let now = app.office.world.now();
    let last = account.signed_in_at.map_or_else(|| "從未登入".to_owned(), |at| Moment::at(at, now).text);
    let (typed, error) = wrong.map_or(("", None), |(typed, words)| (typed, Some(words)));
    let mut reason = Field::text("reason", question.reason, typed, REASON);
    reason.error = error;
    Ok(ConfirmPage {
        frame: frame(app, visitor, None),
        title: question.title.into(),
        what: question.what.into(),
        facts: vec![
            Fact::new("姓名", &account.draft.name),
            Fact::new("帳號", &account.draft.login),
            Fact::new("角色", super::roles(&account.draft.roles)),
            Fact::new("上次登入", last),
        ],
        reason: Some(reason),
        action: path(id, question.below),
        hidden: Vec::new(),
        button: question.button.into(),
        cancel: path(id, ""),
    })
}
