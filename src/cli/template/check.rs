//! `casebind template check`: everything that is wrong with form folders, by file and line.

use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::target::{Places, Target};
use crate::forms::templates::Templates;
use crate::forms::{Printer, check};

/// Checks form folders.
#[derive(Args)]
pub(super) struct CheckArgs {
    /// Forms to check: ids in the directory of form folders, or paths of folders [default: all]
    #[arg(value_name = "ID|FOLDER")]
    forms: Vec<String>,
    #[command(flatten)]
    places: Places,
    /// One JSON value a line instead of words
    #[arg(long)]
    json: bool,
}

/// Checks: 0 sound, 2 findings.
pub(super) fn run(args: &CheckArgs) -> Outcome {
    let targets = if args.forms.is_empty() {
        args.places.all()?
    } else {
        args.forms.iter().map(|named| args.places.target(named)).collect::<Result<Vec<Target>, String>>()?
    };
    let mut printer = Printer::new(Templates::default(), args.places.fonts()?);
    let mut findings = 0;
    for target in &targets {
        target.load(&mut printer);
        findings += tell(&printer, target, args.json);
    }
    if args.json {
        say!("{}", serde_json::json!({ "summary": { "folders": targets.len(), "findings": findings } }));
    } else {
        say!(
            "{}: {}",
            counted(targets.len(), "folder checked", "folders checked"),
            counted(findings, "finding", "findings")
        );
    }
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Says on standard output what is wrong with one folder, and returns how much that is.
pub(super) fn tell(printer: &Printer, target: &Target, json: bool) -> usize {
    let faults = check::check(printer, &target.id());
    for fault in &faults {
        if json {
            let finding = serde_json::json!({
                "folder": fault.folder, "file": fault.file, "line": fault.line, "message": fault.message,
            });
            say!("{}", serde_json::json!({ "finding": finding }));
        } else {
            say!("{}: {}", target.place(fault), fault.message);
        }
    }
    faults.len()
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
