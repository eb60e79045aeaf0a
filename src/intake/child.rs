//! The child process: limits itself, reads one file from its input, says what is in it, ends.
//!
//! It opens no files, knows no key and no database. Whatever happens to it happens to it alone.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{DynamicImage, ImageFormat};
use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};
use rlimit::Resource;
use serde::Serialize;

use super::pdf::{self, Structure};
use super::sort::Twice;
use super::watch::{Watch, Way};
use super::wire::{Answer, Ask, Bound, BoxAnswer, ChangeAnswer, Drawn, PageAnswer, Task};
use super::{FileKind, Limits, Purpose, Reason, frame, kind, photos, pictures, sort};
use crate::forms::layout::Layout;
use crate::paper::packed::Plain;
use crate::paper::{self, Form, PageReading, Pages, Picture, Unreadable};

/// Exit code when the request itself was wrong: not the file's fault.
pub const BAD_REQUEST: u8 = 3;

/// Memory that a page takes while it is read, for each pixel of its picture: seen at most, in colour.
const BYTES_A_PIXEL: u64 = 12;
/// How often the packed bytes of a picture, or of a whole file, stand in memory.
const COPIES: u64 = 3;

/// Why the child can't answer.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The limits could not be set, or a pipe broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The request can't be read, or the form in it can't.
    #[error("the request is wrong: {0}")]
    Request(String),
}

/// Limits this process, reads one request from `input` and answers on `output`.
///
/// # Errors
/// When it can't be limited, or the request is wrong.
pub fn run(
    max_memory: u64,
    cpu_seconds: u64,
    mut input: impl Read,
    output: impl Write + Send + 'static,
) -> Result<(), ChildError> {
    limit(max_memory, cpu_seconds)?;
    // A panic's message may quote the file.
    std::panic::set_hook(Box::new(|_| eprintln!("panicked")));
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => ChildError::Request(error.to_string()),
        _ => ChildError::Io(error),
    };
    let frame::Begun { header: task, lengths } =
        frame::Begun::<Task>::read(&mut input, max_memory / 2).map_err(wrong)?;
    let way = Way::new(output);
    let blobs = |input: &mut _| frame::blobs(input, &lengths, max_memory / 2).map_err(wrong);
    let packed = match task {
        Task::Judge(ask) => {
            let (answer, blobs) = answer(&ask, &views(&blobs(&mut input)?), &way)?;
            pack(&answer, &blobs)
        }
        Task::Draw => {
            let pages = draw(&views(&blobs(&mut input)?))?;
            pack(&Drawn { pages: pages.len() }, &pages)
        }
        Task::Check(limits) => {
            let blobs = blobs(&mut input)?;
            return Ok(sort::check(&views(&blobs), &limits, &mut way.take())?);
        }
        Task::Sort(limits, begin) => {
            let twice = Twice::of(input, &lengths)?;
            return sort::sort(twice, &limits, begin, &mut way.take()).map_err(wrong);
        }
        Task::Cut(limits, groups) => {
            let twice = Twice::of(input, &lengths)?;
            return sort::cut(twice, &groups, &limits, &mut way.take()).map_err(wrong);
        }
        Task::Photos(limits) => match photos::bind(&views(&blobs(&mut input)?), &limits, &way) {
            Ok(pdf) => pack(&Bound { refusal: None }, &[pdf]),
            Err(refusal) => pack(&Bound { refusal: Some(refusal) }, &[]),
        },
        Task::Greet => {
            blobs(&mut input)?;
            pack(&(), &[])
        }
        Task::Picture(ask) => {
            let (header, blobs) = pictures::draw(&ask, &views(&blobs(&mut input)?))?;
            pack(&header, &blobs)
        }
    };
    let mut output = way.take();
    output.write_all(&packed)?;
    output.flush()?;
    Ok(())
}

/// No more memory, processor time, files or core dumps than needed.
fn limit(max_memory: u64, cpu_seconds: u64) -> io::Result<()> {
    // Beside the data, the program itself and its libraries are mapped.
    const PROGRAM: u64 = 1024 * 1024 * 1024;
    Resource::CORE.set(0, 0)?;
    Resource::FSIZE.set(0, 0)?;
    Resource::NOFILE.set(3, 3)?;
    Resource::CPU.set(cpu_seconds, cpu_seconds + 1)?;
    Resource::DATA.set(max_memory, max_memory)?;
    Resource::AS.set(max_memory + PROGRAM, max_memory + PROGRAM)
}

