//! Single pages as pictures for people: larger than thumbnails, made when somebody looks.
//!
//! The child draws them, since the file is anybody's; the parent checks that a picture is one, and not too
//! large. A page of a signed form can be laid over the form, so that both can be compared place by place.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, GenericImageView as _, ImageDecoder as _, ImageFormat, ImageReader, imageops};
use serde::{Deserialize, Serialize};

use super::answer::picture_within;
use super::child::{self, ChildError};
use super::judge::{Judge, JudgeFailure};
use super::wire::Task;
use super::{FileKind, Limits, Reason, frame, kind, pdf};
use crate::forms::layout::Layout;
use crate::paper::packed::Plain;
use crate::paper::{Picture, lay, pixels};

/// Pixels a millimetre of a page that is laid over its form: 203 dpi, 1,680 across A4.
pub const PIXELS_PER_MM: f64 = 8.0;
/// Long edge of all other pictures.
const EDGE: u32 = 1900;
/// Sides that the parent takes at most.
const MOST: u32 = 4096;
const QUALITY: u8 = 78;

/// What is to be drawn.
#[derive(Debug)]
pub struct PictureRequest<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// Which of its pages, from 1.
    pub page: u32,
    /// By how many degrees its content is turned clockwise.
    pub turn: u16,
    /// The printed PDF with its layout and the page (from 1) that it is laid over.
    pub over: Option<(&'a [u8], &'a Layout, u8)>,
}

/// A page drawn.
#[derive(Debug)]
pub struct PagePicture {
    /// The picture, as JPEG.
    pub jpeg: Vec<u8>,
    /// How many pages the file has.
    pub pages: u32,
}

/// Asks the child for a picture. Blobs: the file; then the pages of the blank form, if it is laid over one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PictureAsk {
    limits: Limits,
    page: u32,
    turn: u16,
    over: Option<(Layout, u8)>,
}

/// The picture. Blob when there is one: the JPEG.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pictured {
    refusal: Option<Reason>,
    pages: u32,
}

impl Judge {
    /// Draws a page of a file. Nothing: there is no such page, or it can't be drawn.
    ///
    /// # Errors
    /// When no child can be run, or the form can't be read.
    pub async fn picture(&self, request: PictureRequest<'_>) -> Result<Option<PagePicture>, JudgeFailure> {
        let blank = match request.over {
            Some((pdf, layout, _)) => Some(self.blank(pdf, layout.pages.len()).await?),
            None => None,
        };
        let ask = PictureAsk {
            limits: self.limits().clone(),
            page: request.page,
            turn: request.turn,
            over: request.over.map(|(_, layout, page)| (layout.clone(), page)),
        };
        let mut blobs = vec![request.bytes];
        blobs.extend(blank.iter().flat_map(|pages| pages.iter().map(Vec::as_slice)));
        let Ok(output) = self.children.send(&Task::Picture(ask), &blobs).await? else { return Ok(None) };
        let answer = frame::unpack::<Pictured>(&output).ok();
        Ok(answer.and_then(|(header, blobs)| match blobs.as_slice() {
            [jpeg] if picture_within(jpeg, ImageFormat::Jpeg, MOST) => {
                Some(PagePicture { jpeg: jpeg.to_vec(), pages: header.pages.min(self.limits().max_pages) })
            }
            _ => None,
        }))
    }
}

/// In the child: draws the page.
pub(super) fn draw(ask: &PictureAsk, blobs: &[&[u8]]) -> Result<(Pictured, Vec<Vec<u8>>), ChildError> {
    let file = *blobs.first().ok_or_else(|| ChildError::Request("no file".into()))?;
    let form = ask.over.as_ref().map(|(layout, _)| child::form_of(layout, &blobs[1..])).transpose()?;
    let drawn = match kind::sniff(file) {
        Ok(FileKind::Pdf) => page_of_pdf(ask, file, form.as_ref()),
        Ok(kind) => image_of(ask, file, kind).map(|picture| (picture, 1)),
        Err(other) => Err(Reason::WrongKind { kind: other.into() }),
    };
    Ok(match drawn.and_then(|(picture, pages)| Ok((encode(&picture)?, pages))) {
        Ok((jpeg, pages)) => (Pictured { refusal: None, pages }, vec![jpeg]),
        Err(reason) => (Pictured { refusal: Some(reason), pages: 0 }, Vec::new()),
    })
}

