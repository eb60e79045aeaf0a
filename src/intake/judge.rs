//! The parent's side: starts a child for each file, waits within limits, checks what comes back, and
//! decides with the key what the pages are.
//!
//! The child is not trusted: its answer is held to the same limits as the file, and an answer that
//! doesn't fit is a crash.

use std::io::Cursor;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use image::{ImageFormat, ImageReader};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

pub use super::page_set::{How as ShowHow, MacState};

use super::blanks::{Blank, Blanks};
use super::page_set::{self, KnownPrint, PageSet, ReadPage, Standing};
use super::wire::{Answer, Ask, ChangeAnswer, Drawn, PageAnswer, Task};
use super::{FileKind, Limits, Purpose, Reason, Refusal, child, frame, kind};
use crate::case::ids::{CaseReference, Digest, Revision};
use crate::forms::code::{CodeKey, DIGITS};
use crate::forms::layout::Layout;
use crate::paper::{ChangeKind, READER_VERSION, Verdict};

/// One print of the case that a signed form is expected for.
#[derive(Clone, Debug)]
pub struct ExpectedPrint {
    /// The case.
    pub reference: CaseReference,
    /// The print.
    pub revision: Revision,
    /// How many pages it has.
    pub pages: u8,
    /// Whether the scan has to be of this one.
    pub newest: bool,
    /// The printed PDF and its layout: what the boxes are compared with. Used for the newest only.
    pub form: Option<(Vec<u8>, Layout)>,
}

/// What is to be judged.
#[derive(Debug)]
pub struct Request<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// What it is handed in as.
    pub purpose: Purpose,
    /// All prints of the case. Empty: the file is judged by itself.
    pub expected: &'a [ExpectedPrint],
    /// The installation's key. Without it codes are read but not checked.
    pub key: Option<&'a CodeKey>,
    /// The revision of the short code that a person typed for this case.
    pub by_hand: Option<Revision>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Bytes of the file.
    pub bytes: u64,
    /// The kind by content; what it seems to be when it isn't an accepted kind.
    pub kind: Result<FileKind, &'static str>,
    /// Pages of the file; 0 when it could not be opened.
    pub page_count: u32,
    /// Why it can't be accepted; empty when it can.
    pub refusals: Vec<Refusal>,
    /// The same with their facts.
    pub reasons: Vec<Reason>,
    /// What was seen, page by page. Empty for attachments.
    pub pages: Vec<PageReport>,
    /// Whether every page of the form is there.
    pub complete: bool,
    /// Whether a person has to check what the pages are (需人工核對).
    pub needs_manual: bool,
    /// The reader's version.
    pub reader: u16,
}

impl Judgement {
    /// Whether nothing speaks against the file.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.reasons.is_empty()
    }

    /// All boxes of the form's pages, in order.
    pub fn boxes(&self) -> impl Iterator<Item = &BoxReport> {
        self.pages.iter().flat_map(|page| &page.boxes)
    }

    /// Whether there are boxes and no ink was seen in any of them: the applicant has to confirm.
    /// In black and white that is "unsure", and is asked about as well.
    #[must_use]
    pub fn all_boxes_empty(&self) -> bool {
        let bare = |b: &BoxReport| match b.verdict {
            Verdict::Empty => true,
            Verdict::Unsure => b.ink == 0.0 && !b.crop.is_empty(),
            Verdict::Marked => false,
        };
        self.boxes().next().is_some() && self.boxes().all(bare)
    }
}

