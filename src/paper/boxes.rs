//! Judges seal boxes: what is in a box that the printed form doesn't have there.
//!
//! A box is laid over the blank by its own frame, what is printed is masked with a pixel or two of
//! tolerance, ink is what is darker than the page's own blank paper ever is, and what is left after
//! dust and stripes are dropped decides.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use serde::{Deserialize, Serialize};

use super::form::{FormPage, PIXELS_PER_MM, WINDOW};
use super::geometry::Homography;
use super::ink::{self, Component};
use super::pixels::{self, Picture};
use crate::forms::layout::BoxPlace;

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
    /// The box upright with some margin, as PNG.
    pub crop: Vec<u8>,
}

/// Around a box, what is looked at, in millimetres.
const MARGIN_MM: f64 = 6.0;
/// Around a box, what the crop shows.
const CROP_MARGIN_MM: f64 = 4.0;
/// From the frame's middle to what counts as inside.
const INSET_MM: f64 = 0.8;
/// Ink below this is dust.
const SPECK_MM2: f64 = 0.25;
/// This much ink is a mark, if it reaches this far.
const MARKED_MM2: f64 = 2.0;
const MARKED_REACH_MM: f64 = 3.5;
/// Less than this is nothing.
const EMPTY_MM2: f64 = 0.6;

/// What a page's paper and scanner let ink be told by.
#[derive(Clone, Copy, Debug)]
pub struct Tone {
    /// Darkness that ink has to exceed: more than the page's own blank paper ever has.
    pub threshold: u8,
    /// Black and white: light ink may be gone.
    pub bilevel: bool,
}

/// The tone of a page that lies under `map` (millimetres to pixels of the picture).
#[must_use]
pub fn tone(picture: &Picture, map: &Homography, form: &FormPage) -> Tone {
    const LEAST: f64 = 20.0;
    const MOST: f64 = 70.0;
    let mut levels: Vec<u8> = form
        .windows
        .iter()
        .map(|&(x, y)| {
            let window = Window { x: f64::from(x), y: f64::from(y), width: WINDOW, height: WINDOW };
            let darkness = window.darkness(&window.take(picture, map, 1));
            pixels::quantile(&pixels::histogram(darkness.into_raw()), 0.995)
        })
        .collect();
    levels.sort_unstable();
    let noise = levels.get(levels.len() / 2).copied().unwrap_or(10);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let threshold = (f64::from(noise) * 1.5 + 8.0).clamp(LEAST, MOST) as u8;
    Tone { threshold, bilevel: picture.is_bilevel() }
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
    let darkness = window.darkness(&fine.halved(factor));
    let expected = window.expected(form);
    let shift = ink::best_shift(&expected, &darkness, 4);
    let mask = ink::mask(&expected, shift, 3);
    let inside = window.inside(place, shift);
    let components = ink::components(&darkness, tone.threshold, &mask, inside);
    let found = Found::of(&components, &window, inside);
    let verdict = match found.verdict() {
        // Black and white may have lost a light pencil or a faint seal: scan again in gray.
        Verdict::Empty if tone.bilevel => Verdict::Unsure,
        verdict => verdict,
    };
    BoxReading {
        id: place.id.clone(),
        verdict,
        ink: found.share,
        spread: found.spread,
        crop: window.crop(&fine, place, factor),
    }
}

/// The reading of a box that could not be laid over the form.
#[must_use]
pub fn unseen(place: &BoxPlace) -> BoxReading {
    BoxReading { id: place.id.clone(), verdict: Verdict::Unsure, ink: 0.0, spread: 0.0, crop: Vec::new() }
}

/// Left, top, right, bottom in pixels of a window, right and bottom outside.
pub(super) type Area = (u32, u32, u32, u32);

/// What is left of the ink in a box.
struct Found {
    kept_mm2: f64,
    doubtful_mm2: f64,
    reach_mm: f64,
    share: f64,
    spread: f64,
}

