//! `casebind user list` and `show`.

use clap::Args;
use jiff::Timestamp;

use crate::case::account::Status;
use crate::case::role::Role;
use crate::cli::house::Trouble;
use crate::store::accounts::{self, Account, Narrow, Turn};
use crate::web::App;

use super::{Installed, Which};

/// Which accounts.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    installed: Installed,
    /// Only those with this role.
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
    /// Only those that stand so: active, pending or disabled.
    #[arg(long, value_name = "STATUS")]
    status: Option<Status>,
    /// Only those whose login, name, address or school holds this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    find: String,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub async fn list(args: &ListArgs) -> Result<(), Trouble> {
    let app = args.installed.open().await?;
    let narrow =
        Narrow { keyword: args.find.clone(), role: args.role, status: args.status, unreviewed_since: None };
    print(&app, &narrow, args.json).await?;
    app.office.store.close().await;
    Ok(())
}

/// Prints accounts, one a line.
pub async fn print(app: &App, narrow: &Narrow, as_json: bool) -> Result<(), Trouble> {
    let mut db = app.office.store.read().await?;
    let mut turn = Turn::First;
    loop {
        let page = accounts::page(&mut db, narrow, &turn).await?;
        for account in &page.accounts {
            say!("{}", if as_json { json(account).to_string() } else { line(account) });
        }
        match page.accounts.last() {
            Some(last) if page.after => turn = Turn::After(last.draft.login.clone()),
            _ => return Ok(()),
        }
    }
}

/// Which account.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    which: Which,
    /// As a JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn show(args: &ShowArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    app.office.store.close().await;
    if args.json {
        say!("{}", json(&account));
        return Ok(());
    }
    let draft = &account.draft;
    let moment = |at: Option<i64>| at.map_or_else(|| "never".to_owned(), day);
    for (label, value) in [
        ("login", draft.login.clone()),
        ("name", draft.name.clone()),
        ("email", draft.email.clone()),
        ("status", account.status.as_str().to_owned()),
        ("roles", roles(&account)),
        ("school", draft.school.clone()),
        ("zone", draft.zone.clone()),
        ("profession", draft.profession.clone()),
        ("password", if account.has_password { "set" } else { "none" }.to_owned()),
        ("second factor", if account.has_second_factor { "active" } else { "none" }.to_owned()),
        ("made", day(account.created_at)),
        ("last sign-in", moment(account.signed_in_at)),
        ("last review", moment(account.reviewed_at)),
    ] {
        say!("{label:<14} {}", printable(&value));
    }
    Ok(())
}

fn roles(account: &Account) -> String {
    account.draft.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",")
}

fn line(account: &Account) -> String {
    let last = account.signed_in_at.map_or_else(|| "never".to_owned(), day);
    let cells =
        [account.draft.login.as_str(), account.status.as_str(), &roles(account), &last, &account.draft.name];
    cells.map(printable).join("\t")
}

/// A text that moves no cursor.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The day of a moment, in UTC.
pub fn day(millis: i64) -> String {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%d").to_string()
}

fn json(account: &Account) -> serde_json::Value {
    let draft = &account.draft;
    let roles: Vec<_> = draft.roles.iter().map(|role| role.as_str()).collect();
    let moment = |at: Option<i64>| at.map(|at| Timestamp::from_millisecond(at).map(|at| at.to_string()).ok());
    serde_json::json!({
        "login": draft.login,
        "name": draft.name,
        "email": draft.email,
        "status": account.status.as_str(),
        "roles": roles,
        "school": draft.school,
        "zone": draft.zone,
        "profession": draft.profession,
        "has_password": account.has_password,
        "has_second_factor": account.has_second_factor,
        "made": moment(Some(account.created_at)),
        "last_sign_in": moment(account.signed_in_at),
        "last_review": moment(account.reviewed_at),
    })
}
