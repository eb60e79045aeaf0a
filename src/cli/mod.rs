//! The command line: one file per command.
//!
//! Exit codes: 0 done, 1 could not run, 2 refused or findings.

mod child;
mod inspect;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// From a case record to a sealed, scanned and provable application form.
#[derive(Parser)]
#[command(name = "casebind", version, about, long_about = None)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tells what is on scans of printed forms.
    Inspect(inspect::InspectArgs),
    /// Opens one untrusted file within limits. Started by the program itself.
    #[command(hide = true)]
    JudgeChild(child::ChildArgs),
}

/// Runs the command that the arguments name and tells how it went.
#[must_use]
pub fn run() -> ExitCode {
    // A wrong command line could not run: 1. Clap's own 2 would read as "refused".
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match cli.command {
        Command::Inspect(args) => inspect::run(args),
        Command::JudgeChild(args) => child::run(&args),
    }
}
