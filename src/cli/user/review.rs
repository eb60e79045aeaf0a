//! `casebind user review`: 帳號清查, what is due and what was looked at.

use clap::Args;

use crate::cli::house::Trouble;
use crate::steps::accounts::Hand;

use super::{Installed, list, with_login};

/// Which accounts.
#[derive(Args)]
pub struct ReviewArgs {
    #[command(flatten)]
    installed: Installed,
    /// Says that the account with this login is still needed, as it stands; may be given several times. Without any,
    /// the accounts that are due are listed as by `list`.
    #[arg(long, value_name = "LOGIN")]
    confirm: Vec<String>,
    /// One JSON object a line.
    #[arg(long, conflicts_with = "confirm")]
    json: bool,
}

pub async fn run(args: &ReviewArgs) -> Result<(), Trouble> {
    let app = args.installed.open().await?;
    if args.confirm.is_empty() {
        list::print(&app, &app.office.due_for_review(), args.json).await?;
    }
    for login in &args.confirm {
        let account = with_login(&app, login).await?;
        app.office.confirm_account(Hand::Command, &account.id).await?;
        say!("account {} confirmed", account.draft.login);
    }
    app.office.store.close().await;
    Ok(())
}
