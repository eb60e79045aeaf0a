//! The child's side of a stack: what is on each page, and groups of pages as files of their own.
//!
//! Answers go out as they are made, one frame each, so that memory holds a few pages at a time.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::child::{open, picture};
use super::cut::Stack;
use super::wire::{Begin, CutOut, Sorted, SortedPage};
use super::{Limits, Purpose, Reason, frame, kind, pdf};
use crate::paper::{self, PageReading, Pages};

/// Says how many pages there are, then what is on each, in order. A page that can't be read stops no other.
pub(super) fn sort(file: &[u8], limits: &Limits, begin: Begin, out: &mut impl Write) -> io::Result<()> {
    let admitted = kind::admit(file, Purpose::SignedForm, limits);
    let opened = admitted.and_then(|_| pdf::check(file, limits)).and_then(|_| open(file, limits));
    let pages = match opened {
        Ok(pages) => pages,
        Err(reason) => return send(out, &Sorted::Refused(reason), &[]),
    };
    send(out, &Sorted::Count(u32::try_from(pages.len()).unwrap_or(u32::MAX)), &[])?;
    let at_once = if begin.alone { 1 } else { rayon::current_num_threads() };
    let begun = usize::try_from(begin.after).unwrap_or(usize::MAX).min(pages.len());
    for first in (begun..pages.len()).step_by(at_once) {
        let some = first..pages.len().min(first + at_once);
        let readings: Vec<Result<PageReading, Reason>> =
            some.into_par_iter().map(|index| read(&pages, index)).collect();
        for reading in readings {
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

fn read(pages: &Pages, index: usize) -> Result<PageReading, Reason> {
    let page = || Ok(paper::read(&picture(pages, index)?, None, None));
    catch_unwind(AssertUnwindSafe(page)).unwrap_or(Err(Reason::Crashed))
}

/// Cuts each group of pages (from 1) out as a PDF.
pub(super) fn cut(file: &[u8], groups: &[Vec<u32>], limits: &Limits, out: &mut impl Write) -> io::Result<()> {
    let stack = match pdf::load(file, limits) {
        Ok(document) => Stack::of(document),
        Err(_) => return groups.iter().try_for_each(|_| send(out, &CutOut::Inseparable, &[])),
    };
    for group in groups {
        match stack.cut(group) {
            Some(pdf) => send(out, &CutOut::Cut, &[&pdf])?,
            None => send(out, &CutOut::Inseparable, &[])?,
        }
    }
    Ok(())
}

fn send(out: &mut impl Write, header: &impl Serialize, blobs: &[&[u8]]) -> io::Result<()> {
    let frame = frame::pack(header, blobs);
    out.write_all(&(frame.len() as u64).to_le_bytes())?;
    out.write_all(&frame)?;
    out.flush()
}
