//! Black and white under another name: a page that went through a threshold and was then stored in shades, as
//! JPEG. Its shades are the storing's own and lie along edges; what the threshold has erased is gone all the same.
//!
//! Such a page has paper that is white and nothing else, print that is black and nothing else, and hardly anything
//! halfway between them. Toner under a lamp never looks so: it has levels of its own even where a scanner clips the
//! paper to white, and its edges are soft. So are the edges of what a program drew, however black it drew it, and those
//! of a page that was turned or made smaller after the threshold: that can't be told from drawn print.

use image::GrayImage;

use super::pixels::Picture;

/// Side of a cell in pixels: a block of JPEG, which spreads an edge's shades over itself and no further.
const CELL: usize = 8;
/// Every other line tells enough.
const LINES: usize = 2;
/// Of the lines' cells, this many are looked at to see whether print is black.
const BANDS: usize = 3;
/// Darker than this is print.
const DARK: u8 = 130;
/// Lighter than this is paper.
const WHITE: u8 = 236;
/// Neither print nor paper: what soft edges are made of. Coarse JPEG spreads hard ones no further than this.
const HALFWAY: std::ops::Range<u8> = 90..166;

/// Whether light ink may have been erased before the page was stored. Of a picture as
/// [`Pages::picture`](super::raster::Pages::picture) gives it, where one without colour is gray.
pub(super) fn may_have_erased_ink(picture: &Picture) -> bool {
    let Picture::Gray(gray) = picture else { return false };
    picture.is_bilevel() || (has_white_paper(gray) && has_hard_black_print(gray) && !has_light_ink(gray))
}

/// Whether hardly a pixel is lighter than ink and darker than white: paper that a lamp lit is seldom clipped all
/// over.
fn has_white_paper(gray: &GrayImage) -> bool {
    const MOST_PERCENT: u64 = 12;
    let (mut all, mut shaded) = (0_u64, 0_u64);
    for value in gray.as_raw().iter().step_by(11) {
        all += 1;
        shaded += u64::from((160..248).contains(value));
    }
    shaded * 100 <= all * MOST_PERCENT
}

/// Whether print comes down to black itself without anything halfway: in two of three cells and more where a threshold
/// made it so, in one of ten or fewer where a scanner saw toner. Of the pixels of these cells one in a hundred lies
/// halfway after JPEG of quality 20, and one in fifteen to twenty at soft edges.
fn has_hard_black_print(gray: &GrayImage) -> bool {
    const BLACK: u8 = 2;
    const LEAST_PERCENT: usize = 40;
    const MOST_HALFWAY_PER_MILLE: usize = 15;
    let cells = Cells::of(gray, BANDS);
    let (mut all, mut black, mut halfway) = (0, 0, 0);
    for (&darkest, &between) in cells.darkest.iter().zip(&cells.halfway) {
        if darkest < DARK {
            all += 1;
            black += usize::from(darkest <= BLACK);
            halfway += usize::from(between);
        }
    }
    let pixels = all * CELL * CELL / LINES;
    all > 0 && black * 100 >= all * LEAST_PERCENT && halfway * 1000 <= pixels * MOST_HALFWAY_PER_MILLE
}

/// Whether there are tones between print and paper that no edge explains: pencil, a pale seal. The scanner that
/// kept these has clipped no more than its levels' ends.
fn has_light_ink(gray: &GrayImage) -> bool {
    /// Of the pixels of a cell that are looked at: specks and thin lines that were made smaller cover less.
    const SHADED: u8 = 16;
    const MOST_PER_MILLE: usize = 5;
    let cells = Cells::of(gray, 1);
    let rows: Vec<&[u8]> = cells.darkest.chunks_exact(cells.across.max(1)).collect();
    let (mut clear, mut light) = (0, 0);
    for (row, shaded) in cells.shaded.chunks_exact(cells.across.max(1)).enumerate() {
        let near = &rows[row.saturating_sub(1)..(row + 2).min(rows.len())];
        for (column, &shaded) in shaded.iter().enumerate() {
            let around = column.saturating_sub(1)..(column + 2).min(cells.across);
            if near.iter().all(|line| line[around.clone()].iter().all(|&darkest| darkest >= DARK)) {
                clear += 1;
                light += usize::from(shaded >= SHADED);
            }
        }
    }
    light * 1000 > clear * MOST_PER_MILLE
}

/// A picture in squares, row by row; what is left over at the right and at the bottom doesn't count.
struct Cells {
    /// How many a row has.
    across: usize,
    /// The darkest pixel of each.
    darkest: Vec<u8>,
    /// How many pixels of each aren't white.
    shaded: Vec<u8>,
    /// How many pixels of each lie halfway.
    halfway: Vec<u8>,
}

