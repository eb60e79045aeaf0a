//! The marks that a template leaves in its layout: where codes are to be drawn and where seal boxes lie.
//!
//! The shared base leaves them as typst metadata (`code`, `box-start`, `box-end`); after layout,
//! introspection says where they came to lie. The codes are drawn there afterwards: they take no
//! part in the layout, so the number of pages is known before the first code is made.

use std::collections::BTreeMap;

use typst::ecow::EcoVec;
use typst::foundations::{NativeElement, Selector, Value};
use typst::introspection::{Introspector, MetadataElem};
use typst::layout::{Abs, FrameItem, Point};
use typst::model::Document;
use typst::syntax::Span;
use typst_layout::{Page, PagedDocument};

use super::code::Corner;
use super::layout::{BoxPlace, CodePlace, PageLayout};
use super::qr;

/// The smallest side of a seal box: a school's square seal with its frame.
const LEAST_BOX_MM: f64 = 30.0;
/// The least distance between seal boxes: a shared edge invites a neighbour's seal.
const LEAST_GAP_MM: f64 = 5.0;
/// The smallest module of a code: below it a scan at 100 dpi loses modules.
const LEAST_MODULE_MM: f64 = 0.65;
/// The modules around a code in which nothing may be printed (ISO/IEC 18004, quiet zone).
pub(super) const QUIET_MODULES: f64 = 4.0;
/// Rounding of positions must not refuse a box of exactly the least size.
const SLACK_MM: f64 = 0.01;

/// Where the marks lie: page by page, in millimetres.
pub(super) struct Marks {
    pages: Vec<PageMarks>,
}

struct PageMarks {
    width_mm: f64,
    height_mm: f64,
    codes: BTreeMap<Corner, (Point, Abs)>,
    boxes: Vec<BoxPlace>,
}

/// Something about the marks that a reader of the scan couldn't live with, in words for the
/// template's author.
#[derive(Clone, Debug)]
pub(super) struct Flaw {
    /// Which mark.
    pub(super) about: About,
    /// The page, from 1.
    pub(super) page: usize,
    /// What is wrong.
    pub(super) message: String,
    /// The mark's place in a source; the shared base's most often.
    pub(super) span: Span,
}

/// The mark that a flaw is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The codes of a page.
    Codes,
    /// The seal box with this id.
    SealBox(String),
}

impl Marks {
    /// Finds the marks of a laid-out form.
    ///
    /// # Errors
    /// All that is wrong with them, in words for the template's author.
    pub(super) fn find(document: &PagedDocument) -> Result<Self, String> {
        let (marks, flaws) = Self::survey(document);
        if flaws.is_empty() {
            return Ok(marks);
        }
        let said: Vec<_> = flaws.iter().map(|flaw| format!("page {}: {}", flaw.page, flaw.message)).collect();
        Err(said.join("; "))
    }

