//! Photographed pages as one PDF, in the child process only.
//!
//! A JPEG goes into the PDF byte for byte, so that `pdfimages -all` takes the very photo out again. What
//! a PDF can't hold as it is (HEIC, PNG) is developed to JPEG, and whoever asked keeps the photo itself.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder as _, ImageFormat, ImageReader};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::watch::{Watch, Way};
use super::wire::Bound;
use super::{Limits, Reason, child, kind};
use crate::intake::FileKind;
use crate::paper::packed::Plain;

/// Long edge of the pages in points: that of A4.
const LONG_EDGE: f64 = 841.89;
/// Of JPEGs that are developed from other kinds.
const QUALITY: u8 = 92;

/// A photo as a page holds it.
struct Exposure {
    jpeg: Vec<u8>,
    width: u32,
    height: u32,
    colours: &'static str,
    /// Degrees clockwise by which a viewer turns it.
    turn: i64,
}

/// Binds photos into a PDF, one page each, in order.
///
/// # Errors
/// The photo (from 1) that can't be taken, and why.
pub(super) fn bind(photos: &[&[u8]], limits: &Limits, way: &Way) -> Result<Vec<u8>, (u32, Reason)> {
    let late = |photo| child::pack(&Bound { refusal: Some((photo, Reason::TimeLimit)) }, &[]);
    let watch = Watch::begin(limits.page_time, way, late).map_err(|_| (1, Reason::MemoryLimit))?;
    let mut pdf = Document::with_version("1.7");
    let tree = pdf.new_object_id();
    let mut kids = Vec::with_capacity(photos.len());
    for (number, photo) in (1..).zip(photos) {
        let exposure = watch.over(number, || develop(photo, limits)).map_err(|reason| (number, reason))?;
        let mut page = page(&mut pdf, exposure);
        page.set("Parent", tree);
        kids.push(Object::Reference(pdf.add_object(page)));
    }
    let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
    pdf.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let catalog = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    pdf.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).map_err(|error| (1, Reason::Damaged { detail: error.to_string() }))?;
    Ok(bytes)
}

fn page(pdf: &mut Document, exposure: Exposure) -> Dictionary {
    let Exposure { jpeg, width, height, colours, turn } = exposure;
    let (wide, high) = (f64::from(width), f64::from(height));
    let scale = LONG_EDGE / wide.max(high);
    #[expect(clippy::cast_possible_truncation, reason = "points of a page")]
    let (w, h) = ((wide * scale) as f32, (high * scale) as f32);
    let image = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(width),
        "Height" => i64::from(height),
        "ColorSpace" => colours,
        "BitsPerComponent" => 8,
        "Filter" => "DCTDecode",
    };
    let image = pdf.add_object(Stream::new(image, jpeg).with_compression(false));
    let content = format!("q {w} 0 0 {h} 0 0 cm /Photo Do Q");
    let content = pdf.add_object(Stream::new(Dictionary::new(), content.into_bytes()));
    dictionary! {
        "Type" => "Page",
        "MediaBox" => vec![0.into(), 0.into(), Object::Real(w), Object::Real(h)],
        "Rotate" => turn,
        "Contents" => content,
        "Resources" => dictionary! { "XObject" => dictionary! { "Photo" => image } },
    }
}

/// A JPEG with what a page must say of it; decoded to the end, so that a broken photo is known now.
fn develop(photo: &[u8], limits: &Limits) -> Result<Exposure, Reason> {
    match kind::sniff_photo(photo).map_err(|kind| Reason::NotAPhoto { kind: kind.into() })? {
        kind::PhotoKind::Jpeg => {
            kind::check_image(photo, FileKind::Jpeg, limits)?;
            exposed(photo.to_vec())
        }
        kind::PhotoKind::Png => {
            kind::check_image(photo, FileKind::Png, limits)?;
            let read = ImageReader::with_format(Cursor::new(photo), ImageFormat::Png).decode();
            exposed(jpeg_of(&read.map_err(damaged)?)?)
        }
        kind::PhotoKind::Heic => {
            let options = heifer::Options { max_threads: 0, max_pixels: limits.max_image_pixels };
            let image = heifer::decode_with_options(photo, &options).map_err(damaged)?;
            let (width, height) = (image.width, image.height);
            if u64::from(width) * u64::from(height) > limits.max_image_pixels {
                return Err(Reason::ImageTooLarge { page: None });
            }
            let pixels = image::RgbaImage::from_raw(width, height, image.to_rgba8())
                .ok_or_else(|| Reason::Damaged { detail: "fewer pixels than its size tells".into() })?;
            exposed(jpeg_of(&DynamicImage::from(pixels))?)
        }
    }
}

