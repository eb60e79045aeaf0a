//! Whether a page can be read at all: how much there is on it, and what stands in the way of its codes.

use image::{GrayImage, imageops};
use serde::{Deserialize, Serialize};

use super::form::FormPage;
use super::geometry::Homography;
use super::pixels::{self, Picture};

/// Why a page's codes may be unreadable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// The paper is nearly as dark as the print.
    TooDark,
    /// The print is nearly as light as the paper.
    TooPale,
    /// Too few pixels for the codes' modules.
    TooCoarse,
    /// Edges are smeared over many pixels.
    Blurred,
    /// Part of the sheet isn't in the picture.
    CutOff,
}

/// What stands in the way of a page's codes, the likeliest first. `lies`: how the page lies, where its look
/// tells. `gray` is the picture in gray at any scale.
#[must_use]
pub fn obstacles(
    gray: &GrayImage,
    picture: &Picture,
    lies: Option<(&Homography, &FormPage)>,
) -> Vec<Obstacle> {
    // A module of 0.72 mm then has less than three pixels.
    const COARSE_EDGE: u32 = 1169;
    const DARK_PAPER: u8 = 120;
    const PALE: u8 = 50;
    const SOFT: f64 = 0.2;
    let counts = pixels::histogram(gray.as_raw().iter().copied());
    let (ink, paper) = (pixels::quantile(&counts, 0.01), pixels::quantile(&counts, 0.7));
    let contrast = paper.saturating_sub(ink);
    let mut found = Vec::new();
    if is_cut_off(picture, lies) {
        found.push(Obstacle::CutOff);
    }
    if paper < DARK_PAPER {
        found.push(Obstacle::TooDark);
    } else if contrast < PALE {
        found.push(Obstacle::TooPale);
    }
    if picture.long_edge() < COARSE_EDGE {
        found.push(Obstacle::TooCoarse);
    } else if sharpness(gray) < SOFT * f64::from(contrast.max(1)) {
        found.push(Obstacle::Blurred);
    }
    found
}

/// Whether a code lies beyond the picture, or, where that isn't known, the picture has no sheet's shape.
fn is_cut_off(picture: &Picture, lies: Option<(&Homography, &FormPage)>) -> bool {
    let (width, height) = picture.size();
    let (width, height) = (f64::from(width), f64::from(height));
    let Some((map, form)) = lies else {
        let shape = width.max(height) / width.min(height).max(1.0);
        return !(1.25..1.6).contains(&shape);
    };
    let outside = |(x, y): (f64, f64)| x < 0.0 || y < 0.0 || x > width || y > height;
    form.layout.codes.iter().any(|code| {
        let far = (code.x_mm + code.size_mm, code.y_mm + code.size_mm);
        outside(map.apply((code.x_mm, code.y_mm))) || outside(map.apply(far))
    })
}

/// How steep the steepest edges are: the brightness that changes from one pixel to the next.
fn sharpness(gray: &GrayImage) -> f64 {
    let wide = gray.width() as usize;
    let rows = gray.as_raw().chunks_exact(wide.max(1)).step_by(3);
    let steps = rows.flat_map(|row| row.windows(2).map(|pair| pair[0].abs_diff(pair[1])));
    f64::from(pixels::quantile(&pixels::histogram(steps), 0.998))
}

/// How much there is on a page on which no code is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Paper, all of it.
    Nothing,
    /// A shade here and there: print from behind, or pale print.
    Shade,
    /// A shade that is darker in the corners than print from behind is: codes, as far as one can tell.
    PaleCodes,
    /// Print.
    Print,
}

/// How much there is on a page, the rim left out. `from_behind`: the other side's print is known to shine through;
/// then only what is darker than that is print.
#[must_use]
pub fn content(luma: &GrayImage, from_behind: bool) -> Content {
    const DARKER: u8 = 60;
    const DARKER_THAN_PRINT_FROM_BEHIND: u8 = 100;
    const SHADED: u8 = 15;
    const MOST: f64 = 0.0012;
    let darker = if from_behind { DARKER_THAN_PRINT_FROM_BEHIND } else { DARKER };
    let small = pixels::shrink(luma, 700);
    let (width, height) = small.dimensions();
    let (rim_x, rim_y) = (width / 20, height / 20);
    let inner =
        imageops::crop_imm(small.as_ref(), rim_x, rim_y, width - 2 * rim_x, height - 2 * rim_y).to_image();
    let paper = pixels::quantile(&pixels::histogram(inner.as_raw().iter().copied()), 0.7);
    let share = |darker: u8| share_below(&inner, paper.saturating_sub(darker));
    // A black page is nobody's blank back.
    if paper <= 120 || share(darker) >= MOST {
        Content::Print
    } else if share(SHADED) < MOST {
        Content::Nothing
    } else if !from_behind && has_pale_codes(&inner, paper) {
        Content::PaleCodes
    } else {
        Content::Shade
    }
}

