//! Pixels: the picture of a page, and the few operations on it that reading needs.

use std::borrow::Cow;

use fast_image_resize::images::ImageRef;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{GrayImage, RgbImage};
use jpeg_encoder::{ColorType, Encoder};

/// The picture of one page at the best resolution that the scan has.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Gray, or black and white.
    Gray(GrayImage),
    /// Colour.
    Rgb(RgbImage),
}

impl Picture {
    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Gray(g) => g.dimensions(),
            Self::Rgb(c) => c.dimensions(),
        }
    }

    /// The longer of width and height.
    #[must_use]
    pub fn long_edge(&self) -> u32 {
        self.size().0.max(self.size().1)
    }

    /// The picture in gray.
    #[must_use]
    pub fn luma(&self) -> Cow<'_, GrayImage> {
        match self {
            Self::Gray(g) => Cow::Borrowed(g),
            Self::Rgb(c) => {
                let luma = c.as_raw().as_chunks::<3>().0.iter().map(|&[r, g, b]| luma(r, g, b)).collect();
                Cow::Owned(GrayImage::from_raw(c.width(), c.height(), luma).expect("one byte a pixel"))
            }
        }
    }

    /// What comes of it by one of two functions.
    pub(super) fn each(
        &self,
        gray: impl Fn(&GrayImage) -> GrayImage,
        rgb: impl Fn(&RgbImage) -> RgbImage,
    ) -> Self {
        match self {
            Self::Gray(image) => Self::Gray(gray(image)),
            Self::Rgb(image) => Self::Rgb(rgb(image)),
        }
    }

    /// The picture as JPEG.
    pub(super) fn jpeg(&self, quality: u8) -> Vec<u8> {
        let (raw, kind) = match self {
            Self::Gray(gray) => (gray.as_raw(), ColorType::Luma),
            Self::Rgb(rgb) => (rgb.as_raw(), ColorType::Rgb),
        };
        let (width, height) = self.size();
        let side = |pixels: u32| u16::try_from(pixels).expect("parts and small copies of pages");
        let mut jpeg = Vec::new();
        let written = Encoder::new(&mut jpeg, quality).encode(raw, side(width), side(height), kind);
        written.expect("writing to memory");
        jpeg
    }

    /// A copy of another size.
    pub(super) fn resized(&self, width: u32, height: u32) -> Self {
        match self {
            Self::Gray(gray) => Self::Gray(resize(gray, width, height)),
            Self::Rgb(rgb) => Self::Rgb(resize_rgb(rgb, width, height)),
        }
    }

    /// Whether the picture has colour that matters, judged on a sample of its pixels.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        let Self::Rgb(picture) = self else { return false };
        let spread = |p: &[u8]| p[0].max(p[1]).max(p[2]) - p[0].min(p[1]).min(p[2]);
        let pixels = picture.as_raw().as_chunks::<3>().0;
        let coloured = pixels.iter().step_by(7).filter(|p| spread(p.as_slice()) > 24).count();
        coloured * 7 * 20_000 > pixels.len()
    }

    /// Whether nearly all pixels are black or white: a 1-bit scan.
    #[must_use]
    pub fn is_bilevel(&self) -> bool {
        let Self::Gray(picture) = self else { return false };
        let sample = picture.as_raw().iter().step_by(11);
        let (mut all, mut between) = (0_u64, 0_u64);
        for &value in sample {
            all += 1;
            between += u64::from(value > 4 && value < 251);
        }
        between * 1000 <= all
    }
}

/// A picture in gray, at its own resolution and at the one that codes and alignment work on.
#[derive(Clone, Debug)]
pub struct Gray<'p> {
    /// The long edge at most [`Gray::WORK_EDGE`].
    pub work: Cow<'p, GrayImage>,
    /// As fine as the picture, where that is finer.
    finer: Option<Cow<'p, GrayImage>>,
}

impl<'p> Gray<'p> {
    /// Long edge of the working copy in pixels: A4 at 150 dpi, where the decoder does best.
    pub const WORK_EDGE: u32 = 1754;

    /// Of a picture.
    #[must_use]
    pub fn of(picture: &'p Picture) -> Self {
        let full = picture.luma();
        if picture.long_edge() <= Self::WORK_EDGE {
            return Self { work: full, finer: None };
        }
        Self { work: Cow::Owned(shrink(&full, Self::WORK_EDGE).into_owned()), finer: Some(full) }
    }

    /// As fine as the picture.
    #[must_use]
    pub fn full(&self) -> &GrayImage {
        self.finer.as_ref().unwrap_or(&self.work)
    }
}

