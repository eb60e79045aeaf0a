//! The administrators' pages: 帳號, 帳號清查, 角色, 異動紀錄, 學校, 設定, 排程. No case is shown here.

pub mod accounts;
pub mod change;
pub mod changes;
pub mod review;
pub mod school;
pub mod schools;
pub mod status;
pub mod system;

use axum::response::Redirect;

use crate::case::account::Status;
use crate::case::holder::Administrator;
use crate::case::role::Role;
use crate::steps::StepError;
use crate::store::accounts::{Account, Turn};
use crate::store::changes::Changed;

use super::app::App;
use super::pages::accounts::{AccountRow, ChangeRow};
use super::pages::frame::{Frame, Here};
use super::pages::parts::{Badge, Look, Pager, Tabs};
use super::pages::words::Moment;
use super::trouble::WebError;
use super::visitor::{Held, Visitor};

/// What pages call the command line.
const COMMAND: &str = "命令列";

/// An administrator who asks.
type Admin = Held<Administrator>;

fn frame(app: &App, visitor: &Visitor, said: Option<&str>) -> Frame {
    visitor.frame_at(app, Here::Accounts, said)
}

/// 帳號, 帳號清查, 角色, 異動紀錄; `here` is the place of the marked one.
async fn tabs(app: &App, here: usize) -> Result<Tabs, WebError> {
    let due = app.office.accounts_due().await?;
    Ok(Tabs::new(
        "帳號管理",
        here,
        &[
            ("帳號", "/admin/accounts", None),
            ("帳號清查", "/admin/review", Some(due)),
            ("角色", "/admin/roles", None),
            ("異動紀錄", "/admin/changes", None),
        ],
    ))
}

/// Where an account's page lies.
fn path(id: &str, below: &str) -> String {
    format!("/admin/accounts/{id}{below}")
}

fn to(id: &str, said: &str) -> Redirect {
    Redirect::to(&path(id, &format!("?said={said}")))
}

/// How an account stands, in a word.
#[must_use]
pub fn badge(status: Status) -> Badge {
    let look = match status {
        Status::Active => Look::Done,
        Status::Pending => Look::Waiting,
        Status::Disabled => Look::Ended,
    };
    Badge::new(status.label(), look)
}

/// The roles in words.
fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")
}

/// Who looked at an account last: by name, or the command line, which has none.
fn reviewer(account: &Account) -> &str {
    if account.reviewer.is_empty() { COMMAND } else { &account.reviewer }
}

/// One row of a list of accounts, without its actions.
#[must_use]
pub fn row(account: &Account, now: i64) -> AccountRow {
    let draft = &account.draft;
    let places = [&account.school_name, &account.zone_name, &draft.profession];
    let places: Vec<&str> =
        places.into_iter().map(|place| place.as_str()).filter(|p| !p.is_empty()).collect();
    AccountRow {
        name: draft.name.clone(),
        login: draft.login.clone(),
        href: path(&account.id, ""),
        email: draft.email.clone(),
        roles: roles(&draft.roles),
        place: places.join("、"),
        status: badge(account.status),
        last: account.signed_in_at.map(|at| Moment::at(at, now)),
        reviewed: account.reviewed_at.map(|at| (Moment::at(at, now), reviewer(account).to_owned())),
        actions: Vec::new(),
    }
}

/// Which page an address asks for, by logins.
#[must_use]
pub fn turn(after: Option<&str>, before: Option<&str>) -> Turn {
    match (after, before) {
        (Some(login), _) => Turn::After(login.to_owned()),
        (None, Some(login)) => Turn::Before(login.to_owned()),
        (None, None) => Turn::First,
    }
}

/// Links to the pages before and after; `kept` are the fields that stay in the address.
#[must_use]
pub fn pager(page: &crate::store::accounts::Page, address: &str, kept: &[(&str, &str)]) -> Pager {
    let link = |side: &str, account: Option<&Account>| {
        account.map(|account| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(kept.iter().filter(|(_, value)| !value.is_empty()));
            query.append_pair(side, &account.draft.login);
            format!("{address}?{}", query.finish())
        })
    };
    Pager {
        previous: link("before", page.accounts.first().filter(|_| page.before)),
        next: link("after", page.accounts.last().filter(|_| page.after)),
    }
}

/// One change in words.
fn change_row(change: &Changed, now: i64) -> ChangeRow {
    let kind = match change.kind.as_str() {
        "account" => "帳號",
        "school" => "學校",
        "zone" => "分區",
        "district" => "行政區",
        "registration" => "註冊",
        "setting" => "設定",
        other => other,
    };
    let who = match change.source.as_str() {
        "job" if change.kind == "setting" => "系統（啟動時）".to_owned(),
        "job" => "系統排程".to_owned(),
        "command" => COMMAND.to_owned(),
        "sign-on" => "單一登入".to_owned(),
        _ => change.actor_name.clone(),
    };
    let request: String = change.request_id.chars().take(8).collect();
    ChangeRow {
        when: Moment::at(change.at, now),
        who,
        subject: format!("{kind} {}", change.subject_name),
        field: field(&change.field).to_owned(),
        old: change.old_value.clone(),
        new: change.new_value.clone(),
        reason: change.reason.clone(),
        origin: format!("{} {request}", change.remote).trim().to_owned(),
    }
}

/// What pages call a field; an unknown one by its own name, because a change is never left out.
fn field(name: &str) -> &str {
    match name {
        "made" => "建立",
        "refused" => "不啟用",
        "login" => "帳號",
        "name" => "名稱",
        "email" => "信箱",
        "roles" => "角色",
        "school" => "服務學校",
        "zone" => "分區",
        "profession" => "專業",
        "status" => "狀態",
        "reviewed" => "清查：仍需使用",
        "password" => "重設密碼",
        "password-link" => "寄送設定密碼的連結",
        "second-factor" => "重設第二驗證",
        "sessions" => "登出所有裝置",
        "sign-on" => "連結單一登入",
        "listed" => "由名錄新增",
        "removed" => "移除",
        "city" => "縣市",
        "district" => "行政區",
        "stage" => "學制",
        "closed" => "開辦",
        "value" => "設定值",
        other => other,
    }
}

/// Somebody else was faster: told of an account, not of a case.
fn changed(error: StepError) -> WebError {
    match error {
        StepError::Conflict => WebError {
            title: "這筆資料剛才已被修改".into(),
            safe: Some("您這一次的修改沒有生效，資料維持現況。".into()),
            todo: vec!["請重新開啟這一頁，查看目前的內容再修改。".into()],
            ..WebError::conflict("您開啟這一頁之後，已有其他人修改了它。".into())
        },
        other => other.into(),
    }
}
