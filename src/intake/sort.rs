//! The child's side of a stack: what is on each page, and groups of pages as files of their own.
//!
//! Answers go out as they are made, one frame each, so that memory holds the file once and a few pages at a time.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::Serialize;

use super::child::{open, picture};
use super::cut::Stack;
use super::parsed::Parsed;
use super::wire::{Begin, CutOut, Sorted, SortedPage};
use super::{Limits, Purpose, Reason, frame, kind, pdf};
use crate::paper::{self, PageReading, Pages};

/// Says how many pages there are, then what is on each, in order. A page that can't be read stops no other.
pub(super) fn sort(file: Vec<u8>, limits: &Limits, begin: Begin, out: &mut impl Write) -> io::Result<()> {
    let admitted = kind::admit(&file, Purpose::SignedForm, limits);
    let checked = admitted.and_then(|_| pdf::check(&file, limits));
    let pages = match checked.and_then(|_| open(file, limits)) {
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

/// Cuts each group of pages (from 1) out as a PDF within the limits.
pub(super) fn cut(file: &[u8], groups: &[Vec<u32>], limits: &Limits, out: &mut impl Write) -> io::Result<()> {
    let stack = match Parsed::load(file, limits) {
        Ok(parsed) => Stack::of(parsed),
        Err(_) => {
            let inseparable = CutOut::Refused(Reason::Inseparable);
            return groups.iter().try_for_each(|_| send(out, &inseparable, &[]));
        }
    };
    for group in groups {
        match stack.cut(group, limits) {
            Ok(pdf) => send(out, &CutOut::Cut, &[&pdf])?,
            Err(reason) => send(out, &CutOut::Refused(reason), &[])?,
        }
    }
    Ok(())
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