/// One page of the file.
#[derive(Clone, Debug, Serialize)]
pub struct PageReport {
    /// The page of the file, from 1.
    pub index: u32,
    /// Whose it is. Never shown for another case's page.
    #[serde(skip)]
    pub case: Option<CaseReference>,
    /// The revision, where the code is trusted.
    pub revision: Option<Revision>,
    /// The page of the form, from 1.
    pub page: Option<u8>,
    /// How many pages the form has.
    pub pages: Option<u8>,
    /// Whether the code is genuine.
    pub mac: MacState,
    /// How the page was identified.
    pub how: ShowHow,
    /// Whether it is a page of the form that was expected.
    pub ours: bool,
    /// Whether it is an empty back.
    pub blank: bool,
    /// By how many degrees its content is turned clockwise: 0, 90, 180 or 270.
    pub turn: u16,
    /// What remains of the angle, in degrees.
    pub skew_degrees: f32,
    /// How well it fits the form, as the median distance in millimetres, where it was compared.
    pub misfit_mm: Option<f32>,
    /// The page of the form that a page without codes looks like: a guess, for a person to confirm.
    pub looks_like: Option<u8>,
    /// The seal boxes on it.
    pub boxes: Vec<BoxReport>,
    /// What differs from the print outside the boxes, from the top. Hints.
    pub changes: Vec<ChangeReport>,
    /// The page upright, as JPEG.
    #[serde(skip)]
    pub thumbnail: Vec<u8>,
}

/// One seal box.
#[derive(Clone, Debug, Serialize)]
pub struct BoxReport {
    /// The box's id.
    pub id: String,
    /// The label.
    pub label: String,
    /// What it looks like.
    pub verdict: Verdict,
    /// Share of the box's inside that is ink, 0 to 1.
    pub ink: f64,
    /// Share of the box's inside that the ink's bounds take.
    pub spread: f64,
    /// The box upright with some margin, as PNG. Empty where it could not be found.
    #[serde(skip)]
    pub crop: Vec<u8>,
}

/// A place outside the boxes where the page differs from the print, in millimetres on the form.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// In which way.
    pub kind: ChangeKind,
    /// Left edge.
    pub x_mm: f64,
    /// Top edge.
    pub y_mm: f64,
    /// Width.
    pub w_mm: f64,
    /// Height.
    pub h_mm: f64,
    /// Ink added, or print covered, in square millimetres.
    pub area_mm2: f64,
    /// The place upright with some margin, as JPEG.
    #[serde(skip)]
    pub crop: Vec<u8>,
}

/// Why a judgement could not be made at all; never the file's fault.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFailure {
    /// The child can't be started.
    #[error("the reading process can't be started: {0}")]
    Spawn(#[source] std::io::Error),
    /// The expected form can't be read.
    #[error("the expected form can't be read")]
    Form,
}

/// Starts children, as many at once as there are cores. Each reads one file and ends: what a file did to
/// one, no other file meets.
#[derive(Clone, Debug)]
pub struct Judge {
    exe: PathBuf,
    limits: Limits,
    slots: Arc<Semaphore>,
    warm: Arc<Warm>,
    blanks: Arc<Blanks>,
}

/// Children that have been started and limited and wait for a file, so that no upload waits for that.
#[derive(Debug, Default)]
struct Warm {
    children: Mutex<Vec<Child>>,
    /// How many there should be.
    wanted: AtomicUsize,
}

impl Warm {
    fn children(&self) -> MutexGuard<'_, Vec<Child>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is still alive.
    fn take(&self) -> Option<Child> {
        let mut children = self.children();
        std::iter::from_fn(|| children.pop()).find_map(|mut child| {
            let alive = matches!(child.try_wait(), Ok(None));
            alive.then_some(child)
        })
    }

    fn is_short(&self) -> bool {
        self.children().len() < self.wanted.load(Ordering::Relaxed)
    }
}

