//! The parent's side of a stack: one file with the signed forms of many cases, page by page.
//!
//! The child says which codes it read and cuts pages out; what the codes are worth is decided here, with
//! the key, and each cut file is judged like any other before it is bound to anything.

use std::time::Duration;

use image::{GrayImage, Luma};
use tokio::io::AsyncRead;

use super::answer::{codes_are_sound, picture_within};
use super::page_set::{Proof, Said, said};
use super::process::{Queue, Series};
pub use super::wire::Begin;
use super::wire::{CutOut, Sorted, Task};
use super::{Judge, JudgeFailure, Limits, Reason, frame};
use crate::forms::code::{CodeKey, PageCode};
use crate::paper::Obstacle;
use crate::paper::packed::Plain;

/// Whose a page of a stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// It bears this code, made with the key.
    Form(PageCode),
    /// Its code wasn't made with the key.
    Forged,
    /// Its codes contradict each other, or one of them wasn't made with the key.
    Several,
    /// No code could be read.
    Nobody,
    /// There is nothing on it.
    Blank,
}

/// One page of a stack.
#[derive(Clone, Debug)]
pub struct StackPage {
    /// The page of the file, from 1.
    pub index: u32,
    /// Whose it is.
    pub whose: Whose,
    /// Why no code may have been readable.
    pub obstacles: Vec<Obstacle>,
    /// The page as JPEG.
    pub thumbnail: Vec<u8>,
    /// Why it couldn't be read at all.
    pub failed: Option<Reason>,
}

impl StackPage {
    /// A page that couldn't be read; its picture is an empty sheet.
    #[must_use]
    pub fn failed(index: u32, reason: Reason) -> Self {
        let sheet = GrayImage::from_pixel(310, 438, Luma([235]));
        // A picture of that size and kind can always be packed.
        let thumbnail = Plain::from(&sheet).jpeg(75).unwrap_or_default();
        Self { index, whose: Whose::Nobody, obstacles: Vec::new(), thumbnail, failed: Some(reason) }
    }
}

/// A stack that is being read.
#[derive(Debug)]
pub struct Sorting {
    series: Series,
    key: CodeKey,
    pages: u32,
    read: u32,
    /// For one page.
    patience: Duration,
}

/// Files that are being cut out of a stack.
#[derive(Debug)]
pub struct Cutting {
    series: Series,
    /// For one group.
    patience: Duration,
}

impl Limits {
    /// For a stack of so many bytes: a child that reads it holds the pictures of a few pages. One that checks it, or that
    /// reads a file that isn't built as it should be, holds all, and what isn't a picture or lies in a damaged file once
    /// more.
    fn for_stack(&self, bytes: u64) -> Self {
        const COPIES: u64 = 2;
        Self {
            max_bytes: self.stack_bytes,
            max_pages: self.stack_pages,
            max_memory: self.max_memory.saturating_add(bytes.saturating_mul(COPIES)),
            max_report_bytes: self.max_report_bytes.max(self.max_bytes.saturating_mul(2)),
            cpu_seconds: self.cpu_seconds.saturating_mul(u64::from(self.stack_pages / 10).max(1)),
            ..self.clone()
        }
    }
}

impl Judge {
    /// Checks a stack of `bytes` bytes as any file is checked, and counts its pages. Nobody's stack is waited for.
    ///
    /// # Errors
    /// Within: why the file isn't accepted. Else a child that can't be started.
    pub async fn check_stack(
        &self,
        file: impl AsyncRead + Send + Unpin + 'static,
        bytes: u64,
    ) -> Result<Result<u32, Reason>, JudgeFailure> {
        Ok(self.count(Task::Check, [file], bytes, Queue::Files).await?.map(|(_, pages)| pages))
    }