pub(super) fn pack(header: &impl Serialize, blobs: &[Vec<u8>]) -> Vec<u8> {
    frame::pack(header, &views(blobs))
}

fn views(blobs: &[Vec<u8>]) -> Vec<&[u8]> {
    blobs.iter().map(Vec::as_slice).collect()
}

/// The pages of a form as PNG.
fn draw(blobs: &[&[u8]]) -> Result<Vec<Vec<u8>>, ChildError> {
    let wrong = |what: &dyn Display| ChildError::Request(format!("form: {what}"));
    let [pdf] = blobs else { return Err(wrong(&"one PDF is wanted")) };
    let pages = Form::draw(pdf.to_vec()).map_err(|e| wrong(&e))?;
    pages.iter().map(|page| Plain::from(page).png().map_err(|e| wrong(&e))).collect()
}

/// A form of the pages that were drawn before.
pub(super) fn form_of(layout: &Layout, blanks: &[&[u8]]) -> Result<Form, ChildError> {
    let wrong = |what: &dyn Display| ChildError::Request(format!("form: {what}"));
    let read = |png: &&[u8]| {
        image::load_from_memory_with_format(png, ImageFormat::Png).map(DynamicImage::into_luma8)
    };
    let blanks = blanks.par_iter().map(read).collect::<Result<_, _>>().map_err(|e| wrong(&e))?;
    Form::of_blanks(blanks, layout).map_err(|e| wrong(&e))
}

fn answer(ask: &Ask, blobs: &[&[u8]], way: &Way) -> Result<(Answer, Vec<Vec<u8>>), ChildError> {
    let file = *blobs.first().ok_or_else(|| ChildError::Request("no file".into()))?;
    let form = ask.layout.as_ref().map(|layout| form_of(layout, &blobs[1..])).transpose()?;
    let mut out = Answering { answer: Answer::default(), blobs: Vec::new() };
    let outcome = catch_unwind(AssertUnwindSafe(|| out.judge(ask, file, form.as_ref(), way)));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(reason)) => out.answer.refusal = Some(reason),
        Err(_) => {
            out = Answering {
                answer: Answer { refusal: Some(Reason::Crashed), ..Answer::default() },
                blobs: Vec::new(),
            }
        }
    }
    Ok((out.answer, out.blobs))
}

struct Answering {
    answer: Answer,
    blobs: Vec<Vec<u8>>,
}

impl Answering {
    fn judge(&mut self, ask: &Ask, file: &[u8], form: Option<&Form>, way: &Way) -> Result<(), Reason> {
        let kind = kind::admit(file, ask.purpose, &ask.limits)?;
        if kind != FileKind::Pdf {
            self.answer.page_count = 1;
            return kind::check_image(file, kind, &ask.limits);
        }
        let structure = pdf::check(file, &ask.limits)?;
        self.answer.page_count = structure.pages;
        if ask.purpose == Purpose::SignedForm {
            self.read_pages(ask, file, form, way, pages_at_once(&structure, file.len(), &ask.limits))?;
        }
        Ok(())
    }

    /// Reads every page, so many at once.
    fn read_pages(
        &mut self,
        ask: &Ask,
        file: &[u8],
        form: Option<&Form>,
        way: &Way,
        at_once: usize,
    ) -> Result<(), Reason> {
        let pages = open(file.to_vec(), &ask.limits)?;
        let page_count = self.answer.page_count;
        let late = move |page| {
            let refusal = Some(Reason::PageTimeLimit { page });
            pack(&Answer { refusal, page_count, pages: Vec::new() }, &[])
        };
        let watch = Watch::begin(ask.limits.page_time, way, late).map_err(|_| Reason::MemoryLimit)?;
        if ask.by_hand {
            return self.read_by_hand(&pages, form, &watch);
        }
        // Where all cores may read, the next page waits for none.
        let some = if at_once < rayon::current_num_threads() { at_once } else { pages.len() };
        for first in (0..pages.len()).step_by(some) {
            let readings: Vec<PageReading> = (first..pages.len().min(first + some))
                .into_par_iter()
                .map(|index| read(&watch, &pages, index, form, None))
                .collect::<Result<_, Reason>>()?;
            readings.into_iter().for_each(|reading| self.take(reading));
        }
        Ok(())
    }