impl Found {
    fn of(components: &[Component], window: &Window, inside: Area) -> Self {
        let mm2 = |pixels: u32| f64::from(pixels) / (PIXELS_PER_MM * PIXELS_PER_MM);
        let (mut kept, mut doubtful, mut bounds) = (0_u32, 0_u32, None::<Area>);
        for component in components {
            if component.inside == 0 || component.is_stripe(window.width, window.height) {
                continue;
            }
            // Mostly outside: a neighbour's seal that reaches in.
            let neighbour = f64::from(component.inside) < 0.3 * f64::from(component.area);
            if mm2(component.area) < SPECK_MM2 || neighbour {
                doubtful += component.inside;
                continue;
            }
            kept += component.inside;
            let (l, t, r, b) = component.bounds_within(inside);
            bounds = Some(bounds.map_or((l, t, r, b), |o| (o.0.min(l), o.1.min(t), o.2.max(r), o.3.max(b))));
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

    fn verdict(&self) -> Verdict {
        if self.kept_mm2 >= MARKED_MM2 && self.reach_mm >= MARKED_REACH_MM {
            Verdict::Marked
        } else if self.kept_mm2 < EMPTY_MM2 && self.doubtful_mm2 < 3.0 {
            Verdict::Empty
        } else {
            Verdict::Unsure
        }
    }
}

/// A part of the form in pixels at [`PIXELS_PER_MM`].
struct Window {
    x: f64,
    y: f64,
    width: u32,
    height: u32,
}

impl Window {
    fn around(place: &BoxPlace, form: &FormPage) -> Self {
        let left = (place.x_mm - MARGIN_MM).max(0.0);
        let top = (place.y_mm - MARGIN_MM).max(0.0);
        let right = (place.x_mm + place.w_mm + MARGIN_MM).min(form.layout.width_mm);
        let bottom = (place.y_mm + place.h_mm + MARGIN_MM).min(form.layout.height_mm);
        let pixels = |mm: f64| super::pixel_count(mm * PIXELS_PER_MM);
        Self {
            x: (left * PIXELS_PER_MM).floor(),
            y: (top * PIXELS_PER_MM).floor(),
            width: pixels(right - left).max(8),
            height: pixels(bottom - top).max(8),
        }
    }

    /// This window of the scan, at `factor` times the resolution.
    fn take(&self, picture: &Picture, map: &Homography, factor: u32) -> Picture {
        let step = 1.0 / (PIXELS_PER_MM * f64::from(factor));
        let origin = (self.x / PIXELS_PER_MM, self.y / PIXELS_PER_MM);
        let to_mm = Homography::fit_affine(
            &[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)],
            &[origin, (origin.0 + step, origin.1), (origin.0, origin.1 + step)],
        )
        .expect("a scale and a shift");
        picture.warp(&to_mm.then(map), self.width * factor, self.height * factor)
    }

    /// How much darker than the paper around it each pixel is, in its darkest channel.
    fn darkness(&self, part: &Picture) -> GrayImage {
        let (channels, raw) = match part {
            Picture::Gray(gray) => (1, gray.as_raw()),
            Picture::Rgb(rgb) => (3, rgb.as_raw()),
        };
        let (width, height) = part.size();
        let mut darkness = vec![0_u8; (width * height) as usize];
        for channel in 0..channels {
            let values: Vec<u8> = raw.iter().skip(channel).step_by(channels).copied().collect();
            let plane = GrayImage::from_raw(width, height, values).expect("one byte a pixel");
            let paper = ink::paper(&plane);
            for ((dark, &value), &white) in darkness.iter_mut().zip(plane.as_raw()).zip(paper.as_raw()) {
                *dark = (*dark).max(white.saturating_sub(value));
            }
        }
        GrayImage::from_raw(width, height, darkness).expect("one byte a pixel")
    }

    /// What is printed here, as darkness.
    fn expected(&self, form: &FormPage) -> GrayImage {
        let (left, top) = (super::pixel_count(self.x), super::pixel_count(self.y));
        GrayImage::from_fn(self.width, self.height, |x, y| {
            Luma([form.blank.get_pixel_checked(left + x, top + y).map_or(0, |p| 255 - p.0[0])])
        })
    }

    /// The inside of the box, moved with what is printed.
    fn inside(&self, place: &BoxPlace, shift: (i32, i32)) -> Area {
        let along = |mm: f64, origin: f64, shift: i32, most: u32| {
            super::pixel_count(mm * PIXELS_PER_MM - origin + f64::from(shift)).min(most)
        };
        (
            along(place.x_mm + INSET_MM, self.x, shift.0, self.width),
            along(place.y_mm + INSET_MM, self.y, shift.1, self.height),
            along(place.x_mm + place.w_mm - INSET_MM, self.x, shift.0, self.width),
            along(place.y_mm + place.h_mm - INSET_MM, self.y, shift.1, self.height),
        )
    }

    fn crop(&self, fine: &Picture, place: &BoxPlace, factor: u32) -> Vec<u8> {
        let scale = PIXELS_PER_MM * f64::from(factor);
        let (width, height) = fine.size();
        let left = super::pixel_count((place.x_mm - CROP_MARGIN_MM) * scale - self.x * f64::from(factor));
        let top = super::pixel_count((place.y_mm - CROP_MARGIN_MM) * scale - self.y * f64::from(factor));
        let wide = super::pixel_count((place.w_mm + 2.0 * CROP_MARGIN_MM) * scale)
            .min(width - left.min(width))
            .max(1);
        let high = super::pixel_count((place.h_mm + 2.0 * CROP_MARGIN_MM) * scale)
            .min(height - top.min(height))
            .max(1);
        let mut png = Vec::new();
        let written = match fine {
            Picture::Gray(gray) => image::imageops::crop_imm(gray, left, top, wide, high)
                .to_image()
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png),
            Picture::Rgb(rgb) => image::imageops::crop_imm(rgb, left, top, wide, high)
                .to_image()
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png),
        };
        written.expect("writing to memory");
        png
    }
}

impl Picture {
    /// Half the resolution when `factor` is 2, the same when it is 1.
    fn halved(&self, factor: u32) -> Self {
        if factor == 1 {
            return self.clone();
        }
        let (width, height) = self.size();
        match self {
            Self::Gray(gray) => Self::Gray(pixels::resize(gray, width / 2, height / 2)),
            Self::Rgb(rgb) => Self::Rgb(image::imageops::thumbnail(rgb, width / 2, height / 2)),
        }
    }
}
