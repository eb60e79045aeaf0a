//! `casebind inspect`: what is on scans, without a server. Other tools rely on its JSON and exit codes.
//!
//! Exit codes: 0 all accepted, 2 one refused at least, 1 one could not be inspected or the command was wrong.
//! With `--json` every scan has its line ([`super::inspected`]), one that could not be inspected too.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::inspected::{Hint, Report, ReportedBox, ReportedPage, ReportedRefusal};
use crate::case::ids::{CaseReference, Digest, Revision};
use crate::forms::code::{CodeKey, PageCode};
use crate::forms::key::{KeyError, installation_key, read_key};
use crate::forms::layout::Layout;
use crate::intake::{ExpectedPrint, Judge, Judgement, Limits, PageReport, Purpose, Request};

/// Arguments of `casebind inspect`.
#[derive(Args)]
pub struct InspectArgs {
    /// Scans to inspect.
    #[arg(required = true, value_name = "SCAN.pdf")]
    scans: Vec<PathBuf>,
    /// The layout of the form that the scans should be of, as `casebind render --layout` writes it.
    #[arg(long, value_name = "FILE")]
    layout: Option<PathBuf>,
    /// The form as printed, to compare the seal boxes with.
    #[arg(long, value_name = "FILE", requires = "layout")]
    form: Option<PathBuf>,
    /// The key of the printed codes; the installation's when absent. Without any, codes are held against the layout's.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The data directory of the installation, whose key is used without --key-file.
    #[arg(long, value_name = "DIR", env = "CASEBIND_DATA", default_value = "data")]
    data_dir: PathBuf,
    /// Print one JSON object per scan, a line each.
    #[arg(long)]
    json: bool,
    /// Tell where each seal box was seen: its corners from the top left clockwise, in shares of the page's width
    /// and height as it is shown.
    #[arg(long, requires = "json")]
    places: bool,
    /// Write a picture of each seal box into this folder.
    #[arg(long, value_name = "DIR")]
    crops: Option<PathBuf>,
}

/// Why the command could not run.
#[derive(Debug, thiserror::Error)]
enum CannotRun {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{}: {what}", path.display())]
    Content { path: PathBuf, what: String },
    #[error("{0}")]
    Other(String),
}

/// Inspects all scans, in order.
#[must_use]
pub fn run(args: InspectArgs) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let outcome = runtime
        .map_err(|e| CannotRun::Other(e.to_string()))
        .and_then(|runtime| runtime.block_on(inspect_all(args)));
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("casebind inspect: {error}");
            ExitCode::from(1)
        }
    }
}

/// What all scans of one call share.
struct Session {
    judge: Judge,
    expected: Vec<ExpectedPrint>,
    layout: Option<Layout>,
    key: Option<CodeKey>,
    crops: Option<PathBuf>,
    json: bool,
    places: bool,
}

async fn inspect_all(args: InspectArgs) -> Result<u8, CannotRun> {
    let session = Arc::new(prepare(&args)?);
    let ahead = std::thread::available_parallelism().map_or(1, usize::from);
    let mut running = VecDeque::new();
    let mut scans = args.scans.into_iter();
    let mut code = 0;
    loop {
        while running.len() < ahead
            && let Some(scan) = scans.next()
        {
            let session = Arc::clone(&session);
            running.push_back(tokio::spawn(async move { session.inspect(&scan).await }));
        }
        let Some(task) = running.pop_front() else { return Ok(code) };
        let (text, outcome) = task.await.map_err(|e| CannotRun::Other(e.to_string()))?;
        if let Some(text) = text {
            say!("{text}");
        }
        match outcome {
            Ok(accepted) if !accepted && code == 0 => code = 2,
            Ok(_) => {}
            Err(error) => {
                eprintln!("casebind inspect: {error}");
                code = 1;
            }
        }
    }
}