impl Judge {
    /// A judge that runs `exe judge-child`: this program itself.
    #[must_use]
    pub fn new(exe: PathBuf, limits: Limits) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            exe,
            limits,
            slots: Arc::new(Semaphore::new(cores)),
            warm: Arc::default(),
            blanks: Arc::default(),
        }
    }

    /// Keeps a child waiting for each core from now on. Needs the runtime that the files will be judged on.
    pub fn warm_up(&self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.warm.wanted.store(cores, Ordering::Relaxed);
        self.refill();
    }

    /// Starts the children that are missing. One that can't be started is told when a file needs it.
    fn refill(&self) {
        while self.warm.is_short() {
            let Ok(child) = self.spawn() else { return };
            self.warm.children().push(child);
        }
    }

    /// The limits that files are held to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Judges one file.
    ///
    /// # Errors
    /// When no judgement can be made; whatever is wrong with the file is a refusal in the judgement.
    pub async fn judge(&self, request: Request<'_>) -> Result<Judgement, JudgeFailure> {
        let mut judgement = Judgement {
            digest: Digest::of(request.bytes),
            bytes: request.bytes.len() as u64,
            kind: kind::sniff(request.bytes),
            page_count: 0,
            refusals: Vec::new(),
            reasons: Vec::new(),
            pages: Vec::new(),
            complete: false,
            needs_manual: false,
            reader: READER_VERSION,
        };
        let found = match kind::admit(request.bytes, request.purpose, &self.limits) {
            Ok(_) => self.ask(&request).await?,
            Err(reason) => Err(reason),
        };
        match found {
            Ok((answer, blobs)) => fill(&mut judgement, &request, answer, blobs),
            Err(reason) => judgement.reasons.push(reason),
        }
        judgement.refusals = judgement.reasons.iter().map(Refusal::from).collect();
        Ok(judgement)
    }

    async fn ask(
        &self,
        request: &Request<'_>,
    ) -> Result<Result<(Answer, Vec<Vec<u8>>), Reason>, JudgeFailure> {
        let form = newest_form(request.expected);
        let layout = form.map(|(_, layout)| layout);
        let blank = match form {
            Some((pdf, layout)) => self.blank(pdf, layout.pages.len()).await?,
            None => Blank::default(),
        };
        let ask = Ask {
            purpose: request.purpose,
            limits: self.limits.clone(),
            layout: layout.cloned(),
            by_hand: request.by_hand.is_some(),
        };
        let mut blobs = vec![request.bytes];
        blobs.extend(blank.iter().map(Vec::as_slice));
        let output = match self.send(&Task::Judge(ask), &blobs).await? {
            Ok(output) => output,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(checked(&output, layout, &self.limits).ok_or(Reason::Crashed))
    }

    /// The pages of one of our forms as pictures: those from last time, or drawn by a child of its own.
    async fn blank(&self, pdf: &[u8], pages: usize) -> Result<Blank, JudgeFailure> {
        let digest = Digest::of(pdf);
        if let Some(blank) = self.blanks.get(&digest) {
            return Ok(blank);
        }
        let output = self.send(&Task::Draw, &[pdf]).await?.map_err(|_| JudgeFailure::Form)?;
        let (_, drawn) = frame::unpack::<Drawn>(&output)
            .ok()
            .filter(|(header, blobs)| header.pages == pages && blobs.len() == pages)
            .ok_or(JudgeFailure::Form)?;
        let blank: Blank = Arc::new(drawn.into_iter().map(<[u8]>::to_vec).collect());
        self.blanks.put(digest, Arc::clone(&blank));
        Ok(blank)
    }

    /// What a child answers, or why it doesn't.
    async fn send(&self, task: &Task, blobs: &[&[u8]]) -> Result<Result<Vec<u8>, Reason>, JudgeFailure> {
        let message = frame::pack(task, blobs);
        let _slot = self.slots.acquire().await.expect("never closed");
        let child = match self.warm.take() {
            Some(child) => child,
            None => self.spawn().map_err(JudgeFailure::Spawn)?,
        };
        let talk = converse(child, message, self.limits.max_report_bytes);
        let talked = tokio::time::timeout(self.limits.wall_time, talk).await;
        self.refill();
        let Ok(end) = talked else {
            return Ok(Err(Reason::TimeLimit));
        };
        let end = end.map_err(JudgeFailure::Spawn)?;
        if end.status.code() == Some(i32::from(child::BAD_REQUEST)) {
            return Err(JudgeFailure::Form);
        }
        if !end.status.success() {
            return Ok(Err(why_it_ended(&end)));
        }
        Ok(Ok(end.output))
    }

    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.exe)
            .arg("judge-child")
            .args(["--memory", &self.limits.max_memory.to_string()])
            .args(["--cpu", &self.limits.cpu_seconds.to_string()])
            .env_clear()
            // Pictures are large and short-lived: giving them back to the system each time costs more
            // than all else.
            .env("MIMALLOC_PURGE_DELAY", "-1")
            // What the allocator sets aside but doesn't use must not count against the child's limit.
            .env("MIMALLOC_ARENA_RESERVE", "65536")
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }
}