    /// Begins to read a stack of `bytes` bytes that was accepted, or goes on after some of its pages, once those before it
    /// are through. `file`: its bytes for each of the two times that the child takes them in.
    ///
    /// # Errors
    /// Within: why the file isn't accepted. Else a child that can't be started.
    pub async fn sort_stack(
        &self,
        file: [impl AsyncRead + Send + Unpin + 'static; 2],
        bytes: u64,
        key: &CodeKey,
        begin: Begin,
    ) -> Result<Result<Sorting, Reason>, JudgeFailure> {
        let key = key.clone();
        let counted = self.count(|limits| Task::Sort(limits, begin), file, bytes, Queue::Stacks).await?;
        let patience = self.limits().page_time.min(self.limits().wall_time);
        Ok(counted.map(|(series, pages)| Sorting { series, key, pages, read: begin.after, patience }))
    }

    /// Asks for a series about a stack whose first answer is the number of its pages.
    async fn count<const TIMES: usize>(
        &self,
        task: impl FnOnce(Limits) -> Task,
        file: [impl AsyncRead + Send + Unpin + 'static; TIMES],
        bytes: u64,
        queue: Queue,
    ) -> Result<Result<(Series, u32), Reason>, JudgeFailure> {
        let limits = self.limits().for_stack(bytes);
        if bytes > limits.max_bytes {
            return Ok(Err(Reason::TooBig { bytes, limit: limits.max_bytes }));
        }
        let (most, patience) = (limits.max_pages, limits.wall_time);
        let task = task(limits.clone());
        let mut series = self.children.series(&task, file, bytes, limits, queue).await?;
        let first = match series.next(patience).await? {
            Ok(frame) => frame,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(match first.as_deref().and_then(|frame| frame::unpack::<Sorted>(frame).ok()) {
            Some((Sorted::Count(pages), _)) if (1..=most).contains(&pages) => Ok((series, pages)),
            Some((Sorted::Refused(reason), _)) => Err(reason),
            _ => Err(Reason::Crashed),
        })
    }

    /// Cuts groups of pages (from 1) out of a stack, in order, each no more than a file may have. The stack was read
    /// before.
    ///
    /// # Errors
    /// A child that can't be started.
    pub async fn cut_stack(
        &self,
        file: [impl AsyncRead + Send + Unpin + 'static; 2],
        bytes: u64,
        groups: Vec<Vec<u32>>,
    ) -> Result<Cutting, JudgeFailure> {
        let limits = self.limits().for_stack(bytes);
        let task = Task::Cut(self.limits().clone(), groups);
        let patience = limits.wall_time;
        let series = self.children.series(&task, file, bytes, limits, Queue::Stacks).await?;
        Ok(Cutting { series, patience })
    }
}

impl Sorting {
    /// How many pages there are.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// The next page; none after the last one.
    ///
    /// # Errors
    /// Within: why the file isn't accepted after all. Else as [`Judge::sort_stack`].
    pub async fn next(&mut self) -> Result<Result<Option<StackPage>, Reason>, JudgeFailure> {
        let frame = match self.series.next(self.patience).await? {
            Ok(Some(frame)) => frame,
            Ok(None) if self.read == self.pages => return Ok(Ok(None)),
            Ok(None) => return Ok(Err(Reason::Crashed)),
            Err(reason) => return Ok(Err(reason)),
        };
        let page = match frame::unpack::<Sorted>(&frame) {
            Ok((Sorted::Page(page), blobs)) if self.read < self.pages => {
                let sound = codes_are_sound(&page.codes);
                blobs.first().filter(|_| sound).map(|blob| (page, *blob))
            }
            Ok((Sorted::Failed(reason), _)) if self.read < self.pages => {
                self.read += 1;
                return Ok(Ok(Some(StackPage::failed(self.read, reason))));
            }
            Ok((Sorted::Refused(reason), _)) => return Ok(Err(reason)),
            _ => None,
        };
        let picture = |blob: &[u8]| picture_within(blob, image::ImageFormat::Jpeg, 1024);
        let Some((page, thumbnail)) = page.filter(|(_, blob)| picture(blob)) else {
            return Ok(Err(Reason::Crashed));
        };
        self.read += 1;
        let whose = match said(&page.codes, Proof::Key(&self.key)) {
            Said::This(code, _) => Whose::Form(code),
            Said::Forged => Whose::Forged,
            Said::Contradiction(_) => Whose::Several,
            Said::Nothing if page.blank => Whose::Blank,
            Said::Nothing => Whose::Nobody,
        };
        let (index, thumbnail) = (self.read, thumbnail.to_vec());
        Ok(Ok(Some(StackPage { index, whose, obstacles: page.obstacles, thumbnail, failed: None })))
    }
}

impl Cutting {
    /// The file of the next group.
    ///
    /// # Errors
    /// Within: why there is none. Else as [`Judge::cut_stack`].
    pub async fn next(&mut self) -> Result<Result<Vec<u8>, Reason>, JudgeFailure> {
        let mut frame = match self.series.next(self.patience).await? {
            Ok(frame) => frame.unwrap_or_default(),
            Err(reason) => return Ok(Err(reason)),
        };
        let length = match frame::unpack::<CutOut>(&frame) {
            Ok((CutOut::Cut, blobs)) if blobs.len() == 1 => blobs[0].len(),
            Ok((CutOut::Refused(reason), _)) => return Ok(Err(reason)),
            _ => return Ok(Err(Reason::Crashed)),
        };
        // The file is the frame's end.
        frame.drain(..frame.len() - length);
        Ok(Ok(frame))
    }
}
