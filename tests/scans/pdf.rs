//! Writes the PDFs that forms and scanners make.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// One image as it goes into a PDF.
#[derive(Clone, Debug)]
pub struct PackedImage {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The image's dictionary beside its size.
    pub entries: Dictionary,
    /// The packed bytes.
    pub bytes: Vec<u8>,
    /// Size on the page in points.
    pub points: (f64, f64),
}

/// A PDF with one full-page image a page, as scanners write it.
pub fn scanned(images: Vec<PackedImage>) -> Vec<u8> {
    let pages = images.into_iter().map(|image| {
        let size = image.points;
        (size, vec![((0.0, 0.0), image)])
    });
    laid(pages.collect())
}

/// A page's size in points, and its images, each with its lower left corner at a place.
pub type Laid = ((f64, f64), Vec<((f64, f64), PackedImage)>);

/// A PDF whose pages are images.
pub fn laid(sheets: Vec<Laid>) -> Vec<u8> {
    let mut document = Document::with_version("1.4");
    let pages = document.new_object_id();
    let mut kids = Vec::new();
    for ((width, height), images) in sheets {
        let (mut content, mut named) = (String::new(), Dictionary::new());
        for (number, ((x, y), image)) in images.into_iter().enumerate() {
            let mut entries = image.entries;
            entries.set("Type", "XObject");
            entries.set("Subtype", "Image");
            entries.set("Width", i64::from(image.width));
            entries.set("Height", i64::from(image.height));
            named.set(
                format!("Im{number}"),
                document.add_object(Stream::new(entries, image.bytes).with_compression(false)),
            );
            let (wide, high) = image.points;
            content += &format!("q {wide} 0 0 {high} {x} {y} cm /Im{number} Do Q\n");
        }
        let content = document.add_object(Stream::new(Dictionary::new(), content.into_bytes()));
        let page = document.add_object(dictionary! {
            "Type" => "Page",
            "Parent" => pages,
            "MediaBox" => vec![0.into(), 0.into(), Object::Real(width as f32), Object::Real(height as f32)],
            "Resources" => dictionary! { "XObject" => named },
            "Contents" => content,
        });
        kids.push(Object::Reference(page));
    }
    finish(document, pages, kids)
}

/// A PDF of drawn pages with Helvetica as `F1`.
pub fn drawn(contents: &[String], width: f64, height: f64) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let font = document
        .add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let mut kids = Vec::new();
    for content in contents {
        let content = document.add_object(Stream::new(Dictionary::new(), content.clone().into_bytes()));
        let page = document.add_object(dictionary! {
            "Type" => "Page",
            "Parent" => pages,
            "MediaBox" => vec![0.into(), 0.into(), Object::Real(width as f32), Object::Real(height as f32)],
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
            "Contents" => content,
        });
        kids.push(Object::Reference(page));
    }
    finish(document, pages, kids)
}

fn finish(mut document: Document, pages: lopdf::ObjectId, kids: Vec<Object>) -> Vec<u8> {
    let count = kids.len() as i64;
    document.objects.insert(
        pages,
        Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    save(document)
}

/// The document's bytes.
pub fn save(mut document: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("writing to memory");
    bytes
}
