//! Print that is there on the form and not on the paper: correction fluid, or a label glued over it.
//!
//! A large place is told by its cells, a single digit by the print around it, which is all there.

use image::GrayImage;

use super::changes::{ChangeKind, NEAR_MM, Place, Quiet, SCALE, join, mm2};
use super::ink::{self, Component};
use super::pieces::is_near;
use super::pixels;
use super::window::Area;

/// Less print may be missing anywhere, but for a character.
const COVERED_MM2: f64 = 5.0;
/// Side of a cell in which print is looked for.
const CELL_MM: f64 = 3.0;
/// Above this share of cells without their print, the scan is pale and not the paper changed.
const PALE_SHARE: f64 = 0.08;

/// The places where print is gone: cells of which nearly all of the print is as light as paper, and single characters.
pub(super) fn find(darkness: &GrayImage, printed: &GrayImage, quiet: &Quiet) -> Vec<Place> {
    let found = Found::of(darkness, printed, quiet);
    let cells = found.cells();
    let mut usual: Vec<u8> = cells.iter().map(|(_, level, _)| *level).collect();
    usual.sort_unstable();
    let Some(&typical) = usual.get(usual.len() / 2) else { return Vec::new() };
    let gone: Vec<Place> = cells
        .iter()
        .filter(|(_, level, _)| *level < typical / 4)
        .map(|&(bounds, _, pixels)| Place { kind: ChangeKind::Covered, bounds, pixels })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "counts of cells")]
    let share = gone.len() as f64 / cells.len().max(1) as f64;
    if typical < 40 || share > PALE_SHARE {
        return Vec::new();
    }
    let joined = join(gone.into_iter());
    let mut places: Vec<Place> =
        joined.into_iter().filter(|place| mm2(place.pixels) >= COVERED_MM2).collect();
    let characters = found.characters(typical, &places);
    places.extend(join(characters.into_iter()));
    places
}

/// How dark the paper is where something is printed.
struct Found {
    /// Row by row; none where nothing is printed, or looked for.
    levels: Vec<Option<Level>>,
    width: u32,
    height: u32,
}

/// How dark the paper is at a printed pixel.
#[derive(Clone, Copy)]
struct Level {
    /// The darkest of it and its eight neighbours.
    around: u8,
    /// The darkest of it and those above and below: of a character the next one's ink is no part.
    own: u8,
}

impl Found {
    fn of(darkness: &GrayImage, printed: &GrayImage, quiet: &Quiet) -> Self {
        const DARK: u8 = 110;
        let (width, height) = darkness.dimensions();
        let darkest = |x: u32, y: u32, reach: u32| {
            let columns = x.saturating_sub(reach) as usize..(x + reach + 1).min(width) as usize;
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            let line = |y: u32| &darkness.as_raw()[(y * width) as usize..][..width as usize];
            rows.flat_map(|y| &line(y)[columns.clone()]).copied().max().unwrap_or(0)
        };
        let pixels = printed.as_raw().iter().zip(&quiet.plane).zip(0_u32..);
        let levels = pixels.map(|((&dark, &quiet), at)| {
            let (x, y) = (at % width, at / width);
            let level = || Level { around: darkest(x, y, 1), own: darkest(x, y, 0) };
            (dark >= DARK && quiet == 0).then(level)
        });
        Self { levels: levels.collect(), width, height }
    }

    fn rows(&self, (left, top, right, bottom): Area) -> impl Iterator<Item = &[Option<Level>]> {
        let row =
            move |y: u32| &self.levels[(y * self.width + left) as usize..(y * self.width + right) as usize];
        (top..bottom).map(row)
    }

    /// The cells in which enough is printed, with the level of nearly all of that, and how many pixels it is.
    fn cells(&self) -> Vec<(Area, u8, u32)> {
        let side = super::pixel_count(CELL_MM * SCALE);
        let mut cells = Vec::new();
        for top in (0..self.height.saturating_sub(side)).step_by(side as usize) {
            for left in (0..self.width.saturating_sub(side)).step_by(side as usize) {
                let bounds = (left, top, left + side, top + side);
                let mut levels = [0_u32; 256];
                self.rows(bounds)
                    .flatten()
                    .flatten()
                    .for_each(|level| levels[usize::from(level.around)] += 1);
                let found: u32 = levels.iter().sum();
                if found >= side {
                    cells.push((bounds, pixels::quantile(&levels, 0.7), found));
                }
            }
        }
        cells
    }

    /// Characters that are gone while those around them are there, apart from `places`: correction fluid over a digit.
    /// Where the print is pale or full of gaps, nothing is said.
    fn characters(&self, typical: u8, places: &[Place]) -> Vec<Place> {
        const PALE: u8 = 80;
        const GAPS: f64 = 0.02;
        let near = super::pixel_count(NEAR_MM * SCALE);
        let mut missing = vec![0_u8; self.levels.len()];
        let (mut printed, mut gone) = (0_u32, 0_u32);
        for ((missing, level), at) in missing.iter_mut().zip(&self.levels).zip(0_u32..) {
            let Some(level) = *level else { continue };
            let pixel = (at % self.width, at / self.width, at % self.width + 1, at / self.width + 1);
            printed += 1;
            if level.own < typical / 4 && !places.iter().any(|place| is_near(place.bounds, pixel, near)) {
                *missing = 255;
                gone += 1;
            }
        }
        if typical < PALE || f64::from(gone) > GAPS * f64::from(printed) {
            return Vec::new();
        }
        let missing = GrayImage::from_raw(self.width, self.height, missing).expect("one byte a pixel");
        let nothing = GrayImage::new(self.width, self.height);
        let pieces = ink::components(&missing, 0, &nothing, (0, 0, self.width, self.height));
        let alone = pieces.list.iter().filter(|piece| self.is_character(piece, &missing));
        alone.map(|p| Place { kind: ChangeKind::Covered, bounds: p.bounds, pixels: p.area }).collect()
    }

    /// Whether missing print is as large as a character, and most of what is printed around it is there.
    fn is_character(&self, piece: &Component, missing: &GrayImage) -> bool {
        const LEAST_MM2: f64 = 1.0;
        const LEAST_MM: (f64, f64) = (1.0, 1.5);
        const MOST_MM: f64 = 12.0;
        const AROUND_MM: f64 = 6.0;
        let (left, top, right, bottom) = piece.bounds;
        let (w, h) = (f64::from(right - left) / SCALE, f64::from(bottom - top) / SCALE);
        // Less than this of its bounds is the corner of a rule that the scan lost.
        let thin = mm2(piece.area) < 0.2 * w * h;
        if mm2(piece.area) < LEAST_MM2 || w < LEAST_MM.0 || h < LEAST_MM.1 || w.max(h) > MOST_MM || thin {
            return false;
        }
        let reach = super::pixel_count(AROUND_MM * SCALE);
        let around = (
            left.saturating_sub(reach),
            top.saturating_sub(reach),
            (right + reach).min(self.width),
            (bottom + reach).min(self.height),
        );
        let (mut there, mut gaps) = (0, 0);
        for (y, row) in (around.1..).zip(self.rows(around)) {
            for (x, _) in (around.0..).zip(row).filter(|(_, level)| level.is_some()) {
                if missing.get_pixel(x, y).0[0] == 0 { there += 1 } else { gaps += 1 }
            }
        }
        let others = gaps - piece.area;
        there >= 3 * piece.area && others * 10 <= there
    }
}
