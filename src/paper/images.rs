//! The images of a page: where they lie on it, and their pixels.
//!
//! A page is looked at first without drawing anything ([`Survey`]). Where it is one image, that is taken as it is
//! ([`Taker`]); where it is several, strips or black ink over a coarse background, they are laid over each other at
//! the density of the densest ([`Layers`]).

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_syntax::page::Page;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps, Paint, SoftMask,
};
use hayro::kurbo::{Affine, BezPath, Rect, Shape};
use image::{GrayImage, Rgb, RgbImage, imageops};

use super::pixels::{Picture, luma};
use super::raster::settle;
use super::thresholded;

/// Where an image lies on its page, and how many pixels it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    transform: Affine,
    width: u32,
    height: u32,
}

impl Placement {
    fn of(image: &Image<'_, '_>, transform: Affine) -> Self {
        Self { transform, width: image.width(), height: image.height() }
    }

    /// Whether it lies along the page's sides, up to this share of its own.
    fn is_straight(self, tolerance: f64) -> bool {
        let [a, b, c, d, _, _] = self.transform.as_coeffs();
        let straight = b.abs() <= tolerance * a.abs() && c.abs() <= tolerance * d.abs();
        let quarter = a.abs() <= tolerance * b.abs() && d.abs() <= tolerance * c.abs();
        straight || quarter
    }

    /// What it covers, in points.
    fn covered(self) -> Rect {
        let own = Rect::new(0.0, 0.0, f64::from(self.width), f64::from(self.height));
        self.transform.transform_rect_bbox(own)
    }

    /// The image turned and flipped by quarter turns, as the page shows it.
    fn turned(self, picture: Picture) -> Picture {
        let [a, b, c, d, _, _] = self.transform.as_coeffs();
        let swapped = a.abs() < b.abs();
        let (flip_x, flip_y) = if swapped { (c < 0.0, b < 0.0) } else { (a < 0.0, d < 0.0) };
        let picture = if swapped { transpose(&picture) } else { picture };
        match (flip_x, flip_y) {
            (false, false) => picture,
            (true, true) => picture.each(imageops::rotate180, imageops::rotate180),
            (true, false) => picture.each(imageops::flip_horizontal, imageops::flip_horizontal),
            (false, true) => picture.each(imageops::flip_vertical, imageops::flip_vertical),
        }
    }

    /// The image as the page shows it, with square pixels.
    pub(super) fn upright(self, picture: Picture) -> Picture {
        let picture = self.turned(picture);
        // Fax machines scan with twice the density across: stretch the coarser axis.
        let [a, b, c, d, _, _] = self.transform.as_coeffs();
        let ratio = if a.abs() < b.abs() { c.hypot(d) / a.hypot(b) } else { a.hypot(b) / c.hypot(d) };
        let (width, height) = picture.size();
        if !(0.25..=4.0).contains(&ratio) || (0.97..=1.03).contains(&ratio) {
            return picture;
        }
        let stretch = |side: u32, by: f64| super::pixel_count(f64::from(side) * by);
        let (width, height) =
            if ratio > 1.0 { (stretch(width, ratio), height) } else { (width, stretch(height, 1.0 / ratio)) };
        // Black and white stay so: shades between them would hide that a threshold may have erased ink.
        let picture = settle(picture);
        let erased = thresholded::may_have_erased_ink(&picture);
        match picture {
            Picture::Gray(gray) if erased => {
                Picture::Gray(imageops::resize(&gray, width, height, imageops::FilterType::Nearest))
            }
            picture => picture.resized(width, height),
        }
    }
}

fn transpose(picture: &Picture) -> Picture {
    let picture = picture.each(imageops::rotate90, imageops::rotate90);
    picture.each(imageops::flip_horizontal, imageops::flip_horizontal)
}

/// First pass: what the page draws, without drawing it.
pub(super) struct Survey {
    /// The page in points.
    pub page: Rect,
    images: Vec<Placement>,
    /// Something visible beside images, or an image in a way that has to be rendered.
    other: bool,
    /// Pixels of the largest image.
    pub largest: u64,
    /// Pixels per point of the densest image.
    pub density: f64,
}

