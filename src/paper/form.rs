//! The form as it was printed: what a scan is compared with. Made from our own PDF and its layout.

use image::GrayImage;

use super::raster::{Pages, Unreadable};
use crate::code::PageCode;
use crate::layout::{Layout, PageLayout};

/// Pixels a millimetre at which scan and form are compared: 150 dpi.
pub const PIXELS_PER_MM: f64 = 150.0 / 25.4;
/// Side of a patch for alignment in pixels (6.8 mm).
pub(super) const PATCH: u32 = 40;
/// Patches begin every half patch, this far from the edges.
const STEP: u32 = PATCH / 2;
const RIM: u32 = 8;
/// Side of a window of blank paper in pixels (6 mm).
pub(super) const WINDOW: u32 = 36;

/// A form with the pictures of its blank pages.
pub struct Form {
    /// The case's name as the layout gives it.
    pub case: String,
    /// The pages in order.
    pub pages: Vec<FormPage>,
}

/// One page of a form.
pub struct FormPage {
    /// Where codes and boxes lie.
    pub layout: PageLayout,
    /// The page as printed, at [`PIXELS_PER_MM`].
    pub blank: GrayImage,
    /// Half the resolution, for the first search.
    pub(super) half: GrayImage,
    /// Top left corners of patches that can be found again, in pixels of `blank`.
    pub(super) patches: Vec<(u32, u32)>,
    /// Top left corners of windows where nothing is printed and nobody writes.
    pub(super) windows: Vec<(u32, u32)>,
}

impl Form {
    /// Draws the form's pages.
    ///
    /// # Errors
    /// When the PDF can't be read or has other pages than the layout.
    pub fn new(pdf: Vec<u8>, layout: &Layout) -> Result<Self, Unreadable> {
        Self::of_blanks(Self::draw(pdf)?, layout)
    }

    /// The pages of a printed form at [`PIXELS_PER_MM`].
    ///
    /// # Errors
    /// When the PDF can't be read.
    pub fn draw(pdf: Vec<u8>) -> Result<Vec<GrayImage>, Unreadable> {
        Ok(Pages::open(pdf, u64::MAX)?.renditions(PIXELS_PER_MM))
    }

    /// A form whose pages have been drawn before.
    ///
    /// # Errors
    /// When there are other pages than in the layout.
    pub fn of_blanks(blanks: Vec<GrayImage>, layout: &Layout) -> Result<Self, Unreadable> {
        if blanks.len() != layout.pages.len() {
            return Err(Unreadable::NoPage);
        }
        let pages =
            layout.pages.iter().zip(blanks).map(|(page, blank)| FormPage::new(page.clone(), blank)).collect();
        Ok(Self { case: layout.case.clone(), pages })
    }

    /// The page that bears `text`, or that has the same reference, revision and number as `code`.
    #[must_use]
    pub fn page_of(&self, text: &str, code: &PageCode) -> Option<&FormPage> {
        self.pages.iter().find(|page| {
            page.layout.codes.iter().any(|place| {
                place.text == text
                    || PageCode::read(&place.text).is_some_and(|printed| {
                        let printed = printed.code;
                        (printed.reference, printed.revision, printed.page)
                            == (code.reference, code.revision, code.page)
                    })
            })
        })
    }
}

impl FormPage {
    fn new(layout: PageLayout, blank: GrayImage) -> Self {
        let half = super::pixels::resize(&blank, (blank.width() / 2).max(1), (blank.height() / 2).max(1));
        let mut page = Self { layout, blank, half, patches: Vec::new(), windows: Vec::new() };
        page.patches = page.choose_patches();
        page.windows = page.choose_windows();
        page
    }

    /// Whether a square of pixels comes nearer to a seal box than `margin_mm`.
    fn near_box(&self, x: u32, y: u32, side: u32, margin_mm: f64) -> bool {
        let mm = |v: u32| f64::from(v) / PIXELS_PER_MM;
        let (left, top, right, bottom) = (mm(x), mm(y), mm(x + side), mm(y + side));
        self.layout.boxes.iter().any(|b| {
            right > b.x_mm - margin_mm
                && left < b.x_mm + b.w_mm + margin_mm
                && bottom > b.y_mm - margin_mm
                && top < b.y_mm + b.h_mm + margin_mm
        })
    }

