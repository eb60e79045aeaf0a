//! A page of a PDF becomes a picture: the scanned image itself where the page is one image, a
//! rendition by hayro where it isn't.
//!
//! Taking the image directly keeps the best resolution and costs a third. Nothing is judged here.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_syntax::Pdf;
use hayro::hayro_interpret::hayro_syntax::page::Page;
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, Paint, SoftMask, interpret_page,
};
use hayro::kurbo::{Affine, BezPath, Rect, Shape};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{GrayImage, RgbImage, imageops};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::pixels::{self, Picture, luma};

/// Long edge of a rendition in pixels when the page's images don't ask for more: A4 at 200 dpi.
const RENDITION_EDGE: f64 = 2339.0;
/// Long edge of a rendition at most: A4 at 300 dpi. Scaled by the long edge and never by dpi,
/// because phones write pages a metre wide.
const RENDITION_EDGE_MOST: f64 = 3508.0;

/// A page that can't become a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The PDF can't be read.
    #[error("the PDF can't be read")]
    Pdf,
    /// There is no such page.
    #[error("there is no such page")]
    NoPage,
    /// An image has more pixels than allowed.
    #[error("an image is too large")]
    TooLarge,
}

/// The pages of one PDF.
pub struct Pages {
    pdf: Pdf,
    max_image_pixels: u64,
}

impl Pages {
    /// Opens a PDF whose structure has been checked.
    ///
    /// # Errors
    /// [`Unreadable::Pdf`].
    pub fn open(bytes: Vec<u8>, max_image_pixels: u64) -> Result<Self, Unreadable> {
        let pdf = Pdf::new(bytes).map_err(|_| Unreadable::Pdf)?;
        Ok(Self { pdf, max_image_pixels })
    }

    /// How many pages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pdf.pages().len()
    }

    /// Whether there is no page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The picture of a scanned page (from 0), at the scan's own resolution where possible.
    ///
    /// # Errors
    /// When there is no such page, or an image on it is too large.
    pub fn picture(&self, index: usize) -> Result<Picture, Unreadable> {
        let page = self.pdf.pages().get(index).ok_or(Unreadable::NoPage)?;
        let mut survey = Survey::new(page);
        run(page, &mut survey);
        if survey.largest > self.max_image_pixels {
            return Err(Unreadable::TooLarge);
        }
        if let Some(placement) = survey.sole_image() {
            let mut taker = Taker { picture: None };
            run(page, &mut taker);
            if let Some(picture) = taker.picture {
                return Ok(placement.upright(picture));
            }
        }
        let (width, height) = page.render_dimensions();
        let edge = f64::from(width.max(height)).max(1.0);
        let scale = (survey.density * edge).clamp(RENDITION_EDGE, RENDITION_EDGE_MOST) / edge;
        Ok(render(page, scale, &RenderCache::new()))
    }

    /// All pages as our own forms are drawn, at `pixels_per_mm`; each core draws one.
    #[must_use]
    pub fn renditions(&self, pixels_per_mm: f64) -> Vec<GrayImage> {
        let scale = pixels_per_mm * 25.4 / 72.0;
        let draw = |page| render(page, scale, &RenderCache::new()).luma().into_owned();
        self.pdf.pages().par_iter().map(draw).collect()
    }
}

fn settings() -> InterpreterSettings {
    InterpreterSettings::default()
}

fn run<'a>(page: &'a Page<'a>, device: &mut impl Device<'a>) {
    let (width, height) = page.render_dimensions();
    let target = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let cache = InterpreterCache::new();
    let transform = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(transform, target, &cache, page.xref(), settings());
    interpret_page(page, &mut context, device);
}

fn render<'a>(page: &'a Page<'a>, scale: f64, cache: &RenderCache<'a>) -> Picture {
    let (width, height) = page.render_dimensions();
    // The renderer's canvas is at most 65,535 pixels a side.
    let scale = scale.min(65_000.0 / f64::from(width.max(height)).max(1.0));
    #[expect(clippy::cast_possible_truncation, reason = "a scale near one")]
    let scale = scale as f32;
    let settings_of_pixmap = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = hayro::render(page, cache, &settings(), &RenderSettings::default(), &settings_of_pixmap);
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    let rgb: Vec<u8> =
        pixmap.data_as_u8_slice().as_chunks::<4>().0.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
    settle(Picture::Rgb(RgbImage::from_raw(width, height, rgb).expect("three bytes a pixel")))
}

/// A colour picture without colour becomes gray.
fn settle(picture: Picture) -> Picture {
    if matches!(picture, Picture::Rgb(_)) && !picture.is_coloured() {
        return Picture::Gray(picture.luma().into_owned());
    }
    picture
}

/// Where an image lies on its page.
#[derive(Clone, Copy, Debug)]
struct Placement {
    transform: Affine,
    width: u32,
    height: u32,
}

