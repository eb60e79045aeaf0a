//! The structure of an untrusted PDF: parses, not encrypted, passive, of sensible size.
//!
//! Every object is looked at, also those that no page reaches: what can't act can't be made to.
//! Nothing is rendered here, and no stream is unpacked except to measure it.

use lopdf::{Dictionary, Document, Object, Stream};

use super::parsed::{self, Parsed};
use super::{Limits, Reason};

/// Actions that do something beyond showing another place (ISO 32000-1, 12.6.4).
const ACTIONS: [&[u8]; 17] = [
    b"JavaScript",
    b"Launch",
    b"SubmitForm",
    b"ImportData",
    b"ResetForm",
    b"GoToR",
    b"GoToE",
    b"Named",
    b"Rendition",
    b"Movie",
    b"Sound",
    b"Hide",
    b"Thread",
    b"SetOCGState",
    b"Trans",
    b"GoTo3DView",
    b"RichMediaExecute",
];

/// Annotations that play or run something.
const ANNOTATIONS: [&[u8]; 5] = [b"RichMedia", b"Movie", b"Sound", b"Screen", b"3D"];

/// The shortest edge of a page in points: below a centimetre and a half it isn't paper.
const MIN_PAGE_POINTS: f64 = 42.0;

/// What is known of a file whose structure is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    /// How many pages it has.
    pub pages: u32,
    /// How many pixels its largest picture has; 0 without one.
    pub most_pixels: u64,
    /// How many bytes its longest stream has, packed.
    pub most_bytes: u64,
}

/// Checks the structure.
///
/// # Errors
/// The first reason found, in the order: damaged, encrypted, active content, embedded files, number of
/// pages, sizes.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<Structure, Reason> {
    check_parsed(&Parsed::load(bytes, limits)?, bytes, limits)
}

/// The same of a file that is parsed already. A picture that hasn't come yet isn't unpacked: see [`unpacks`].
pub(super) fn check_parsed(parsed: &Parsed<'_>, bytes: &[u8], limits: &Limits) -> Result<Structure, Reason> {
    let document = &parsed.document;
    if document.was_encrypted() || document.is_encrypted() || document.trailer.has(b"Encrypt") {
        return Err(Reason::Encrypted);
    }
    if document.xref_recovery.is_some() && !ends_properly(bytes) {
        return Err(Reason::Damaged { detail: "the end of the file is missing".into() });
    }
    passive(document)?;
    let pages: Vec<_> = document.page_iter().take(limits.max_pages as usize + 1).collect();
    if pages.is_empty() {
        return Err(Reason::Damaged { detail: "there is no page".into() });
    }
    if pages.len() > limits.max_pages as usize {
        let pages = u32::try_from(document.page_iter().count()).unwrap_or(u32::MAX);
        return Err(Reason::TooManyPages { pages, limit: limits.max_pages });
    }
    for (at, id) in pages.iter().enumerate() {
        let page = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let dictionary = document
            .get_dictionary(*id)
            .map_err(|_| Reason::Damaged { detail: format!("page {page} is not there") })?;
        page_size(document, dictionary, page, limits)?;
    }
    let (most_pixels, most_bytes) = images(parsed, limits)?;
    let too_many = |_| Reason::TooManyPages { pages: u32::MAX, limit: limits.max_pages };
    u32::try_from(pages.len()).map_err(too_many).map(|pages| Structure { pages, most_pixels, most_bytes })
}

fn ends_properly(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    tail.windows(5).any(|w| w == b"%%EOF")
}

/// Nothing in the document acts, plays, or carries other files.
fn passive(document: &Document) -> Result<(), Reason> {
    let mut embedded = false;
    for object in document.objects.values().chain([&Object::Dictionary(document.trailer.clone())]) {
        walk(object, 0, &mut |dictionary| {
            embedded |= carries_files(dictionary);
            acts(document, dictionary)
        })?;
    }
    if embedded { Err(Reason::EmbeddedFiles) } else { Ok(()) }
}

/// Visits each dictionary within one object. The parser bounds the depth; so does this.
fn walk(
    object: &Object,
    depth: u32,
    visit: &mut dyn FnMut(&Dictionary) -> Result<(), Reason>,
) -> Result<(), Reason> {
    if depth > 200 {
        return Err(Reason::Damaged { detail: "nested too deep".into() });
    }
    let dictionary = match object {
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &stream.dict,
        Object::Array(items) => return items.iter().try_for_each(|item| walk(item, depth + 1, visit)),
        _ => return Ok(()),
    };
    visit(dictionary)?;
    dictionary.iter().try_for_each(|(_, value)| walk(value, depth + 1, visit))
}

fn acts(document: &Document, dictionary: &Dictionary) -> Result<(), Reason> {
    let active =
        |what: &[u8]| Err(Reason::ActiveContent { what: String::from_utf8_lossy(what).into_owned() });
    for key in [b"JS".as_slice(), b"JavaScript", b"XFA", b"RichMediaContent", b"RichMediaSettings"] {
        if dictionary.has(key) {
            return active(key);
        }
    }
    if let Some(action) = name(document, dictionary, b"S")
        && ACTIONS.contains(&action)
        && name(document, dictionary, b"Type") != Some(b"StructElem")
    {
        return active(action);
    }
    if let Some(kind) = name(document, dictionary, b"Subtype")
        && ANNOTATIONS.contains(&kind)
    {
        return active(kind);
    }
    if let Ok(opening) = dictionary.get_deref(b"OpenAction", document)
        && !goes_to_a_place(document, opening)
    {
        return active(b"OpenAction");
    }
    if let Ok(Object::Dictionary(additional)) = dictionary.get_deref(b"AA", document) {
        for (_, action) in additional {
            if !document.dereference(action).is_ok_and(|(_, action)| goes_to_a_place(document, action)) {
                return active(b"AA");
            }
        }
    }
    Ok(())
}

