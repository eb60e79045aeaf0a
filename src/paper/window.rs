//! A part of the form cut out of a scan: upright, at the resolution at which both are compared.

use image::GrayImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use super::form::{FormPage, PIXELS_PER_MM};
use super::geometry::{Homography, Point};
use super::ink;
use super::pixels::{self, Picture};
use crate::layout::BoxPlace;

/// Around a box, what is looked at, in millimetres.
const MARGIN_MM: f64 = 10.0;
/// Around a box, what the crop shows.
const CROP_MARGIN_MM: f64 = 4.0;
/// From the frame's middle to what counts as inside.
const INSET_MM: f64 = 0.8;

/// Left, top, right, bottom in pixels of a window, right and bottom outside.
pub(super) type Area = (u32, u32, u32, u32);

/// A part of the form in pixels at [`PIXELS_PER_MM`].
pub(super) struct Window {
    pub x: f64,
    pub y: f64,
    pub width: u32,
    pub height: u32,
}

impl Window {
    /// A box with what is looked at around it.
    pub(super) fn around(place: &BoxPlace, form: &FormPage) -> Self {
        Self::between(
            ((place.x_mm - MARGIN_MM).max(0.0), (place.y_mm - MARGIN_MM).max(0.0)),
            (
                (place.x_mm + place.w_mm + MARGIN_MM).min(form.layout.width_mm),
                (place.y_mm + place.h_mm + MARGIN_MM).min(form.layout.height_mm),
            ),
        )
    }

    /// From the top left to the bottom right corner, in millimetres on the form.
    pub(super) fn between((left, top): Point, (right, bottom): Point) -> Self {
        let pixels = |mm: f64| super::pixel_count(mm * PIXELS_PER_MM);
        Self {
            x: (left * PIXELS_PER_MM).floor(),
            y: (top * PIXELS_PER_MM).floor(),
            width: pixels(right - left).max(8),
            height: pixels(bottom - top).max(8),
        }
    }

    /// This window of the scan, at `factor` times the resolution.
    pub(super) fn take(&self, picture: &Picture, map: &Homography, factor: u32) -> Picture {
        let step = 1.0 / (PIXELS_PER_MM * f64::from(factor));
        let origin = (self.x / PIXELS_PER_MM, self.y / PIXELS_PER_MM);
        let to_mm = Homography::fit_affine(
            &[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)],
            &[origin, (origin.0 + step, origin.1), (origin.0, origin.1 + step)],
        )
        .expect("a scale and a shift");
        picture.warp(&to_mm.then(map), self.width * factor, self.height * factor)
    }

    /// How much darker than the paper around it each pixel is, in its darkest channel; averaged
    /// with its neighbours up to `around` pixels away.
    pub(super) fn darkness(part: &Picture, around: usize) -> GrayImage {
        let (width, height) = part.size();
        let mut darkness = vec![0_u8; (width * height) as usize];
        let mut channel = |plane: &GrayImage| {
            if around > 0 {
                ink::darken(&pixels::box_blur(plane, around), &mut darkness);
            } else {
                ink::darken(plane, &mut darkness);
            }
        };
        match part {
            Picture::Gray(gray) => channel(gray),
            Picture::Rgb(rgb) => {
                for at in 0..3 {
                    let plane = rgb.as_raw().as_chunks::<3>().0.iter().map(|pixel| pixel[at]).collect();
                    channel(&GrayImage::from_raw(width, height, plane).expect("one byte a pixel"));
                }
            }
        }
        GrayImage::from_raw(width, height, darkness).expect("one byte a pixel")
    }

    /// What is printed here, as darkness.
    pub(super) fn expected(&self, form: &FormPage) -> GrayImage {
        let (left, top) = (super::pixel_count(self.x) as usize, super::pixel_count(self.y) as usize);
        let (blank, wide) = (form.blank.as_raw(), form.blank.width() as usize);
        let mut printed = GrayImage::new(self.width, self.height);
        let lines = printed.chunks_exact_mut(self.width as usize);
        for (line, blank) in lines.zip(blank.chunks_exact(wide.max(1)).skip(top)) {
            let blank = blank.get(left..).unwrap_or_default();
            line.iter_mut().zip(blank).for_each(|(dark, &value)| *dark = 255 - value);
        }
        printed
    }

    /// The inside of the box, moved with what is printed.
    pub(super) fn inside(&self, place: &BoxPlace, shift: (i32, i32)) -> Area {
        let along = |mm: f64, origin: f64, shift: i32, most: u32| {
            super::pixel_count(mm * PIXELS_PER_MM - origin + f64::from(shift)).min(most)
        };
        (
            along(place.x_mm + INSET_MM, self.x, shift.0, self.width),
            along(place.y_mm + INSET_MM, self.y, shift.1, self.height),
            along(place.x_mm + place.w_mm - INSET_MM, self.x, shift.0, self.width),
            along(place.y_mm + place.h_mm - INSET_MM, self.y, shift.1, self.height),
        )
    }

    /// The box with some margin, as PNG.
    pub(super) fn crop(&self, fine: &Picture, place: &BoxPlace, factor: u32) -> Vec<u8> {
        let scale = PIXELS_PER_MM * f64::from(factor);
        let (width, height) = fine.size();
        let left = super::pixel_count((place.x_mm - CROP_MARGIN_MM) * scale - self.x * f64::from(factor));
        let top = super::pixel_count((place.y_mm - CROP_MARGIN_MM) * scale - self.y * f64::from(factor));
        let wide = super::pixel_count((place.w_mm + 2.0 * CROP_MARGIN_MM) * scale)
            .min(width - left.min(width))
            .max(1);
        let high = super::pixel_count((place.h_mm + 2.0 * CROP_MARGIN_MM) * scale)
            .min(height - top.min(height))
            .max(1);
        let mut png = Vec::new();
        // One filter for all lines: to choose one for each takes longer than to compress them.
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up);
        let written = match fine {
            Picture::Gray(gray) => {
                image::imageops::crop_imm(gray, left, top, wide, high).to_image().write_with_encoder(encoder)
            }
            Picture::Rgb(rgb) => {
                image::imageops::crop_imm(rgb, left, top, wide, high).to_image().write_with_encoder(encoder)
            }
        };
        written.expect("writing to memory");
        png
    }
}

impl Picture {
    /// Half the resolution when `factor` is 2, the same when it is 1.
    pub(super) fn halved(&self, factor: u32) -> Self {
        if factor == 1 {
            return self.clone();
        }
        let (width, height) = self.size();
        self.resized(width / 2, height / 2)
    }
}