fn newest_form(expected: &[ExpectedPrint]) -> Option<(&Vec<u8>, &Layout)> {
    let print = expected.iter().find(|p| p.newest).or_else(|| expected.iter().max_by_key(|p| p.revision))?;
    print.form.as_ref().map(|(pdf, layout)| (pdf, layout))
}

/// How a child ended.
struct End {
    status: ExitStatus,
    output: Vec<u8>,
    errors: Vec<u8>,
}

async fn converse(mut child: Child, message: Vec<u8>, most: u64) -> std::io::Result<End> {
    let mut input = child.stdin.take().expect("piped");
    let (output, errors) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let write = async move {
        // A child that dies early closes the pipe; its exit status says why.
        let _ = input.write_all(&message).await;
        let _ = input.shutdown().await;
    };
    let read = async move {
        let mut bytes = Vec::new();
        output.take(most.saturating_add(1)).read_to_end(&mut bytes).await.map(|_| bytes)
    };
    let complain = async move {
        let mut bytes = Vec::new();
        errors.take(4096).read_to_end(&mut bytes).await.map(|_| bytes)
    };
    let ((), output, errors) = tokio::join!(write, read, complain);
    let output = output?;
    if output.len() as u64 > most {
        child.start_kill()?;
    }
    Ok(End { status: child.wait().await?, output, errors: errors? })
}

fn why_it_ended(end: &End) -> Reason {
    use std::os::unix::process::ExitStatusExt;
    const SIGXCPU: i32 = 24;
    let errors = String::from_utf8_lossy(&end.errors);
    let signs = ["memory allocation of", "Cannot allocate memory", "out of memory"];
    let out_of_memory = signs.iter().any(|sign| errors.contains(sign));
    tracing::warn!(status = %end.status, out_of_memory, "the reading process ended without an answer");
    match end.status.signal() {
        Some(SIGXCPU) => Reason::TimeLimit,
        _ if out_of_memory => Reason::MemoryLimit,
        _ => Reason::Crashed,
    }
}

/// The child's answer with its blobs, if it keeps to the limits.
fn checked(output: &[u8], layout: Option<&Layout>, limits: &Limits) -> Option<(Answer, Vec<Vec<u8>>)> {
    let (answer, blobs) = frame::unpack::<Answer>(output).ok()?;
    let mut rest = blobs.iter();
    let whole = answer.page_count <= limits.max_pages
        && answer.pages.len() <= limits.max_pages as usize
        && answer.pages.iter().all(|page| page_is_sound(page, layout, &mut rest))
        && rest.next().is_none();
    whole.then(|| (answer, blobs.into_iter().map(<[u8]>::to_vec).collect()))
}

fn page_is_sound<'a>(
    page: &PageAnswer,
    layout: Option<&Layout>,
    blobs: &mut impl Iterator<Item = &'a &'a [u8]>,
) -> bool {
    let places = layout
        .zip(page.judged_as)
        .and_then(|(layout, number)| layout.pages.iter().find(|p| p.page == number))
        .map_or(&[][..], |page| &page.boxes);
    let mut next = |format, edge| blobs.next().is_some_and(|blob| picture_within(blob, format, edge));
    page.codes.len() <= 32
        && page.codes.iter().all(|text| text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()))
        && matches!(page.turn, 0 | 90 | 180 | 270)
        && page.skew_degrees.is_finite()
        && page.misfit_mm.is_none_or(f32::is_finite)
        && (!page.thumbnail || next(ImageFormat::Jpeg, 1024))
        && page.boxes.len() == places.len()
        && page.boxes.iter().zip(places).all(|(seen, place)| {
            seen.id == place.id
                && (0.0..=1.0).contains(&seen.ink)
                && (0.0..=1.0).contains(&seen.spread)
                && (!seen.crop || next(ImageFormat::Png, 4096))
        })
        && page.changes.len() <= 32
        && page.changes.iter().all(|change| {
            let figures = [change.x_mm, change.y_mm, change.w_mm, change.h_mm, change.area_mm2];
            figures.iter().all(|v| v.is_finite()) && next(ImageFormat::Jpeg, 4096)
        })
}

