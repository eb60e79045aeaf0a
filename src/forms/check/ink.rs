//! What a laid-out page has on it: where ink lies, which text it shows, which glyphs it lacks.

use typst::layout::{Abs, Frame, FrameItem, Point, Transform};
use typst::syntax::Span;
use typst::visualize::{Color, CurveItem, Geometry, Paint, Shape};
use typst_layout::PagedDocument;

use crate::forms::marks::mm;

/// Something printed.
pub(super) struct Ink {
    /// Left, top, right and bottom edge, in millimetres.
    pub(super) edges: [f64; 4],
    /// What it is, in an author's words.
    pub(super) what: String,
    /// Whether it is text.
    pub(super) is_text: bool,
    /// Where it comes from.
    pub(super) span: Span,
}

/// Everything that is printed on a page.
pub(super) fn of_page(frame: &Frame) -> Vec<Ink> {
    let mut found = Vec::new();
    walk(frame, Transform::identity(), &mut |item, at| match item {
        FrameItem::Text(text) => {
            let bbox = text.bbox();
            let span = text.glyphs.first().map_or(Span::detached(), |glyph| glyph.span.0);
            let short: String = text.text.chars().take(20).collect();
            let mut ink = Ink { edges: [0.0; 4], what: format!("the text {short:?}"), is_text: true, span };
            // A run of spaces has no ink.
            if bbox.min.x.to_mm().is_finite() && bbox.min.y.to_mm().is_finite() {
                ink.edges = edges(at, bbox.min, bbox.max);
                found.push(ink);
            }
        }
        FrameItem::Shape(shape, span) => {
            for (from, to) in strokes(shape) {
                let (what, is_text) = ("a line or an area".to_owned(), false);
                found.push(Ink { edges: edges(at, from, to), what, is_text, span: *span });
            }
        }
        FrameItem::Image(_, size, span) => found.push(Ink {
            edges: edges(at, Point::zero(), size.to_point()),
            what: "an image".into(),
            is_text: false,
            span: *span,
        }),
        _ => {}
    });
    found
}

/// All text of a print in the order in which it is drawn.
pub(super) fn text(document: &PagedDocument) -> String {
    let mut all = String::new();
    for page in document.pages() {
        walk(&page.frame, Transform::identity(), &mut |item, _| {
            if let FrameItem::Text(text) = item {
                all.push_str(&text.text);
            }
        });
    }
    all
}

/// The characters for which no font had a glyph, with the place that each comes from.
pub(super) fn missing_glyphs(document: &PagedDocument) -> Vec<(char, Span)> {
    let mut found = Vec::new();
    for page in document.pages() {
        walk(&page.frame, Transform::identity(), &mut |item, _| {
            let FrameItem::Text(text) = item else { return };
            for glyph in text.glyphs.iter().filter(|glyph| glyph.id == 0) {
                let missing = text.text.get(glyph.range()).and_then(|part| part.chars().next());
                found.extend(missing.map(|c| (c, glyph.span.0)));
            }
        });
    }
    found
}

fn walk(frame: &Frame, at: Transform, see: &mut dyn FnMut(&FrameItem, Transform)) {
    for (point, item) in frame.items() {
        let at = at.pre_concat(Transform::translate(point.x, point.y));
        match item {
            FrameItem::Group(group) => walk(&group.frame, at.pre_concat(group.transform), see),
            item => see(item, at),
        }
    }
}

/// The rectangle around two corners after a transformation.
fn edges(at: Transform, from: Point, to: Point) -> [f64; 4] {
    let corners = [from, Point::new(to.x, from.y), to, Point::new(from.x, to.y)].map(|p| p.transform(at));
    let (min, max) = corners[1..]
        .iter()
        .fold((corners[0], corners[0]), |(min, max), corner| (min.min(*corner), max.max(*corner)));
    [mm(min.x), mm(min.y), mm(max.x), mm(max.y)]
}

/// The rectangles in which a shape leaves ink: its area where it is filled, else its outline.
fn strokes(shape: &Shape) -> Vec<(Point, Point)> {
    let white = |paint: &Paint| *paint == Paint::Solid(Color::WHITE);
    if shape.fill.as_ref().is_some_and(|fill| !white(fill)) {
        let bbox = shape.bbox(true);
        return vec![(bbox.min, bbox.max)];
    }
    let Some(stroke) = shape.stroke.as_ref().filter(|stroke| !white(&stroke.paint)) else {
        return Vec::new();
    };
    let half = Point::splat(stroke.thickness / 2.0);
    let corners: Vec<Point> = match &shape.geometry {
        Geometry::Line(end) => vec![Point::zero(), *end],
        Geometry::Rect(size) => {
            let (x, y, zero) = (size.x, size.y, Abs::zero());
            vec![Point::zero(), Point::new(x, zero), Point::new(x, y), Point::new(zero, y), Point::zero()]
        }
        Geometry::Curve(curve) => return curve_strokes(&curve.0, half),
    };
    corners.windows(2).map(|pair| around(pair, half)).collect()
}

fn curve_strokes(items: &[CurveItem], half: Point) -> Vec<(Point, Point)> {
    let (mut start, mut here) = (Point::zero(), Point::zero());
    let mut found = Vec::new();
    for item in items {
        let (points, end) = match *item {
            CurveItem::Move(to) => {
                (start, here) = (to, to);
                continue;
            }
            CurveItem::Line(to) => (vec![here, to], to),
            CurveItem::Cubic(first, second, to) => (vec![here, first, second, to], to),
            CurveItem::Close => (vec![here, start], start),
        };
        found.push(around(&points, half));
        here = end;
    }
    found
}

fn around(points: &[Point], half: Point) -> (Point, Point) {
    let first = points[0];
    let (min, max) = points.iter().fold((first, first), |(min, max), p| (min.min(*p), max.max(*p)));
    (min - half, max + half)
}