    /// Finds the marks and everything that is wrong with them.
    pub(super) fn survey(document: &PagedDocument) -> (Self, Vec<Flaw>) {
        let mut pages: Vec<PageMarks> = document
            .pages()
            .iter()
            .map(|page| PageMarks {
                width_mm: mm(page.frame.width()),
                height_mm: mm(page.frame.height()),
                codes: BTreeMap::new(),
                boxes: Vec::new(),
            })
            .collect();
        let introspector = document.introspector();
        let mut flaws = Vec::new();
        let mut spans: BTreeMap<String, Span> = BTreeMap::new();
        let mut open: BTreeMap<String, (usize, Point, String)> = BTreeMap::new();
        for element in introspector.query(&Selector::Elem(MetadataElem::ELEM, None)) {
            let Some(mark) = element.to_packed::<MetadataElem>().and_then(|m| Mark::read(&m.value)) else {
                continue;
            };
            let Some(place) = element.location().and_then(|at| introspector.position(at)) else { continue };
            let (number, span) = (place.page.get(), element.span());
            let mut flaw = |about: About, message: String| {
                flaws.push(Flaw { about, page: number, message, span });
            };
            let page = &mut pages[number - 1];
            match mark {
                Mark::Code { corner, size } => {
                    if page.codes.insert(corner, (place.point, size)).is_some() {
                        flaw(About::Codes, format!("two codes are in the corner {corner:?}"));
                    }
                }
                Mark::BoxStart { id, label } => {
                    spans.insert(id.clone(), span);
                    if open.insert(id.clone(), (number, place.point, label)).is_some() {
                        flaw(About::SealBox(id.clone()), format!("the seal box {id:?} is placed twice"));
                    }
                }
                Mark::BoxEnd { id } => {
                    let about = About::SealBox(id.clone());
                    let Some((started, start, label)) = open.get(&id) else {
                        flaw(about, format!("the seal box {id:?} ends before it begins"));
                        continue;
                    };
                    if *started != number {
                        flaw(about, format!("the seal box {id:?} is split over two pages"));
                        continue;
                    }
                    if page.boxes.iter().any(|other| other.id == id) {
                        continue;
                    }
                    page.boxes.push(BoxPlace {
                        id,
                        label: label.clone(),
                        x_mm: mm(start.x),
                        y_mm: mm(start.y),
                        w_mm: mm(place.point.x - start.x),
                        h_mm: mm(place.point.y - start.y),
                    });
                }
            }
        }
        for (number, page) in (1..).zip(&pages) {
            page.judge(&mut |about, message| {
                let span = match &about {
                    About::SealBox(id) => spans.get(id).copied().unwrap_or(Span::detached()),
                    About::Codes => Span::detached(),
                };
                flaws.push(Flaw { about, page: number, message, span });
            });
        }
        (Self { pages }, flaws)
    }

    /// The squares of a page (from 0) that belong to its codes with their quiet zones, and the seal
    /// boxes: left, top, right and bottom edge in millimetres, and what it is.
    pub(super) fn reserved(&self, page: usize) -> impl Iterator<Item = (About, [f64; 4])> + '_ {
        let page = &self.pages[page];
        let codes = page.codes.values().map(|(at, size)| {
            let (x, y, size) = (mm(at.x), mm(at.y), mm(*size));
            let quiet = size * QUIET_MODULES / qr::MODULES as f64;
            (About::Codes, [x - quiet, y - quiet, x + size + quiet, y + size + quiet])
        });
        let boxes = page.boxes.iter().map(|seal| {
            let edges = [seal.x_mm, seal.y_mm, seal.x_mm + seal.w_mm, seal.y_mm + seal.h_mm];
            (About::SealBox(seal.id.clone()), edges)
        });
        codes.chain(boxes)
    }

    /// The ids of all seal boxes.
    pub(super) fn box_ids(&self) -> Vec<&str> {
        self.pages.iter().flat_map(|page| page.boxes.iter().map(|seal| seal.id.as_str())).collect()
    }

    /// Draws each page's codes, whose digits `digits` makes, and writes down what lies where.
    pub(super) fn draw(
        self,
        document: &PagedDocument,
        digits: impl Fn(u8, Corner) -> String,
    ) -> (PagedDocument, Vec<PageLayout>) {
        let mut pages: EcoVec<Page> = document.pages().into();
        let mut layouts = Vec::with_capacity(self.pages.len());
        for ((number, marks), page) in (1..).zip(self.pages).zip(pages.make_mut()) {
            let mut codes = Vec::new();
            for (corner, (at, size)) in marks.codes {
                let text = digits(number, corner);
                page.frame.push(at, FrameItem::Shape(qr::symbol(&text, size), Span::detached()));
                codes.push(CodePlace { text, x_mm: mm(at.x), y_mm: mm(at.y), size_mm: mm(size) });
            }
            layouts.push(PageLayout {
                page: number,
                width_mm: marks.width_mm,
                height_mm: marks.height_mm,
                codes,
                boxes: marks.boxes,
            });
        }
        (PagedDocument::new(pages, document.info().clone()), layouts)
    }
}