impl Placement {
    /// The image as the page shows it: turned or flipped by quarter turns, with square pixels.
    fn upright(self, picture: Picture) -> Picture {
        let [a, b, c, d, _, _] = self.transform.as_coeffs();
        let swapped = a.abs() < b.abs();
        let (flip_x, flip_y) = if swapped { (c < 0.0, b < 0.0) } else { (a < 0.0, d < 0.0) };
        let picture = if swapped { transpose(picture) } else { picture };
        let picture = match (flip_x, flip_y) {
            (false, false) => picture,
            (true, true) => each(picture, imageops::rotate180, imageops::rotate180),
            (true, false) => each(picture, imageops::flip_horizontal, imageops::flip_horizontal),
            (false, true) => each(picture, imageops::flip_vertical, imageops::flip_vertical),
        };
        // Fax machines scan with twice the density across: stretch the coarser axis.
        let (across, down) = if swapped { (c.hypot(d), a.hypot(b)) } else { (a.hypot(b), c.hypot(d)) };
        let (width, height) = picture.size();
        let ratio = across / down;
        if !(0.25..=4.0).contains(&ratio) || (0.97..=1.03).contains(&ratio) {
            return picture;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most four times a side"
        )]
        let stretch = |side: u32, by: f64| (f64::from(side) * by).round() as u32;
        let (width, height) =
            if ratio > 1.0 { (stretch(width, ratio), height) } else { (width, stretch(height, 1.0 / ratio)) };
        // Black and white stay so: shades between them would hide that a threshold may have erased ink.
        let bilevel = picture.is_bilevel();
        match picture {
            Picture::Gray(gray) if bilevel => {
                Picture::Gray(imageops::resize(&gray, width, height, imageops::FilterType::Nearest))
            }
            Picture::Gray(gray) => Picture::Gray(pixels::resize(&gray, width, height)),
            Picture::Rgb(rgb) => Picture::Rgb(pixels::resize_rgb(&rgb, width, height)),
        }
    }
}

fn each(
    picture: Picture,
    gray: impl Fn(&GrayImage) -> GrayImage,
    rgb: impl Fn(&RgbImage) -> RgbImage,
) -> Picture {
    match picture {
        Picture::Gray(image) => Picture::Gray(gray(&image)),
        Picture::Rgb(image) => Picture::Rgb(rgb(&image)),
    }
}

fn transpose(picture: Picture) -> Picture {
    let picture = each(picture, imageops::rotate90, imageops::rotate90);
    each(picture, imageops::flip_horizontal, imageops::flip_horizontal)
}

/// First pass: what the page draws, without drawing it.
struct Survey {
    page: Rect,
    images: Vec<Placement>,
    /// Something visible beside images, or an image in a way that has to be rendered.
    other: bool,
    /// Pixels of the largest image.
    largest: u64,
    /// Pixels per point of the densest image.
    density: f64,
}

impl Survey {
    fn new(page: &Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        let page = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        Self { page, images: Vec::new(), other: false, largest: 0, density: 0.0 }
    }

    /// The one image that is the page.
    fn sole_image(&self) -> Option<Placement> {
        let [placement] = self.images[..] else { return None };
        let [a, b, c, d, _, _] = placement.transform.as_coeffs();
        let straight = b.abs() < 0.2 * a.abs() && c.abs() < 0.2 * d.abs();
        let quarter = a.abs() < 0.2 * b.abs() && d.abs() < 0.2 * c.abs();
        let covered = placement.transform.transform_rect_bbox(Rect::new(
            0.0,
            0.0,
            f64::from(placement.width),
            f64::from(placement.height),
        ));
        let inside = covered.intersect(self.page);
        // What the page's edge hides must stay hidden; what it leaves white doesn't matter.
        let whole = inside.area() >= 0.96 * covered.area();
        let fills = inside.area() >= 0.5 * self.page.area();
        (!self.other && (straight || quarter) && whole && fills).then_some(placement)
    }
}

fn white(paint: &Paint<'_>) -> bool {
    matches!(paint, Paint::Color(color) if color.to_rgba().to_rgba8()[..3] == [255; 3])
}

fn black(paint: &Paint<'_>) -> bool {
    matches!(paint, Paint::Color(color) if { let [r, g, b, a] = color.to_rgba().to_rgba8(); luma(r, g, b) < 40 && a == 255 })
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
        let placement =
            Placement { transform: props.transform, width: image.width(), height: image.height() };
        let [a, b, _, _, _, _] = props.transform.as_coeffs();
        self.largest = self.largest.max(u64::from(placement.width) * u64::from(placement.height));
        self.density = self.density.max(1.0 / a.hypot(b).max(1e-6));
        self.other |= props.soft_mask.is_some() || props.blend_mode != BlendMode::Normal;
        if let Image::Stencil(stencil) = &image {
            // The paint is handed out only together with the decoded stencil.
            stencil.with_stencil(|_, paint| self.other |= !black(paint), Some((64, 64)));
        }
        self.images.push(placement);
    }

    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Second pass: takes the pixels of the sole image.
struct Taker {
    picture: Option<Picture>,
}

impl<'a> Device<'a> for Taker {
    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        match image {
            Image::Raster(raster) => raster.with_rgba(
                |data, alpha| {
                    if alpha.is_none() {
                        self.picture = taken(data);
                    }
                },
                None,
            ),
            Image::Stencil(stencil) => stencil.with_stencil(
                |mut data, _| {
                    data.data.iter_mut().for_each(|v| *v = 255 - *v);
                    self.picture = GrayImage::from_raw(data.width, data.height, data.data).map(Picture::Gray);
                },
                None,
            ),
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

fn taken(data: ImageData) -> Option<Picture> {
    match data {
        ImageData::Luma(gray) => GrayImage::from_raw(gray.width, gray.height, gray.data).map(Picture::Gray),
        ImageData::Rgb(rgb) => {
            RgbImage::from_raw(rgb.width, rgb.height, rgb.data).map(Picture::Rgb).map(settle)
        }
    }
}
