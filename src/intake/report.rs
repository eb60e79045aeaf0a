//! What was found in a file: the judgement with its pages, boxes and changes, made of what the child saw
//! and what the codes are worth.

use serde::Serialize;

use super::judge::{newest, newest_form};
use super::page_set::{self, How, KnownPrint, MacState, PageSet, Proof, ReadPage, Standing};
use super::wire::{Answer, ChangeAnswer, PageAnswer};
use super::{FileKind, Purpose, Reason, Refusal, Request};
use crate::case::ids::{CaseReference, Digest, Revision};
use crate::forms::layout::{BoxPlace, Layout};
use crate::paper::{ChangeKind, Verdict};

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

    /// The form's pages as they lie in an accepted file, where that isn't their order.
    #[must_use]
    pub fn out_of_order(&self) -> Option<Vec<u8>> {
        let ours = self.pages.iter().filter(|page| page.ours).filter_map(|page| page.page);
        page_set::out_of_order(ours).filter(|_| self.accepted())
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
    pub how: How,
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
    /// Where its corners were seen, from the top left clockwise, in shares of the page's width and height.
    pub place: Option<[(f64, f64); 4]>,
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

pub(super) fn fill(judgement: &mut Judgement, request: &Request<'_>, answer: Answer, blobs: Vec<Vec<u8>>) {
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
    let texts = newest(request.expected).map_or(&[][..], |print| &print.texts);
    let proof = match request.key {
        Some(key) => Proof::Key(key),
        None if texts.is_empty() => Proof::None,
        None => Proof::Texts(texts),
    };
    let set = page_set::judge(&read, &prints, proof, request.by_hand);
    let layout = newest_form(request.expected).map(|(_, layout)| layout);
    judgement.pages = reports(answer.pages, &set, layout, blobs);
    judgement.complete = set.complete;
    judgement.needs_manual = set.needs_manual;
    judgement.reasons = set.reasons;
}

impl BoxReport {
    /// A box that nobody looked into.
    fn unseen(place: &BoxPlace) -> Self {
        Self {
            id: place.id.clone(),
            label: place.label.clone(),
            verdict: Verdict::Unsure,
            ink: 0.0,
            spread: 0.0,
            place: None,
            crop: Vec::new(),
        }
    }
}

/// The boxes of a page of the form (from 1).
fn places_of(layout: Option<&Layout>, number: Option<u8>) -> &[BoxPlace] {
    let page = layout.zip(number).and_then(|(layout, number)| layout.pages.iter().find(|p| p.page == number));
    page.map_or(&[][..], |page| &page.boxes)
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
        let places = places_of(layout, page.judged_as);
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
                place: seen.place,
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
        let number = identity.code.map(|c| c.page).filter(|_| ours);
        // What the child laid the page over counts only where the codes bear it out. Of the boxes of the page that it
        // is nothing is known then, and that is said of each: boxes that aren't told of would pass for none.
        if number.is_none() || number != page.judged_as {
            boxes = places_of(layout, number).iter().map(BoxReport::unseen).collect();
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
