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

/// The smallest height of a seal box: a school's square seal with its frame.
const LEAST_BOX_MM: f64 = 30.0;
/// The least distance between seal boxes: a shared edge invites a neighbour's seal.
const LEAST_GAP_MM: f64 = 5.0;
/// The smallest side of a code: below it a scan at 100 dpi loses modules.
const LEAST_CODE_MM: f64 = 18.0;
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

impl Marks {
    /// Finds the marks of a laid-out form.
    ///
    /// # Errors
    /// In words for the template's author, when a mark is missing or doubled, or a box is unfit.
    pub(super) fn find(document: &PagedDocument) -> Result<Self, String> {
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
        let mut open: BTreeMap<String, (usize, Point, String)> = BTreeMap::new();
        for element in introspector.query(&Selector::Elem(MetadataElem::ELEM, None)) {
            let Some(mark) = element.to_packed::<MetadataElem>().and_then(|m| Mark::read(&m.value)) else {
                continue;
            };
            let Some(place) = element.location().and_then(|at| introspector.position(at)) else { continue };
            let number = place.page.get();
            let page = &mut pages[number - 1];
            match mark {
                Mark::Code { corner, size } => {
                    if page.codes.insert(corner, (place.point, size)).is_some() {
                        return Err(format!("page {number} has two codes in the corner {corner:?}"));
                    }
                }
                Mark::BoxStart { id, label } => {
                    if open.insert(id.clone(), (number, place.point, label)).is_some() {
                        return Err(format!("the seal box {id:?} is placed twice"));
                    }
                }
                Mark::BoxEnd { id } => {
                    let Some((started, start, label)) = open.get(&id) else {
                        return Err(format!("the seal box {id:?} ends before it begins"));
                    };
                    if *started != number {
                        return Err(format!(
                            "the seal box {id:?} is split over pages {started} and {number}"
                        ));
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
        let marks = Self { pages };
        marks.check()?;
        Ok(marks)
    }

    /// Names the first thing that a reader of the scan couldn't live with.
    fn check(&self) -> Result<(), String> {
        for (number, page) in (1..).zip(&self.pages) {
            if page.codes.len() != Corner::ALL.len() {
                return Err(format!("page {number} has {} codes, not one in each corner", page.codes.len()));
            }
            let inside = |x: f64, y: f64, w: f64, h: f64| {
                x >= 0.0 && y >= 0.0 && x + w <= page.width_mm && y + h <= page.height_mm
            };
            for (corner, (at, size)) in &page.codes {
                let quiet = mm(*size) * 4.0 / qr::MODULES as f64;
                let side = mm(*size) + 2.0 * quiet;
                if mm(*size) < LEAST_CODE_MM - SLACK_MM {
                    return Err(format!(
                        "the code {corner:?} of page {number} is smaller than {LEAST_CODE_MM} mm"
                    ));
                }
                if !inside(mm(at.x) - quiet, mm(at.y) - quiet, side, side) {
                    return Err(format!("the code {corner:?} of page {number} lacks its quiet zone"));
                }
            }
            for (i, seal) in page.boxes.iter().enumerate() {
                if seal.h_mm < LEAST_BOX_MM - SLACK_MM || seal.w_mm < LEAST_BOX_MM - SLACK_MM {
                    return Err(format!(
                        "the seal box {:?} is {} x {} mm; at least {LEAST_BOX_MM} mm each way",
                        seal.id, seal.w_mm, seal.h_mm
                    ));
                }
                if !inside(seal.x_mm, seal.y_mm, seal.w_mm, seal.h_mm) {
                    return Err(format!("the seal box {:?} leaves page {number}", seal.id));
                }
                for other in &page.boxes[..i] {
                    let apart = (seal.x_mm - other.x_mm - other.w_mm)
                        .max(other.x_mm - seal.x_mm - seal.w_mm)
                        .max(seal.y_mm - other.y_mm - other.h_mm)
                        .max(other.y_mm - seal.y_mm - seal.h_mm);
                    if apart < LEAST_GAP_MM - SLACK_MM {
                        return Err(format!(
                            "the seal boxes {:?} and {:?} are {apart:.1} mm apart; at least {LEAST_GAP_MM} mm",
                            other.id, seal.id
                        ));
                    }
                }
            }
        }
        Ok(())
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
fn mm(length: Abs) -> f64 {
    (length.to_mm() * 1000.0).round() / 1000.0
}
