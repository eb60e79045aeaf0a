//! A page of a scan as the form has it: turned, straightened and laid over it, so that a reviewer's eye can
//! compare both place by place. For looking at only; nothing is judged by it.

use super::pixels::{self, Gray, Picture};
use super::{Form, Laid, codes, expected};
use crate::geometry::Homography;

/// The page of a scan under page `number` of the form (from 1), at `pixels_per_mm`. Nothing where it can't be
/// laid over that page.
#[must_use]
pub fn over_form(picture: &Picture, form: &Form, number: u8, pixels_per_mm: f64) -> Option<Picture> {
    let gray = Gray::of(picture);
    let mut seen = codes::find(picture, &gray).codes;
    let mut laid = Laid::by_codes(&seen, form, &gray.work, picture);
    if laid.is_none() {
        let guess = Laid::by_look(form, &gray.work, picture)?;
        let smooth = pixels::box_blur(gray.full(), 1);
        seen = expected::find(&smooth, &guess.map, guess.page);
        laid = Laid::by_codes(&seen, form, &gray.work, picture).or(Some(guess));
    }
    let laid = laid.filter(|laid| laid.page.layout.page == number)?;
    let (width, height) = (laid.page.layout.width_mm, laid.page.layout.height_mm);
    let to_mm = Homography::scale(1.0 / pixels_per_mm);
    let side = |mm: f64| super::pixel_count(mm * pixels_per_mm).max(1);
    Some(picture.warp(&to_mm.then(&laid.map), side(width), side(height)))
}
