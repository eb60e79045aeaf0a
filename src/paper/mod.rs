//! A scan: what is on the paper. Which case, revision and page each page bears, how it lies, and
//! which seal boxes are marked.
//!
//! 1. [`raster`]: a page becomes a picture at the best resolution that the scan has.
//! 2. [`codes`]: the four printed codes are found and decoded.
//! 3. [`align`]: their corners, then patches of the print, lay the page over the form.
//! 4. [`boxes`]: each seal box is compared with the form as it was printed ([`form`]).
//!
//! Nothing here refuses, binds or decides: it says what was seen. The codes' MAC is checked by who
//! has the key ([`crate::intake`]).

pub mod align;
pub mod boxes;
pub mod codes;
pub mod form;
pub mod geometry;
mod ink;
pub mod pixels;
pub mod raster;

use image::codecs::jpeg::JpegEncoder;
use image::imageops;

pub use boxes::{BoxReading, Verdict};
pub use codes::SeenCode;
pub use form::{Form, FormPage};
pub use pixels::Picture;
pub use raster::{Pages, Unreadable};

use geometry::Homography;

/// Version of the reader, kept with what it found, so that a better one can be told from this.
pub const READER_VERSION: u16 = 1;

/// Long edge of the gray copy that codes and alignment work on.
const WORK_EDGE: u32 = 1754;
/// Long edge of thumbnails.
const THUMBNAIL_EDGE: u32 = 900;

/// What was seen on one page of a scan.
#[derive(Clone, Debug)]
pub struct PageReading {
    /// The codes of ours, each once.
    pub codes: Vec<SeenCode>,
    /// By how many degrees the page's content is turned clockwise: 0, 90, 180 or 270.
    pub turn: u16,
    /// What remains of the angle, in degrees.
    pub skew_degrees: f64,
    /// Median distance of matched print in millimetres, where the page was laid over the form.
    pub misfit_mm: Option<f64>,
    /// Whether there is nothing on the page: the back of a sheet.
    pub blank: bool,
    /// The page of the form that the boxes were judged against.
    pub judged_as: Option<u8>,
    /// The boxes.
    pub boxes: Vec<BoxReading>,
    /// The page upright, long edge 900 pixels, as JPEG.
    pub thumbnail: Vec<u8>,
}

/// Reads one page. With a form, its boxes are judged where the page bears the form's codes; without
/// codes the page is laid over page `by_hand` of the form by its look.
#[must_use]
pub fn read(picture: &Picture, form: Option<&Form>, by_hand: Option<u8>) -> PageReading {
    let codes = codes::find(picture);
    let claimed = form.and_then(|form| codes.iter().find_map(|seen| form.page_of(&seen.text, &seen.code)));
    let (mut map, mut misfit_mm, mut judged) = (align::by_codes(&codes, claimed), None, None);
    let luma = picture.luma();
    if let (Some(page), Some(first)) = (claimed, map) {
        let work = pixels::shrink(&luma, WORK_EDGE);
        let scale = f64::from(work.width()) / f64::from(luma.width());
        // One code alone leaves the far corner uncertain by several millimetres.
        let reach = if codes.len() > 1 { 2.7 } else { 7.0 };
        let pose = align::refine(&work, scale, first, page, reach);
        (map, misfit_mm, judged) = (Some(pose.map), pose.misfit_mm, Some(page));
    } else if let (true, Some(page)) = (
        codes.is_empty(),
        by_hand.zip(form).and_then(|(number, f)| f.pages.get(usize::from(number).checked_sub(1)?)),
    ) {
        let work = pixels::shrink(&luma, WORK_EDGE);
        let scale = f64::from(luma.width()) / f64::from(work.width());
        let pose = align::by_look(&work, page);
        map = pose.map(|pose| pose.map.then(&Homography::scale(scale)));
        (misfit_mm, judged) = (pose.and_then(|pose| pose.misfit_mm), Some(page));
    }
    let angle = map.map_or(0.0, |map| map.turn_at((105.0, 148.0)));
    let (turn, skew_degrees) = quarter(angle);
    PageReading {
        blank: codes.is_empty() && is_blank(&luma),
        codes,
        turn,
        skew_degrees,
        misfit_mm,
        judged_as: judged.map(|page| page.layout.page),
        boxes: judged.map(|page| judge_boxes(picture, map, page)).unwrap_or_default(),
        thumbnail: thumbnail(picture, turn),
    }
}

