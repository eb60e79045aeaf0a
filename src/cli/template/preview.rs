//! `casebind template preview`: the sample as PDF and PNG, anew at each change of the folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use notify::{Event, RecursiveMode, Watcher as _};

use super::Outcome;
use super::check::tell;
use super::target::{Places, Target};
use crate::forms::templates::{Templates, shared_base_beside};
use crate::forms::{Printer, check};
use crate::paper::Pages;

/// An editor saves in several steps: this long nothing may change before it counts as saved.
const SETTLED: Duration = Duration::from_millis(150);
const MILLIMETRES_PER_INCH: f64 = 25.4;

/// Shows a form.
#[derive(Args)]
pub(super) struct PreviewArgs {
    /// The form: its id in the directory of form folders, or its folder's path
    #[arg(value_name = "ID|FOLDER")]
    form: String,
    /// Where the pages go: a directory, or a file FORM.pdf with FORM-1.png .. beside it
    #[arg(short, long, value_name = "DIR|FORM.pdf", default_value = "preview")]
    output: PathBuf,
    /// Prints once and ends
    #[arg(long)]
    once: bool,
    /// Dots per inch of the PNG pages
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u16).range(50..=600))]
    dpi: u16,
    /// Black and white alone, as a fax or a poor scanner shows it; best with --dpi 200
    #[arg(long)]
    black_and_white: bool,
    #[command(flatten)]
    places: Places,
}

/// Prints and watches; with `--once`: 0 sound, 2 findings.
pub(super) fn run(args: &PreviewArgs) -> Outcome {
    let target = args.places.target(&args.form)?;
    let output = Output::of(args, &target)?;
    let mut printer = Printer::new(Templates::default(), args.places.fonts()?);
    if args.once {
        let findings = show(&mut printer, &target, &output)?;
        return Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) });
    }
    let Target::Folder(folder) = &target else {
        return Err(format!("{} is built in and doesn't change: use --once", target.id()));
    };
    let (send, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Reading is an event too, and we read. Nobody listens any more only when the program ends.
        if !event.as_ref().is_ok_and(|event| event.kind.is_access()) {
            let _ = send.send(event);
        }
    })
    .map_err(|error| format!("changes can't be watched: {error}"))?;
    for watched in [Some(folder.clone()), shared_base_beside(folder)].into_iter().flatten() {
        watcher
            .watch(&watched, RecursiveMode::Recursive)
            .map_err(|error| format!("{} can't be watched: {error}", watched.display()))?;
    }
    let mut shown = None;
    loop {
        let now = state(folder);
        if shown.as_ref() != Some(&now) {
            show(&mut printer, &target, &output)?;
            say!("watching {}; end with Ctrl-C", folder.display());
            shown = Some(now);
        }
        changes.recv().map_err(|_| "the watch has ended")?.map_err(|error| error.to_string())?;
        while changes.recv_timeout(SETTLED).is_ok() {}
    }
}

/// The files that a preview depends on, as they are now.
fn state(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> =
        [Some(folder.to_owned()), shared_base_beside(folder)].into_iter().flatten().collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => drop(files.insert(entry.path(), std::fs::read(entry.path()).ok())),
            }
        }
    }
    files
}

/// Prints the sample as it is now, says what is wrong, and returns how much that is.
fn show(printer: &mut Printer, target: &Target, output: &Output) -> Result<usize, String> {
    target.load(printer);
    let findings = tell(printer, target, false);
    match check::draft(printer, &target.id()) {
        Ok(pdf) => say!("{}; {findings} findings", output.write(pdf)?),
        Err(_) => say!("not printed; {findings} findings"),
    }
    Ok(findings)
}

/// Where and how pages are written.
struct Output {
    pdf: PathBuf,
    pixels_per_mm: f64,
    black_and_white: bool,
}

impl Output {
    fn of(args: &PreviewArgs, target: &Target) -> Result<Self, String> {
        let is_file = args.output.extension().is_some_and(|extension| extension == "pdf");
        let pdf =
            if is_file { args.output.clone() } else { args.output.join(format!("{}.pdf", target.id())) };
        let dir = pdf.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        // What is written into the folder would be a part of the form, and a change of it.
        if let Target::Folder(folder) = target
            && let (Ok(dir), Ok(folder)) = (dir.canonicalize(), folder.canonicalize())
            && dir.starts_with(&folder)
        {
            return Err(format!("-o {}: choose a place outside the form's folder", args.output.display()));
        }
        let pixels_per_mm = f64::from(args.dpi) / MILLIMETRES_PER_INCH;
        Ok(Self { pdf, pixels_per_mm, black_and_white: args.black_and_white })
    }

    /// Writes the PDF and its pages, and says where they are.
    fn write(&self, pdf: Vec<u8>) -> Result<String, String> {
        let wrong = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        std::fs::write(&self.pdf, &pdf).map_err(|error| wrong(&self.pdf, &error))?;
        let pages = Pages::open(pdf, u64::MAX).map_err(|error| wrong(&self.pdf, &error))?;
        let pages = pages.renditions(self.pixels_per_mm);
        for (number, mut page) in (1..).zip(pages.iter().cloned()) {
            if self.black_and_white {
                page.pixels_mut().for_each(|pixel| pixel.0[0] = if pixel.0[0] < 128 { 0 } else { 255 });
            }
            let path = self.png(number);
            page.save(&path).map_err(|error| wrong(&path, &error))?;
        }
        // Pages of an earlier, longer print would be taken for pages of this one.
        for number in pages.len() + 1.. {
            if std::fs::remove_file(self.png(number)).is_err() {
                break;
            }
        }
        let last = self.png(pages.len());
        Ok(match pages.len() {
            1 => format!("{} and {}", self.pdf.display(), last.display()),
            _ => format!("{} and {} .. {}", self.pdf.display(), self.png(1).display(), last.display()),
        })
    }

    fn png(&self, number: usize) -> PathBuf {
        let stem = self.pdf.file_stem().unwrap_or_default().to_string_lossy();
        self.pdf.with_file_name(format!("{stem}-{number}.png"))
    }
}