/// A destination, or a plain GoTo action that nothing follows.
fn goes_to_a_place(document: &Document, action: &Object) -> bool {
    match action {
        Object::Array(_) | Object::Name(_) | Object::String(..) | Object::Null => true,
        Object::Dictionary(action) => name(document, action, b"S") == Some(b"GoTo") && !action.has(b"Next"),
        _ => false,
    }
}

fn carries_files(dictionary: &Dictionary) -> bool {
    let is =
        |key: &[u8], value: &[u8]| dictionary.get(key).and_then(Object::as_name).is_ok_and(|n| n == value);
    [b"EmbeddedFiles".as_slice(), b"EF", b"AF", b"Collection"].iter().any(|key| dictionary.has(key))
        || is(b"Subtype", b"FileAttachment")
        || is(b"Type", b"EmbeddedFile")
}

fn name<'a>(document: &'a Document, dictionary: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
    dictionary.get_deref(key, document).and_then(Object::as_name).ok()
}

fn page_size(document: &Document, page: &Dictionary, number: u32, limits: &Limits) -> Result<(), Reason> {
    let wrong = || Reason::PageSize { page: number };
    let unit = page.get_deref(b"UserUnit", document).and_then(Object::as_float).unwrap_or(1.0);
    let media = inherited(document, page, b"MediaBox").and_then(|o| rectangle(document, o));
    // A page without a box is A4 or letter to every viewer.
    let Some((width, height)) = media else { return Ok(()) };
    let (long, short) = (width.max(height) * f64::from(unit), width.min(height) * f64::from(unit));
    if long.is_finite() && long <= limits.max_page_points && short >= MIN_PAGE_POINTS {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// An attribute of a page, or of its parents (ISO 32000-1, 7.7.3.4).
fn inherited<'a>(document: &'a Document, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    let mut node = page;
    for _ in 0..32 {
        if let Ok(value) = node.get_deref(key, document) {
            return Some(value);
        }
        node = node.get_deref(b"Parent", document).and_then(Object::as_dict).ok()?;
    }
    None
}

fn rectangle(document: &Document, object: &Object) -> Option<(f64, f64)> {
    let numbers: Vec<f64> = object
        .as_array()
        .ok()?
        .iter()
        .filter_map(|n| document.dereference(n).ok()?.1.as_float().ok().map(f64::from))
        .collect();
    let [x0, y0, x1, y1] = numbers[..] else { return None };
    Some(((x1 - x0).abs(), (y1 - y0).abs()))
}

/// No image has more pixels, and no stream more bytes when unpacked, than allowed. How many pixels the largest image has,
/// and how many bytes the longest stream.
fn images(parsed: &Parsed<'_>, limits: &Limits) -> Result<(u64, u64), Reason> {
    let (document, mut most, mut longest) = (&parsed.document, 0, 0);
    let too_large = Reason::ImageTooLarge { page: None };
    for object in document.objects.values() {
        let Object::Stream(stream) = object else { continue };
        longest = longest.max(parsed::length(stream) as u64);
        let side = |key: &[u8]| {
            stream
                .dict
                .get_deref(key, document)
                .and_then(Object::as_i64)
                .ok()
                .and_then(|n| u64::try_from(n).ok())
        };
        if name(document, &stream.dict, b"Subtype") == Some(b"Image") {
            let (Some(width), Some(height)) = (side(b"Width"), side(b"Height")) else {
                return Err(Reason::Damaged { detail: "an image without width or height".into() });
            };
            most = most.max(width.saturating_mul(height));
            if most > limits.max_image_pixels {
                return Err(too_large);
            }
        }
        if grows_beyond(parsed, stream, limits.max_stream_bytes)? {
            return Err(too_large);
        }
    }
    Ok((most, longest))
}

/// Insists that no picture among these streams has more bytes when it is unpacked than allowed.
pub(super) fn unpacks<'s>(
    parsed: &Parsed<'_>,
    streams: impl IntoIterator<Item = &'s Stream>,
    limits: &Limits,
) -> Result<(), Reason> {
    for stream in streams {
        if grows_beyond(parsed, stream, limits.max_stream_bytes)? {
            return Err(Reason::ImageTooLarge { page: None });
        }
    }
    Ok(())
}

/// Whether unpacking yields more than `limit` bytes. Only streams that could (deflate packs at most
/// 1,032 to 1; a chain of filters multiplies) are unpacked to see.
fn grows_beyond(parsed: &Parsed<'_>, stream: &Stream, limit: u64) -> Result<bool, Reason> {
    const DEFLATE_MOST: u64 = 1032;
    let Ok(filters) = stream.filters() else { return Ok(false) };
    let packers: Vec<_> = filters
        .iter()
        .filter(|f| {
            matches!(**f, b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW" | b"RunLengthDecode" | b"RL")
        })
        .collect();
    let power = u32::try_from(packers.len()).unwrap_or(u32::MAX);
    let packed = parsed::length(stream) as u64;
    if power == 0 || packed.saturating_mul(DEFLATE_MOST.saturating_pow(power)) <= limit {
        return Ok(false);
    }
    // One packed layer of an ordinary scan: its declared size says enough, and memory is limited anyway.
    if power == 1 && packed > limit / 64 {
        return Ok(false);
    }
    if parsed.is_to_come(stream) {
        return Ok(false);
    }
    // One at a time, whatever is left in the file.
    let lost = || Reason::Damaged { detail: "a picture isn't where it should be".into() };
    let stream = parsed.whole(stream).ok_or_else(lost)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(matches!(
        stream.decompress_to_writer(&mut std::io::sink(), limit),
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }))
    ))
}