    /// Reads one page after the other: a page without codes that looks like none of the form's is taken for
    /// the one after the last.
    fn read_by_hand(&mut self, pages: &Pages, form: Option<&Form>, watch: &Watch) -> Result<(), Reason> {
        let mut next = 1_u8;
        for index in 0..pages.len() {
            let reading = read(watch, pages, index, form, Some(next))?;
            if !reading.blank {
                let seen = reading.codes.first().map(|c| c.code.page).or(reading.looks_like);
                next = seen.unwrap_or(next).saturating_add(1);
            }
            self.take(reading);
        }
        Ok(())
    }

    fn take(&mut self, reading: PageReading) {
        self.blobs.push(reading.thumbnail);
        let mut boxes = Vec::with_capacity(reading.boxes.len());
        for seen in reading.boxes {
            let crop = !seen.crop.is_empty();
            if crop {
                self.blobs.push(seen.crop);
            }
            boxes.push(BoxAnswer {
                id: seen.id,
                verdict: seen.verdict,
                ink: seen.ink,
                spread: seen.spread,
                place: seen.place,
                crop,
            });
        }
        let mut changes = Vec::with_capacity(reading.changes.len());
        for change in reading.changes {
            self.blobs.push(change.crop);
            let paper::Change { kind, x_mm, y_mm, w_mm, h_mm, area_mm2, .. } = change;
            changes.push(ChangeAnswer { kind, x_mm, y_mm, w_mm, h_mm, area_mm2 });
        }
        #[expect(clippy::cast_possible_truncation, reason = "figures for people")]
        let short = |v: f64| v as f32;
        self.answer.pages.push(PageAnswer {
            codes: reading.codes.into_iter().map(|c| c.text).collect(),
            turn: reading.turn,
            skew_degrees: short(reading.skew_degrees),
            misfit_mm: reading.misfit_mm.map(short),
            blank: reading.blank,
            looks_like: reading.looks_like,
            obstacles: reading.obstacles,
            judged_as: reading.judged_as,
            thumbnail: true,
            boxes,
            changes,
        });
    }
}

/// How many pages of a file of so many bytes are read at once: each core one, and no more than find room beside each
/// other and the file.
pub(super) fn pages_at_once(structure: &Structure, bytes: usize, limits: &Limits) -> usize {
    let pixels = structure.most_pixels.saturating_mul(BYTES_A_PIXEL);
    let page = pixels.saturating_add(structure.most_bytes.saturating_mul(COPIES)).max(1);
    let room = limits.max_memory.saturating_sub((bytes as u64).saturating_mul(COPIES)) / page;
    usize::try_from(room).unwrap_or(usize::MAX).clamp(1, rayon::current_num_threads().max(1))
}

/// Reads one page, watched.
fn read(
    watch: &Watch,
    pages: &Pages,
    index: usize,
    form: Option<&Form>,
    by_hand: Option<u8>,
) -> Result<PageReading, Reason> {
    watch.over(number(index), || Ok(paper::read(&picture(pages, index)?, form, by_hand)))
}

/// What people call the page at this index.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// The picture of a page.
pub(super) fn picture(pages: &Pages, index: usize) -> Result<Picture, Reason> {
    picture_as(pages, index, number(index))
}

/// The picture of a page that is known to people by this number.
pub(super) fn picture_as(pages: &Pages, index: usize, number: u32) -> Result<Picture, Reason> {
    pages.picture(index).map_err(|error| match error {
        Unreadable::TooLarge => Reason::ImageTooLarge { page: Some(number) },
        Unreadable::Pdf | Unreadable::NoPage => Reason::Damaged { detail: format!("page {number}: {error}") },
    })
}

pub(super) fn open(file: Vec<u8>, limits: &Limits) -> Result<Pages, Reason> {
    let pages =
        Pages::open(file, limits.max_image_pixels).map_err(|e| Reason::Damaged { detail: e.to_string() })?;
    // Two parsers that count differently: the file means different things to different readers.
    if pages.is_empty() || pages.len() > limits.max_pages as usize {
        return Err(Reason::Damaged { detail: "the pages can't be counted".into() });
    }
    Ok(pages)
}
