//! `casebind user set`, `disable`, `end-sessions` and `enable`.

use clap::Args;

use crate::case::account::Draft;
use crate::case::role::Role;
use crate::cli::house::Trouble;
use crate::steps::accounts::Hand;

use super::{Which, told};

/// What changes. An empty text removes what is there.
#[derive(Args)]
pub struct SetArgs {
    #[command(flatten)]
    which: Which,
    /// Another name to log in with.
    #[arg(long, value_name = "LOGIN")]
    new_login: Option<String>,
    /// The name that others see.
    #[arg(long)]
    name: Option<String>,
    /// The address of electronic mail.
    #[arg(long)]
    email: Option<String>,
    /// A role; all of them are named, and no other is left.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    /// The code of the school that the account is bound to.
    #[arg(long, value_name = "CODE")]
    school: Option<String>,
    /// The zone of a supervisor.
    #[arg(long, value_name = "ID")]
    zone: Option<String>,
    /// The profession of a professional.
    #[arg(long, value_name = "NAME")]
    profession: Option<String>,
}

pub async fn set(args: &SetArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let before = account.draft;
    let or = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
    let draft = Draft {
        login: or(&args.new_login, &before.login),
        name: or(&args.name, &before.name),
        email: or(&args.email, &before.email),
        roles: if args.roles.is_empty() { before.roles.clone() } else { args.roles.clone() },
        school: or(&args.school, &before.school),
        zone: or(&args.zone, &before.zone),
        profession: or(&args.profession, &before.profession),
    };
    let changed = app.office.change_account(Hand::Command, &account.id, None, draft.clone()).await;
    changed.map_err(|error| told(error, &draft))?;
    app.office.store.close().await;
    say!("account {} changed", before.login);
    Ok(())
}

/// Which account, and why.
#[derive(Args)]
pub struct EndArgs {
    #[command(flatten)]
    which: Which,
    /// Why; written down with the change.
    #[arg(long)]
    reason: String,
}

pub async fn disable(args: &EndArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let done = app.office.disable_account(Hand::Command, &account.id, &args.reason).await;
    done.map_err(|error| told(error, &Draft::default()))?;
    app.office.store.close().await;
    say!("account {} disabled", account.draft.login);
    Ok(())
}

pub async fn end_sessions(args: &EndArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let done = app.office.end_sessions(Hand::Command, &account.id, &args.reason).await;
    done.map_err(|error| told(error, &Draft::default()))?;
    app.office.store.close().await;
    say!("account {}: all sessions ended", account.draft.login);
    Ok(())
}

/// Which account, and why.
#[derive(Args)]
pub struct EnableArgs {
    #[command(flatten)]
    which: Which,
    /// Why; written down with the change.
    #[arg(long, default_value = "")]
    reason: String,
}

pub async fn enable(args: &EnableArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    app.office.enable_account(Hand::Command, &account.id, &args.reason).await?;
    app.office.store.close().await;
    say!("account {} enabled", account.draft.login);
    Ok(())
}
