//! Reads a code that no decoder can: by comparing it, module by module, with the code that the form bears
//! there.
//!
//! Decoders must find out what a code says; here it is only asked whether it is this one. 359 modules carry
//! data. Another page or revision of the same case shares the beginning, at most a fifth of them; all else, the
//! MAC and the correction, is as good as random beside these: to agree by half nevertheless is six standard
//! deviations away, nine for another case.

use image::GrayImage;

use super::codes::SeenCode;
use super::form::{FormPage, PIXELS_PER_MM};
use super::geometry::{Homography, Point};
use super::warp;
use crate::code::PageCode;
use crate::layout::CodePlace;
use crate::qr::MODULES;

/// From this correlation on, the code is the one expected.
const ALIKE: f64 = 0.5;
/// How far a code may lie off its place, in modules, and the steps in which it is looked for.
const REACH: f64 = 3.0;
const STEP: f64 = 0.25;

/// The codes of a form's page that are found where `map` (millimetres to pixels of `gray`) has them. The
/// corners are in pixels of `gray`.
#[must_use]
pub fn find(gray: &GrayImage, map: &Homography, form: &FormPage) -> Vec<SeenCode> {
    form.layout
        .codes
        .iter()
        .filter_map(|place| {
            let code = PageCode::read(&place.text)?.code;
            let corners = Expected::of(form, place)?.seek(gray, map)?;
            Some(SeenCode { text: place.text.clone(), code, corners })
        })
        .collect()
}

/// The modules of a code that carry data, as they were printed.
struct Expected {
    corner: Point,
    /// Side of a module in millimetres.
    module: f64,
    /// Middle of each in modules from the corner, with its brightness less the mean of all.
    modules: Vec<(Point, f64)>,
    norm: f64,
}

impl Expected {
    fn of(form: &FormPage, place: &CodePlace) -> Option<Self> {
        let module = place.size_mm / MODULES as f64;
        let mut modules = Vec::new();
        for row in 0..MODULES {
            for column in 0..MODULES {
                if is_function(row, column) {
                    continue;
                }
                let middle = (column as f64 + 0.5, row as f64 + 0.5);
                let at =
                    |origin: f64, along: f64| super::pixel_count((origin + along * module) * PIXELS_PER_MM);
                let pixel =
                    form.blank.get_pixel_checked(at(place.x_mm, middle.0), at(place.y_mm, middle.1))?;
                modules.push((middle, f64::from(pixel.0[0])));
            }
        }
        let mean = modules.iter().map(|(_, value)| value).sum::<f64>() / modules.len() as f64;
        modules.iter_mut().for_each(|(_, value)| *value -= mean);
        let norm = modules.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        (norm > 1.0).then_some(Self { corner: (place.x_mm, place.y_mm), module, modules, norm })
    }

    /// The corners in pixels where the code agrees best, if it agrees enough.
    fn seek(&self, gray: &GrayImage, map: &Homography) -> Option<[Point; 4]> {
        #[expect(clippy::cast_possible_truncation, reason = "a dozen steps")]
        let steps = (REACH / STEP) as i32;
        let shifts = (-steps..=steps).flat_map(|y| (-steps..=steps).map(move |x| (x, y)));
        let (likeness, shift) = shifts
            .map(|(x, y)| (f64::from(x) * STEP, f64::from(y) * STEP))
            .map(|shift| (self.likeness(gray, map, shift), shift))
            .max_by(|a, b| a.0.total_cmp(&b.0))?;
        let side = MODULES as f64;
        let corners = [(0.0, 0.0), (side, 0.0), (0.0, side), (side, side)];
        (likeness >= ALIKE).then(|| corners.map(|(x, y)| map.apply(self.on_form((x + shift.0, y + shift.1)))))
    }

    fn on_form(&self, (x, y): Point) -> Point {
        (self.corner.0 + x * self.module, self.corner.1 + y * self.module)
    }

    /// Normalised correlation of what is seen with what was printed.
    fn likeness(&self, gray: &GrayImage, map: &Homography, shift: Point) -> f64 {
        let (mut sum, mut squares, mut product) = (0.0, 0.0, 0.0);
        for &((x, y), value) in &self.modules {
            let (u, v) = map.apply(self.on_form((x + shift.0, y + shift.1)));
            let seen = f64::from(warp::at(gray, u, v));
            sum += seen;
            squares += seen * seen;
            product += seen * value;
        }
        let spread = squares - sum * sum / self.modules.len() as f64;
        if spread < 1.0 { 0.0 } else { product / (spread.sqrt() * self.norm) }
    }
}

/// Whether a module of version 2 is the same in all codes: finders with format, timing, alignment.
fn is_function(row: usize, column: usize) -> bool {
    const FAR: usize = MODULES - 8;
    let finder = (row < 9 && !(9..FAR).contains(&column)) || (row >= FAR && column < 9);
    finder || row == 6 || column == 6 || ((16..21).contains(&row) && (16..21).contains(&column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_modules_carry_data_as_the_standard_says() {
        let data = (0..MODULES).flat_map(|r| (0..MODULES).map(move |c| (r, c)));
        assert_eq!(data.filter(|&(r, c)| !is_function(r, c)).count(), 359);
    }
}