impl Survey {
    pub(super) fn new(page: &Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        let page = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        Self { page, images: Vec::new(), other: false, largest: 0, density: 0.0 }
    }

    /// The one image that is the page.
    pub(super) fn sole_image(&self) -> Option<Placement> {
        let [placement] = self.images[..] else { return None };
        let covered = placement.covered();
        let inside = covered.intersect(self.page);
        // What the page's edge hides must stay hidden; what it leaves white doesn't matter.
        let whole = inside.area() >= 0.96 * covered.area();
        let fills = inside.area() >= 0.5 * self.page.area();
        (!self.other && placement.is_straight(0.2) && whole && fills).then_some(placement)
    }

    /// Whether the page is nothing but images along its sides, which together have at most so many pixels.
    pub(super) fn is_images(&self, most_pixels: u64) -> bool {
        const MOST: usize = 1024;
        let pixels: u64 = self.images.iter().map(|one| u64::from(one.width) * u64::from(one.height)).sum();
        let covered: f64 = self.images.iter().map(|one| one.covered().intersect(self.page).area()).sum();
        !self.other
            && self.images.len() <= MOST
            && pixels <= most_pixels
            && covered >= 0.5 * self.page.area()
            && self.images.iter().all(|one| one.is_straight(0.001))
    }
}

fn white(paint: &Paint<'_>) -> bool {
    solid(paint) == Some([255; 3])
}

/// The colour of a paint that is one, and hides what is under it.
fn solid(paint: &Paint<'_>) -> Option<[u8; 3]> {
    let Paint::Color(color) = paint else { return None };
    let [red, green, blue, alpha] = color.to_rgba().to_rgba8();
    (alpha == 255).then_some([red, green, blue])
}

impl<'a> Device<'a> for Survey {
    fn draw_path(&mut self, _: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let background = self.images.is_empty() && white(&props.paint);
        self.other |= !background && !matches!(mode, DrawMode::Invisible);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        // Clips come in page coordinates; one around the whole page hides nothing.
        let bounds = clip.path.bounding_box();
        self.other |= bounds.intersect(self.page).area() < 0.96 * self.page.area();
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, mode: BlendMode) {
        self.other |= opacity < 1.0 || mask.is_some() || mode != BlendMode::Normal;
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        // Searchable scans carry their text invisibly.
        self.other |= !matches!(mode, DrawMode::Invisible);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let placement = Placement::of(&image, props.transform);
        let [a, b, _, _, _, _] = props.transform.as_coeffs();
        self.largest = self.largest.max(u64::from(placement.width) * u64::from(placement.height));
        self.density = self.density.max(1.0 / a.hypot(b).max(1e-6));
        self.other |= props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal;
        self.images.push(placement);
    }

    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// What an image puts on the page: its pixels, or how much of a colour.
enum Pixels {
    Own(Picture),
    Stencil(GrayImage, [u8; 3]),
}

/// The pixels of an image, unless they are transparent in part or can't be had.
fn pixels_of(image: &Image<'_, '_>) -> Option<Pixels> {
    let mut pixels = None;
    match image {
        Image::Raster(raster) => raster.with_rgba(
            |data, alpha| {
                if alpha.is_none() {
                    pixels = picture(data).map(Pixels::Own);
                }
            },
            None,
        ),
        Image::Stencil(stencil) => stencil.with_stencil(
            |data, paint| {
                let mask = GrayImage::from_raw(data.width, data.height, data.data);
                pixels = mask.zip(solid(paint)).map(|(mask, colour)| Pixels::Stencil(mask, colour));
            },
            None,
        ),
    }
    pixels
}

fn picture(data: ImageData) -> Option<Picture> {
    match data {
        ImageData::Luma(gray) => GrayImage::from_raw(gray.width, gray.height, gray.data).map(Picture::Gray),
        ImageData::Rgb(rgb) => RgbImage::from_raw(rgb.width, rgb.height, rgb.data).map(Picture::Rgb),
    }
}

/// Second pass: takes the pixels of the sole image.
#[derive(Default)]
pub(super) struct Taker {
    pub picture: Option<Picture>,
}

impl<'a> Device<'a> for Taker {
    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        const BLACK: u8 = 40;
        self.picture = match pixels_of(&image) {
            Some(Pixels::Own(picture)) => Some(picture),
            Some(Pixels::Stencil(mut mask, [red, green, blue])) if luma(red, green, blue) < BLACK => {
                mask.iter_mut().for_each(|value| *value = 255 - *value);
                Some(Picture::Gray(mask))
            }
            _ => None,
        };
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Second pass: lays all images over each other.
pub(super) struct Layers {
    canvas: RgbImage,
    /// Pixels a point.
    scale: f64,
    failed: bool,
}

impl Layers {
    /// A white page at so many pixels a point.
    pub(super) fn new(page: Rect, scale: f64) -> Self {
        let side = |points: f64| super::pixel_count(points * scale).max(1);
        let canvas = RgbImage::from_pixel(side(page.width()), side(page.height()), Rgb([255; 3]));
        Self { canvas, scale, failed: false }
    }

