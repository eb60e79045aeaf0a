//! A scan: what is on the paper. Which case, revision and page each page bears, how it lies, and
//! which seal boxes are marked.
//!
//! 1. [`raster`]: a page becomes a picture at the best resolution that the scan has, from its own images
//!    (`images`) where it is nothing else.
//! 2. [`codes`]: the four printed codes are found and decoded.
//! 3. [`align`]: their corners, then patches of the print, lay the page over the form.
//! 4. [`boxes`]: each seal box is compared with the form as it was printed ([`form`]), and [`changes`]
//!    tells what differs outside them.
//!
//! A page whose codes no decoder reads is laid over the form by its look, and [`expected`] compares its
//! codes with the form's; [`legibility`] tells why they may be unreadable.
//!
//! Nothing here refuses, binds or decides: it says what was seen. The codes' MAC is checked by who
//! has the key (casebind's `intake`).
//!
//! What is printed and read alike is here too: [`code`], as [`qr`] has it in modules, with the case and revision
//! that it names ([`reference`](mod@reference)), and [`layout`].
//!
//! A crate of its own, so that it is optimised also where the rest of casebind isn't. It knows no other room, no
//! typesetter, no SQL and no HTTP.

pub mod align;
pub mod boxes;
pub mod changes;
pub mod code;
pub mod codes;
mod covered;
pub mod expected;
pub mod form;
pub mod geometry;
mod images;
mod ink;
pub mod lay;
pub mod layout;
pub mod legibility;
mod lines;
pub mod packed;
mod pieces;
pub mod pixels;
pub mod qr;
pub mod raster;
pub mod reference;
mod thresholded;
mod warp;
mod window;

use image::{GrayImage, imageops};

pub use boxes::{BoxReading, Verdict};
pub use changes::{Change, ChangeKind};
pub use codes::SeenCode;
pub use form::{Form, FormPage};
pub use legibility::Obstacle;
pub use pixels::Picture;
pub use raster::{Pages, Unreadable};

use geometry::Homography;
use legibility::Content;
use pixels::Gray;

/// Version of the reader, kept with what it found, so that a better one can be told from this. Counted up with
/// every rule that changes what is seen on the same scan; 7 knows black and white stored in shades, and pale print.
pub const READER_VERSION: u16 = 7;

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
    /// The page of the form that a page without codes looks like: a guess.
    pub looks_like: Option<u8>,
    /// Why no code may have been readable.
    pub obstacles: Vec<Obstacle>,
    /// The page of the form that the boxes were judged against.
    pub judged_as: Option<u8>,
    /// The boxes.
    pub boxes: Vec<BoxReading>,
    /// What differs from the print outside the boxes.
    pub changes: Vec<Change>,
    /// The page upright, long edge 900 pixels, as JPEG.
    pub thumbnail: Vec<u8>,
}

/// Reads one page. With a form, its boxes are judged where the page bears the form's codes. A page without
/// codes is laid over the form by its look: then its codes may be known where no decoder reads them, and
/// if not, that is a guess. `by_hand`: a person typed the short code, so that the page is judged as what it
/// looks like, else as this one of the form's pages.
#[must_use]
pub fn read(picture: &Picture, form: Option<&Form>, by_hand: Option<u8>) -> PageReading {
    let gray = Gray::of(picture);
    let work = gray.work.as_ref();
    let codes::Found { mut codes, from_behind } = codes::find(picture, &gray);
    let mut laid = form.and_then(|form| Laid::by_codes(&codes, form, work, picture));
    let (mut blank, mut looks_like, mut obstacles) = (false, None, Vec::new());
    if codes.is_empty() {
        let (is_blank, guess) = without_codes(picture, form, work, from_behind);
        blank = is_blank;
        if let Some(guess) = &guess {
            codes = expected::find(&pixels::box_blur(gray.full(), 1), &guess.map, guess.page);
        }
        if codes.is_empty() && !blank {
            looks_like = guess.as_ref().map(|guess| guess.page.layout.page);
            obstacles = legibility::obstacles(work, picture, guess.as_ref().map(|g| (&g.map, g.page)));
        }
        laid = guess.filter(|_| by_hand.is_some() || !codes.is_empty());
    }
    let map = laid.as_ref().map(|laid| laid.map).or_else(|| align::by_codes(&codes, None));
    let (turn, skew_degrees) = quarter(map.map_or(0.0, |map| map.turn_at((105.0, 148.0))));
    let mut reading = PageReading {
        blank,
        codes,
        turn,
        skew_degrees,
        misfit_mm: laid.as_ref().and_then(|laid| laid.misfit_mm),
        looks_like,
        obstacles,
        judged_as: None,
        boxes: Vec::new(),
        changes: Vec::new(),
        thumbnail: thumbnail(picture, work, turn),
    };
    if let Some(laid) = laid {
        reading.judge(&laid, picture, work);
    } else if let (Some(form), Some(number), true) = (form, by_hand, reading.codes.is_empty() && !blank) {
        let page = form.pages.get(usize::from(number).saturating_sub(1));
        reading.judged_as = page.map(|page| page.layout.page);
        reading.boxes =
            page.map(|page| page.layout.boxes.iter().map(boxes::unseen).collect()).unwrap_or_default();
    }
    reading
}