fn jpeg_of(image: &DynamicImage) -> Result<Vec<u8>, Reason> {
    Plain::from(&image.to_rgb8()).jpeg(QUALITY).map_err(damaged)
}

fn exposed(jpeg: Vec<u8>) -> Result<Exposure, Reason> {
    let mut decoder = JpegDecoder::new(Cursor::new(&jpeg)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let colours = match decoder.original_color_type() {
        ExtendedColorType::L8 => "DeviceGray",
        ExtendedColorType::Cmyk8 => "DeviceCMYK",
        _ => "DeviceRGB",
    };
    // A phone writes the sensor's rows and how they are to be turned (Exif 2.3, 4.6.4, Orientation).
    let turn = match decoder.orientation().map_err(damaged)?.to_exif() {
        3 | 4 => 180,
        5 | 6 => 90,
        7 | 8 => 270,
        _ => 0,
    };
    Ok(Exposure { width, height, colours, turn, jpeg })
}

fn damaged(error: impl std::fmt::Display) -> Reason {
    Reason::Damaged { detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(photos: &[&[u8]], limits: &Limits) -> Result<Vec<u8>, (u32, Reason)> {
        bind(photos, limits, &Way::new(std::io::sink()))
    }

    fn gradient() -> DynamicImage {
        DynamicImage::from(image::RgbImage::from_fn(96, 64, |x, y| {
            image::Rgb([u8::try_from(x * 2).unwrap_or(255), u8::try_from(y * 3).unwrap_or(255), 90])
        }))
    }

    /// A JPEG whose Exif says that it is to be turned by 90 degrees.
    fn turned(jpeg: &[u8]) -> Vec<u8> {
        let tiff: &[u8] = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let length = u16::try_from(tiff.len() + 2).expect("short").to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, tiff, &jpeg[2..]].concat()
    }

    fn pages(pdf: &[u8]) -> Vec<(i64, Vec<u8>)> {
        let document = Document::load_mem(pdf).expect("a PDF");
        let ids: Vec<_> = document.page_iter().collect();
        let page = |id| {
            let page = document.get_dictionary(id).expect("a page");
            let turn = page.get(b"Rotate").and_then(Object::as_i64).expect("a turn");
            let images = document.get_page_images(id).expect("pictures");
            (turn, images[0].content.to_vec())
        };
        ids.into_iter().map(page).collect()
    }

    #[test]
    fn a_jpeg_stays_byte_for_byte_and_is_turned_by_the_page() {
        let plain = jpeg_of(&gradient()).expect("encodes");
        let on_its_side = turned(&plain);
        let pdf = bound(&[&plain, &on_its_side], &Limits::default()).expect("binds");
        assert_eq!(pages(&pdf), [(0, plain), (90, on_its_side)]);
        let structure = super::super::pdf::check(&pdf, &Limits::default()).expect("as intake demands");
        assert_eq!(structure.pages, 2);
    }

    #[test]
    fn a_heic_is_developed() {
        let pixels = gradient().to_rgb8();
        let heic = heifer::encode_rgb8(96, 64, &pixels, &heifer::EncodeOptions::default()).expect("encodes");
        let pdf = bound(&[&heic], &Limits::default()).expect("binds");
        let (_, jpeg) = pages(&pdf).remove(0);
        let developed = image::load_from_memory(&jpeg).expect("a JPEG").to_rgb8();
        let off = developed.iter().zip(pixels.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        assert!(off / (96 * 64 * 3) < 6, "the colours have changed: {off}");
    }

    #[test]
    fn the_photo_that_is_broken_is_named() {
        let jpeg = jpeg_of(&gradient()).expect("encodes");
        let refused = bound(&[&jpeg, &jpeg[..jpeg.len() / 2]], &Limits::default());
        assert!(matches!(refused, Err((2, Reason::Damaged { .. }))), "{refused:?}");
        assert!(matches!(bound(&[b"%PDF-1.7"], &Limits::default()), Err((1, Reason::NotAPhoto { .. }))));
        let narrow = Limits { max_image_pixels: 96 * 63, ..Limits::default() };
        assert!(matches!(bound(&[&jpeg], &narrow), Err((1, Reason::ImageTooLarge { .. }))));
    }
}