impl Cells {
    /// Of every `bands`th row of cells.
    fn of(gray: &GrayImage, bands: usize) -> Self {
        let wide = (gray.width() as usize).max(1);
        let across = wide / CELL;
        let mut cells = Self { across, darkest: Vec::new(), shaded: Vec::new(), halfway: Vec::new() };
        for band in gray.as_raw().chunks_exact(wide * CELL).step_by(bands) {
            let start = cells.darkest.len();
            cells.darkest.resize(start + across, u8::MAX);
            cells.shaded.resize(start + across, 0);
            cells.halfway.resize(start + across, 0);
            let (darkest, shaded) = (&mut cells.darkest[start..], &mut cells.shaded[start..]);
            let halfway = &mut cells.halfway[start..];
            for line in band.chunks_exact(wide).step_by(LINES) {
                let parts = line.as_chunks::<CELL>().0;
                for (((part, darkest), shaded), halfway) in
                    parts.iter().zip(&mut *darkest).zip(&mut *shaded).zip(&mut *halfway)
                {
                    *darkest = part.iter().fold(*darkest, |dark, &value| dark.min(value));
                    *shaded += part.iter().map(|&value| u8::from(value < WHITE)).sum::<u8>();
                    *halfway += part.iter().map(|&value| u8::from(HALFWAY.contains(&value))).sum::<u8>();
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use image::{Luma, RgbImage};

    use super::*;
    use crate::pixels;

    /// Lines of "text" in black on white.
    fn black_and_white() -> GrayImage {
        GrayImage::from_fn(800, 1120, |x, y| {
            let is_ink = (y / 12) % 6 == 0 && (x / 5 + y / 7) % 3 == 0 && x > 80 && x < 720;
            Luma([if is_ink { 0 } else { 255 }])
        })
    }

    /// The same as a lamp sees it: `ink` on `paper`, edges a little soft, with some grain.
    fn lit(paper: u8, ink: u8, grain: i32) -> GrayImage {
        let mut page = pixels::box_blur(&black_and_white(), 1);
        for (x, y, pixel) in page.enumerate_pixels_mut() {
            let noise = i32::try_from((x * 7919 + y * 104_729) % 17).expect("small") - 8;
            let level = i32::from(ink) + i32::from(pixel.0[0]) * i32::from(paper - ink) / 255;
            let level = level + noise * grain / 8;
            pixel.0[0] = u8::try_from(level.clamp(0, 255)).expect("clamped");
        }
        page
    }

    fn through_jpeg(gray: &GrayImage, quality: u8) -> Picture {
        let jpeg = Picture::Gray(gray.clone()).jpeg(quality);
        Picture::Gray(image::load_from_memory(&jpeg).expect("a picture").into_luma8())
    }

    #[test]
    fn a_threshold_shows_through_jpeg() {
        let black = black_and_white();
        assert!(may_have_erased_ink(&Picture::Gray(black.clone())));
        for quality in [20, 30, 60, 75, 90] {
            assert!(may_have_erased_ink(&through_jpeg(&black, quality)), "quality {quality}");
        }
    }

    #[test]
    fn what_a_program_drew_in_black_on_white_has_soft_edges_and_lost_nothing() {
        let drawn = pixels::resize(&black_and_white(), 620, 868);
        assert!(!may_have_erased_ink(&Picture::Gray(drawn.clone())));
        for quality in [30, 75, 90] {
            assert!(!may_have_erased_ink(&through_jpeg(&drawn, quality)), "quality {quality}");
        }
    }

    #[test]
    fn what_a_lamp_lit_is_no_black_and_white_even_with_its_paper_clipped() {
        for (paper, ink, grain) in [(240, 30, 4), (255, 32, 6), (255, 40, 3), (246, 32, 0), (230, 0, 4)] {
            let seen = lit(paper, ink, grain);
            assert!(!may_have_erased_ink(&Picture::Gray(seen.clone())), "{paper} {ink}");
            assert!(!may_have_erased_ink(&through_jpeg(&seen, 75)), "{paper} {ink} as JPEG");
        }
        assert!(!may_have_erased_ink(&Picture::Rgb(RgbImage::new(80, 80))));
    }

    #[test]
    fn light_ink_on_a_page_of_black_and_white_is_no_threshold_s() {
        let mut seen = black_and_white();
        for x in 100..700 {
            for y in 0..12 {
                // Between two lines of text, and far from both.
                seen.put_pixel(x, 536 + y, Luma([205]));
            }
        }
        assert!(!may_have_erased_ink(&through_jpeg(&seen, 75)));
    }
}
