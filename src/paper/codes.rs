//! Finds and decodes the printed codes on a picture, and from their corners where the page lies.
//!
//! Says what stands there; whether a code is genuine is decided by its MAC, elsewhere. The decoder is
//! not ours and may panic on odd input: nothing of that gets out.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{GrayImage, imageops};
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8Source};

use super::geometry::{Homography, Point};
use super::pixels::{self, Gray, Picture};
use super::warp;
use crate::code::{Corner, PageCode};
use crate::qr::{self, MODULES};

/// A second opinion, at 200 dpi.
const FINE_EDGE: u32 = 2339;
/// Codes on a page.
const ALL: usize = 4;
/// Codes that tell what a page is and where it lies.
const ENOUGH: usize = 2;
/// Side of a corner in which a code is looked for, as a share of the long edge: 59 mm of A4. A page that is
/// turned by eight degrees has its codes within.
const CORNER: f64 = 0.2;

/// One code of ours as seen on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenCode {
    /// The digits.
    pub text: String,
    /// What they claim.
    pub code: PageCode,
    /// The corners of the square of modules, in pixels of the picture: top left, top right, bottom
    /// left, bottom right, as the code itself is read.
    pub corners: [Point; 4],
}

/// What the decoder found on a page.
#[derive(Debug, Default)]
pub struct Found {
    /// All codes of ours, each once.
    pub codes: Vec<SeenCode>,
    /// Whether a code of ours is seen in a mirror: the print of the other side, which shines through.
    pub from_behind: bool,
}

/// All codes of ours on a picture; `gray` is the same picture.
#[must_use]
pub fn find(picture: &Picture, gray: &Gray<'_>) -> Found {
    let (full, base) = (gray.full(), gray.work.as_ref());
    let mut found = Found::default();
    let scale = f64::from(full.width()) / f64::from(base.width());
    // Dots of a dithered scan read as modules until they are smeared.
    let dotted = picture.is_bilevel() && full.width() == base.width();
    let first = if dotted { Cow::Owned(pixels::box_blur(base, 1)) } else { Cow::Borrowed(base) };
    // On a sheet that fills the picture the codes lie in its corners: a quarter of the pixels.
    found.look_in_corners(&first, scale);
    if found.codes.len() >= ALL {
        return found;
    }
    found.look(&first, scale, Way::Local);
    if found.codes.len() >= ENOUGH {
        return found;
    }
    let fine = pixels::shrink(full, FINE_EDGE);
    let fine_scale = f64::from(full.width()) / f64::from(fine.width());
    found.look(&fine, fine_scale, Way::Local);
    if found.codes.len() >= ENOUGH {
        return found;
    }
    let blurred = pixels::box_blur(base, 1);
    found.look(&blurred, scale, Way::Local);
    found.look(&blurred, scale, Way::Global);
    if found.codes.len() >= ENOUGH {
        return found;
    }
    let coarse = pixels::shrink(full, Gray::WORK_EDGE * 3 / 4);
    found.look(&coarse, f64::from(full.width()) / f64::from(coarse.width()), Way::Local);
    found.look(&otsu(&blurred), scale, Way::Global);
    found.look(&bradley(base), scale, Way::Global);
    found.look(&bradley(&fine), fine_scale, Way::Global);
    if found.codes.is_empty() {
        if let Picture::Rgb(colour) = picture {
            let red = colour.as_raw().iter().step_by(3).copied().collect();
            let red = GrayImage::from_raw(colour.width(), colour.height(), red).expect("one byte a pixel");
            let red = pixels::shrink(&red, Gray::WORK_EDGE);
            found.look(&red, scale, Way::Local);
        }
        let double = pixels::resize(base, base.width() * 3 / 2, base.height() * 3 / 2);
        found.look(&pixels::box_blur(&double, 1), scale / 1.5, Way::Local);
    }
    found
}

#[derive(Clone, Copy)]
enum Way {
    /// Threshold by neighbourhood.
    Local,
    /// One threshold for all.
    Global,
}

impl Found {
    /// Looks into the four corners alone.
    fn look_in_corners(&mut self, image: &GrayImage, scale: f64) {
        let (width, height) = image.dimensions();
        let side = super::pixel_count(f64::from(width.max(height)) * CORNER).min(width).min(height);
        for (left, top) in [(0, 0), (width - side, 0), (0, height - side), (width - side, height - side)] {
            let corner = imageops::crop_imm(image, left, top, side, side).to_image();
            self.look_at(&corner, (f64::from(left), f64::from(top)), scale, Way::Local);
        }
    }

    fn look(&mut self, image: &GrayImage, scale: f64, way: Way) {
        self.look_at(image, (0.0, 0.0), scale, way);
    }

