//! Paper for tests: quick clean scans of printed forms, and files to attach.
//!
//! The slow and faithful scanner is in `tests/scans`; this one is for tests that are about what
//! happens after a scan was read.

use casebind::case::ids::Revision;
use casebind::forms::fonts::Fonts;
use casebind::forms::templates::Templates;
use casebind::forms::{PrintRequest, Printer};
use casebind::paper::Pages;
use casebind::paper::packed::Plain;
use image::{GrayImage, Luma};
use lopdf::{Document, Object, Stream, dictionary};

use crate::scans::PrintedForm;
use crate::scans::form::Recipe;
use crate::scans::pdf::{self, PackedImage};

/// 150 dpi, in pixels a millimetre.
const SCALE: f64 = 150.0 / 25.4;

/// One page as a scanner saw it.
#[derive(Clone)]
pub struct Sheet(pub GrayImage);

/// The sample of the referral form by the real printer, with the codes that a recipe tells.
pub fn referral(recipe: &Recipe) -> PrintedForm {
    let printer = Printer::new(Templates::load(None), Fonts::shipped());
    let sample = printer.templates().get("referral").expect("built in").sample.clone();
    let request = PrintRequest {
        template: "referral",
        snapshot: &sample,
        case_label: recipe.case.clone(),
        reference: recipe.reference(),
        revision: Revision::try_from(recipe.revision).expect("a revision"),
        key: &recipe.key,
        printed_at: jiff::Timestamp::UNIX_EPOCH,
    };
    let printed = printer.print(&request).expect("the sample prints");
    PrintedForm { pdf: printed.pdf, layout: printed.layout }
}

/// The pages of a form, sealed in every box or in none.
pub fn sheets(form: &PrintedForm, sealed: bool) -> Vec<Sheet> {
    let pages = Pages::open(form.pdf.clone(), u64::MAX).expect("a form opens");
    let mut sheets = pages.renditions(SCALE);
    for (sheet, layout) in sheets.iter_mut().zip(&form.layout.pages) {
        for place in layout.boxes.iter().filter(|_| sealed) {
            seal(sheet, place.x_mm + place.w_mm / 2.0, place.y_mm + place.h_mm / 2.0);
        }
    }
    sheets.into_iter().map(Sheet).collect()
}

/// A clean scan of a whole form, sealed in every box or in none.
pub fn scan(form: &PrintedForm, sealed: bool) -> Vec<u8> {
    bind(&sheets(form, sealed))
}

/// A PDF of these pages.
pub fn bind(sheets: &[Sheet]) -> Vec<u8> {
    pdf::scanned(sheets.iter().map(|Sheet(picture)| pack(picture)).collect())
}

/// The same sheet with its codes painted over.
pub fn without_codes(form: &PrintedForm, sheets: &[Sheet]) -> Vec<Sheet> {
    let mut sheets = sheets.to_vec();
    for (Sheet(picture), layout) in sheets.iter_mut().zip(&form.layout.pages) {
        for code in &layout.codes {
            paint(picture, (code.x_mm - 1.0, code.y_mm - 1.0), (code.size_mm + 2.0, code.size_mm + 2.0), 250);
        }
    }
    sheets
}

/// A sheet of something else: lines, no codes.
pub fn foreign_sheet() -> Sheet {
    let mut picture = GrayImage::from_pixel(1240, 1754, Luma([250]));
    for line in 0..30 {
        let width = 60.0 + f64::from(line * 37 % 90);
        paint(&mut picture, (25.0, 30.0 + f64::from(line) * 8.0), (width, 1.6), 40);
    }
    Sheet(picture)
}

/// A PDF of one empty page whose bytes are its own: `about` makes the difference.
pub fn letter(about: &str) -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(&pdf::drawn(&[String::new()], 595.0, 842.0)).expect("a PDF");
    let title = lopdf::Object::string_literal(about.as_bytes());
    let info = document.add_object(dictionary! { "Title" => title });
    document.trailer.set("Info", info);
    pdf::save(document)
}

/// A small picture, as a camera or a screen makes it.
pub fn picture(format: image::ImageFormat) -> Vec<u8> {
    let picture = GrayImage::from_fn(64, 48, |x, y| Luma([u8::try_from((x * y) % 251).unwrap_or(0)]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("writing to memory");
    bytes.into_inner()
}

fn pack(picture: &GrayImage) -> PackedImage {
    let bytes = Plain::from(picture).jpeg(80).expect("writing to memory");
    let (width, height) = picture.dimensions();
    let points = |pixels: u32| f64::from(pixels) * 72.0 / 150.0;
    let entries =
        dictionary! { "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "DCTDecode" };
    PackedImage { width, height, entries, bytes, points: (points(width), points(height)) }
}

/// A square seal of 16 mm with strokes inside.
fn seal(picture: &mut GrayImage, x: f64, y: f64) {
    for (dx, dy, width, height) in [
        (-8.0, -8.0, 16.0, 1.0),
        (-8.0, 7.0, 16.0, 1.0),
        (-8.0, -8.0, 1.0, 16.0),
        (7.0, -8.0, 1.0, 16.0),
        (-5.0, -4.5, 4.0, 0.8),
        (-5.0, 3.0, 4.0, 0.8),
        (-3.4, -5.0, 0.8, 10.0),
        (1.0, -3.0, 4.5, 0.8),
        (1.0, 4.0, 4.5, 0.8),
        (3.0, -5.0, 0.8, 10.0),
    ] {
        paint(picture, (x + dx, y + dy), (width, height), 70);
    }
}

fn paint(picture: &mut GrayImage, (x, y): (f64, f64), (width, height): (f64, f64), tone: u8) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places on a page")]
    let pixel = |mm: f64| (mm * SCALE).max(0.0) as u32;
    for v in pixel(y)..pixel(y + height).min(picture.height()) {
        for u in pixel(x)..pixel(x + width).min(picture.width()) {
            picture.put_pixel(u, v, Luma([tone]));
        }
    }
}

/// The file with one page more at `index`, whose forms hold forms that hold forms: nobody ever draws it to its end.
pub fn with_endless_page(pdf: &[u8], index: usize) -> Vec<u8> {
    let mut document = Document::load_mem(pdf).unwrap();
    let mut inner = document.add_object(Stream::new(
        dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 595.into(), 842.into()] },
        b"0 0 500 800 re f".to_vec(),
    ));
    for _ in 0..10 {
        inner = document.add_object(Stream::new(
            dictionary! {
                "Type" => "XObject", "Subtype" => "Form",
                "BBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
                "Resources" => dictionary! { "XObject" => dictionary! { "F" => inner } },
            },
            b"/F Do ".repeat(10),
        ));
    }
    let content = document.add_object(Stream::new(dictionary! {}, b"/F Do".to_vec()));
    let root = document.catalog().unwrap().get(b"Pages").unwrap().as_reference().unwrap();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => root, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! { "XObject" => dictionary! { "F" => inner } },
    });
    let pages = document.get_object_mut(root).and_then(Object::as_dict_mut).unwrap();
    let mut kids = pages.get(b"Kids").and_then(Object::as_array).unwrap().clone();
    kids.insert(index, page.into());
    pages.set("Count", i64::try_from(kids.len()).unwrap());
    pages.set("Kids", kids);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}
