//! A page of a PDF becomes a picture: the scanned image itself where the page is one image, the images laid
//! over each other where it is several (`images`), a rendition by hayro where it is anything else.
//!
//! Taking the images directly keeps the best resolution and costs a third. Nothing is judged here.

use hayro::hayro_interpret::hayro_syntax::Pdf;
use hayro::hayro_interpret::hayro_syntax::page::Page;
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{Context, Device, InterpreterCache, InterpreterSettings, interpret_page};
use hayro::kurbo::Rect;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{GrayImage, RgbImage};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::images::{Layers, Survey, Taker};
use super::pixels::Picture;

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
            let mut taker = Taker::default();
            run(page, &mut taker);
            if let Some(picture) = taker.picture {
                return Ok(placement.upright(settle(picture)));
            }
        }
        let (width, height) = page.render_dimensions();
        let edge = f64::from(width.max(height)).max(1.0);
        let density = survey.density * edge;
        if survey.is_images(self.max_image_pixels) {
            let mut layers = Layers::new(survey.page, density.min(RENDITION_EDGE_MOST) / edge);
            run(page, &mut layers);
            if let Some(picture) = layers.whole() {
                return Ok(settle(picture));
            }
        }
        let scale = density.clamp(RENDITION_EDGE, RENDITION_EDGE_MOST) / edge;
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
pub(super) fn settle(picture: Picture) -> Picture {
    if matches!(picture, Picture::Rgb(_)) && !picture.is_coloured() {
        return Picture::Gray(picture.luma().into_owned());
    }
    picture
}
