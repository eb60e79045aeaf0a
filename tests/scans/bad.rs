//! Files that must be refused.

use lopdf::{Dictionary, Document, Object, Stream, StringFormat, dictionary};

use super::pdf;

fn open(bytes: &[u8]) -> Document {
    Document::load_mem(bytes).expect("a good file")
}

fn catalog(document: &mut Document) -> &mut Dictionary {
    document.catalog_mut().expect("a catalog")
}

/// A script that runs when the file is opened.
pub fn script(good: &[u8]) -> Vec<u8> {
    let mut document = open(good);
    let action = document.add_object(dictionary! {
        "S" => "JavaScript",
        "JS" => Object::String(b"app.alert(1)".to_vec(), StringFormat::Literal),
    });
    catalog(&mut document).set("OpenAction", action);
    pdf::save(document)
}

/// A launch action behind a link.
pub fn launch(good: &[u8]) -> Vec<u8> {
    annotated(
        good,
        dictionary! {
            "Type" => "Annot",
            "Subtype" => "Link",
            "Rect" => vec![0.into(), 0.into(), 100.into(), 100.into()],
            "A" => dictionary! { "S" => "Launch", "F" => Object::string_literal("calc.exe") },
        },
    )
}

/// A form in XML.
pub fn xfa(good: &[u8]) -> Vec<u8> {
    let mut document = open(good);
    let form = document.add_object(
        dictionary! { "Fields" => Vec::<Object>::new(), "XFA" => Object::string_literal("<xdp/>") },
    );
    catalog(&mut document).set("AcroForm", form);
    pdf::save(document)
}

/// An action whenever a page is shown.
pub fn page_action(good: &[u8]) -> Vec<u8> {
    let mut document = open(good);
    let page = document.page_iter().next().expect("a page");
    let aa = dictionary! { "O" => dictionary! { "S" => "URI", "URI" => Object::string_literal("http://example.org") } };
    document.get_dictionary_mut(page).expect("a page").set("AA", aa);
    pdf::save(document)
}

/// A place to go to when opened, and a link to a web page: both harmless.
pub fn harmless_actions(good: &[u8]) -> Vec<u8> {
    let mut document = open(&annotated(
        good,
        dictionary! {
            "Type" => "Annot",
            "Subtype" => "Link",
            "Rect" => vec![0.into(), 0.into(), 100.into(), 100.into()],
            "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://example.org") },
        },
    ));
    let page = document.page_iter().next().expect("a page");
    catalog(&mut document).set("OpenAction", vec![Object::Reference(page), "Fit".into()]);
    pdf::save(document)
}

/// A file attached to the document.
pub fn attached_file(good: &[u8]) -> Vec<u8> {
    let mut document = open(good);
    let file = document.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, b"hello".to_vec()));
    let spec = document.add_object(dictionary! {
        "Type" => "Filespec", "F" => Object::string_literal("a.exe"), "EF" => dictionary! { "F" => file },
    });
    let names = dictionary! { "EmbeddedFiles" => dictionary! { "Names" => vec![Object::string_literal("a.exe"), spec.into()] } };
    catalog(&mut document).set("Names", names);
    pdf::save(document)
}

/// A file behind a paper clip on a page.
pub fn paper_clip(good: &[u8]) -> Vec<u8> {
    annotated(
        good,
        dictionary! {
            "Type" => "Annot",
            "Subtype" => "FileAttachment",
            "Rect" => vec![0.into(), 0.into(), 10.into(), 10.into()],
        },
    )
}

fn annotated(good: &[u8], annotation: Dictionary) -> Vec<u8> {
    let mut document = open(good);
    let annotation = document.add_object(annotation);
    let page = document.page_iter().next().expect("a page");
    document.get_dictionary_mut(page).expect("a page").set("Annots", vec![Object::Reference(annotation)]);
    pdf::save(document)
}

/// A password is needed.
pub fn encrypted(good: &[u8]) -> Vec<u8> {
    let mut document = open(good);
    let id = Object::String(vec![7; 16], StringFormat::Literal);
    document.trailer.set("ID", vec![id.clone(), id]);
    let version = lopdf::EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password: "user",
        key_length: 128,
        permissions: lopdf::Permissions::all(),
    };
    let state = lopdf::EncryptionState::try_from(version).expect("a state");
    document.encrypt(&state).expect("encrypts");
    pdf::save(document)
}

/// The second half of the file is missing.
pub fn cut_off(good: &[u8]) -> Vec<u8> {
    good[..good.len() / 2].to_vec()
}

/// The last bytes are missing, with the directory of the file.
pub fn cut_tail(good: &[u8]) -> Vec<u8> {
    good[..good.len() - 200].to_vec()
}

/// Many pages.
pub fn many_pages(count: usize) -> Vec<u8> {
    pdf::drawn(&vec![String::new(); count], 595.0, 842.0)
}

/// A page of this size in points.
pub fn page_of_size(width: f64, height: f64) -> Vec<u8> {
    pdf::drawn(&[String::new()], width, height)
}

/// An image of so many pixels that its few bytes become gigabytes.
pub fn huge_image() -> Vec<u8> {
    image_of(60_000, 60_000, vec![0; 1000])
}

/// An image that says it is small and unpacks to hundreds of megabytes.
pub fn bomb() -> Vec<u8> {
    image_of(1000, 1000, vec![0; 400_000_000])
}

/// An image of as many pixels as a camera may make, all of which want to be in memory at once.
pub fn heavy_image() -> Vec<u8> {
    image_of(10_000, 7_900, vec![200; 79_000_000])
}

fn image_of(width: u32, height: u32, raw: Vec<u8>) -> Vec<u8> {
    let mut stream = Stream::new(Dictionary::new(), raw);
    stream.compress().expect("deflate");
    let entries =
        dictionary! { "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "FlateDecode" };
    pdf::scanned(vec![pdf::PackedImage {
        width,
        height,
        entries,
        bytes: stream.content,
        points: (595.0, 842.0),
    }])
}

/// A web page with the name of a PDF.
pub const HTML: &[u8] = b"<!DOCTYPE html><html><body>%PDF-1.7 not really</body></html>";

/// Words.
pub const TEXT: &[u8] = b"This is a letter and not a scan.\n";
