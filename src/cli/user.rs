//! `casebind user add`: makes an account, such as the first administrator's.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::case::role::Role;
use crate::clock::World;
use crate::config::{Config, Environment};
use crate::identity::passwords::{self, About, Passwords};
use crate::store::people::{self, Person};
use crate::store::{StoreError, schools};

use super::house::{Trouble, open_store};
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
    Add(AddArgs),
}

/// What an account is.
#[derive(Args)]
struct AddArgs {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The name to log in with.
    #[arg(long)]
    login: String,
    /// The name that others see.
    #[arg(long)]
    name: String,
    /// The address of electronic mail.
    #[arg(long, default_value = "")]
    email: String,
    /// A role; may be given several times.
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<Role>,
    /// The code of the school that the account is bound to.
    #[arg(long, value_name = "CODE")]
    school: Option<String>,
    /// The zone of a supervisor.
    #[arg(long, value_name = "ID")]
    zone: Option<String>,
    /// The profession of a professional, such as 心理師 or 社工師.
    #[arg(long, value_name = "NAME")]
    profession: Option<String>,
    /// Reads the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

/// Runs a command about accounts.
pub fn run(args: &UserArgs) -> ExitCode {
    let UserCommand::Add(args) = &args.command;
    match runtime().block_on(add(args)) {
        Ok(made_up) => {
            println!("account {} made", args.login.to_lowercase());
            if let Some(password) = made_up {
                println!("password (shown once): {password}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => fail(error.as_ref()),
    }
}

/// Makes the account; returns the password if it was made up.
async fn add(args: &AddArgs) -> Result<Option<String>, Trouble> {
    let config = Config::load(&args.config, &Environment::of_process())?;
    let login = args.login.trim().to_lowercase();
    if login.is_empty() || login.contains(char::is_whitespace) {
        return Err("--login must be one word".into());
    }
    let world = World::system();
    let (password, made_up) = password(args, &world)?;
    let argon2 = config.argon2;
    let words = [&login, &args.name, &args.email, &config.organisation.name].map(Clone::clone).into();
    let about = About { words, second_factor: false };
    let hash = Passwords::new(argon2.memory_kib, argon2.passes, argon2.lanes)?.hash(&password, &about)?;
    let (_, store) = open_store(&config, &world).await?;
    let mut tx = store.write().await?;
    if let Some(code) = &args.school
        && schools::find(&mut tx, code).await?.is_none()
    {
        return Err(format!("--school {code}: there is no school with this code").into());
    }
    let person = Person {
        id: world.new_id(),
        login: login.clone(),
        name: args.name.clone(),
        email: args.email.clone(),
        password_hash: Some(hash),
        school: args.school.clone(),
        zone: args.zone.clone(),
        profession: args.profession.clone(),
        active: true,
        roles: args.roles.clone(),
    };
    match people::add(&mut tx, &person, world.now()).await {
        Ok(()) => {}
        Err(StoreError::Database(error)) if is_taken(&error) => {
            return Err(format!("--login {login}: this login is taken; choose another").into());
        }
        Err(StoreError::Database(error)) if is_unknown(&error) => {
            return Err("--zone: there is no zone with this id".into());
        }
        Err(other) => return Err(other.into()),
    }
    tx.commit().await?;
    store.close().await;
    Ok(made_up.then_some(password))
}

fn password(args: &AddArgs, world: &World) -> Result<(String, bool), Trouble> {
    if !args.password_stdin {
        return Ok((passwords::random(&world.entropy), true));
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("password:");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

fn is_unknown(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}
