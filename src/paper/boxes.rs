//! Judges seal boxes: what is in a box that the printed form doesn't have there.
//!
//! A box is laid over the blank by its own frame, what is printed is masked with a pixel or two of
//! tolerance, ink is what is darker than the page's own blank paper ever is, and what is left when dust,
//! lines, soft shadows and a neighbour's seal are set aside (in `pieces`) decides.

use image::GrayImage;
use serde::{Deserialize, Serialize};

use super::form::{FormPage, PIXELS_PER_MM, WINDOW};
use super::geometry::{Homography, Point};
use super::pieces::{self, Around, Found, Sides};
use super::pixels::{self, Picture};
use super::window::{Area, Window};
use super::{ink, lines, thresholded};
use crate::layout::BoxPlace;

/// What a box looks like. Advice for the reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Sealed or signed.
    Marked,
    /// Nothing in it.
    Empty,
    /// Something, or nothing that can be relied on.
    Unsure,
}

impl Verdict {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marked => "marked",
            Self::Empty => "empty",
            Self::Unsure => "unsure",
        }
    }
}

/// One box as judged.
#[derive(Clone, Debug)]
pub struct BoxReading {
    /// The box's id.
    pub id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Share of the box's inside that is ink, 0 to 1.
    pub ink: f64,
    /// Share of the box's inside that the ink's bounds take, 0 to 1.
    pub spread: f64,
    /// Where its corners were seen, from the top left clockwise, in shares of the picture's width and height.
    pub place: Option<[Point; 4]>,
    /// The box upright with some margin, as PNG.
    pub crop: Vec<u8>,
}

/// What a page's paper and scanner let ink be told by.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    /// Darkness that ink has to exceed: more than the page's own blank paper ever has.
    pub threshold: u8,
    /// Grainy: neighbouring pixels have to be averaged before ink can be told.
    pub smooth: bool,
    /// Black and white, be it stored in shades: light ink may be gone.
    pub bilevel: bool,
    /// How bright the blank paper is: in a dark photo all ink is fainter.
    pub paper: u8,
    /// The threshold of a second look at a page whose grain or light asks for more darkness than usual, averaged
    /// further ([`COARSE`]): a faint seal may be there.
    pub coarse: Option<u8>,
}

/// The tone of a page that lies under `map` (millimetres to pixels of the picture).
#[must_use]
pub fn tone(picture: &Picture, map: &Homography, form: &FormPage) -> Tone {
    const LEAST: f64 = 20.0;
    const MOST: f64 = 70.0;
    const NOISY: u8 = 40;
    const LEAST_COARSE: f64 = 6.0;
    let windows: Vec<Picture> = form
        .windows
        .iter()
        .map(|&(x, y)| {
            let window = Window { x: f64::from(x), y: f64::from(y), width: WINDOW, height: WINDOW };
            window.take(picture, map, 1)
        })
        .collect();
    let median = |of: &dyn Fn(&Picture) -> u8| {
        let mut levels: Vec<u8> = windows.iter().map(of).collect();
        levels.sort_unstable();
        levels.get(levels.len() / 2).copied()
    };
    let quantile =
        |plane: &GrayImage, share| pixels::quantile(&pixels::histogram(plane.iter().copied()), share);
    let threshold = |around: usize, above: f64, least: f64| {
        let noise = median(&|part| quantile(&Window::darkness(part, around), 0.995)).unwrap_or(10);
        super::pixel_count((f64::from(noise) * 1.5 + above).clamp(least, MOST)) as u8
    };
    let sharp = threshold(0, 8.0, LEAST);
    let smooth = sharp > NOISY;
    let coarse = (f64::from(sharp) > LEAST).then(|| threshold(COARSE, 2.0, LEAST_COARSE));
    let threshold = if smooth { threshold(1, 8.0, LEAST) } else { sharp };
    let paper = median(&|part| quantile(&part.luma(), 0.5)).unwrap_or(255);
    Tone { threshold, smooth, bilevel: thresholded::may_have_erased_ink(picture), paper, coarse }
}

