//! `casebind user reset-password` and `reset-second-factor`, and how a password is chosen on the command line.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;

use crate::case::account::Draft;
use crate::cli::house::Trouble;
use crate::identity::login::GIVEN_GOOD;
use crate::identity::passwords::{self, About};
use crate::steps::accounts::Hand;
use crate::store::factors;
use crate::web::App;

use super::{Which, told};

/// Whose password.
#[derive(Args)]
pub struct PasswordArgs {
    #[command(flatten)]
    which: Which,
    /// Reads the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// A password that was typed or made up.
pub struct Chosen {
    /// Its hash.
    pub hash: String,
    made_up: Option<String>,
}

impl Chosen {
    /// Reads or makes one up.
    pub fn read(typed: bool, app: &App, draft: &Draft, second_factor: bool) -> Result<Self, Trouble> {
        let organisation = &app.office.organisation;
        let words = [&draft.login, &draft.name, &draft.email, organisation].map(Clone::clone).into();
        let about = About { words, second_factor };
        if !typed {
            let password = passwords::random(&app.office.world.entropy);
            return Ok(Self { hash: app.passwords.hash(&password, &about)?, made_up: Some(password) });
        }
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            eprintln!("password:");
        }
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        Ok(Self { hash: app.passwords.hash(line.trim_end_matches(['\r', '\n']), &about)?, made_up: None })
    }

    /// Whether it was made up: then its owner chooses another at the first log-in.
    pub fn is_made_up(&self) -> bool {
        self.made_up.is_some()
    }

    /// Prints a password that was made up, once.
    pub fn tell(&self) {
        if let Some(password) = &self.made_up {
            let days = GIVEN_GOOD / (24 * 60 * 60_000);
            say!("password (shown once): {password}");
            say!("good for {days} days; another one is to be chosen at the first log-in");
        }
    }
}

pub async fn reset_password(args: &PasswordArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let second_factor = factors::active(&mut *app.office.store.read().await?, &account.id).await?.is_some();
    let chosen = Chosen::read(args.password_stdin, &app, &account.draft, second_factor)?;
    let (office, made_up) = (&app.office, chosen.is_made_up());
    office.give_password(Hand::Command, &account.id, &chosen.hash, made_up).await?;
    app.office.store.close().await;
    say!("account {}: new password, all sessions ended", account.draft.login);
    chosen.tell();
    Ok(())
}

/// Whose second factor, and why.
#[derive(Args)]
pub struct FactorArgs {
    #[command(flatten)]
    which: Which,
    /// Why, and how it was made sure who asked; written down with the change.
    #[arg(long)]
    reason: String,
}

pub async fn reset_second_factor(args: &FactorArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let login = &account.draft.login;
    if !account.has_second_factor {
        return Err(format!("--login {login}: this account has no second factor").into());
    }
    let done = app.office.reset_second_factor(Hand::Command, &account.id, &args.reason).await;
    done.map_err(|error| told(error, &account.draft))?;
    app.office.store.close().await;
    say!("account {login}: second factor taken off, all sessions ended");
    Ok(())
}
