//! `casebind template`: for those who make forms. One file per command.
//!
//! Exit codes: 0 sound or done, 1 could not run, 2 findings.

mod check;
mod new;
mod preview;
mod target;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Makes, checks and shows form templates.
#[derive(Args)]
pub struct TemplateArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a new form folder that passes the check, to be changed.
    New(new::NewArgs),
    /// Names everything that is wrong with form folders, by file and line.
    Check(check::CheckArgs),
    /// Prints a form's sample as PDF and PNG, and again at each change until it is interrupted.
    Preview(preview::PreviewArgs),
}

/// Runs one of the commands.
#[must_use]
pub fn run(args: &TemplateArgs) -> ExitCode {
    let outcome = match &args.command {
        Command::New(args) => new::run(args),
        Command::Check(args) => check::run(args),
        Command::Preview(args) => preview::run(args),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("casebind template: {message}");
        ExitCode::FAILURE
    })
}

/// How a command ended, or why it could not run.
type Outcome = Result<ExitCode, String>;