fn page_of_pdf(
    ask: &PictureAsk,
    file: &[u8],
    form: Option<&crate::paper::Form>,
) -> Result<(DynamicImage, u32), Reason> {
    let count = pdf::check(file, &ask.limits)?.pages;
    let pages = child::open(file.to_vec(), &ask.limits)?;
    let index = usize::try_from(ask.page).unwrap_or(usize::MAX).wrapping_sub(1);
    let picture = child::picture(&pages, index)?;
    let over = ask.over.as_ref().zip(form);
    let laid = over.and_then(|((_, number), form)| lay::over_form(&picture, form, *number, PIXELS_PER_MM));
    let picture = match laid {
        Some(laid) => dynamic(laid),
        None => upright(small(picture), ask.turn),
    };
    Ok((picture, count))
}

fn image_of(ask: &PictureAsk, file: &[u8], kind: FileKind) -> Result<DynamicImage, Reason> {
    if ask.page != 1 {
        return Err(Reason::Damaged { detail: "a picture has one page".into() });
    }
    kind::check_image(file, kind, &ask.limits)?;
    let format = if kind == FileKind::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let mut image = ImageReader::with_format(Cursor::new(file), format).decode().map_err(damaged)?;
    if kind == FileKind::Jpeg {
        let mut decoder = JpegDecoder::new(Cursor::new(file)).map_err(damaged)?;
        image.apply_orientation(decoder.orientation().map_err(damaged)?);
    }
    let picture = match image.color().has_color() {
        true => Picture::Rgb(image.to_rgb8()),
        false => Picture::Gray(image.to_luma8()),
    };
    Ok(small(picture))
}

/// At most [`EDGE`] pixels long.
fn small(picture: Picture) -> DynamicImage {
    let (width, height) = picture.size();
    let long = picture.long_edge();
    if long <= EDGE || long == 0 {
        return dynamic(picture);
    }
    let side =
        |v: u32| u32::try_from(u64::from(v) * u64::from(EDGE) / u64::from(long)).unwrap_or(EDGE).max(1);
    match picture {
        Picture::Gray(gray) => pixels::resize(&gray, side(width), side(height)).into(),
        Picture::Rgb(rgb) => pixels::resize_rgb(&rgb, side(width), side(height)).into(),
    }
}

fn dynamic(picture: Picture) -> DynamicImage {
    match picture {
        Picture::Gray(gray) => gray.into(),
        Picture::Rgb(rgb) => rgb.into(),
    }
}

/// The content is turned clockwise by `turn`: turn it back.
fn upright(image: DynamicImage, turn: u16) -> DynamicImage {
    match turn {
        90 => image.rotate270(),
        180 => image.rotate180(),
        270 => image.rotate90(),
        _ => image,
    }
}

fn encode(image: &DynamicImage) -> Result<Vec<u8>, Reason> {
    let (width, height) = image.dimensions();
    let fits = width.max(height) <= MOST;
    let image = if fits { image } else { &image.resize(MOST, MOST, imageops::FilterType::Triangle) };
    Plain::from(image).jpeg(QUALITY).map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> Reason {
    Reason::Damaged { detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(page: u32, turn: u16) -> PictureAsk {
        PictureAsk { limits: Limits::default(), page, turn, over: None }
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let image = image::GrayImage::from_fn(width, height, |x, _| image::Luma([u8::from(x > 9) * 200]));
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("encodes");
        bytes
    }

    #[test]
    fn a_picture_is_made_small_and_a_page_that_is_not_there_is_none() {
        let file = png(3800, 40);
        let (header, blobs) = draw(&ask(1, 0), &[&file]).expect("a whole request");
        assert_eq!((header.pages, blobs.len()), (1, 1));
        let image = image::load_from_memory(&blobs[0]).expect("a JPEG");
        assert_eq!(image.dimensions(), (EDGE, 20));
        let (header, blobs) = draw(&ask(2, 0), &[&file]).expect("a whole request");
        assert!(header.refusal.is_some() && blobs.is_empty());
    }

    #[test]
    fn what_is_no_picture_and_no_pdf_is_refused() {
        let (header, blobs) = draw(&ask(1, 0), &[b"<html></html>"]).expect("a whole request");
        assert!(matches!(header.refusal, Some(Reason::WrongKind { .. })) && blobs.is_empty());
    }

    #[test]
    fn a_turn_is_turned_back() {
        let image = DynamicImage::from(image::GrayImage::new(30, 20));
        assert_eq!(upright(image.clone(), 90).dimensions(), (20, 30));
        assert_eq!(upright(image, 180).dimensions(), (30, 20));
    }
}
