//! The child's side of a stack: what is on each page, and groups of pages as files of their own.
//!
//! Before a stack is accepted it is checked as a whole, once ([`check`]). To be read and cut it comes in twice. The first
//! time tells how it is built, without its pictures ([`Skeleton`]); the second time they come in one by one, and each page
//! is read when its own are there. Answers go out as they are made, one frame each: memory holds a few pages, however many
//! there are, and pictures that come before their turn. Only a file that isn't built as it should be is held whole.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::ObjectId;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::child::{ChildError, number, open, pages_at_once, picture, picture_as};
use super::cut::Stack;
use super::parsed::{Coming, Parsed};
use super::skeleton::Skeleton;
use super::wire::{Begin, CutOut, Sorted, SortedPage};
use super::{Limits, Purpose, Reason, frame, kind, pdf};
use crate::paper::{self, PageReading};

/// A stack that comes in: the same bytes two times.
pub(super) struct Twice<R> {
    input: R,
    length: usize,
}

impl<R: Read> Twice<R> {
    /// From an input that has blobs of these lengths.
    pub(super) fn of(input: R, lengths: &[u64]) -> Result<Self, ChildError> {
        match *lengths {
            [first, second] if first == second => usize::try_from(first).ok(),
            _ => None,
        }
        .map(|length| Self { input, length })
        .ok_or_else(|| ChildError::Request("a stack comes twice".into()))
    }

    fn skeleton(&mut self) -> io::Result<Skeleton> {
        Skeleton::read(&mut self.input, self.length)
    }

    /// All its bytes.
    fn whole(mut self) -> io::Result<Vec<u8>> {
        let mut file = vec![0; self.length];
        self.input.read_exact(&mut file)?;
        frame::ended(&mut self.input)?;
        Ok(file)
    }
}

/// Whether a stack is accepted: all of it is looked at, as of any file.
pub(super) fn check(blobs: &[&[u8]], limits: &Limits, out: &mut impl Write) -> io::Result<()> {
    let file = blobs.first().copied().unwrap_or_default();
    let admitted = kind::admit(file, Purpose::SignedForm, limits);
    let sorted = match admitted.and_then(|_| pdf::check(file, limits)) {
        Ok(structure) => Sorted::Count(structure.pages),
        Err(reason) => Sorted::Refused(reason),
    };
    send(out, &sorted, &[])
}

/// Says how many pages there are, then what is on each, in order. A page that can't be read stops no other.
pub(super) fn sort(
    mut twice: Twice<impl Read>,
    limits: &Limits,
    begin: Begin,
    out: &mut impl Write,
) -> io::Result<()> {
    let (length, skeleton) = (twice.length, twice.skeleton()?);
    let begun = usize::try_from(begin.after).unwrap_or(usize::MAX);
    let at_once =
        |structure: &pdf::Structure| if begin.alone { 1 } else { pages_at_once(structure, length, limits) };
    if let Some((parsed, places)) = Parsed::of_skeleton(&skeleton, limits) {
        let admitted = kind::admit(&skeleton.bytes, Purpose::SignedForm, limits);
        let structure = match admitted.and_then(|_| pdf::check_parsed(&parsed, &skeleton.bytes, limits)) {
            Ok(structure) => structure,
            Err(reason) => return send(out, &Sorted::Refused(reason), &[]),
        };
        let (count, at_once) = (structure.pages as usize, at_once(&structure));
        let stack = Stack::of(parsed);
        let known = |ids: &Vec<ObjectId>| ids.iter().all(|id| places.contains_key(id));
        let shows = |index| match index < begun {
            true => Some(Vec::new()),
            false => stack.shows(&[number(index)]).filter(known),
        };
        if let Some(shown) = (0..count).map(shows).collect::<Option<Vec<_>>>() {
            drop(skeleton);
            let mut pages = PagesComing { stack, coming: Coming::of(twice.input, places, &shown), shown };
            return read_all(count, begun, at_once, out, |some| pages.read(some, limits));
        }
    }
    drop(skeleton);
    let file = twice.whole()?;
    let admitted = kind::admit(&file, Purpose::SignedForm, limits);
    let checked = admitted.and_then(|_| pdf::check(&file, limits));
    let opened = checked.and_then(|structure| Ok((at_once(&structure), open(file, limits)?)));
    let (at_once, pages) = match opened {
        Ok(opened) => opened,
        Err(reason) => return send(out, &Sorted::Refused(reason), &[]),
    };
    let one = |index| caught(|| Ok(paper::read(&picture(&pages, index)?, None, None)));
    read_all(pages.len(), begun, at_once, out, |some| Ok(some.into_par_iter().map(one).collect()))
}