/// Whether three corners or more have something as large as codes, darker than print from behind.
fn has_pale_codes(inner: &GrayImage, paper: u8) -> bool {
    const DARKER: u8 = 42;
    const LEAST: f64 = 0.0025;
    let (width, height) = inner.dimensions();
    let side = (width.max(height) / 6).min(width).min(height);
    let corners = [(0, 0), (width - side, 0), (0, height - side), (width - side, height - side)];
    let is_dark = |&(left, top): &(u32, u32)| {
        let corner = imageops::crop_imm(inner, left, top, side, side).to_image();
        share_below(&corner, paper.saturating_sub(DARKER)) >= LEAST
    };
    corners.iter().filter(|corner| is_dark(corner)).count() >= 3
}

/// The share of pixels that are darker than `level`.
fn share_below(image: &GrayImage, level: u8) -> f64 {
    let below = image.as_raw().iter().filter(|&&value| value < level).count();
    below as f64 / image.as_raw().len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_with_dust_is_blank_and_a_line_of_text_is_not() {
        let mut page = GrayImage::from_pixel(800, 1100, image::Luma([238]));
        for i in 0..40 {
            page.put_pixel(100 + i * 13, 200 + i * 17, image::Luma([60]));
        }
        assert_eq!(content(&page, false), Content::Nothing);
        for x in 100..500 {
            for y in 300..312 {
                page.put_pixel(x, y, image::Luma([if x % 7 < 3 { 40 } else { 238 }]));
            }
        }
        assert_eq!(content(&page, false), Content::Print);
        assert_eq!(content(&GrayImage::new(800, 1100), false), Content::Print);
    }

    #[test]
    fn a_shade_is_told_from_paper_and_pale_codes_from_a_shade() {
        // Modules of 5 pixels in the corners, lines of text between them.
        let page = |ink: u8| {
            let page = GrayImage::from_fn(1240, 1754, |x, y| {
                let (x, y) = (x.min(1239 - x), y.min(1753 - y));
                let code = (70..180).contains(&x) && (70..180).contains(&y) && (x / 5 + y / 5 * 3) % 4 < 2;
                let line = x > 120 && y > 300 && y % 40 < 12 && x % 9 < 3;
                image::Luma([if code || line { ink } else { 240 }])
            });
            pixels::box_blur(&page, 1)
        };
        assert_eq!(content(&page(236), false), Content::Nothing);
        assert_eq!(content(&page(210), false), Content::Shade);
        assert_eq!(content(&page(185), false), Content::PaleCodes);
        assert_eq!(content(&page(185), true), Content::Shade);
        assert_eq!(content(&page(40), false), Content::Print);
    }

    #[test]
    fn what_stands_in_the_way_is_told_apart() {
        let page = |paper: u8, ink: u8| {
            GrayImage::from_fn(1240, 1754, |x, y| {
                image::Luma([if (x / 9 + y / 9) % 8 == 0 { ink } else { paper }])
            })
        };
        let told = |gray: GrayImage| obstacles(&gray, &Picture::Gray(gray.clone()), None);
        assert_eq!(told(page(240, 20)), []);
        assert_eq!(told(page(90, 20)), [Obstacle::TooDark]);
        assert_eq!(told(page(240, 210)), [Obstacle::TooPale]);
        assert_eq!(told(pixels::box_blur(&page(240, 20), 6)), [Obstacle::Blurred]);
        assert_eq!(told(pixels::resize(&page(240, 20), 620, 877)), [Obstacle::TooCoarse]);
        assert_eq!(told(imageops::crop_imm(&page(240, 20), 0, 0, 1240, 1240).to_image()), [Obstacle::CutOff]);
    }
}
