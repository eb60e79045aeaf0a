//! Which pieces of ink in a box are somebody's mark, and which are dust, a stripe, a shadow, a neighbour's.

use image::GrayImage;

use super::boxes::{Tone, Verdict};
use super::form::PIXELS_PER_MM;
use super::ink::{Component, Moments, Pieces};
use super::pixels;
use super::window::Area;
use crate::layout::BoxPlace;

/// This much ink is a mark, if it reaches this far: a centimetre of a thin pen. Less may be a slip of it.
const MARKED_MM2: f64 = 4.0;
const MARKED_REACH_MM: f64 = 3.5;
/// Less than this is nothing.
const EMPTY_MM2: f64 = 0.6;
/// More than this of what is doubtful isn't nothing.
const DOUBTFUL_MM2: f64 = 2.2;
/// Pieces nearer than this are one mark: strokes of a character, dots of a dithered seal, the two sides of the
/// box's own frame, which is masked.
const NEAR_MM: f64 = 1.7;

/// What is left of the ink in a box.
pub(super) struct Found {
    kept_mm2: f64,
    doubtful_mm2: f64,
    reach_mm: f64,
    /// Share of the inside that is ink, 0 to 1.
    pub share: f64,
    /// Share of the inside that the ink's bounds take, 0 to 1.
    pub spread: f64,
}

impl Found {
    /// Weighs the pieces of a window whose box is `inside`.
    pub(super) fn of(pieces: &Pieces, darkness: &GrayImage, inside: Area, around: &Around) -> Self {
        let (mut kept, mut doubtful, mut bounds) = (0_u32, 0_u32, None::<Area>);
        for group in groups(pieces, darkness, inside) {
            match group.weigh(inside, around) {
                Weight::Nothing => {}
                Weight::Doubtful => doubtful += group.inside,
                Weight::Kept => {
                    kept += group.inside;
                    let within = overlap(group.bounds, inside);
                    bounds = Some(bounds.map_or(within, |other| both(other, within)));
                }
            }
        }
        let size = |(l, t, r, b): Area| (f64::from(r.saturating_sub(l)), f64::from(b.saturating_sub(t)));
        let (all, reached) = (size(inside), bounds.map_or((0.0, 0.0), size));
        let whole = (all.0 * all.1).max(1.0);
        Self {
            kept_mm2: mm2(kept),
            doubtful_mm2: mm2(doubtful),
            reach_mm: reached.0.max(reached.1) / PIXELS_PER_MM,
            share: f64::from(kept) / whole,
            spread: reached.0 * reached.1 / whole,
        }
    }

    /// What that makes of the box.
    pub(super) fn verdict(&self) -> Verdict {
        if self.kept_mm2 >= MARKED_MM2 && self.reach_mm >= MARKED_REACH_MM {
            Verdict::Marked
        } else if self.kept_mm2 < EMPTY_MM2 && self.doubtful_mm2 < DOUBTFUL_MM2 {
            Verdict::Empty
        } else {
            Verdict::Unsure
        }
    }
}

/// What a box's ink is weighed by.
pub(super) struct Around {
    /// On which sides there is another box.
    pub sides: Sides,
    /// As [`crispness`] has it.
    pub crisp: Option<f64>,
    /// The page's.
    pub tone: Tone,
}

fn mm2(pixels: u32) -> f64 {
    f64::from(pixels) / (PIXELS_PER_MM * PIXELS_PER_MM)
}

/// On which sides of a box there is another one, whose seal may reach in.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a box has four sides")]
pub(super) struct Sides {
    left: bool,
    right: bool,
    above: bool,
    below: bool,
}

impl Sides {
    /// Of one of a page's boxes.
    pub(super) fn of(place: &BoxPlace, boxes: &[BoxPlace]) -> Self {
        const FAR_MM: f64 = 15.0;
        let mut sides = Self::default();
        for other in boxes.iter().filter(|other| other.id != place.id) {
            let beside = other.y_mm < place.y_mm + place.h_mm && place.y_mm < other.y_mm + other.h_mm;
            let over = other.x_mm < place.x_mm + place.w_mm && place.x_mm < other.x_mm + other.w_mm;
            let near = |gap: f64| (0.0..FAR_MM).contains(&gap);
            sides.left |= beside && near(place.x_mm - other.x_mm - other.w_mm);
            sides.right |= beside && near(other.x_mm - place.x_mm - place.w_mm);
            sides.above |= over && near(place.y_mm - other.y_mm - other.h_mm);
            sides.below |= over && near(other.y_mm - place.y_mm - place.h_mm);
        }
        sides
    }
}

/// What a group of pieces counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Kept,
    Doubtful,
    Nothing,
}

