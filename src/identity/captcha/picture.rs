//! The picture of a captcha: digits that lean and wave, and lines and dots across them.
//!
//! The `captcha` crate's letters have no zero, so no captcha has one. It takes its noise from the thread's own
//! generator: noise decides nothing and needn't repeat.

use std::io::Cursor;

use captcha::filters::{Dots, Grid, Noise, Wave};
use image::ImageFormat;
use image::imageops::FilterType;

/// The width of the picture in pixels.
pub(super) const WIDTH: u32 = 216;
/// Its height.
pub(super) const HEIGHT: u32 = 96;
/// The crate's letters are small: they are drawn at half the size.
const SCALE: u32 = 2;

/// A picture of these digits. Nothing if it can't be made.
pub(super) fn png(digits: &str) -> Option<Vec<u8>> {
    let mut small = captcha::Captcha::new();
    for digit in digits.chars() {
        small.set_chars(&[digit]).add_char();
    }
    if small.chars_as_string() != digits {
        return None;
    }
    let small = small
        .apply_filter(Wave::new(2.0, 4.0).horizontal())
        .apply_filter(Wave::new(2.0, 3.0).vertical())
        .view(WIDTH / SCALE, HEIGHT / SCALE)
        .set_color([23, 36, 47])
        .apply_filter(Grid::new(18, 13))
        .apply_filter(Noise::new(0.03))
        .apply_filter(Dots::new(4).min_radius(1).max_radius(2))
        .as_png()?;
    let large = image::load_from_memory(&small).ok()?.resize_exact(WIDTH, HEIGHT, FilterType::CatmullRom);
    let mut png = Cursor::new(Vec::new());
    large.to_luma8().write_to(&mut png, ImageFormat::Png).ok()?;
    Some(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_can_be_drawn_and_no_two_pictures_are_alike() {
        for digits in ["1234", "5678", "9911"] {
            let (one, two) = (png(digits).unwrap(), png(digits).unwrap());
            assert!(one.starts_with(b"\x89PNG\r\n\x1a\n"));
            assert_ne!(one, two);
            let picture = image::load_from_memory(&one).unwrap();
            assert_eq!((picture.width(), picture.height()), (WIDTH, HEIGHT));
        }
        assert_eq!(png("1230"), None, "there is no zero");
    }
}