    /// The page, unless one of its images could not be laid.
    pub(super) fn whole(self) -> Option<Picture> {
        (!self.failed).then_some(Picture::Rgb(self.canvas))
    }

    fn lay(&mut self, placement: Placement, pixels: Pixels) {
        let covered = placement.covered();
        let at = |points: f64| (points * self.scale).round();
        let (left, top) = (at(covered.x0), at(covered.y0));
        let size = (super::pixel_count(at(covered.x1) - left), super::pixel_count(at(covered.y1) - top));
        if size.0 == 0 || size.1 == 0 {
            return;
        }
        // A pixel or two more or less is rounding, and its own pixels are better than ones made of them.
        let fitted = |picture: Picture| {
            let picture = placement.turned(picture);
            let (width, height) = picture.size();
            let fits = width.abs_diff(size.0) <= 2 && height.abs_diff(size.1) <= 2;
            if fits { picture } else { picture.resized(size.0, size.1) }
        };
        #[expect(clippy::cast_possible_truncation, reason = "a page's own pixels")]
        let corner = (left as i64, top as i64);
        match pixels {
            Pixels::Own(picture) => match fitted(picture) {
                Picture::Gray(gray) => self.blend(corner, &gray, |under, pixel| *under = [pixel.0[0]; 3]),
                Picture::Rgb(rgb) => self.blend(corner, &rgb, |under, pixel| *under = pixel.0),
            },
            Pixels::Stencil(mask, colour) => {
                let Picture::Gray(mask) = fitted(Picture::Gray(mask)) else { return };
                self.blend(corner, &mask, |under, pixel| {
                    let cover = u32::from(pixel.0[0]);
                    for (value, paint) in under.iter_mut().zip(colour) {
                        let mixed = u32::from(*value) * (255 - cover) + u32::from(paint) * cover;
                        *value = ((mixed + 127) / 255) as u8;
                    }
                });
            }
        }
    }

    /// Changes the canvas under each pixel of an image whose top left corner lies at `corner`.
    fn blend<P: image::Pixel<Subpixel = u8>>(
        &mut self,
        corner: (i64, i64),
        image: &image::ImageBuffer<P, Vec<u8>>,
        change: impl Fn(&mut [u8; 3], &P),
    ) {
        let wide = i64::from(self.canvas.width());
        for (row, line) in (corner.1..).zip(image.rows()) {
            if !(0..i64::from(self.canvas.height())).contains(&row) {
                continue;
            }
            let start = usize::try_from(row * wide).unwrap_or(0);
            let under = self.canvas.as_chunks_mut::<3>().0;
            let under = &mut under[start..start + usize::try_from(wide).unwrap_or(0)];
            let (skip, hidden) = (corner.0.max(0), (-corner.0).max(0));
            let under = under.iter_mut().skip(usize::try_from(skip).unwrap_or(0));
            let line = line.skip(usize::try_from(hidden).unwrap_or(0));
            under.zip(line).for_each(|(under, pixel)| change(under, pixel));
        }
    }
}

impl<'a> Device<'a> for Layers {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        match pixels_of(&image) {
            Some(pixels) => self.lay(Placement::of(&image, props.transform), pixels),
            None => self.failed = true,
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