/// Pieces that belong together.
#[derive(Clone, Debug)]
struct Group {
    area: u32,
    inside: u32,
    bounds: Area,
    /// Bounds of its pieces that are no specks.
    core: Option<Area>,
    /// Longer side of its longest piece.
    piece: u32,
    /// How much of its area is in pieces that are shorter than a stroke.
    crumbs: u32,
    /// How dark its ink is: nine tenths are lighter.
    dark: u8,
    /// How steep its edges are, likewise.
    steep: u8,
    /// How steep it is in half of its pixels.
    even: u8,
}

impl Group {
    fn of(piece: &Component) -> Self {
        let Component { area, inside, bounds, .. } = *piece;
        let piece = longest(bounds);
        let core = (f64::from(piece) >= SPECK_MM * PIXELS_PER_MM).then_some(bounds);
        let crumbs = if f64::from(piece) < STROKE_MM * PIXELS_PER_MM { area } else { 0 };
        Self { area, inside, bounds, core, piece, crumbs, dark: 0, steep: 0, even: 0 }
    }

    fn join(&mut self, other: &Self) {
        self.area += other.area;
        self.inside += other.inside;
        self.bounds = both(self.bounds, other.bounds);
        self.core = match (self.core, other.core) {
            (Some(one), Some(two)) => Some(both(one, two)),
            (one, two) => one.or(two),
        };
        self.piece = self.piece.max(other.piece);
        self.crumbs += other.crumbs;
    }

    fn weigh(&self, inside: Area, around: &Around) -> Weight {
        let core = self.core.unwrap_or(self.bounds);
        let (others, tone) = (around.sides, around.tone);
        if self.is_dust() || self.is_neighbour(self.bounds, inside, others) {
            Weight::Nothing
        } else if self.is_dotted(tone.bilevel)
            || (tone.bilevel && self.is_crumbled())
            || self.is_spot(inside)
            || self.is_shade(inside)
            || self.is_neighbour(core, inside, others)
        {
            Weight::Doubtful
        } else if self.is_soft(around.crisp) {
            // Grain is averaged away, and with it the edges of a faint seal.
            if !tone.smooth && f64::from(self.dark) < FAINT * f64::from(tone.paper.min(WHITE)) {
                Weight::Nothing
            } else {
                Weight::Doubtful
            }
        } else if self.is_soft(None) || self.inside * 4 < self.area {
            Weight::Doubtful
        } else {
            Weight::Kept
        }
    }

    /// Small by itself, or specks that only lie near each other.
    fn is_dust(&self) -> bool {
        const SPECK_MM2: f64 = 1.0;
        const SPARSE: f64 = 0.06;
        mm2(self.area) < SPECK_MM2 || self.is_made_of(SPECK_MM, SPARSE)
    }

    /// Loose dots: a dithered smudge or a dithered faint seal, which nobody can tell apart. In black and white
    /// a screen may set them as close as this.
    fn is_dotted(&self, bilevel: bool) -> bool {
        const DOT_MM: f64 = 2.2;
        const LOOSE: f64 = 0.12;
        const SCREENED: f64 = 0.4;
        self.is_made_of(DOT_MM, if bilevel { SCREENED } else { LOOSE })
    }

    /// Strokes of which black and white has left crumbs: a light pencil, or the other side shining through.
    fn is_crumbled(&self) -> bool {
        self.crumbs * 2 > self.area
    }

    /// A spot, alone or with specks around it: nobody signs so small.
    fn is_spot(&self, inside: Area) -> bool {
        const SPOT_MM: f64 = 3.0;
        const SPOT_MM2: f64 = 5.0;
        const REACH_MM: f64 = 5.0;
        // Specks around it don't make it reach further.
        let core = overlap(self.core.unwrap_or(self.bounds), inside);
        f64::from(self.piece) < SPOT_MM * PIXELS_PER_MM
            && mm2(self.area) < SPOT_MM2
            && f64::from(longest(core)) < REACH_MM * PIXELS_PER_MM
    }

    /// The shadow of a fold: a strip through the whole box that has one edge and fades away on its other side, or
    /// what the paper's grain leaves of it: narrow pieces along one line that hardly have an edge at all.
    fn is_shade(&self, inside: Area) -> bool {
        const BROAD_MM: f64 = 8.0;
        const NARROW_MM: f64 = 3.0;
        const FADING: f64 = 0.15;
        let (l, t, r, b) = self.bounds;
        let broad = |side: u32| f64::from(side) < BROAD_MM * PIXELS_PER_MM;
        let across = l <= inside.0 + 4 && r + 4 >= inside.2 && broad(b - t);
        let down = t <= inside.1 + 4 && b + 4 >= inside.3 && broad(r - l);
        let (long, thick) = ((r - l).max(b - t), (r - l).min(b - t));
        let narrow = f64::from(thick) < NARROW_MM * PIXELS_PER_MM && long >= 3 * thick;
        let edges = |share: f64| f64::from(self.even) < share * f64::from(self.dark);
        ((across || down) && edges(SOFT)) || (narrow && edges(FADING))
    }