    /// Looks at a part whose top left corner lies at `origin`; `scale` is the picture's pixels per pixel of it.
    fn look_at(&mut self, image: &GrayImage, origin: Point, scale: f64, way: Way) {
        for (text, corners) in decode(image, way) {
            let Some(read) = PageCode::read(&text) else { continue };
            if self.codes.iter().any(|seen| seen.text == text) {
                continue;
            }
            if is_mirrored(image, &text, &corners) {
                self.from_behind = true;
                continue;
            }
            let corners = corners.map(|(x, y)| ((origin.0 + x) * scale, (origin.1 + y) * scale));
            self.codes.push(SeenCode { text, code: read.code, corners });
        }
    }
}

/// Whether a code that was read stands in a mirror. The decoder reads those, too, as squares whose rows are
/// columns, and doesn't tell. Only for codes with our own mask; the others count as they are.
fn is_mirrored(image: &GrayImage, text: &str, corners: &[Point; 4]) -> bool {
    /// Some 150 modules differ: what agrees by chance stays six standard deviations below.
    const ALIKE: f64 = 0.5;
    let side = MODULES as f64;
    let Some(map) = Homography::fit(&[(0.0, 0.0), (side, 0.0), (0.0, side), (side, side)], corners) else {
        return false;
    };
    let dark = qr::modules(text);
    let mut seen = Vec::new();
    for row in 0..MODULES {
        for column in 0..MODULES {
            let (here, across) = (dark[row * MODULES + column], dark[column * MODULES + row]);
            // Where both say the same, nothing tells them apart.
            if here != across {
                let (x, y) = map.apply((column as f64 + 0.5, row as f64 + 0.5));
                seen.push((f64::from(warp::at(image, x, y)), across));
            }
        }
    }
    let mean = seen.iter().map(|(value, _)| value).sum::<f64>() / seen.len().max(1) as f64;
    let all: f64 = seen.iter().map(|(value, _)| (value - mean).abs()).sum();
    let mirrored: f64 =
        seen.iter().map(|&(value, dark)| if dark { mean - value } else { value - mean }).sum();
    mirrored > ALIKE * all
}

fn decode(image: &GrayImage, way: Way) -> Vec<(String, [Point; 4])> {
    let attempt = || {
        let source = Luma8Source::new_with_slice(image.as_raw(), image.width(), image.height()).ok()?;
        Some(match way {
            Way::Local => decode_with(HybridBinarizer::new(source)),
            Way::Global => decode_with(GlobalHistogramBinarizer::new(source)),
        })
    };
    catch_unwind(AssertUnwindSafe(attempt)).ok().flatten().unwrap_or_default()
}

fn decode_with<B: Binarizer>(binarizer: B) -> Vec<(String, [Point; 4])> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into()),
        ..DecodeHints::default()
    };
    let mut bitmap = BinaryBitmap::new(binarizer);
    let results = QrReader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    results
        .iter()
        .filter_map(|result| {
            let points: Vec<Point> =
                result.getPoints().iter().map(|p| (f64::from(p.x), f64::from(p.y))).collect();
            Some((result.getText().to_owned(), points.try_into().ok()?))
        })
        .collect()
}

fn otsu(image: &GrayImage) -> GrayImage {
    let threshold = pixels::otsu(&pixels::histogram(image.as_raw().iter().copied()));
    let raw = image.as_raw().iter().map(|&v| if v > threshold { 255 } else { 0 }).collect();
    GrayImage::from_raw(image.width(), image.height(), raw).expect("one byte a pixel")
}

/// Darker than its neighbourhood by an eighth (Bradley and Roth 2007).
fn bradley(image: &GrayImage) -> GrayImage {
    let around = pixels::box_blur(image, 20);
    let raw = image
        .as_raw()
        .iter()
        .zip(around.as_raw())
        .map(|(&v, &mean)| if u32::from(v) * 8 < u32::from(mean) * 7 { 0 } else { 255 })
        .collect();
    GrayImage::from_raw(image.width(), image.height(), raw).expect("one byte a pixel")
}

/// The corner of the page that the printed geometry gives a code, for callers that have no layout:
/// the place of the code's own top left corner on an A4 page in millimetres.
#[must_use]
pub fn usual_place(corner: Corner) -> Point {
    const SIDE: f64 = 18.0;
    const EDGE: f64 = 12.0;
    let (right, bottom) = (210.0 - EDGE - SIDE, 297.0 - EDGE - SIDE);
    match corner {
        Corner::TopLeft => (EDGE, EDGE),
        Corner::TopRight => (right, EDGE),
        Corner::BottomLeft => (EDGE, bottom),
        Corner::BottomRight => (right, bottom),
    }
}