fn prepare(args: &InspectArgs) -> Result<Session, CannotRun> {
    let exe = std::env::current_exe().map_err(|e| CannotRun::Other(e.to_string()))?;
    let layout = args.layout.as_deref().map(read_layout).transpose()?;
    let form = args.form.as_deref().map(read).transpose()?;
    let expected: Vec<_> = layout.iter().map(|layout| expected(layout, form.clone())).collect();
    let key = find_key(args)?;
    if key.is_none() && expected.iter().all(|print| print.texts.is_empty()) {
        eprintln!(
            "casebind inspect: there is no key and no layout: codes are read, but nobody can tell whether they are genuine"
        );
    }
    if let Some(folder) = &args.crops {
        fs::create_dir_all(folder).map_err(|source| CannotRun::File { path: folder.clone(), source })?;
    }
    Ok(Session {
        judge: Judge::new(exe, Limits::default()),
        expected,
        layout,
        key,
        crops: args.crops.clone(),
        json: args.json,
        places: args.places,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, CannotRun> {
    fs::read(path).map_err(|source| CannotRun::File { path: path.to_owned(), source })
}

fn read_layout(path: &Path) -> Result<Layout, CannotRun> {
    serde_json::from_slice(&read(path)?)
        .map_err(|e| CannotRun::Content { path: path.to_owned(), what: format!("not a layout: {e}") })
}

/// The key file named, or the installation's if there is one.
fn find_key(args: &InspectArgs) -> Result<Option<CodeKey>, CannotRun> {
    let key = match &args.key_file {
        Some(path) => read_key(path).map(Some),
        None => match installation_key(&args.data_dir) {
            Err(KeyError::Absent { .. }) => Ok(None),
            key => key.map(Some),
        },
    };
    key.map_err(|e| CannotRun::Other(e.to_string()))
}

/// The print that a layout describes.
fn expected(layout: &Layout, form: Option<Vec<u8>>) -> ExpectedPrint {
    let printed = layout.pages.iter().flat_map(|p| &p.codes).find_map(|c| PageCode::read(&c.text));
    let reference = printed.map_or_else(
        || layout.case.parse().unwrap_or_else(|_| CaseReference::standing_for(&layout.case)),
        |printed| printed.code.reference,
    );
    let revision = printed.map(|printed| printed.code.revision);
    ExpectedPrint {
        reference,
        revision: revision
            .or_else(|| Revision::try_from(i64::from(layout.revision)).ok())
            .unwrap_or_else(|| Revision::try_from(1).expect("one is a revision")),
        pages: u8::try_from(layout.pages.len()).unwrap_or(u8::MAX),
        newest: true,
        form: form.map(|form| (form, layout.clone())),
        texts: layout.pages.iter().flat_map(|p| &p.codes).map(|code| code.text.clone()).collect(),
    }
}

/// A scan as it was found.
enum Found {
    /// All of it.
    Whole(Vec<u8>),
    /// It has more bytes than any scan may have: so many, of which these are the first.
    TooBig(u64, Vec<u8>),
}

impl Found {
    /// Reads a scan of at most `most` bytes; of a longer one what tells its kind.
    fn read(path: &Path, most: u64) -> io::Result<Self> {
        const HEAD: u64 = 1024;
        let file = File::open(path)?;
        let told = file.metadata()?.len();
        let mut bytes = Vec::new();
        // What grows, or has no length at all, is read to one byte too many.
        file.take(if told > most { HEAD } else { most.saturating_add(1) }).read_to_end(&mut bytes)?;
        let there = told.max(bytes.len() as u64);
        if there <= most {
            return Ok(Self::Whole(bytes));
        }
        bytes.truncate(HEAD as usize);
        Ok(Self::TooBig(there, bytes))
    }
}

impl Session {
    /// What is told of a scan on standard output, and whether it is accepted.
    async fn inspect(&self, scan: &Path) -> (Option<String>, Result<bool, CannotRun>) {
        let most = self.judge.limits().max_bytes;
        let found =
            Found::read(scan, most).map_err(|source| CannotRun::File { path: scan.to_owned(), source });
        let (report, outcome) = match found {
            Err(error) => (Report::unreadable(&error.to_string()), Err(error)),
            Ok(Found::TooBig(bytes, head)) => (Report::too_big(&head, bytes, most), Ok(false)),
            Ok(Found::Whole(bytes)) => match self.judged(scan, &bytes).await {
                Err(error) => (Report::not_judged(&bytes, &error.to_string()), Err(error)),
                Ok(report) => {
                    let accepted = report.refusals.is_empty();
                    (report, Ok(accepted))
                }
            },
        };
        let text = if self.json {
            Some(serde_json::to_string(&report).expect("reports are plain data"))
        } else {
            outcome.is_ok().then(|| report.for_people(scan))
        };
        (text, outcome)
    }

    async fn judged(&self, scan: &Path, bytes: &[u8]) -> Result<Report, CannotRun> {
        let request = Request {
            bytes,
            purpose: Purpose::SignedForm,
            expected: &self.expected,
            key: self.key.as_ref(),
            by_hand: None,
        };
        let judgement = self
            .judge
            .judge(request)
            .await
            .map_err(|e| CannotRun::Content { path: scan.to_owned(), what: e.to_string() })?;
        self.report(scan, &judgement)
    }

    fn report(&self, scan: &Path, judgement: &Judgement) -> Result<Report, CannotRun> {
        let pages = judgement
            .pages
            .iter()
            .map(|page| self.page(scan, &judgement.digest, page))
            .collect::<Result<_, _>>()?;
        Ok(Report {
            sha256: judgement.digest.to_string(),
            bytes: judgement.bytes,
            kind: judgement.kind.map_or_else(str::to_owned, |kind| kind.as_str().to_owned()),
            refusals: judgement
                .refusals
                .iter()
                .map(|r| ReportedRefusal { code: r.code.clone(), message: r.message.clone() })
                .collect(),
            pages,
            complete: judgement.complete,
            hints: judgement.out_of_order().map(|order| Hint::out_of_order(&order)).into_iter().collect(),
        })
    }

    fn page(&self, scan: &Path, digest: &Digest, page: &PageReport) -> Result<ReportedPage, CannotRun> {
        let mut boxes = Vec::with_capacity(page.boxes.len());
        for seen in &page.boxes {
            let crop = self.write_crop((scan, digest), page.index, &seen.id, &seen.crop)?;
            let ink = (seen.ink * 1e4).round() / 1e4;
            let place = seen.place.filter(|_| self.places);
            boxes.push(ReportedBox { id: seen.id.clone(), verdict: seen.verdict, ink, crop, place });
        }
        Ok(ReportedPage {
            index: page.index,
            case: page.case.map(|reference| self.case_name(reference)),
            revision: page.revision,
            page: page.page,
            pages: page.pages,
            mac: page.mac,
            turn: page.turn,
            how: page.how,
            boxes,
        })
    }

    /// The layout's own name for its case; the reference for any other.
    fn case_name(&self, reference: CaseReference) -> String {
        match (&self.layout, self.expected.first()) {
            (Some(layout), Some(print)) if print.reference == reference => layout.case.clone(),
            _ => reference.to_string(),
        }
    }

    fn write_crop(
        &self,
        (scan, digest): (&Path, &Digest),
        page: u32,
        id: &str,
        png: &[u8],
    ) -> Result<Option<PathBuf>, CannotRun> {
        let Some(folder) = self.crops.as_ref().filter(|_| !png.is_empty()) else { return Ok(None) };
        let stem = scan.file_stem().unwrap_or_default().to_string_lossy();
        // Two scans may have one name.
        let digest = &digest.to_string()[..12];
        let safe: String =
            id.chars().map(|c| if c.is_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
        let path = folder.join(format!("{stem}-{digest}-p{page}-{safe}.png"));
        fs::write(&path, png).map_err(|source| CannotRun::File { path: path.clone(), source })?;
        Ok(Some(path))
    }
}
