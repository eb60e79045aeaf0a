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
/// How dark the print of cells is.
const DARK: u8 = 110;
/// How dark the print of characters is: thin strokes are gray here.
const THIN: u8 = 60;

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
    let characters = found.characters(&places);
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

/// How dark form and paper are at a printed pixel.
#[derive(Clone, Copy)]
struct Level {
    /// The form.
    printed: u8,
    /// The form, the darkest of the pixel and those above and below.
    expected: u8,
    /// The paper, of the same three: of a character the next one's ink is no part.
    own: u8,
    /// The paper, the darkest of the pixel and its eight neighbours.
    around: u8,
}

impl Found {
    fn of(darkness: &GrayImage, printed: &GrayImage, quiet: &Quiet) -> Self {
        let (width, height) = darkness.dimensions();
        let darkest = |plane: &GrayImage, x: u32, y: u32, reach: u32| {
            let columns = x.saturating_sub(reach) as usize..(x + reach + 1).min(width) as usize;
            let rows = y.saturating_sub(1)..(y + 2).min(height);
            let line = |y: u32| &plane.as_raw()[(y * width) as usize..][..width as usize];
            rows.flat_map(|y| &line(y)[columns.clone()]).copied().max().unwrap_or(0)
        };
        let pixels = printed.as_raw().iter().zip(&quiet.plane).zip(0_u32..);
        let levels = pixels.map(|((&dark, &quiet), at)| {
            let (x, y) = (at % width, at / width);
            (dark >= THIN && quiet == 0).then(|| Level {
                printed: dark,
                expected: darkest(printed, x, y, 0),
                own: darkest(darkness, x, y, 0),
                around: darkest(darkness, x, y, 1),
            })
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
                let dark = self.rows(bounds).flatten().flatten().filter(|level| level.printed >= DARK);
                dark.for_each(|level| levels[usize::from(level.around)] += 1);
                let found: u32 = levels.iter().sum();
                if found >= side {
                    cells.push((bounds, pixels::quantile(&levels, 0.7), found));
                }
            }
        }
        cells
    }

    /// Characters that are gone while what is printed around them is there, apart from `places`: correction fluid over
    /// a digit. Where the print is pale or full of gaps, nothing is said.
    fn characters(&self, places: &[Place]) -> Vec<Place> {
        const PALE: f64 = 0.3;
        const GAPS: f64 = 0.02;
        let ratio = self.ratio();
        let near = super::pixel_count(NEAR_MM * SCALE);
        let elsewhere = |at: u32| {
            let (x, y) = (at % self.width, at / self.width);
            !places.iter().any(|place| is_near(place.bounds, (x, y, x + 1, y + 1), near))
        };
        let plane = |gone: &dyn Fn(&Level) -> bool| {
            let pixels = self.levels.iter().zip(0_u32..);
            let gone = |level: &Option<Level>, at| level.as_ref().is_some_and(gone) && elsewhere(at);
            let pixels = pixels.map(|(level, at)| if gone(level, at) { 255 } else { 0 }).collect();
            GrayImage::from_raw(self.width, self.height, pixels).expect("one byte a pixel")
        };
        let surely = plane(&|level| level.around < level.threshold(ratio));
        let count = |share: f64, all: usize| share * f64::from(u32::try_from(all).unwrap_or(u32::MAX));
        let gaps = surely.iter().filter(|value| **value > 0).count();
        if ratio < PALE || count(1.0, gaps) > count(GAPS, self.levels.iter().flatten().count()) {
            return Vec::new();
        }
        let missing = plane(&|level| level.own < level.threshold(ratio));
        let nothing = GrayImage::new(self.width, self.height);
        let pieces = ink::components(&missing, 0, &nothing, (0, 0, self.width, self.height));
        let numbered = (1..).zip(&pieces.list);
        let alone = numbered
            .filter(|(number, piece)| self.is_character(piece, (*number, pieces.labels.as_slice()), &surely));
        alone.map(|(_, p)| Place { kind: ChangeKind::Covered, bounds: p.bounds, pixels: p.area }).collect()
    }

    /// How dark the paper is in the middle where it is printed, as a share of the form's darkness.
    fn ratio(&self) -> f64 {
        let dark = self.levels.iter().flatten().filter(|level| level.printed >= DARK);
        let mut ratios: Vec<f64> =
            dark.map(|level| f64::from(level.own) / f64::from(level.expected)).collect();
        let middle = ratios.len() / 2;
        if ratios.is_empty() { 0.0 } else { *ratios.select_nth_unstable_by(middle, f64::total_cmp).1 }
    }

    /// Whether missing print, the piece with this number, is as large as a character, its core as light as paper all
    /// around, and most of what is printed beside it there.
    fn is_character(&self, piece: &Component, (number, labels): (u32, &[u32]), surely: &GrayImage) -> bool {
        const LEAST_MM2: f64 = 0.9;
        const LEAST_MM: (f64, f64) = (0.9, 1.5);
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
        let (mut core, mut there, mut gaps) = (0_u32, 0_u32, 0_u32);
        for (y, row) in (around.1..).zip(self.rows(around)) {
            for (x, _) in (around.0..).zip(row).filter(|(_, level)| level.is_some()) {
                let counted = match surely.get_pixel(x, y).0[0] {
                    0 => &mut there,
                    _ if labels[(y * self.width + x) as usize] == number => &mut core,
                    _ => &mut gaps,
                };
                *counted += 1;
            }
        }
        core * 5 >= piece.area * 2 && there >= 3 * piece.area && gaps * 10 <= there
    }
}

impl Level {
    /// Below this the paper has none of what is printed there, where print is this share as dark as on the form.
    fn threshold(self, ratio: f64) -> u8 {
        const LEAST: f64 = 10.0;
        const SHARE: f64 = 0.3;
        super::pixel_count((SHARE * ratio * f64::from(self.expected)).clamp(LEAST, 255.0)) as u8
    }
}