/// Brightness of a colour (ITU-R BT.601, in 256ths).
#[must_use]
pub fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8) as u8
}

/// A smaller copy whose long edge has `long_edge` pixels, each the mean of the area it covers.
/// An image that is small enough already is returned as it is.
#[must_use]
pub fn shrink(image: &GrayImage, long_edge: u32) -> Cow<'_, GrayImage> {
    let (width, height) = image.dimensions();
    let longest = width.max(height);
    if longest <= long_edge || longest == 0 {
        return Cow::Borrowed(image);
    }
    let scaled = |side: u32| {
        u32::try_from(u64::from(side) * u64::from(long_edge) / u64::from(longest)).unwrap_or(side).max(1)
    };
    Cow::Owned(resize(image, scaled(width), scaled(height)))
}

/// A copy of another size; each pixel is the mean of the area that it covers, a little smoothed where the
/// sizes don't divide.
#[must_use]
pub fn resize(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    let raw = resized(image.as_raw(), image.dimensions(), (width, height), PixelType::U8);
    GrayImage::from_raw(width, height, raw).expect("one byte a pixel")
}

/// A copy of another size in colour, as [`resize`].
#[must_use]
pub fn resize_rgb(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let raw = resized(image.as_raw(), image.dimensions(), (width, height), PixelType::U8x3);
    RgbImage::from_raw(width, height, raw).expect("three bytes a pixel")
}

fn resized(raw: &[u8], from: (u32, u32), to: (u32, u32), kind: PixelType) -> Vec<u8> {
    let whole = |from: u32, to: u32| from.max(to).is_multiple_of(from.min(to).max(1));
    let filter =
        if whole(from.0, to.0) && whole(from.1, to.1) { FilterType::Box } else { FilterType::Hamming };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let source = ImageRef::new(from.0, from.1, raw, kind).expect("as many bytes as pixels");
    let mut out = fast_image_resize::images::Image::new(to.0, to.1, kind);
    Resizer::new().resize(&source, &mut out, &options).expect("both of one kind");
    out.into_vec()
}

/// The mean over a square of `2 * radius + 1` pixels around each pixel, edges repeated.
#[must_use]
pub fn box_blur(image: &GrayImage, radius: usize) -> GrayImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if width == 0 || height == 0 || radius == 0 {
        return image.clone();
    }
    let mean = Mean::of(2 * radius + 1);
    let mut across = vec![0_u8; width * height];
    for (line, out) in image.as_raw().chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        blur_line(line, radius, mean, out);
    }
    let mut out = vec![0_u8; width * height];
    let row = |y: usize| &across[y.min(height - 1) * width..][..width];
    let mut sums: Vec<u32> = vec![0; width];
    for y in 0..=2 * radius {
        for (sum, &value) in sums.iter_mut().zip(row(y.saturating_sub(radius))) {
            *sum += u32::from(value);
        }
    }
    for (y, line) in out.chunks_exact_mut(width).enumerate() {
        let (enter, leave) = (row(y + radius + 1), row(y.saturating_sub(radius)));
        for (((out, sum), &enter), &leave) in line.iter_mut().zip(&mut sums).zip(enter).zip(leave) {
            *out = mean.of_sum(*sum);
            *sum = *sum + u32::from(enter) - u32::from(leave);
        }
    }
    GrayImage::from_raw(image.width(), image.height(), out).expect("one byte a pixel")
}

/// The mean of `2 * radius + 1` values around each of a line, its ends repeated.
pub(super) fn blur_line(line: &[u8], radius: usize, mean: Mean, out: &mut [u8]) {
    let last = line.len() - 1;
    let at = |x: usize| u32::from(line[x.min(last)]);
    let mut sum: u32 = (0..=2 * radius).map(|x| at(x.saturating_sub(radius))).sum();
    for (x, out) in out.iter_mut().enumerate() {
        *out = mean.of_sum(sum);
        sum = sum + at(x + radius + 1) - at(x.saturating_sub(radius));
    }
}

/// The mean of a fixed number of bytes, without dividing.
#[derive(Clone, Copy)]
pub(super) struct Mean(u32);

impl Mean {
    /// Of at most 255 bytes: then the product fits and rounds down as the division does.
    pub(super) fn of(count: usize) -> Self {
        debug_assert!((1..256).contains(&count));
        Self((1 << 24_u32) / u32::try_from(count).unwrap_or(1) + 1)
    }

