//! 帳號清查: who is still here. Each account is confirmed or disabled, one by one.

use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

use crate::steps::accounts::Hand;
use crate::store::accounts::Account;
use crate::web::app::App;
use crate::web::pages::accounts::{AccountRow, AccountsPage};
use crate::web::pages::parts::Action;
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html};

use super::{Admin, frame, pager, path, row, tabs, turn};

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    all: String,
    after: Option<String>,
    before: Option<String>,
    said: Option<String>,
}

/// The accounts that are due, or all that may come in.
pub async fn show(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let all = asked.all == "1";
    let turn = turn(asked.after.as_deref(), asked.before.as_deref());
    let review = app.office.review(&who, &visitor.origin, all, &turn).await?;
    let now = app.office.world.now();
    let last = review
        .last
        .map_or_else(|| "還沒有清查過".to_owned(), |at| format!("最近一次清查 {}", Moment::at(at, now).text));
    let days = app.office.accounts.review_days;
    let rule = match days {
        0 => "沒有設定清查期限".to_owned(),
        days => format!("每個帳號至少每 {days} 天確認一次"),
    };
    let other = if all {
        Action::open("只列出待清查的帳號", "/admin/review")
    } else {
        Action::open("列出全部使用中的帳號", "/admin/review?all=1")
    };
    Ok(html(&AccountsPage {
        frame: frame(&app, &visitor, asked.said.as_deref()),
        tabs: tabs(&app, 1).await?,
        title: "帳號清查".into(),
        lead: format!(
            "{rule}：核對角色與上次登入，仍需使用的按「仍需使用」，不需要的停用。待清查 {} 個；{last}。",
            review.due
        ),
        filter: None,
        other: Some(other),
        total: review.page.total,
        rows: review.page.accounts.iter().map(|account| review_row(account, &who.id, all, now)).collect(),
        empty: "沒有待清查的帳號".into(),
        pager: pager(&review.page, "/admin/review", &[("all", &asked.all)]),
    }))
}

fn review_row(account: &Account, own: &str, all: bool, now: i64) -> AccountRow {
    let back = if all { "1" } else { "" };
    let mut actions =
        vec![Action::post("仍需使用", format!("/admin/review/{}", account.id), &[("all", back)])];
    if account.id != own {
        actions.push(Action::open("停用", path(&account.id, "/disable")));
    }
    AccountRow { actions, ..row(account, now) }
}

/// 仍需使用.
pub async fn confirm(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    sent: crate::web::typed::Sent,
) -> Result<Redirect, WebError> {
    app.office.confirm_account(Hand::Administrator(&who, &visitor.origin), &id).await?;
    let all = if sent.ticked("all") { "all=1&" } else { "" };
    Ok(Redirect::to(&format!("/admin/review?{all}said=account-confirmed")))
}
