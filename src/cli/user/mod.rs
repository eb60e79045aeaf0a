//! `casebind user …`: accounts on the command line, by the same steps as on the administrators' pages. What is
//! changed here is written down as well, as done by the command line.

mod add;
mod change;
mod identity;
pub mod list;
mod review;
mod secret;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::case::account::{Draft, Fault};
use crate::clock::World;
use crate::config::{Config, Environment};
use crate::steps::StepError;
use crate::store::accounts::{self, Account};
use crate::web::App;

use super::house::{House, Trouble};
use super::{fail, runtime};

/// Accounts.
#[derive(Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Makes an account. The password is read from standard input, or made up and printed once.
    Add(add::AddArgs),
    /// Lists accounts, one a line: login, status, roles, last sign-in, name.
    List(list::ListArgs),
    /// Shows one account.
    Show(list::ShowArgs),
    /// Lists the accounts that are due to be looked at (帳號清查), or says of some that they are still needed.
    Review(review::ReviewArgs),
    /// Changes what an account says; what isn't named stays.
    Set(change::SetArgs),
    /// Disables an account; it is out at its next request.
    Disable(change::EndArgs),
    /// Ends all sessions of an account, and forgets its remembered devices; it may come in again.
    EndSessions(change::EndArgs),
    /// Enables an account.
    Enable(change::EnableArgs),
    /// Gives an account a new password, read from standard input, or made up and printed once.
    ResetPassword(secret::PasswordArgs),
    /// Takes the second factor off an account whose owner has lost it.
    ResetSecondFactor(secret::FactorArgs),
    /// Lets somebody who is known to the sign-on come in as this account.
    Link(identity::IdentityArgs),
    /// Takes an identity of the sign-on from an account; its sessions end.
    Unlink(identity::IdentityArgs),
}

/// Which installation.
#[derive(Args)]
pub(super) struct Installed {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Which installation, and which account.
#[derive(Args)]
struct Which {
    #[command(flatten)]
    installed: Installed,
    /// The login of the account.
    #[arg(long)]
    login: String,
}

/// Runs a command about accounts.
pub fn run(args: &UserArgs) -> ExitCode {
    let done = runtime().block_on(async {
        match &args.command {
            UserCommand::Add(args) => add::run(args).await,
            UserCommand::List(args) => list::list(args).await,
            UserCommand::Show(args) => list::show(args).await,
            UserCommand::Review(args) => review::run(args).await,
            UserCommand::Set(args) => change::set(args).await,
            UserCommand::Disable(args) => change::disable(args).await,
            UserCommand::EndSessions(args) => change::end_sessions(args).await,
            UserCommand::Enable(args) => change::enable(args).await,
            UserCommand::ResetPassword(args) => secret::reset_password(args).await,
            UserCommand::ResetSecondFactor(args) => secret::reset_second_factor(args).await,
            UserCommand::Link(args) => identity::link(args).await,
            UserCommand::Unlink(args) => identity::unlink(args).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

impl Installed {
    /// Opens it.
    pub(super) async fn open(&self) -> Result<App, Trouble> {
        let config = Config::load(&self.config, &Environment::of_process())?;
        Ok(House::open(&config, World::system()).await?.app)
    }
}

impl Which {
    /// The installation and the account.
    async fn open(&self) -> Result<(App, Account), Trouble> {
        let app = self.installed.open().await?;
        let account = with_login(&app, &self.login).await?;
        Ok((app, account))
    }
}

/// The account with this login.
async fn with_login(app: &App, login: &str) -> Result<Account, Trouble> {
    let login = login.trim().to_lowercase();
    let account = accounts::by_login(&mut *app.office.store.read().await?, &login).await?;
    account.ok_or_else(|| format!("--login {login}: there is no account with this login").into())
}

/// What won't do, with the value where it helps.
fn told(error: StepError, draft: &Draft) -> Trouble {
    let StepError::Account(faults) = error else { return error.into() };
    let value = |fault: &Fault| match fault.field() {
        "login" => draft.login.trim().to_lowercase(),
        "school" => draft.school.trim().to_owned(),
        "zone" => draft.zone.trim().to_owned(),
        _ => String::new(),
    };
    let words = |fault: &Fault| match value(fault).as_str() {
        "" => fault.to_string(),
        value => format!("{fault} ({value:?})"),
    };
    faults.iter().map(words).collect::<Vec<_>>().join("; ").into()
}
