//! `casebind user reset-password`, and how a password is chosen on the command line.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;

use crate::cli::house::Trouble;
use crate::identity::passwords;
use crate::steps::accounts::Hand;
use crate::web::App;

use super::Which;

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
    pub fn read(typed: bool, app: &App) -> Result<Self, Trouble> {
        if !typed {
            let password = passwords::random(&app.office.world.entropy);
            return Ok(Self { hash: app.passwords.hash(&password)?, made_up: Some(password) });
        }
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            eprintln!("password:");
        }
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        Ok(Self { hash: app.passwords.hash(line.trim_end_matches(['\r', '\n']))?, made_up: None })
    }

    /// Prints a password that was made up, once.
    pub fn tell(&self) {
        if let Some(password) = &self.made_up {
            println!("password (shown once): {password}");
        }
    }
}

pub async fn reset_password(args: &PasswordArgs) -> Result<(), Trouble> {
    let (app, account) = args.which.open().await?;
    let chosen = Chosen::read(args.password_stdin, &app)?;
    app.office.give_password(Hand::Command, &account.id, &chosen.hash).await?;
    app.office.store.close().await;
    println!("account {}: new password, all sessions ended", account.draft.login);
    chosen.tell();
    Ok(())
}
