//! Several records, one a line, become one PDF: printed on all cores, joined as they come.
//!
//! Memory doesn't grow with the number of records. The file gets its name when all is in it: of records
//! that can't be printed each is named, and nothing is written.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, IsTerminal as _, Write};
use std::ops::ControlFlow;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Desk, Failure, Render, Wrong, record};
use crate::forms::Printed;
use crate::forms::bulk::{in_order, workers};
use crate::forms::join::Joiner;

/// Forms between two lines of progress where nobody watches.
const SAID_EVERY: usize = 100;

pub(super) fn render(args: &Render) -> Result<(), Failure> {
    if args.case.is_some() {
        return Err(Failure::Unable(
            "--case names one case, and a .jsonl file has several: each record names its own".into(),
        ));
    }
    let records = File::open(&args.data).map_err(|e| named(&args.data, "the records can't be read", &e))?;
    let desk = Desk::open(args)?;
    let mut forms = Begun::new(&args.output)?;
    let mut layouts = args.layout.as_deref().map(Begun::new).transpose()?;
    let title = args.output.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut joiner = Joiner::new(&mut forms.file, &title)
        .map_err(|e| Failure::Unable(format!("{}: {e}", args.output.display())))?;
    let mut progress = Progress::new();
    let lines = (1_usize..).zip(BufReader::new(records).lines());
    let wanted = lines.filter(|(_, line)| line.as_ref().map_or(true, |line| !line.trim().is_empty()));
    let print = |(number, line): (usize, io::Result<String>)| {
        let printed = match line {
            Ok(line) => {
                record(args, line.as_bytes()).and_then(|record| desk.print(args, &record, line.as_bytes()))
            }
            Err(error) => Err(Wrong::NoRecord(format!("the line can't be read: {error}"))),
        };
        (number, printed)
    };
    let ended = in_order(wanted, workers(), print, |(number, printed)| {
        let place = format!("{}:{number}: ", args.data.display());
        let kept = match printed {
            // Once one was refused the others are only tried, so that all of the wrong ones are named.
            Ok(_) if progress.refused > 0 => Ok(()),
            Ok(printed) => keep(&mut joiner, layouts.as_mut(), &printed)
                .map_err(|what| Failure::Unable(format!("{place}{what}"))),
            Err(wrong) => match wrong.of(&place) {
                Failure::Refused(message) => {
                    progress.refuse(&message);
                    Ok(())
                }
                unable @ Failure::Unable(_) => Err(unable),
            },
        };
        progress.count();
        match kept {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => ControlFlow::Break(failure),
        }
    });
    progress.end();
    if let ControlFlow::Break(failure) = ended {
        return Err(failure);
    }
    if progress.refused > 0 {
        let (refused, done) = (progress.refused, progress.done);
        return Err(Failure::Refused(format!(
            "{refused} of {done} records can't be printed; nothing was written"
        )));
    }
    if progress.done == 0 {
        return Err(Failure::Unable(format!("{}: there is no record in it", args.data.display())));
    }
    joiner.finish().map_err(|e| Failure::Unable(format!("{}: {e}", args.output.display())))?;
    forms.end()?;
    layouts.map_or(Ok(()), Begun::end)
}

fn keep<W: Write>(
    joiner: &mut Joiner<W>,
    layouts: Option<&mut Begun<'_>>,
    printed: &Printed,
) -> Result<(), String> {
    joiner.add(&printed.layout.case, &printed.pdf).map_err(|e| e.to_string())?;
    if let Some(layouts) = layouts {
        let line = serde_json::to_string(&printed.layout).map_err(|e| e.to_string())?;
        writeln!(layouts.file, "{line}").map_err(|e| format!("{}: {e}", layouts.path.display()))?;
    }
    Ok(())
}

/// A file that is written beside its place and vanishes unless it is ended.
struct Begun<'p> {
    file: BufWriter<NamedTempFile>,
    path: &'p Path,
}

impl<'p> Begun<'p> {
    fn new(path: &'p Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().permissions(mode()).tempfile_in(folder);
        let file = file.map_err(|e| named(path, "can't be written", &e))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), path })
    }

    fn end(self) -> Result<(), Failure> {
        let wrong = |e: &io::Error| named(self.path, "can't be written", e);
        let file = self.file.into_inner().map_err(|e| wrong(e.error()))?;
        file.persist(self.path).map_err(|e| wrong(&e.error))?;
        Ok(())
    }
}

/// As for any file that a command writes: the user's umask decides who else may read it.
fn mode() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

fn named(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::Unable(format!("{}: {what}: {error}", path.display()))
}

/// How far it is, on standard error: one line that is written over where somebody watches.
struct Progress {
    done: usize,
    refused: usize,
    watched: bool,
}

impl Progress {
    fn new() -> Self {
        Self { done: 0, refused: 0, watched: io::stderr().is_terminal() }
    }

    fn count(&mut self) {
        self.done += 1;
        if self.watched {
            eprint!("\r{} forms", self.done);
        } else if self.done.is_multiple_of(SAID_EVERY) {
            eprintln!("casebind render: {} forms", self.done);
        }
    }

    fn refuse(&mut self, message: &str) {
        self.refused += 1;
        eprintln!("{}casebind render: {message}", if self.watched { "\r" } else { "" });
    }

    fn end(&self) {
        if self.watched {
            eprintln!("\r{} forms", self.done);
        } else {
            eprintln!("casebind render: {} forms in all", self.done);
        }
    }
}