/// Judges one box of a page that lies under `map` (millimetres to pixels of the picture).
#[must_use]
pub fn judge(
    picture: &Picture,
    map: &Homography,
    form: &FormPage,
    place: &BoxPlace,
    tone: Tone,
) -> BoxReading {
    let window = Window::around(place, form);
    let factor = if map.local_scale((place.x_mm, place.y_mm)).0 > 1.5 * PIXELS_PER_MM { 2 } else { 1 };
    let fine = window.take(picture, map, factor);
    let darkness = Window::darkness(&fine.halved(factor), usize::from(tone.smooth));
    let expected = window.expected(form);
    let shift = ink::best_shift(&expected, &darkness, 4);
    let mut mask = ink::mask(&expected, shift, 3);
    let inside = window.inside(place, shift);
    lines::mask_through(&darkness, tone.threshold, &mut mask, inside);
    let inks = ink::components(&darkness, tone.threshold, &mask, inside);
    let crisp = pieces::crispness(&expected, &darkness, shift);
    let sides = Sides::of(place, &form.layout.boxes);
    let found = Found::of(&inks, &darkness, inside, &Around { sides, crisp, tone });
    let verdict = match found.verdict() {
        // Black and white may have lost a light pencil or a faint seal: scan again in gray.
        Verdict::Empty if tone.bilevel => Verdict::Unsure,
        Verdict::Empty
            if tone
                .coarse
                .is_some_and(|threshold| is_shaded(&fine.halved(factor), threshold, &mask, inside)) =>
        {
            Verdict::Unsure
        }
        verdict => verdict,
    };
    BoxReading {
        id: place.id.clone(),
        verdict,
        ink: found.share,
        spread: found.spread,
        place: Some(corners(picture, map, place, shift)),
        crop: window.crop(&fine, place, factor),
    }
}

/// Pixels on each side that a second look at a grainy page averages over.
const COARSE: usize = 2;

/// Whether grain hides something as large as a seal.
fn is_shaded(part: &Picture, threshold: u8, mask: &GrayImage, inside: Area) -> bool {
    const PIECE_MM: f64 = 2.0;
    const ALL_MM2: f64 = 5.0;
    let pieces = ink::components(&Window::darkness(part, COARSE), threshold, mask, inside);
    let long = |(left, top, right, bottom): Area| {
        f64::from((right - left).max(bottom - top)) >= PIECE_MM * PIXELS_PER_MM
    };
    let shade: u32 = pieces.list.iter().filter(|piece| long(piece.bounds)).map(|piece| piece.inside).sum();
    f64::from(shade) >= ALL_MM2 * PIXELS_PER_MM * PIXELS_PER_MM
}

/// Where a box's corners lie, moved by `shift` pixels at [`PIXELS_PER_MM`].
fn corners(picture: &Picture, map: &Homography, place: &BoxPlace, shift: (i32, i32)) -> [Point; 4] {
    let (left, top) =
        (place.x_mm + f64::from(shift.0) / PIXELS_PER_MM, place.y_mm + f64::from(shift.1) / PIXELS_PER_MM);
    let (right, bottom) = (left + place.w_mm, top + place.h_mm);
    let (width, height) = picture.size();
    [(left, top), (right, top), (right, bottom), (left, bottom)].map(|corner| {
        let (x, y) = map.apply(corner);
        (x / f64::from(width), y / f64::from(height))
    })
}

/// The reading of a box that could not be laid over the form.
#[must_use]
pub fn unseen(place: &BoxPlace) -> BoxReading {
    let (id, crop) = (place.id.clone(), Vec::new());
    BoxReading { id, verdict: Verdict::Unsure, ink: 0.0, spread: 0.0, place: None, crop }
}
