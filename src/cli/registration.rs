//! `casebind registration …`: who registered and waits, activated or refused by the same steps as on the case managers'
//! page. What is decided here is written down as done by the command line; the owner is told by mail all the same.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::case::account::Fault;
use crate::case::not_activated::NotActivated;
use crate::steps::StepError;
use crate::steps::register::{Decider, Waiting};

use super::house::Trouble;
use super::user::Installed;
use super::user::list::{day, printable};
use super::{fail, runtime};

/// Registrations that wait for an activation.
#[derive(Subcommand)]
pub enum RegistrationCommand {
    /// Lists them, the longest waiting first: id, since when, school, address, name.
    List(ListArgs),
    /// Makes the account of one; its owner is told by mail.
    Activate(WhichArgs),
    /// Refuses one; its owner is told by mail, with the reason and without the note.
    Refuse(RefuseArgs),
}

/// Which installation.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    installed: Installed,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Which installation, and which registration.
#[derive(Args)]
pub struct WhichArgs {
    #[command(flatten)]
    installed: Installed,
    /// The registration, by the id that `list` tells.
    #[arg(long)]
    id: String,
}

/// Which registration, and why.
#[derive(Args)]
pub struct RefuseArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Why; its owner reads it in the mail: out-of-scope, sign-on, incomplete or other.
    #[arg(long)]
    reason: String,
    /// What is written down beside it and told nobody; needed with `other`. 200 characters at most.
    #[arg(long, default_value = "")]
    note: String,
}

/// Runs a command about registrations.
pub fn run(command: &RegistrationCommand) -> ExitCode {
    let done = runtime().block_on(async {
        match command {
            RegistrationCommand::List(args) => list(args).await,
            RegistrationCommand::Activate(args) => activate(args).await,
            RegistrationCommand::Refuse(args) => refuse(args).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

async fn list(args: &ListArgs) -> Result<(), Trouble> {
    let app = args.installed.open().await?;
    let mut after = None;
    loop {
        let page = app.office.waiting_list(Decider::Command, after.as_ref()).await?;
        for waiting in &page.waiting {
            say!("{}", if args.json { json(waiting).to_string() } else { line(waiting) });
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    app.office.store.close().await;
    Ok(())
}

async fn activate(args: &WhichArgs) -> Result<(), Trouble> {
    let app = args.installed.open().await?;
    let id = args.id.trim();
    app.office.activate_account(Decider::Command, id).await.map_err(|error| told(error, id))?;
    app.office.store.close().await;
    say!("registration {id} activated");
    Ok(())
}

async fn refuse(args: &RefuseArgs) -> Result<(), Trouble> {
    let why: NotActivated = args.reason.trim().parse().map_err(|_| {
        format!("--reason is needed: one of {}", NotActivated::ALL.map(NotActivated::as_str).join(", "))
    })?;
    let app = args.which.installed.open().await?;
    let id = args.which.id.trim();
    let done = app.office.refuse_account(Decider::Command, id, why, &args.note).await;
    done.map_err(|error| told(error, id))?;
    app.office.store.close().await;
    say!("registration {id} refused");
    Ok(())
}

/// What is wrong, with the way forward.
fn told(error: StepError, id: &str) -> Trouble {
    match error {
        StepError::NotFound => {
            format!("--id {id}: there is no such registration; see `registration list`").into()
        }
        StepError::Conflict => {
            format!("--id {id}: it doesn't wait any more, or its address has an account by now").into()
        }
        StepError::Account(faults) if faults == [Fault::NoReason] => {
            "--note: 200 characters at most, none that can't be seen, and some with `--reason other`".into()
        }
        other => other.into(),
    }
}

fn since(waiting: &Waiting) -> String {
    day(waiting.registration.confirmed_at.unwrap_or(waiting.registration.created_at))
}

fn line(waiting: &Waiting) -> String {
    let one = &waiting.registration;
    [one.id.as_str(), &since(waiting), &one.school_code, &one.email, &one.name].map(printable).join("\t")
}

fn json(waiting: &Waiting) -> serde_json::Value {
    let one = &waiting.registration;
    serde_json::json!({
        "id": one.id,
        "since": since(waiting),
        "school": one.school_code,
        "school_name": waiting.school.as_ref().map(|school| school.name.clone()),
        "accounts_at_school": waiting.colleagues,
        "email": one.email,
        "name": one.name,
    })
}
