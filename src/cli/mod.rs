//! The command line: one file per command.
//!
//! Exit codes: 0 done, 1 could not run, 2 refused or findings. Messages are in English and name the file
//! or setting and the way forward.

#[macro_use]
mod out;

mod backup;
mod child;
mod custody;
mod demo;
mod disposals;
mod export;
mod house;
mod huge_pages;
mod import;
mod inspect;
mod inspected;
mod jobs;
mod keys;
mod leaving;
mod migrate;
mod migrate_store;
mod noted;
mod progress;
mod registration;
mod render;
mod repair;
mod restore;
mod school;
mod seed;
mod serve;
mod shelf;
mod template;
mod tls;
mod user;
mod vault;
mod verify;
mod watch;

pub use demo::answers;

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
    /// Serves one installation.
    Serve(serve::ServeArgs),
    /// Serves a demonstration with made-up people and cases, on this machine only.
    Demo(demo::DemoArgs),
    Render(render::Render),
    /// Makes, checks and shows form templates.
    Template(template::TemplateArgs),
    /// Tells what is on scans of printed forms.
    Inspect(inspect::InspectArgs),
    /// Checks every original, and every row that names one.
    Verify(verify::VerifyArgs),
    /// Checks, exports and signs the custody chain.
    Custody(custody::CustodyArgs),
    /// Shows, adds and changes the keys of what is encrypted at rest.
    Keys(keys::KeysArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    /// Makes, shows and changes accounts.
    User(user::UserArgs),
    /// Lists registrations that wait, and activates or refuses them.
    #[command(subcommand)]
    Registration(registration::RegistrationCommand),
    /// Imports the ministry's lists of schools.
    School(school::SchoolArgs),
    Seed(seed::SeedArgs),
    /// Writes cases as bags (BagIt) that anybody can check and another installation can take in.
    Export(export::ExportArgs),
    /// Takes bags of cases into an installation without cases.
    Import(import::ImportArgs),
    /// Takes disposals along beside the backups, and does them again after a restore.
    #[command(subcommand)]
    Disposals(disposals::DisposalsCommand),
    /// Brings the database's schema up to date.
    Migrate(migrate::MigrateArgs),
    MigrateStore(migrate_store::MigrateStoreArgs),
    /// Signs and scans a printed form on the computer, to try an upload without a printer.
    TryScan(demo::scan::TryScanArgs),
    /// Opens one untrusted file within limits. Started by the program itself.
    #[command(hide = true)]
    JudgeChild(child::ChildArgs),
}

/// Runs the command that the arguments name and tells how it went.
#[must_use]
pub fn run() -> ExitCode {
    huge_pages::allow(false);
    // A wrong command line could not run: 1. Clap's own 2 would read as "refused".
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Render(args) => render::run(&args),
        Command::Template(args) => template::run(&args),
        Command::Inspect(args) => inspect::run(args),
        Command::Verify(args) => verify::run(&args),
        Command::Custody(args) => custody::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::User(args) => user::run(&args),
        Command::Registration(command) => registration::run(&command),
        Command::School(args) => school::run(&args),
        Command::Seed(args) => seed::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Disposals(command) => disposals::run(&command),
        Command::Migrate(args) => migrate::run(&args),
        Command::MigrateStore(args) => migrate_store::run(&args),
        Command::TryScan(args) => demo::scan::run(&args),
        Command::JudgeChild(args) => child::run(&args),
    }
}

/// Says on standard error why a command could not run.
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("casebind: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprintln!("  because: {cause}");
        source = cause.source();
    }
    ExitCode::FAILURE
}

/// The runtime of commands that wait for network or disk.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a process can have a runtime unless the system is out of threads")
}