    /// The best patch of each cell of a grid, where structure in both directions is strong enough.
    fn choose_patches(&self) -> Vec<(u32, u32)> {
        const CELLS: (u32, u32) = (5, 7);
        const ENOUGH: f64 = 60.0;
        let (width, height) = self.blank.dimensions();
        let columns = (RIM..width.saturating_sub(PATCH + RIM)).step_by(STEP as usize);
        let gradients = self.gradients(columns.len() + 1);
        let mut best: Vec<Option<(f64, (u32, u32))>> = vec![None; (CELLS.0 * CELLS.1) as usize];
        let rows = (RIM..height.saturating_sub(PATCH + RIM)).step_by(STEP as usize);
        for (y, lines) in rows.zip(gradients.windows(2)) {
            for (at, x) in columns.clone().enumerate() {
                let parts = [lines[0][at], lines[0][at + 1], lines[1][at], lines[1][at + 1]];
                let score = structure(&parts);
                let cell = &mut best[((y * CELLS.1 / height) * CELLS.0 + x * CELLS.0 / width) as usize];
                let better = score > ENOUGH && cell.is_none_or(|(other, _)| score > other);
                if better && !self.near_box(x, y, PATCH, 1.0) {
                    *cell = Some((score, (x, y)));
                }
            }
        }
        best.into_iter().flatten().map(|(_, at)| at).collect()
    }

    /// Sums of the products of gradients (across, both, down) in squares of [`STEP`] pixels from [`RIM`] on, of
    /// every other pixel; `across` squares a row. Four neighbours make a patch.
    fn gradients(&self, across: usize) -> Vec<Vec<[i64; 3]>> {
        let (raw, wide) = (self.blank.as_raw(), self.blank.width() as usize);
        let (rim, step) = (RIM as usize, STEP as usize);
        let row = |y: usize| &raw[y * wide..][..wide];
        let down = (self.blank.height() as usize).saturating_sub(2 * rim) / step;
        let mut sums = vec![vec![[0; 3]; across]; down];
        for (at, line) in sums.iter_mut().enumerate() {
            for y in (rim + at * step..rim + (at + 1) * step).step_by(2) {
                let (above, here, below) = (row(y - 2), row(y), row(y + 2));
                for (square, sum) in line.iter_mut().enumerate() {
                    let left = rim + square * step;
                    for x in (left..(left + step).min(wide - 2)).step_by(2) {
                        let dx = i64::from(here[x + 2]) - i64::from(here[x - 2]);
                        let dy = i64::from(below[x]) - i64::from(above[x]);
                        sum[0] += dx * dx;
                        sum[1] += dx * dy;
                        sum[2] += dy * dy;
                    }
                }
            }
        }
        sums
    }

    /// Windows of white paper, spread over the page, away from boxes.
    fn choose_windows(&self) -> Vec<(u32, u32)> {
        const ROWS: u32 = 4;
        let (width, height) = self.blank.dimensions();
        let mut windows = Vec::new();
        for band in 0..ROWS {
            let before = windows.len();
            let (from, to) =
                ((height * band / ROWS).max(30), (height * (band + 1) / ROWS).min(height.saturating_sub(30)));
            for y in (from..to.saturating_sub(WINDOW)).step_by(WINDOW as usize / 2) {
                for x in (30..width.saturating_sub(WINDOW + 30)).step_by(WINDOW as usize / 2) {
                    let apart = windows
                        .iter()
                        .all(|&(u, v): &(u32, u32)| u.abs_diff(x).max(v.abs_diff(y)) >= WINDOW * 2);
                    if windows.len() - before < 4
                        && apart
                        && !self.near_box(x, y, WINDOW, 4.0)
                        && self.is_white(x, y)
                    {
                        windows.push((x, y));
                    }
                }
            }
        }
        windows
    }

    fn is_white(&self, x: u32, y: u32) -> bool {
        const MARGIN: u32 = 6;
        const WHITE: u8 = 245;
        let (left, top) = (x.saturating_sub(MARGIN) as usize, y.saturating_sub(MARGIN) as usize);
        let side = (WINDOW + 2 * MARGIN) as usize;
        let lines = self.blank.as_raw().chunks_exact(self.blank.width().max(1) as usize).skip(top).take(side);
        // The darkest of each line: found without a branch a pixel.
        lines
            .map(|line| line[left..].iter().take(side).fold(255, |dark, &value| value.min(dark)))
            .all(|d| d > WHITE)
    }
}

/// The smaller eigenvalue of the mean gradient matrix: high where a shift in any direction shows
/// (Shi and Tomasi 1994).
fn structure(parts: &[[i64; 3]; 4]) -> f64 {
    let mean =
        |at: usize| parts.iter().map(|part| part[at]).sum::<i64>() as f64 / f64::from(PATCH * PATCH / 4);
    let (xx, xy, yy) = (mean(0), mean(1), mean(2));
    f64::midpoint(xx, yy) - (((xx - yy) / 2.0).powi(2) + xy * xy).sqrt()
}
