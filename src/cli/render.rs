//! `casebind render`: one record becomes one printed form, without a server or a database; a file of
//! several records becomes one PDF of their forms.
//!
//! The same command gives the same bytes: the day of the print is the record's own.

mod several;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::case::ids::{CaseReference, Digest, Revision};
use crate::forms::code::CodeKey;
use crate::forms::fonts::Fonts;
use crate::forms::key::{installation_key, read_key};
use crate::forms::templates::Templates;
use crate::forms::{PrintError, PrintRequest, Printed, Printer};

/// Print one record as a PDF/A form, with its printed codes, or several as one PDF of their forms.
#[derive(Args)]
pub struct Render {
    /// The form: a folder's name in form-templates, such as referral
    #[arg(long, value_name = "ID")]
    template: String,
    /// The record, as samples/referral.json shows it; a .jsonl file has several, one a line
    #[arg(long, value_name = "FILE.json")]
    data: PathBuf,
    /// The case that the codes name: a case reference or any name of yours [default: from the record]
    #[arg(long, value_name = "REF")]
    case: Option<String>,
    /// The revision of the print, 1 to 1023
    #[arg(long, value_name = "N", default_value_t = 1)]
    revision: i64,
    /// The key of the printed codes: 64 hex digits [default: the installation's]
    #[arg(long, value_name = "F")]
    key_file: Option<PathBuf>,
    /// Where the PDF goes
    #[arg(short, long, value_name = "FORM.pdf")]
    output: PathBuf,
    /// Where the positions of codes and seal boxes go, as JSON; of several records one a line
    #[arg(long, value_name = "FORM.layout.json")]
    layout: Option<PathBuf>,
    /// The day of the print, such as 2026-11-23 [default: the record's printed_on]
    #[arg(long, value_name = "DATE")]
    printed_on: Option<Date>,
    /// The data directory of the installation, whose key is used without --key-file
    #[arg(long, value_name = "DIR", env = "CASEBIND_DATA", default_value = "data")]
    data_dir: PathBuf,
    /// A directory of form templates instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// A directory of fonts to ask after the built-in one; may be repeated [default: an installed TW-Kai]
    #[arg(long, value_name = "DIR")]
    fonts: Vec<PathBuf>,
}

/// Runs the command: 0 printed, 1 could not run, 2 the record can't be printed.
#[must_use]
pub fn run(args: &Render) -> ExitCode {
    match render(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unable(message)) => {
            eprintln!("casebind render: {message}");
            ExitCode::from(1)
        }
        Err(Failure::Refused(message)) => {
            eprintln!("casebind render: {message}");
            ExitCode::from(2)
        }
    }
}

/// Why there is no form.
enum Failure {
    /// The command could not run.
    Unable(String),
    /// The record can't be printed.
    Refused(String),
}

fn render(args: &Render) -> Result<(), Failure> {
    if args.data.extension().is_some_and(|ending| ending == "jsonl") {
        return several::render(args);
    }
    let unable = Failure::Unable;
    let file = |path: &Path, what: &str| format!("{}: {what}", path.display());
    let bytes = std::fs::read(&args.data)
        .map_err(|e| unable(file(&args.data, &format!("the record can't be read: {e}"))))?;
    let place = file(&args.data, "");
    let record = record(args, &bytes).map_err(|wrong| wrong.of(&place))?;
    let printed = Desk::open(args)?.print(args, &record, &bytes).map_err(|wrong| wrong.of(&place))?;
    let write = |path: &Path, bytes: &[u8]| {
        std::fs::write(path, bytes).map_err(|e| unable(file(path, &format!("can't be written: {e}"))))
    };
    write(&args.output, &printed.pdf)?;
    if let Some(path) = &args.layout {
        let mut json = serde_json::to_vec_pretty(&printed.layout).expect("a layout is plain data");
        json.push(b'\n');
        write(path, &json)?;
    }
    Ok(())
}

/// A record from its bytes, with the day of the print that was asked for.
fn record(args: &Render, bytes: &[u8]) -> Result<Value, Wrong> {
    let mut record: Value =
        serde_json::from_slice(bytes).map_err(|e| Wrong::NoRecord(format!("not a JSON record: {e}")))?;
    if !record.is_object() {
        return Err(Wrong::NoRecord("a record is a JSON object, as samples/referral.json shows".into()));
    }
    if let Some(date) = args.printed_on {
        record["printed_on"] = date.to_string().into();
    }
    Ok(record)
}

/// What every print of one command shares.
struct Desk {
    printer: Printer,
    key: CodeKey,
    revision: Revision,
}

