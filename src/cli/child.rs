//! `casebind judge-child`: the process that opens untrusted files. Hidden; started by the program itself.

use std::process::ExitCode;

use clap::Args;

use super::huge_pages;
use crate::intake::child::{self, ChildError};

/// Limits that the child sets on itself before it reads a byte.
#[derive(Args)]
pub struct ChildArgs {
    /// Bytes of memory.
    #[arg(long)]
    memory: u64,
    /// Seconds of processor time.
    #[arg(long)]
    cpu: u64,
}

/// Judges one file from standard input.
#[must_use]
pub fn run(args: &ChildArgs) -> ExitCode {
    huge_pages::allow(true);
    match child::run(args.memory, args.cpu, std::io::stdin().lock(), std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(ChildError::Request(what)) => {
            eprintln!("judge-child: {what}");
            ExitCode::from(child::BAD_REQUEST)
        }
        Err(ChildError::Io(error)) => {
            eprintln!("judge-child: {error}");
            ExitCode::FAILURE
        }
    }
}
