//! The command line: one file per command.
//!
//! Exit codes: 0 done, 1 could not run, 2 refused or findings.

mod render;
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
    Render(render::Render),
    /// Tells what is on scans of printed forms.
    Inspect(inspect::InspectArgs),
    /// Opens one untrusted file within limits. Started by the program itself.
    #[command(hide = true)]
    JudgeChild(child::ChildArgs),
}

/// Runs the command that the arguments name and tells how it went.
#[must_use]
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Render(args) => render::run(&args),
        Command::Inspect(args) => inspect::run(args),
        Command::JudgeChild(args) => child::run(&args),
    }
}
