//! The child's answer held to the limits: what doesn't fit is a crash.

use std::io::Cursor;

use image::{ImageFormat, ImageReader};

use super::Limits;
use super::frame;
use super::wire::{Answer, PageAnswer};
use crate::forms::code::DIGITS;
use crate::forms::layout::Layout;

/// The child's answer with its blobs, if it keeps to the limits.
pub(super) fn checked(
    output: &[u8],
    layout: Option<&Layout>,
    limits: &Limits,
) -> Option<(Answer, Vec<Vec<u8>>)> {
    let (answer, blobs) = frame::unpack::<Answer>(output).ok()?;
    let mut rest = blobs.iter();
    let whole = answer.page_count <= limits.max_pages
        && answer.pages.len() <= limits.max_pages as usize
        && answer.pages.iter().all(|page| page_is_sound(page, layout, &mut rest))
        && rest.next().is_none();
    whole.then(|| (answer, blobs.into_iter().map(<[u8]>::to_vec).collect()))
}

fn page_is_sound<'a>(
    page: &PageAnswer,
    layout: Option<&Layout>,
    blobs: &mut impl Iterator<Item = &'a &'a [u8]>,
) -> bool {
    let places = layout
        .zip(page.judged_as)
        .and_then(|(layout, number)| layout.pages.iter().find(|p| p.page == number))
        .map_or(&[][..], |page| &page.boxes);
    let mut next = |format, edge| blobs.next().is_some_and(|blob| picture_within(blob, format, edge));
    codes_are_sound(&page.codes)
        && matches!(page.turn, 0 | 90 | 180 | 270)
        && page.skew_degrees.is_finite()
        && page.misfit_mm.is_none_or(f32::is_finite)
        && (!page.thumbnail || next(ImageFormat::Jpeg, 1024))
        && page.boxes.len() == places.len()
        && page.boxes.iter().zip(places).all(|(seen, place)| {
            seen.id == place.id
                && (0.0..=1.0).contains(&seen.ink)
                && (0.0..=1.0).contains(&seen.spread)
                && seen.place.is_none_or(|place| place.iter().all(|(x, y)| x.is_finite() && y.is_finite()))
                && (!seen.crop || next(ImageFormat::Png, 4096))
        })
        && page.changes.len() <= 32
        && page.changes.iter().all(|change| {
            let figures = [change.x_mm, change.y_mm, change.w_mm, change.h_mm, change.area_mm2];
            figures.iter().all(|v| v.is_finite()) && next(ImageFormat::Jpeg, 4096)
        })
}

/// Texts that could be codes of ours, not too many.
pub(super) fn codes_are_sound(codes: &[String]) -> bool {
    let digits = |text: &String| text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    codes.len() <= 32 && codes.iter().all(digits)
}

/// A picture of this format, its sides within `edge` pixels.
pub(super) fn picture_within(bytes: &[u8], format: ImageFormat, edge: u32) -> bool {
    ImageReader::with_format(Cursor::new(bytes), format)
        .into_dimensions()
        .is_ok_and(|(width, height)| width.max(height) <= edge)
}
