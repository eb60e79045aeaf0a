//! What differs from the print outside the seal boxes: ink that isn't printed, and print that is gone.
//!
//! A page is compared as a whole at half the boxes' resolution; `covered` looks for print that is
//! gone. Hints for a reviewer's eye; nothing is decided by them.

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::boxes::Tone;
use super::covered;
use super::form::{FormPage, PIXELS_PER_MM};
use super::geometry::Homography;
use super::ink::{self, Component};
use super::pieces::{both, is_near};
use super::pixels::{self, Picture};
use super::warp::warp_gray;
use super::window::{Area, Window};

/// In which way the paper differs from the print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Ink where nothing is printed.
    Added,
    /// Nothing where something is printed: correction fluid, or a label glued over it.
    Covered,
}

/// One place outside the boxes where the paper differs from the print.
#[derive(Clone, Debug)]
pub struct Change {
    /// In which way.
    pub kind: ChangeKind,
    /// Left edge on the form in millimetres.
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
    pub crop: Vec<u8>,
}

/// Pixels a millimetre at which pages are compared.
pub(super) const SCALE: f64 = PIXELS_PER_MM / 2.0;
/// At most this many places a page, the largest.
const MOST: usize = 12;
/// Along the edges scanners and holes leave their own marks.
const RIM_MM: f64 = 8.0;
/// Around a box, where its own seal may reach.
const BOX_MARGIN_MM: f64 = 4.0;
/// Pieces nearer than this are one change.
pub(super) const NEAR_MM: f64 = 3.0;
/// Less ink is dust.
const PIECE_MM2: f64 = 0.5;
const ADDED_MM2: f64 = 2.5;
const ADDED_REACH_MM: f64 = 3.0;

/// The changes of a page that lies under `map` (millimetres to pixels of `picture`), from the top. `gray` is
/// the picture in gray at any scale.
#[must_use]
pub fn find(
    picture: &Picture,
    gray: &GrayImage,
    map: &Homography,
    form: &FormPage,
    tone: Tone,
) -> Vec<Change> {
    let (width, height) = form.half.dimensions();
    // Shrunk until its pixels are those of the comparison, so that thin strokes are averaged, not missed.
    let per_mm = map.local_scale((form.layout.width_mm / 2.0, form.layout.height_mm / 2.0)).0;
    let long = f64::from(picture.long_edge()) * SCALE / per_mm.max(SCALE);
    let small = pixels::shrink(gray, super::pixel_count(long).max(8));
    let to_small = Homography::scale(f64::from(small.width()) / f64::from(picture.size().0));
    let from_page = Homography::scale(1.0 / SCALE).then(map).then(&to_small);
    let page = warp_gray(&small, &from_page, width, height);
    let darkness = darkness(&page);
    let printed = form.half.as_raw().iter().map(|value| 255 - value).collect();
    let printed = GrayImage::from_raw(width, height, printed).expect("one byte a pixel");
    let quiet = Quiet::of(form, width, height);
    let mut places = added(&darkness, &printed, &quiet, tone);
    places.extend(covered::find(&darkness, &printed, &quiet));
    places.sort_by_key(|place| std::cmp::Reverse(place.pixels));
    places.truncate(MOST);
    places.sort_by_key(|place| (place.bounds.1, place.bounds.0));
    places.iter().map(|place| place.change(picture, map)).collect()
}

fn darkness(page: &GrayImage) -> GrayImage {
    let mut darkness = vec![0; page.as_raw().len()];
    ink::darken(page, &mut darkness);
    GrayImage::from_raw(page.width(), page.height(), darkness).expect("one byte a pixel")
}

/// Where nothing is looked for: the rim, the codes, the boxes.
pub(super) struct Quiet {
    /// Not zero where it is quiet, row by row.
    pub(super) plane: Vec<u8>,
    width: u32,
}