fn picture_within(bytes: &[u8], format: ImageFormat, edge: u32) -> bool {
    ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .is_ok_and(|(width, height)| width.max(height) <= edge)
}

fn fill(judgement: &mut Judgement, request: &Request<'_>, answer: Answer, blobs: Vec<Vec<u8>>) {
    judgement.page_count = answer.page_count;
    if let Some(reason) = answer.refusal {
        judgement.reasons.push(reason);
        return;
    }
    if request.purpose == Purpose::Attachment {
        return;
    }
    let read: Vec<ReadPage> = answer.pages.iter().map(read_page).collect();
    let prints: Vec<KnownPrint> = request
        .expected
        .iter()
        .map(|p| KnownPrint {
            reference: p.reference,
            revision: p.revision,
            pages: p.pages,
            newest: p.newest,
        })
        .collect();
    let set = page_set::judge(&read, &prints, request.key, request.by_hand);
    let layout = newest_form(request.expected).map(|(_, layout)| layout);
    judgement.pages = reports(answer.pages, &set, layout, blobs);
    judgement.complete = set.complete;
    judgement.needs_manual = set.needs_manual;
    judgement.reasons = set.reasons;
}

fn read_page(page: &PageAnswer) -> ReadPage {
    ReadPage {
        codes: page.codes.clone(),
        blank: page.blank,
        looks_like: page.looks_like,
        taken_as: page.judged_as,
        obstacles: page.obstacles.clone(),
    }
}

fn reports(
    pages: Vec<PageAnswer>,
    set: &PageSet,
    layout: Option<&Layout>,
    blobs: Vec<Vec<u8>>,
) -> Vec<PageReport> {
    let mut blobs = blobs.into_iter();
    let mut next = |there: bool| if there { blobs.next().unwrap_or_default() } else { Vec::new() };
    let mut reports = Vec::with_capacity(pages.len());
    for ((index, page), identity) in (1..).zip(pages).zip(&set.identities) {
        let thumbnail = next(page.thumbnail);
        let places = layout
            .zip(page.judged_as)
            .and_then(|(layout, number)| layout.pages.iter().find(|p| p.page == number))
            .map_or(&[][..], |page| &page.boxes);
        let mut boxes: Vec<BoxReport> = page
            .boxes
            .into_iter()
            .zip(places)
            .map(|(seen, place)| BoxReport {
                crop: next(seen.crop),
                id: seen.id,
                label: place.label.clone(),
                verdict: seen.verdict,
                ink: seen.ink,
                spread: seen.spread,
            })
            .collect();
        let mut changes: Vec<ChangeReport> = page
            .changes
            .into_iter()
            .map(|ChangeAnswer { kind, x_mm, y_mm, w_mm, h_mm, area_mm2 }| ChangeReport {
                kind,
                x_mm,
                y_mm,
                w_mm,
                h_mm,
                area_mm2,
                crop: next(true),
            })
            .collect();
        let ours = identity.standing == Standing::Ours;
        // What the child laid the page over counts only where the codes bear it out.
        if !ours || identity.code.map(|c| c.page) != page.judged_as {
            boxes.clear();
            changes.clear();
        }
        reports.push(PageReport {
            index,
            case: identity.code.map(|c| c.reference),
            revision: identity.code.map(|c| c.revision),
            page: identity.code.map(|c| c.page),
            pages: identity.code.map(|c| c.pages),
            mac: identity.mac,
            how: identity.how,
            ours,
            blank: identity.standing == Standing::Blank,
            turn: page.turn,
            skew_degrees: page.skew_degrees,
            misfit_mm: page.misfit_mm,
            looks_like: page.looks_like,
            boxes,
            changes,
            thumbnail,
        });
    }
    reports
}