    /// Whether no piece is longer than this, and less than this share of the bounds is ink.
    fn is_made_of(&self, longest_mm: f64, density: f64) -> bool {
        let (l, t, r, b) = self.bounds;
        f64::from(self.piece) < longest_mm * PIXELS_PER_MM
            && f64::from(self.area) < density * f64::from((r - l) * (b - t))
    }

    /// Reaches in from another box's side, where most of it lies, by less than its own seal would. `bounds`:
    /// its own, or without the specks that lie near it.
    fn is_neighbour(&self, bounds: Area, inside: Area, others: Sides) -> bool {
        const DEEP_MM: f64 = 8.0;
        let (l, t, r, b) = overlap(bounds, inside);
        let shallow = |side: u32| f64::from(side) < DEEP_MM * PIXELS_PER_MM;
        let aside = (others.left && bounds.0 < inside.0) || (others.right && bounds.2 > inside.2);
        let across = (others.above && bounds.1 < inside.1) || (others.below && bounds.3 > inside.3);
        let reaches_in = (aside && shallow(r.saturating_sub(l))) || (across && shallow(b.saturating_sub(t)));
        self.inside * 2 < self.area && reaches_in
    }

    /// Without edges: a shadow, a smudge, the other side shining through. What counts as an edge depends on how
    /// crisp print is on the page, where that is known.
    fn is_soft(&self, crisp: Option<f64>) -> bool {
        let soft = crisp.map_or(SOFT, |crisp| (SOFT_OF_PRINT * crisp).clamp(SOFT / 2.0, SOFT * 1.2));
        f64::from(self.steep) < soft * f64::from(self.dark)
    }
}

/// What is shorter is no stroke of a signature or seal.
const STROKE_MM: f64 = 3.0;
/// Longer side of the largest speck.
const SPECK_MM: f64 = 1.5;
/// Edges that rise by less than this share of the ink's darkness from pixel to next but one.
const SOFT: f64 = 0.3;
/// The same as a share of what print's edges do.
const SOFT_OF_PRINT: f64 = 0.6;
/// Soft ink that is darker than the paper by less than this share of its brightness is nothing.
const FAINT: f64 = 0.29;
/// Scanners may make paper brighter than this, without making ink on it darker.
const WHITE: u8 = 240;

/// The pieces that touch the inside, lines left out, joined where they lie near each other.
fn groups(pieces: &Pieces, darkness: &GrayImage, inside: Area) -> Vec<Group> {
    let lines = lines(&pieces.list, inside);
    let near = super::pixel_count(NEAR_MM * PIXELS_PER_MM);
    let mut groups: Vec<(Group, Vec<usize>)> = Vec::new();
    for (at, piece) in pieces.list.iter().enumerate() {
        if lines[at] {
            continue;
        }
        let (mut group, mut members) = (Group::of(piece), vec![at]);
        // What it touches may touch others once it has grown.
        while let Some(other) = groups.iter().position(|(other, _)| is_near(other.bounds, group.bounds, near))
        {
            let (other, its) = groups.swap_remove(other);
            group.join(&other);
            members.extend(its);
        }
        groups.push((group, members));
    }
    groups.retain(|(group, _)| group.inside > 0);
    let mut member_of = vec![usize::MAX; pieces.list.len()];
    for (number, (_, members)) in groups.iter().enumerate() {
        members.iter().for_each(|&at| member_of[at] = number);
    }
    let mut looks = vec![([0_u32; 256], [0_u32; 256]); groups.len()];
    let wide = darkness.width() as usize;
    for (at, &label) in pieces.labels.iter().enumerate().filter(|(_, label)| **label > 0) {
        if let Some((darks, steeps)) = looks.get_mut(member_of[label as usize - 1]) {
            darks[usize::from(darkness.as_raw()[at])] += 1;
            steeps[usize::from(steepness(darkness.as_raw(), at, wide))] += 1;
        }
    }
    let weighed = groups.into_iter().zip(looks).map(|((group, _), (darks, steeps))| Group {
        dark: pixels::quantile(&darks, 0.9),
        steep: pixels::quantile(&steeps, 0.9),
        even: pixels::quantile(&steeps, 0.5),
        ..group
    });
    weighed.collect()
}