/// What is on a page, or why it can't be read.
type Reading = Result<PageReading, Reason>;

/// Reads so many pages, a few at once, and says what is on them.
fn read_all(
    count: usize,
    begun: usize,
    at_once: usize,
    out: &mut impl Write,
    mut read: impl FnMut(Range<usize>) -> io::Result<Vec<Reading>>,
) -> io::Result<()> {
    send(out, &Sorted::Count(u32::try_from(count).unwrap_or(u32::MAX)), &[])?;
    for first in (begun.min(count)..count).step_by(at_once) {
        for reading in read(first..count.min(first + at_once))? {
            match reading {
                Ok(reading) => {
                    let codes = reading.codes.into_iter().map(|code| code.text).collect();
                    let page = SortedPage { codes, blank: reading.blank, obstacles: reading.obstacles };
                    send(out, &Sorted::Page(page), &[&reading.thumbnail])?;
                }
                Err(reason) => send(out, &Sorted::Failed(reason), &[])?,
            }
        }
    }
    Ok(())
}

fn caught(read: impl FnOnce() -> Reading) -> Reading {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(Reason::Crashed))
}

/// The pages of a stack, whose pictures are coming.
struct PagesComing<R> {
    stack: Stack<'static>,
    coming: Coming<R>,
    /// The pictures of each page.
    shown: Vec<Vec<ObjectId>>,
}

impl<R: Read> PagesComing<R> {
    /// Reads these pages, each as a file of its own, as it will be cut out.
    fn read(&mut self, some: Range<usize>, limits: &Limits) -> io::Result<Vec<Reading>> {
        for shown in &self.shown[some.clone()] {
            self.coming.bring(&mut self.stack.parsed, shown)?;
        }
        let (stack, shown) = (&self.stack, &self.shown);
        let one = |index: usize| {
            caught(|| {
                pdf::unpacks(&stack.parsed, stack.streams(&shown[index]), limits)?;
                let page = open(stack.cut(&[number(index)], limits)?, limits)?;
                Ok(paper::read(&picture_as(&page, 0, number(index))?, None, None))
            })
        };
        let readings = some.clone().into_par_iter().map(one).collect();
        self.coming.let_go(&mut self.stack.parsed, some.end);
        Ok(readings)
    }
}

/// Cuts each group of pages (from 1) out as a PDF within the limits.
pub(super) fn cut(
    mut twice: Twice<impl Read>,
    groups: &[Vec<u32>],
    limits: &Limits,
    out: &mut impl Write,
) -> io::Result<()> {
    let skeleton = twice.skeleton()?;
    if let Some((parsed, places)) = Parsed::of_skeleton(&skeleton, limits) {
        drop(skeleton);
        let mut stack = Stack::of(parsed);
        // Of a group that can't be told from others nothing is needed to say so.
        let known = |ids: &Vec<ObjectId>| ids.iter().all(|id| places.contains_key(id));
        let shows = |group: &Vec<u32>| stack.shows(group).filter(known).unwrap_or_default();
        let shown: Vec<_> = groups.iter().map(shows).collect();
        let mut coming = Coming::of(twice.input, places, &shown);
        for (at, group) in groups.iter().enumerate() {
            coming.bring(&mut stack.parsed, &shown[at])?;
            send_cut(out, stack.cut(group, limits))?;
            coming.let_go(&mut stack.parsed, at + 1);
        }
        return Ok(());
    }
    drop(skeleton);
    let file = twice.whole()?;
    let stack = Parsed::load(&file, limits).map(Stack::of);
    groups.iter().try_for_each(|group| {
        let inseparable = |_: &Reason| Reason::Inseparable;
        send_cut(out, stack.as_ref().map_err(inseparable).and_then(|stack| stack.cut(group, limits)))
    })
}

fn send_cut(out: &mut impl Write, cut: Result<Vec<u8>, Reason>) -> io::Result<()> {
    match cut {
        Ok(pdf) => send(out, &CutOut::Cut, &[&pdf]),
        Err(reason) => send(out, &CutOut::Refused(reason), &[]),
    }
}

fn send(out: &mut impl Write, header: &impl Serialize, blobs: &[&[u8]]) -> io::Result<()> {
    let lengths: Vec<u64> = blobs.iter().map(|blob| blob.len() as u64).collect();
    let head = frame::head(header, &lengths);
    let length = head.len() as u64 + lengths.iter().sum::<u64>();
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&head)?;
    blobs.iter().try_for_each(|blob| out.write_all(blob))?;
    out.flush()
}
