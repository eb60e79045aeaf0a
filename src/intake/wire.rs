//! What parent and child say to each other. The key of the printed codes never goes to the child:
//! it says which codes it read, and the parent decides what they are worth.

use serde::{Deserialize, Serialize};

use super::pictures::PictureAsk;
use super::{Limits, Purpose, Reason};
use crate::forms::layout::Layout;
use crate::paper::{ChangeKind, Obstacle, Verdict};

/// What a child is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// A judgement. Blobs: the file; then the pages of the blank form, as drawn before, if there is one.
    Judge(Ask),
    /// The pages of one of our own printed forms as pictures, to compare scans with. Blob: its PDF.
    /// A child that opened somebody's file never draws: its pictures would judge other files.
    Draw,
    /// How many pages a stack has, or why it isn't accepted: a [`Sorted`]. Blob: the file.
    Check(Limits),
    /// What is on each page of a stack that was accepted, from one on: a series of [`Sorted`]. Blobs: the file, twice.
    Sort(Limits, Begin),
    /// Groups of pages (from 1) of a stack as files of their own, each within these limits: a series of [`CutOut`].
    /// Blobs: the stack, twice.
    Cut(Limits, Vec<Vec<u32>>),
    /// Photographed pages as one PDF. Blobs: the photos, in order.
    Photos(Limits),
    /// One page of a file as a picture for people. Blobs: see [`PictureAsk`].
    Picture(PictureAsk),
    /// Nothing but an answer: whether children start at all.
    Greet,
}

/// One answer about a stack.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Sorted {
    /// So many pages will come.
    Count(u32),
    /// The next page. Blob: its thumbnail.
    Page(SortedPage),
    /// The next page couldn't be read.
    Failed(Reason),
    /// The file isn't accepted; nothing comes any more.
    Refused(Reason),
}

/// Where the pages of a stack are begun with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// How many pages were read before.
    pub after: u32,
    /// One page at a time, to find out which one stops the reading.
    pub alone: bool,
}

/// What is on one page of a stack.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SortedPage {
    /// Distinct texts that could be codes of ours.
    pub codes: Vec<String>,
    pub blank: bool,
    /// Why no code may have been readable.
    pub obstacles: Vec<Obstacle>,
}

/// The file of one group of pages.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum CutOut {
    /// Cut out. Blob: the file.
    Cut,
    /// Its pages are too many, or can't be told from others.
    Refused(Reason),
}

/// The PDF of photos. Blobs when it was made: the PDF.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Bound {
    /// The photo (from 1) that can't be taken, and why.
    pub refusal: Option<(u32, Reason)>,
}

/// Asks for a judgement.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ask {
    pub purpose: Purpose,
    pub limits: Limits,
    /// Where the boxes of the form lie.
    pub layout: Option<Layout>,
    /// Pages without codes are taken as the form's, in order: a person typed the short code.
    pub by_hand: bool,
}

/// What was found. Blobs: thumbnails and crops, counted off in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Answer {
    pub refusal: Option<Reason>,
    pub page_count: u32,
    pub pages: Vec<PageAnswer>,
}

/// A form's pages drawn. Blobs: one PNG a page.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Drawn {
    pub pages: usize,
}

/// One page of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PageAnswer {
    /// Distinct texts that could be codes of ours, each with the number of times seen.
    pub codes: Vec<String>,
    pub turn: u16,
    pub skew_degrees: f32,
    /// How well the page fits the form, where it was compared: median distance in millimetres.
    pub misfit_mm: Option<f32>,
    pub blank: bool,
    /// The page of the form that a page without codes looks like.
    pub looks_like: Option<u8>,
    /// Why no code may have been readable.
    pub obstacles: Vec<Obstacle>,
    /// The page of the form that the boxes were judged against.
    pub judged_as: Option<u8>,
    /// Whether a thumbnail blob follows.
    pub thumbnail: bool,
    pub boxes: Vec<BoxAnswer>,
    pub changes: Vec<ChangeAnswer>,
}

/// A place outside the boxes where the page differs from the print. A crop blob follows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ChangeAnswer {
    pub kind: ChangeKind,
    pub x_mm: f64,
    pub y_mm: f64,
    pub w_mm: f64,
    pub h_mm: f64,
    pub area_mm2: f64,
}

/// One seal box.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BoxAnswer {
    pub id: String,
    pub verdict: Verdict,
    pub ink: f64,
    pub spread: f64,
    /// Where its corners were seen, in shares of the picture.
    pub place: Option<[(f64, f64); 4]>,
    /// Whether a crop blob follows.
    pub crop: bool,
}
