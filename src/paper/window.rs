//! A part of the form cut out of a scan: upright, at the resolution at which both are compared.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};

use super::form::{FormPage, PIXELS_PER_MM};
use super::geometry::{Homography, Point};
use super::ink;
use super::pixels::{self, Picture};
use crate::forms::layout::BoxPlace;

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

    /// How much darker than the paper around it each pixel is, in its darkest channel; `smooth`:
    /// with its neighbours.
    pub(super) fn darkness(&self, part: &Picture, smooth: bool) -> GrayImage {
        let (channels, raw) = match part {
            Picture::Gray(gray) => (1, gray.as_raw()),
            Picture::Rgb(rgb) => (3, rgb.as_raw()),
        };
        let (width, height) = part.size();
        let mut darkness = vec![0_u8; (width * height) as usize];
        for channel in 0..channels {
            let values: Vec<u8> = raw.iter().skip(channel).step_by(channels).copied().collect();
            let mut plane = GrayImage::from_raw(width, height, values).expect("one byte a pixel");
            if smooth {
                plane = pixels::box_blur(&plane, 1);
            }
            let paper = ink::paper(&plane);
            for ((dark, &value), &white) in darkness.iter_mut().zip(plane.as_raw()).zip(paper.as_raw()) {
                *dark = (*dark).max(white.saturating_sub(value));
            }
        }
        GrayImage::from_raw(width, height, darkness).expect("one byte a pixel")
    }

    /// What is printed here, as darkness.
    pub(super) fn expected(&self, form: &FormPage) -> GrayImage {
        let (left, top) = (super::pixel_count(self.x), super::pixel_count(self.y));
        GrayImage::from_fn(self.width, self.height, |x, y| {
            Luma([form.blank.get_pixel_checked(left + x, top + y).map_or(0, |p| 255 - p.0[0])])
        })
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
        let written = match fine {
            Picture::Gray(gray) => image::imageops::crop_imm(gray, left, top, wide, high)
                .to_image()
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png),
            Picture::Rgb(rgb) => image::imageops::crop_imm(rgb, left, top, wide, high)
                .to_image()
                .write_to(&mut Cursor::new(&mut png), ImageFormat::Png),
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
        match self {
            Self::Gray(gray) => Self::Gray(pixels::resize(gray, width / 2, height / 2)),
            Self::Rgb(rgb) => Self::Rgb(pixels::resize_rgb(rgb, width / 2, height / 2)),
        }
    }
}
