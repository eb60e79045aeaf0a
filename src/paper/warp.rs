//! Parts of a picture taken out of it under a map: upright, at another resolution, in perspective.

use image::{GrayImage, RgbImage};

use super::geometry::Homography;
use super::pixels::Picture;

/// Pixels between two that are mapped exactly. Along so few, a perspective differs from a straight line by less
/// than can be seen.
const STRIDE: usize = 16;

impl Picture {
    /// The part of the page under `map` (output pixels to picture pixels), `width` by `height`, in
    /// the picture's own colours. White outside.
    #[must_use]
    pub fn warp(&self, map: &Homography, width: u32, height: u32) -> Self {
        match self {
            Self::Gray(gray) => Self::Gray(warp_gray(gray, map, width, height)),
            Self::Rgb(rgb) => {
                let raw = warp::<3>(rgb.as_raw(), rgb.dimensions(), map, (width, height));
                Self::Rgb(RgbImage::from_raw(width, height, raw).expect("three bytes a pixel"))
            }
        }
    }
}

/// A part of a gray image under `map` (output pixels to input pixels). White outside.
#[must_use]
pub fn warp_gray(image: &GrayImage, map: &Homography, width: u32, height: u32) -> GrayImage {
    let raw = warp::<1>(image.as_raw(), image.dimensions(), map, (width, height));
    GrayImage::from_raw(width, height, raw).expect("one byte a pixel")
}

/// The brightness at a point; white outside.
pub(super) fn at(image: &GrayImage, x: f64, y: f64) -> u8 {
    let [value] = bilinear::<1>(image.as_raw(), image.width(), image.height(), x - 0.5, y - 0.5);
    value
}

fn warp<const N: usize>(raw: &[u8], from: (u32, u32), map: &Homography, to: (u32, u32)) -> Vec<u8> {
    let (wide, high) = (to.0 as usize, to.1 as usize);
    let mut out = vec![255; wide * high * N];
    let (right, bottom) = (f64::from(from.0) - 1.0, f64::from(from.1) - 1.0);
    // Written so that NaN is outside, too.
    let inside = |(x, y): (f64, f64)| x >= 0.0 && y >= 0.0 && x < right && y < bottom;
    for (row, line) in out.chunks_exact_mut((wide * N).max(1)).enumerate() {
        let place = |column: usize| {
            let (x, y) = map.apply((column as f64 + 0.5, row as f64 + 0.5));
            (x - 0.5, y - 0.5)
        };
        let mut start = place(0);
        for (block, pixels) in line.chunks_mut(STRIDE * N).enumerate() {
            let count = pixels.len() / N;
            let end = place(block * STRIDE + count);
            let step = ((end.0 - start.0) / count as f64, (end.1 - start.1) / count as f64);
            let pixels = pixels.as_chunks_mut::<N>().0;
            if inside(start) && inside(end) {
                straight(raw, from.0 as usize, start, step, pixels);
            } else {
                for (at, pixel) in pixels.iter_mut().enumerate() {
                    let (x, y) = (start.0 + step.0 * at as f64, start.1 + step.1 * at as f64);
                    *pixel = bilinear::<N>(raw, from.0, from.1, x, y);
                }
            }
            start = end;
        }
    }
    out
}

/// Pixels along a line all of which lies inside the picture, in 65,536ths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the picture")]
fn straight<const N: usize>(
    raw: &[u8],
    wide: usize,
    start: (f64, f64),
    step: (f64, f64),
    out: &mut [[u8; N]],
) {
    const ONE: f64 = 65_536.0;
    let (mut x, mut y) = ((start.0 * ONE) as i64, (start.1 * ONE) as i64);
    let (along, down) = ((step.0 * ONE) as i64, (step.1 * ONE) as i64);
    for pixel in out {
        let first = ((y >> 16) as usize * wide + (x >> 16) as usize) * N;
        let (fx, fy) = ((x >> 8) as u32 & 255, (y >> 8) as u32 & 255);
        let (top, below) = (&raw[first..][..2 * N], &raw[first + wide * N..][..2 * N]);
        *pixel = std::array::from_fn(|c| {
            let upper = u32::from(top[c]) * (256 - fx) + u32::from(top[N + c]) * fx;
            let lower = u32::from(below[c]) * (256 - fx) + u32::from(below[N + c]) * fx;
            ((upper * (256 - fy) + lower * fy + (1 << 15)) >> 16) as u8
        });
        x += along;
        y += down;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked against the size first")]
fn bilinear<const N: usize>(raw: &[u8], width: u32, height: u32, x: f64, y: f64) -> [u8; N] {
    let (right, bottom) = (f64::from(width) - 1.0, f64::from(height) - 1.0);
    // Written so that NaN is outside, too.
    if !(x >= -0.5 && y >= -0.5 && x <= right + 0.5 && y <= bottom + 0.5) {
        return [255; N];
    }
    let (x, y) = (x.clamp(0.0, right), y.clamp(0.0, bottom));
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width as usize - 1), (y0 + 1).min(height as usize - 1));
    let (fx, fy) = (((x - x0 as f64) * 256.0) as u32, ((y - y0 as f64) * 256.0) as u32);
    let at = |x: usize, y: usize, c: usize| u32::from(raw[(y * width as usize + x) * N + c]);
    std::array::from_fn(|c| {
        let top = at(x0, y0, c) * (256 - fx) + at(x1, y0, c) * fx;
        let below = at(x0, y1, c) * (256 - fx) + at(x1, y1, c) * fx;
        ((top * (256 - fy) + below * fy + (1 << 15)) >> 16) as u8
    })
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn the_identity_changes_nothing_and_beyond_the_picture_is_white() {
        let image = GrayImage::from_fn(40, 10, |x, y| Luma([(x * 5 + y) as u8]));
        assert_eq!(warp_gray(&image, &Homography::scale(1.0), 40, 10), image);
        let picture = Picture::Rgb(RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30])));
        let Picture::Rgb(outside) = picture.warp(&Homography::scale(1.0), 20, 20) else {
            panic!("colour stays")
        };
        assert_eq!(outside.get_pixel(15, 15).0, [255; 3]);
        assert_eq!(outside.get_pixel(3, 3).0, [200, 30, 30]);
    }

    #[test]
    fn a_perspective_is_followed_to_a_shade() {
        let image = GrayImage::from_fn(300, 300, |x, y| Luma([((x * 2 + y) / 4) as u8]));
        let from = [(0.0, 0.0), (200.0, 0.0), (0.0, 200.0), (200.0, 200.0)];
        let to = [(20.0, 10.0), (270.0, 40.0), (5.0, 250.0), (240.0, 290.0)];
        let map = Homography::fit(&from, &to).expect("well posed");
        let warped = warp_gray(&image, &map, 200, 200);
        for (x, y, pixel) in warped.enumerate_pixels() {
            let (u, v) = map.apply((f64::from(x) + 0.5, f64::from(y) + 0.5));
            assert!(pixel.0[0].abs_diff(at(&image, u, v)) <= 1, "{x} {y}");
        }
    }
}