impl PageMarks {
    /// Tells everything that a reader of the scan couldn't live with.
    fn judge(&self, tell: &mut dyn FnMut(About, String)) {
        let inside = |[left, top, right, bottom]: [f64; 4]| {
            left >= 0.0 && top >= 0.0 && right <= self.width_mm && bottom <= self.height_mm
        };
        if self.codes.len() != Corner::ALL.len() {
            tell(About::Codes, format!("there are {} codes, not one in each corner", self.codes.len()));
        }
        for (corner, (at, size)) in &self.codes {
            let (x, y, size) = (mm(at.x), mm(at.y), mm(*size));
            let module = size / qr::MODULES as f64;
            let quiet = module * QUIET_MODULES;
            if size < LEAST_MODULE_MM * qr::MODULES as f64 - SLACK_MM {
                tell(
                    About::Codes,
                    format!(
                        "the code {corner:?} is {size} mm wide, a module {module:.2} mm; at least {LEAST_MODULE_MM} mm ({} mm in all)",
                        LEAST_MODULE_MM * qr::MODULES as f64
                    ),
                );
            }
            if !inside([x - quiet, y - quiet, x + size + quiet, y + size + quiet]) {
                tell(
                    About::Codes,
                    format!(
                        "the code {corner:?} lacks its quiet zone: it lies less than {quiet:.1} mm from the page's edge"
                    ),
                );
            }
        }
        for (i, seal) in self.boxes.iter().enumerate() {
            let mut tell = |message| tell(About::SealBox(seal.id.clone()), message);
            if seal.h_mm < LEAST_BOX_MM - SLACK_MM || seal.w_mm < LEAST_BOX_MM - SLACK_MM {
                tell(format!(
                    "the seal box {:?} is {} x {} mm; at least {LEAST_BOX_MM} mm each way",
                    seal.id, seal.w_mm, seal.h_mm
                ));
            }
            let edges = [seal.x_mm, seal.y_mm, seal.x_mm + seal.w_mm, seal.y_mm + seal.h_mm];
            if !inside(edges) {
                tell(format!("the seal box {:?} leaves the page", seal.id));
            }
            for other in &self.boxes[..i] {
                let apart = (seal.x_mm - other.x_mm - other.w_mm)
                    .max(other.x_mm - seal.x_mm - seal.w_mm)
                    .max(seal.y_mm - other.y_mm - other.h_mm)
                    .max(other.y_mm - seal.y_mm - seal.h_mm);
                if apart < -SLACK_MM {
                    tell(format!("the seal boxes {:?} and {:?} overlap", other.id, seal.id));
                } else if apart < LEAST_GAP_MM - SLACK_MM {
                    tell(format!(
                        "the seal boxes {:?} and {:?} are {apart:.1} mm apart; at least {LEAST_GAP_MM} mm",
                        other.id, seal.id
                    ));
                }
            }
        }
    }
}

enum Mark {
    Code { corner: Corner, size: Abs },
    BoxStart { id: String, label: String },
    BoxEnd { id: String },
}

impl Mark {
    /// A mark of the shared base; `None`: metadata of the template's own.
    fn read(value: &Value) -> Option<Self> {
        let Value::Dict(dict) = value else { return None };
        let text = |key: &str| match dict.get(key) {
            Ok(Value::Str(text)) => Some(text.as_str().to_owned()),
            _ => None,
        };
        match text("casebind")?.as_str() {
            "code" => {
                let corner = match text("corner")?.as_str() {
                    "top-left" => Corner::TopLeft,
                    "top-right" => Corner::TopRight,
                    "bottom-left" => Corner::BottomLeft,
                    "bottom-right" => Corner::BottomRight,
                    _ => return None,
                };
                let Ok(Value::Length(size)) = dict.get("size") else { return None };
                Some(Self::Code { corner, size: size.abs })
            }
            "box-start" => Some(Self::BoxStart { id: text("id")?, label: text("label")? }),
            "box-end" => Some(Self::BoxEnd { id: text("id")? }),
            _ => None,
        }
    }
}

/// Millimetres, to a thousandth: equal on every machine.
pub(super) fn mm(length: Abs) -> f64 {
    (length.to_mm() * 1000.0).round() / 1000.0
}