impl Quiet {
    fn of(form: &FormPage, width: u32, height: u32) -> Self {
        let mut quiet = Self { plane: vec![0; (width * height) as usize], width };
        let mut area = |x: f64, y: f64, w: f64, h: f64, margin: f64| {
            let at = |mm: f64, most: u32| super::pixel_count(mm * SCALE).min(most);
            quiet.fill((
                at(x - margin, width),
                at(y - margin, height),
                at(x + w + margin, width),
                at(y + h + margin, height),
            ));
        };
        form.layout.boxes.iter().for_each(|b| area(b.x_mm, b.y_mm, b.w_mm, b.h_mm, BOX_MARGIN_MM));
        form.layout.codes.iter().for_each(|c| area(c.x_mm, c.y_mm, c.size_mm, c.size_mm, 1.0));
        let rim = super::pixel_count(RIM_MM * SCALE).min(width).min(height);
        quiet.fill((0, 0, width, rim));
        quiet.fill((0, height - rim, width, height));
        quiet.fill((0, 0, rim, height));
        quiet.fill((width - rim, 0, width, height));
        quiet
    }

    fn fill(&mut self, (left, top, right, bottom): Area) {
        for y in top..bottom {
            let line = (y * self.width) as usize;
            self.plane[line + left as usize..line + right.max(left) as usize].fill(255);
        }
    }
}

/// A change before it is cut out, in pixels at [`SCALE`].
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: ChangeKind,
    pub(super) bounds: Area,
    pub(super) pixels: u32,
}

pub(super) fn mm2(pixels: u32) -> f64 {
    f64::from(pixels) / (SCALE * SCALE)
}

fn added(darkness: &GrayImage, printed: &GrayImage, quiet: &Quiet, tone: Tone) -> Vec<Place> {
    // Half a millimetre and more beside what is printed: the fit's own error, and blurred edges.
    let mut mask = ink::mask(printed, (0, 0), 2);
    mask.iter_mut().zip(&quiet.plane).for_each(|(mask, quiet)| *mask |= quiet);
    let (width, height) = darkness.dimensions();
    let threshold = tone.threshold.max(30);
    let pieces = ink::components(darkness, threshold, &mask, (0, 0, width, height));
    let pieces = pieces.list.iter().filter(|p| mm2(p.area) >= PIECE_MM2 && !is_line(p));
    let places = join(pieces.map(|p| Place { kind: ChangeKind::Added, bounds: p.bounds, pixels: p.area }));
    let large = |place: &Place| mm2(place.pixels) >= ADDED_MM2 && place.reach_mm() >= ADDED_REACH_MM;
    places.into_iter().filter(large).collect()
}

/// Long, straight and thin: a copier's stripe, a fold, the rest of a ruled line.
fn is_line(piece: &Component) -> bool {
    const LONG_MM: f64 = 30.0;
    const THIN_MM: f64 = 1.4;
    let (long, thin) = piece.moments.bar();
    long > LONG_MM * SCALE && thin < THIN_MM * SCALE
}

/// Places that lie near each other become one.
pub(super) fn join(places: impl Iterator<Item = Place>) -> Vec<Place> {
    let near = super::pixel_count(NEAR_MM * SCALE);
    let mut joined: Vec<Place> = Vec::new();
    for mut place in places {
        // What it touches may touch others once it has grown.
        while let Some(at) = joined.iter().position(|other| is_near(other.bounds, place.bounds, near)) {
            let other = joined.swap_remove(at);
            place.bounds = both(place.bounds, other.bounds);
            place.pixels += other.pixels;
        }
        joined.push(place);
    }
    joined
}

impl Place {
    fn reach_mm(&self) -> f64 {
        let (l, t, r, b) = self.bounds;
        f64::from((r - l).max(b - t)) / SCALE
    }

    fn change(&self, picture: &Picture, map: &Homography) -> Change {
        let (l, t, r, b) = self.bounds;
        let [x_mm, y_mm, right, bottom] = [l, t, r, b].map(|v| f64::from(v) / SCALE);
        Change {
            kind: self.kind,
            x_mm,
            y_mm,
            w_mm: right - x_mm,
            h_mm: bottom - y_mm,
            area_mm2: mm2(self.pixels),
            crop: crop(picture, map, (x_mm, y_mm, right, bottom)),
        }
    }
}

fn crop(picture: &Picture, map: &Homography, (left, top, right, bottom): (f64, f64, f64, f64)) -> Vec<u8> {
    const MARGIN_MM: f64 = 4.0;
    let window = Window::between(
        ((left - MARGIN_MM).max(0.0), (top - MARGIN_MM).max(0.0)),
        (right + MARGIN_MM, bottom + MARGIN_MM),
    );
    window.take(picture, map, 1).jpeg(80)
}