/// Whether a page without codes is blank, and if not, how it lies where its look tells. Pale print and print that
/// shines through from behind are shades alike; which one it is, is told by the form, which the other side shows
/// in a mirror, and without a form by the corners.
fn without_codes<'f>(
    picture: &Picture,
    form: Option<&'f Form>,
    work: &GrayImage,
    from_behind: bool,
) -> (bool, Option<Laid<'f>>) {
    let content = legibility::content(work, from_behind);
    if content == Content::Nothing {
        return (true, None);
    }
    let guess = form.and_then(|form| Laid::by_look(form, work, picture));
    if content == Content::Print {
        return (false, guess);
    }
    let pale = guess.is_some() || (form.is_none() && content == Content::PaleCodes);
    let support = guess.as_ref().map_or(0, |guess| guess.support);
    if !pale || form.is_some_and(|form| is_from_behind(form, work, support)) {
        return (true, None);
    }
    (false, guess)
}

/// Whether in a mirror a page looks like one of the form's, and no less than by `support` patches.
fn is_from_behind(form: &Form, work: &GrayImage, support: usize) -> bool {
    let mirrored = imageops::flip_horizontal(work);
    form.pages.iter().filter_map(|page| align::by_look(&mirrored, page)).any(|pose| pose.support >= support)
}

impl PageReading {
    /// Judges the boxes, and what is outside them where the page fits well enough to tell.
    fn judge(&mut self, laid: &Laid<'_>, picture: &Picture, work: &GrayImage) {
        const FITS_MM: f64 = 0.5;
        let (map, page) = (&laid.map, laid.page);
        let tone = boxes::tone(picture, map, page);
        self.judged_as = Some(page.layout.page);
        self.boxes =
            page.layout.boxes.iter().map(|place| boxes::judge(picture, map, page, place, tone)).collect();
        if laid.misfit_mm.is_some_and(|misfit| misfit < FITS_MM) {
            self.changes = changes::find(picture, work, map, page, tone);
        }
    }
}

/// A page of a scan as it lies over a page of the form.
struct Laid<'f> {
    page: &'f FormPage,
    /// Millimetres on the form to pixels of the picture.
    map: Homography,
    misfit_mm: Option<f64>,
    /// How many patches of the print were found there.
    support: usize,
}

impl<'f> Laid<'f> {
    fn by_codes(codes: &[SeenCode], form: &'f Form, work: &GrayImage, picture: &Picture) -> Option<Self> {
        let page = codes.iter().find_map(|seen| form.page_of(&seen.text, &seen.code))?;
        let map = align::by_codes(codes, Some(page))?;
        let scale = f64::from(work.width()) / f64::from(picture.size().0);
        // One code alone leaves the far corner uncertain by several millimetres.
        let reach = if codes.len() > 1 { 2.7 } else { 7.0 };
        let pose = align::refine(work, scale, map, page, reach);
        Some(Self { page, map: pose.map, misfit_mm: pose.misfit_mm, support: pose.support })
    }

    /// The page of the form that this one looks like most.
    fn by_look(form: &'f Form, work: &GrayImage, picture: &Picture) -> Option<Self> {
        let scale = f64::from(picture.size().0) / f64::from(work.width());
        let poses = form.pages.iter().filter_map(|page| Some((page, align::by_look(work, page)?)));
        let (page, pose) = poses.max_by_key(|(_, pose)| pose.support)?;
        let map = pose.map.then(&Homography::scale(scale));
        Some(Self { page, map, misfit_mm: pose.misfit_mm, support: pose.support })
    }
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

/// The page upright, small. `work` is the picture in gray, at a size at which nothing is lost here.
fn thumbnail(picture: &Picture, work: &GrayImage, turn: u16) -> Vec<u8> {
    const QUALITY: u8 = 70;
    let (width, height) = picture.size();
    let long = width.max(height).max(1);
    let edge = THUMBNAIL_EDGE.min(long);
    let side = |v: u32| (u64::from(v) * u64::from(edge) / u64::from(long)).max(1) as u32;
    let small = match picture {
        Picture::Gray(_) => Picture::Gray(pixels::resize(work, side(width), side(height))),
        Picture::Rgb(_) => picture.resized(side(width), side(height)),
    };
    // The content is turned clockwise by `turn`: turn it back.
    match turn {
        90 => small.each(imageops::rotate270, imageops::rotate270),
        180 => small.each(imageops::rotate180, imageops::rotate180),
        270 => small.each(imageops::rotate90, imageops::rotate90),
        _ => small,
    }
    .jpeg(QUALITY)
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
}