impl Desk {
    fn open(args: &Render) -> Result<Self, Failure> {
        let unable = Failure::Unable;
        let revision = Revision::try_from(args.revision)
            .map_err(|e| unable(format!("--revision {}: {e}", args.revision)))?;
        let key = match &args.key_file {
            Some(path) => read_key(path),
            None => installation_key(&args.data_dir),
        };
        let key = key.map_err(|e| unable(e.to_string()))?;
        let fonts = if args.fonts.is_empty() { Fonts::installed() } else { Fonts::with_dirs(&args.fonts) };
        let printer = Printer::new(Templates::load(args.templates.as_deref()), fonts);
        Ok(Self { printer, key, revision })
    }

    /// Prints a record; what is wrong is told without the file's name.
    fn print(&self, args: &Render, record: &Value, bytes: &[u8]) -> Result<Printed, Wrong> {
        let case_label = args.case.clone().unwrap_or_else(|| default_case(record, bytes));
        let reference = case_label.parse().unwrap_or_else(|_| CaseReference::standing_for(&case_label));
        let request = PrintRequest {
            template: &args.template,
            snapshot: record,
            case_label,
            reference,
            revision: self.revision,
            key: &self.key,
            printed_at: printed_at(record).map_err(Wrong::Refused)?,
        };
        self.printer.print(&request).map_err(|error| match error {
            PrintError::Incomplete(_) => {
                Wrong::Refused(format!("{error}; samples/referral.json shows a whole record"))
            }
            PrintError::MissingGlyph(_) | PrintError::TooLong { .. } => Wrong::Refused(error.to_string()),
            PrintError::UnknownTemplate { .. } | PrintError::Template(_) => Wrong::Form(error.to_string()),
        })
    }
}

/// Why one record isn't printed.
enum Wrong {
    /// It is no record at all.
    NoRecord(String),
    /// It can't be printed as it is.
    Refused(String),
    /// Its form can't print at all.
    Form(String),
}

impl Wrong {
    /// The failure of a command; `place` is where the record stands, with `: ` at its end.
    fn of(self, place: &str) -> Failure {
        match self {
            Self::NoRecord(what) => Failure::Unable(format!("{place}{what}")),
            Self::Refused(what) => Failure::Refused(format!("{place}{what}")),
            Self::Form(what) => Failure::Unable(what),
        }
    }
}

/// The beginning of the record's day of print. A record without one is left to the printer, which names
/// it among all that the record lacks.
fn printed_at(record: &Value) -> Result<Timestamp, String> {
    let Some(text) = record["printed_on"].as_str() else { return Ok(Timestamp::UNIX_EPOCH) };
    let wrong =
        |_| format!("printed_on is {text:?}, no date such as 2026-11-23; mend it, or give --printed-on DATE");
    let date: Date = text.parse().map_err(wrong)?;
    jiff::tz::offset(8).to_timestamp(date.at(0, 0, 0, 0)).map_err(wrong)
}

/// The case number, or what stands for the record's bytes.
fn default_case(record: &Value, bytes: &[u8]) -> String {
    match record["case"]["number"].as_str() {
        Some(number) if !number.is_empty() => number.to_owned(),
        _ => Digest::of(bytes).short(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        render: Render,
    }

    /// Renders this record and returns the exit code's kind and what was said.
    fn rendered(record: &str) -> (bool, String) {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(path("record.json"), record).expect("written");
        std::fs::write(path("key"), "07".repeat(32)).expect("written");
        let (data, key, output) = (path("record.json"), path("key"), path("form.pdf"));
        let line = ["render", "--template", "referral", "--data", &data, "--key-file", &key, "-o", &output];
        let line: Line = clap::Parser::parse_from(line);
        match render(&line.render) {
            Err(Failure::Refused(said)) => (true, said),
            Err(Failure::Unable(said)) => (false, said),
            Ok(()) => panic!("{record} was printed"),
        }
    }

    #[test]
    fn a_record_without_its_parts_is_refused_by_file_and_path() {
        let (refused, said) = rendered("{}");
        assert!(refused);
        for part in [
            "record.json: organisation.name",
            "case.number",
            "school.name",
            "printed_on",
            "content",
            "subject",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let (refused, said) = rendered(r#"{"printed_on": "tomorrow"}"#);
        assert!(refused && said.contains("record.json: printed_on is \"tomorrow\""), "{said}");
    }

    #[test]
    fn what_is_no_record_at_all_can_not_be_run() {
        let (refused, said) = rendered("[1");
        assert!(!refused && said.contains("record.json: not a JSON record"), "{said}");
    }
}
