//! 帳號: the list, one account, and the roles.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::case::account::Status;
use crate::case::lifecycle;
use crate::case::rights;
use crate::case::role::Role;
use crate::steps::accounts::Card;
use crate::store::accounts::{Account, Narrow};
use crate::web::app::App;
use crate::web::pages::accounts::{AccountCardPage, AccountFilter, AccountsPage, RoleRow, RolesPage};
use crate::web::pages::field::Choice;
use crate::web::pages::frame::Notice;
use crate::web::pages::parts::{Action, Fact, Link, Tone, Weight};
use crate::web::pages::words::Moment;
use crate::web::trouble::{WebError, html};

use super::{Admin, badge, change_row, frame, pager, path, row, tabs, turn};

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    status: String,
    after: Option<String>,
    before: Option<String>,
    said: Option<String>,
}

/// The list.
pub async fn list(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let narrow = Narrow {
        keyword: asked.q.clone(),
        role: asked.role.parse().ok(),
        status: asked.status.parse().ok(),
        unreviewed_since: None,
    };
    let turn = turn(asked.after.as_deref(), asked.before.as_deref());
    let page = app.office.accounts(&who, &visitor.origin, &narrow, &turn).await?;
    let now = app.office.world.now();
    let kept = [("q", asked.q.as_str()), ("role", &asked.role), ("status", &asked.status)];
    let mut frame = frame(&app, &visitor, asked.said.as_deref());
    frame.notices.extend(reminder(app.office.accounts_due().await?));
    Ok(html(&AccountsPage {
        frame,
        tabs: tabs(&app, 0).await?,
        title: "帳號".into(),
        lead: "誰可以登入、以什麼角色。每次異動都會留下紀錄，停用或變更角色在對方的下一個動作就生效。".into(),
        filter: Some(AccountFilter {
            narrowed: kept.iter().any(|(_, value)| !value.is_empty()),
            keyword: asked.q.clone(),
            roles: role_choices(&asked.role),
            statuses: status_choices(&asked.status),
        }),
        other: None,
        total: page.total,
        rows: page.accounts.iter().map(|account| row(account, now)).collect(),
        empty: "沒有符合條件的帳號".into(),
        pager: pager(&page, "/admin/accounts", &kept),
    }))
}

/// Where an administrator's work begins it is told that accounts wait to be looked at.
fn reminder(due: i64) -> Option<Notice> {
    (due > 0).then(|| Notice {
        tone: Tone::Attention,
        text: format!("有 {due} 個帳號已到清查期限，請逐一確認是否仍需使用。"),
        link: Some(Link { label: "帳號清查".into(), href: "/admin/review".into() }),
    })
}

fn role_choices(chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::labelled("", "全部角色", chosen.is_empty())];
    choices
        .extend(Role::ALL.map(|role| Choice::labelled(role.as_str(), role.label(), role.as_str() == chosen)));
    choices
}

fn status_choices(chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::labelled("", "全部狀態", chosen.is_empty())];
    choices
        .extend(Status::ALL.map(|one| Choice::labelled(one.as_str(), one.label(), one.as_str() == chosen)));
    choices
}

#[derive(Deserialize, Default)]
pub struct Told {
    said: Option<String>,
}

/// One account.
pub async fn show(
    State(app): State<App>,
    Admin { visitor, who }: Admin,
    Path(id): Path<String>,
    Query(told): Query<Told>,
) -> Result<Response, WebError> {
    let card = app.office.account(&who, &visitor.origin, &id).await?;
    let now = app.office.world.now();
    Ok(html(&AccountCardPage {
        frame: frame(&app, &visitor, told.said.as_deref()),
        tabs: tabs(&app, 0).await?,
        name: card.account.draft.name.clone(),
        status: badge(card.account.status),
        facts: facts(&card, now),
        actions: actions(&card.account, who.id == id),
        changes: card.changes.iter().take(10).map(|change| change_row(change, now)).collect(),
        all_changes: format!("/admin/changes?kind=account&subject={id}"),
    }))
}

fn facts(card: &Card, now: i64) -> Vec<Fact> {
    let Account { draft, .. } = &card.account;
    let account = &card.account;
    let moment =
        |at: Option<i64>, none: &str| at.map_or_else(|| none.to_owned(), |at| Moment::at(at, now).text);
    let reviewed = match account.reviewed_at {
        Some(at) => format!("{}（{}）", Moment::at(at, now).text, super::reviewer(account)),
        None => "未曾清查".to_owned(),
    };
    let school = match draft.school.as_str() {
        "" => String::new(),
        code => format!("{}（{code}）", account.school_name),
    };
    vec![
        Fact::new("帳號", &draft.login),
        Fact::new("信箱", &draft.email),
        Fact::new("角色", super::roles(&draft.roles)),
        Fact::new("學校", school),
        Fact::new("分區", &account.zone_name),
        Fact::new("專業", &draft.profession),
        Fact::new("密碼", if account.has_password { "已設定" } else { "尚未設定" }),
        Fact::new("第二驗證", if account.has_second_factor { "已啟用" } else { "未啟用" }),
        Fact::new("上次登入", moment(account.signed_in_at, "從未登入")),
        Fact::new("建立", Moment::at(account.created_at, now).text),
        Fact::new("上次清查", reviewed),
    ]
}

/// What can be done with an account; nobody disables the own one.
fn actions(account: &Account, own: bool) -> Vec<Action> {
    let id = &account.id;
    let mut actions = vec![Action::open("修改", path(id, "/edit")).weighing(Weight::Primary)];
    if account.status == Status::Active && !account.draft.email.is_empty() {
        actions.push(Action::post("寄送設定密碼的連結", path(id, "/password"), &[]));
    }
    if account.has_second_factor && !own {
        actions.push(Action::open("重設第二驗證", path(id, "/second-factor")));
    }
    if account.status == Status::Active && !own {
        actions.push(Action::open("登出所有裝置", path(id, "/sessions")));
    }
    if account.status != Status::Active {
        actions.push(Action::post("啟用", path(id, "/enable"), &[]));
    }
    if account.status == Status::Active && !own {
        actions.push(Action::open("停用", path(id, "/disable")).weighing(Weight::Danger));
    }
    actions
}

/// 角色: the table of who may do what, with how many hold each role.
pub async fn roles(State(app): State<App>, Admin { visitor, who }: Admin) -> Result<Response, WebError> {
    let counts = app.office.roles(&who).await?;
    let count = |role: Role| counts.iter().find(|(of, _)| *of == role).map_or(0, |(_, count)| *count);
    let rows = rights::TABLE.iter().map(|row| RoleRow {
        label: row.role.label().into(),
        sees: row.sees.words().into(),
        events: events(row.role),
        may: row.may.iter().map(|right| right.words().to_owned()).collect(),
        count: count(row.role),
        href: format!("/admin/accounts?role={}&status=active", row.role),
    });
    Ok(html(&RolesPage {
        frame: frame(&app, &visitor, None),
        tabs: tabs(&app, 2).await?,
        rows: rows.collect(),
    }))
}

/// The events of a case that a role may cause, in the order of the walk.
fn events(role: Role) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for rule in lifecycle::TABLE.iter().filter(|rule| rule.role == role) {
        if !labels.contains(&rule.event.label()) {
            labels.push(rule.event.label());
        }
    }
    labels.join("、")
}