fn judge_boxes(picture: &Picture, map: Option<Homography>, page: &FormPage) -> Vec<BoxReading> {
    let Some(map) = map else { return page.layout.boxes.iter().map(boxes::unseen).collect() };
    let tone = boxes::tone(picture, &map, page);
    page.layout.boxes.iter().map(|place| boxes::judge(picture, &map, page, place, tone)).collect()
}

/// The nearest quarter turn in 0..360, and the rest.
fn quarter(angle: f64) -> (u16, f64) {
    let quarters = (angle / 90.0).round();
    let turn = match quarters.rem_euclid(4.0) {
        q if q < 0.5 => 0,
        q if q < 1.5 => 90,
        q if q < 2.5 => 180,
        _ => 270,
    };
    (turn, angle - quarters * 90.0)
}

/// Whether hardly anything on the page is darker than its paper, the rim left out.
fn is_blank(luma: &image::GrayImage) -> bool {
    const DARKER: u8 = 60;
    const MOST: f64 = 0.0012;
    let small = pixels::shrink(luma, 700);
    let (width, height) = small.dimensions();
    let (rim_x, rim_y) = (width / 20, height / 20);
    let inner =
        imageops::crop_imm(small.as_ref(), rim_x, rim_y, width - 2 * rim_x, height - 2 * rim_y).to_image();
    let counts = pixels::histogram(inner.as_raw().iter().copied());
    let paper = pixels::quantile(&counts, 0.7);
    let dark: u64 = counts[..usize::from(paper.saturating_sub(DARKER))].iter().map(|&n| u64::from(n)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
    let share = dark as f64 / inner.as_raw().len().max(1) as f64;
    // A black page is nobody's blank back.
    paper > 120 && share < MOST
}

fn thumbnail(picture: &Picture, turn: u16) -> Vec<u8> {
    let (width, height) = picture.size();
    let long = width.max(height).max(1);
    let edge = THUMBNAIL_EDGE.min(long);
    let side = |v: u32| (u64::from(v) * u64::from(edge) / u64::from(long)).max(1) as u32;
    let (width, height) = (side(width), side(height));
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, 70);
    // The content is turned clockwise by `turn`: turn it back.
    let written = match picture {
        Picture::Gray(gray) => {
            let small = pixels::resize(gray, width, height);
            match turn {
                90 => imageops::rotate270(&small),
                180 => imageops::rotate180(&small),
                270 => imageops::rotate90(&small),
                _ => small,
            }
            .write_with_encoder(encoder)
        }
        Picture::Rgb(rgb) => {
            let small = imageops::thumbnail(rgb, width, height);
            match turn {
                90 => imageops::rotate270(&small),
                180 => imageops::rotate180(&small),
                270 => imageops::rotate90(&small),
                _ => small,
            }
            .write_with_encoder(encoder)
        }
    };
    written.expect("writing to memory");
    jpeg
}

/// A length in pixels as a count; nothing below zero.
pub(crate) fn pixel_count(length: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped first")]
    let count = length.round().clamp(0.0, 100_000.0) as u32;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_split_into_quarters_and_skew() {
        assert_eq!(quarter(0.0).0, 0);
        assert_eq!(quarter(-89.0), (270, 1.0));
        assert_eq!(quarter(178.0), (180, -2.0));
        assert_eq!(quarter(-178.0).0, 180);
        assert_eq!(quarter(93.5), (90, 3.5));
    }

    #[test]
    fn a_back_with_dust_is_blank_and_a_line_of_text_is_not() {
        let mut page = image::GrayImage::from_pixel(800, 1100, image::Luma([238]));
        for i in 0..40 {
            page.put_pixel(100 + i * 13, 200 + i * 17, image::Luma([60]));
        }
        assert!(is_blank(&page));
        for x in 100..500 {
            for y in 300..312 {
                page.put_pixel(x, y, image::Luma([if x % 7 < 3 { 40 } else { 238 }]));
            }
        }
        assert!(!is_blank(&page));
        assert!(!is_blank(&image::GrayImage::new(800, 1100)));
    }
}