    pub(super) fn of_sum(self, sum: u32) -> u8 {
        (sum.wrapping_mul(self.0) >> 24) as u8
    }
}

/// How often each value occurs.
#[must_use]
pub fn histogram(values: impl IntoIterator<Item = u8>) -> [u32; 256] {
    let mut counts = [0; 256];
    for value in values {
        counts[usize::from(value)] += 1;
    }
    counts
}

/// The value below which `share` (0 to 1) of all lie.
#[must_use]
pub fn quantile(counts: &[u32; 256], share: f64) -> u8 {
    let all: u64 = counts.iter().map(|&n| u64::from(n)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
    let wanted = all as f64 * share;
    let mut below = 0.0;
    for (value, &n) in counts.iter().enumerate() {
        below += f64::from(n);
        if below >= wanted && n > 0 {
            return u8::try_from(value).unwrap_or(255);
        }
    }
    255
}

/// The threshold that separates two classes best (Otsu 1979).
#[must_use]
pub fn otsu(counts: &[u32; 256]) -> u8 {
    let all: f64 = counts.iter().map(|&n| f64::from(n)).sum();
    let total: f64 = (0_u32..).zip(counts).map(|(v, &n)| f64::from(v) * f64::from(n)).sum();
    let (mut below, mut sum, mut best, mut threshold) = (0.0, 0.0, -1.0, 127);
    for (value, &n) in (0_u8..=255).zip(counts) {
        below += f64::from(n);
        sum += f64::from(value) * f64::from(n);
        let above = all - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let between = below * above * (sum / below - (total - sum) / above).powi(2);
        if between > best {
            (best, threshold) = (between, value);
        }
    }
    threshold
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn shrinking_keeps_the_mean() {
        let image = GrayImage::from_fn(300, 210, |x, y| Luma([((x * 7 + y * 13) % 256) as u8]));
        let small = shrink(&image, 101);
        assert_eq!(small.dimensions(), (101, 70));
        let mean =
            |i: &GrayImage| i.as_raw().iter().map(|&v| f64::from(v)).sum::<f64>() / i.as_raw().len() as f64;
        assert!((mean(&image) - mean(&small)).abs() < 1.0);
        assert!(matches!(shrink(&image, 300), Cow::Borrowed(_)));
    }

    #[test]
    fn resizing_up_repeats() {
        let image = GrayImage::from_raw(2, 1, vec![0, 200]).expect("two pixels");
        assert_eq!(resize(&image, 4, 2).into_raw(), [0, 0, 200, 200, 0, 0, 200, 200]);
    }

    #[test]
    fn halving_takes_the_mean_of_four() {
        let image = GrayImage::from_raw(4, 2, vec![0, 40, 200, 200, 40, 80, 200, 100]).expect("eight pixels");
        assert_eq!(resize(&image, 2, 1).into_raw(), [40, 175]);
        let image = RgbImage::from_raw(2, 1, vec![0, 10, 20, 100, 30, 20]).expect("two pixels");
        assert_eq!(resize_rgb(&image, 1, 1).into_raw(), [50, 20, 20]);
    }

    #[test]
    fn blur_is_the_mean_of_the_neighbourhood() {
        let mut image = GrayImage::from_pixel(9, 9, Luma([0]));
        image.put_pixel(4, 4, Luma([90]));
        let blurred = box_blur(&image, 1);
        assert_eq!(blurred.get_pixel(3, 5).0, [10]);
        assert_eq!(blurred.get_pixel(2, 4).0, [0]);
    }

    #[test]
    fn means_are_those_of_the_division() {
        for count in [3_usize, 5, 21, 41, 255] {
            let mean = Mean::of(count);
            let sums = 0..=u32::try_from(255 * count).expect("small");
            assert!(sums.into_iter().all(|sum| u32::from(mean.of_sum(sum)) == sum / count as u32));
        }
    }

    #[test]
    fn otsu_separates_ink_from_paper() {
        let counts =
            histogram((0..1000).map(|i| if i % 10 == 0 { 40 + (i % 7) as u8 } else { 220 + (i % 9) as u8 }));
        assert!((46..220).contains(&otsu(&counts)));
        assert_eq!(quantile(&counts, 0.05), 43);
    }

    #[test]
    fn colour_and_black_and_white_are_told() {
        let picture = Picture::Rgb(RgbImage::from_pixel(8, 8, image::Rgb([200, 30, 30])));
        assert!(picture.is_coloured() && !picture.is_bilevel());
        assert!(Picture::Gray(GrayImage::from_pixel(8, 8, Luma([255]))).is_bilevel());
    }
}