/// How steep the edges of print are: the median change over two pixels, as a share of its darkness. `expected`
/// is what is printed, moved by `shift`; `None` where hardly anything is.
pub(super) fn crispness(expected: &GrayImage, darkness: &GrayImage, shift: (i32, i32)) -> Option<f64> {
    const PRINTED: u8 = 128;
    const SEEN: u8 = 20;
    const FEW: u32 = 200;
    let wide = darkness.width();
    let mut shares = [0_u32; 256];
    for (x, y, _) in expected.enumerate_pixels().filter(|(_, _, printed)| printed.0[0] >= PRINTED) {
        let (u, v) = (x.saturating_add_signed(shift.0), y.saturating_add_signed(shift.1));
        let Some(dark) = darkness.get_pixel_checked(u, v).map(|p| p.0[0]).filter(|&dark| dark > SEEN) else {
            continue;
        };
        let steep = steepness(darkness.as_raw(), (v * wide + u) as usize, wide as usize);
        shares[(usize::from(steep) * 100 / usize::from(dark)).min(255)] += 1;
    }
    let enough = shares.iter().sum::<u32>() >= FEW;
    enough.then(|| f64::from(pixels::quantile(&shares, 0.5)) / 100.0)
}

/// How much the brightness changes over two pixels, across or down.
fn steepness(raw: &[u8], at: usize, wide: usize) -> u8 {
    let value = |at: Option<usize>| at.and_then(|at| raw.get(at)).copied().unwrap_or(0);
    let change = |step: usize| value(at.checked_sub(step)).abs_diff(value(Some(at + step)));
    change(1).max(change(wide))
}

/// Which pieces are straight thin lines that come from outside the box: a stray line, a stripe, a fold. The
/// mask of the frame cuts them and pale scans break them, so that straight pieces in one line count together,
/// if they fill at least half of it.
fn lines(pieces: &[Component], inside: Area) -> Vec<bool> {
    const SHORT_MM: f64 = 1.2;
    const FILLED: f64 = 0.5;
    let thin = |moments: &Moments| moments.bar().1 < THIN_MM * PIXELS_PER_MM;
    let length = |at: usize| pieces[at].moments.bar().0;
    let mut straight: Vec<usize> = (0..pieces.len())
        .filter(|&at| thin(&pieces[at].moments) && length(at) > SHORT_MM * PIXELS_PER_MM)
        .collect();
    straight.sort_by(|&a, &b| length(b).total_cmp(&length(a)));
    // A fold or a stripe may be wider, but then goes through the whole box.
    let mut found: Vec<bool> = pieces.iter().map(|piece| goes_through(piece, inside)).collect();
    for &first in &straight {
        if found[first] {
            continue;
        }
        let (mut moments, mut bounds) = (pieces[first].moments, pieces[first].bounds);
        let (mut members, mut filled) = (vec![first], length(first));
        for &other in straight.iter().filter(|&&other| other != first) {
            let joined = moments.with(&pieces[other].moments);
            if thin(&joined) && (filled + length(other)) > FILLED * joined.bar().0 {
                (moments, bounds) = (joined, both(bounds, pieces[other].bounds));
                filled += length(other);
                members.push(other);
            }
        }
        if is_line(&moments, bounds, inside) {
            members.into_iter().for_each(|at| found[at] = true);
            // Crumbs of the line itself.
            for (at, piece) in pieces.iter().enumerate() {
                let small = longest(piece.bounds) < super::pixel_count(2.0 * SHORT_MM * PIXELS_PER_MM);
                found[at] |= small && thin(&moments.with(&piece.moments));
            }
        }
    }
    found
}

const THIN_MM: f64 = 1.2;

fn is_line(moments: &Moments, bounds: Area, inside: Area) -> bool {
    const LONG_MM: f64 = 11.0;
    const MARGIN_MM: f64 = 2.5;
    let margin = super::pixel_count(MARGIN_MM * PIXELS_PER_MM);
    let comes_from_outside = bounds.0 < inside.0 + margin
        || bounds.1 < inside.1 + margin
        || bounds.2 + margin > inside.2
        || bounds.3 + margin > inside.3;
    moments.bar().0 > LONG_MM * PIXELS_PER_MM && comes_from_outside
}

fn goes_through(piece: &Component, inside: Area) -> bool {
    const WIDE_MM: f64 = 3.0;
    let (l, t, r, b) = piece.bounds;
    let (_, thick) = piece.moments.bar();
    let across = l <= inside.0 + 4 && r + 4 >= inside.2;
    let down = t <= inside.1 + 4 && b + 4 >= inside.3;
    (across || down) && thick < WIDE_MM * PIXELS_PER_MM
}

fn longest((left, top, right, bottom): Area) -> u32 {
    right.saturating_sub(left).max(bottom.saturating_sub(top))
}

fn overlap(a: Area, b: Area) -> Area {
    (a.0.max(b.0), a.1.max(b.1), a.2.min(b.2), a.3.min(b.3))
}

pub(super) fn both(a: Area, b: Area) -> Area {
    (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3))
}

pub(super) fn is_near(a: Area, b: Area, near: u32) -> bool {
    a.0 <= b.2 + near && b.0 <= a.2 + near && a.1 <= b.3 + near && b.1 <= a.3 + near
}
