//! A parsed PDF whose large pictures stay where they are, in the bytes of the file.
//!
//! A stack is nearly all pictures, and the parser copies every stream: with them left out, the file stands in memory
//! once. In the place of a picture stands a note of its digest and its object, by which its bytes are found again.

use std::borrow::Cow;
use std::collections::HashMap;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, FilterFunc, LoadOptions, Object, ObjectId, Stream};

use super::{Limits, Reason};
use crate::case::ids::Digest;

/// From how many bytes on a picture is left out.
const LARGE: usize = 4096;
/// How far behind the beginning of an object its stream begins at most.
const DICTIONARY: usize = 64 * 1024;
/// How often the word before a stream may stand there, in texts for example.
const WORDS: usize = 16;

/// A parsed PDF, and the file that it was.
pub(super) struct Parsed<'f> {
    /// The objects, large pictures without their bytes.
    pub document: Document,
    /// The file from its header on, from where places in it are counted.
    file: &'f [u8],
    /// Where the objects begin.
    places: HashMap<ObjectId, usize>,
}

impl From<Document> for Parsed<'_> {
    /// A document that has all its bytes.
    fn from(document: Document) -> Self {
        Self { document, file: &[], places: HashMap::new() }
    }
}

impl<'f> Parsed<'f> {
    /// Parses an untrusted file; no stream may grow beyond the limit.
    pub(super) fn load(bytes: &'f [u8], limits: &Limits) -> Result<Self, Reason> {
        let document = parse(bytes, limits, Some(leave_out))?;
        let header = bytes.windows(5).position(|word| word == b"%PDF-").unwrap_or(0);
        let file = &bytes[header..];
        let places = places(&document, file);
        let placed = |object: &Object| match object {
            Object::Stream(stream) => note(stream).is_none_or(|note| places.contains_key(&note.id)),
            _ => true,
        };
        if document.page_iter().next().is_some() && document.objects.values().all(placed) {
            return Ok(Self { document, file, places });
        }
        // The parser looks for the pages of a damaged file only where nothing is left out.
        drop(document);
        parse(bytes, limits, None).map(Self::from)
    }

    /// A stream with its bytes, unless they can't be found.
    pub(super) fn whole<'s>(&self, stream: &'s Stream) -> Option<Cow<'s, Stream>> {
        const WORD: &[u8] = b"stream";
        let Some(note) = note(stream) else { return Some(Cow::Borrowed(stream)) };
        let place = *self.places.get(&note.id)?;
        let object = self.file.get(place..)?;
        let words = object.windows(WORD.len()).take(DICTIONARY).enumerate().filter(|(_, word)| *word == WORD);
        let content = words.take(WORDS).find_map(|(at, _)| {
            let content = next_line(&object[at + WORD.len()..])?.get(..note.length)?;
            (Digest::of(content).as_bytes().as_slice() == note.digest).then_some(content)
        })?;
        Some(Cow::Owned(Stream::new(stream.dict.clone(), content.to_vec())))
    }
}

/// How many bytes a stream has, here or in the file.
pub(super) fn length(stream: &Stream) -> usize {
    note(stream).map_or(stream.content.len(), |note| note.length)
}

/// Whether a stream's bytes have been left out.
pub(super) fn is_left_out(stream: &Stream) -> bool {
    note(stream).is_some()
}

fn parse(bytes: &[u8], limits: &Limits, filter: Option<FilterFunc>) -> Result<Document, Reason> {
    let options = LoadOptions {
        max_decompressed_size: usize::try_from(limits.max_stream_bytes).ok(),
        filter,
        ..LoadOptions::default()
    };
    Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword => Reason::Encrypted,
        // An encrypted file may fail to load in many ways; its trailer says so in clear.
        _ if bytes.windows(8).any(|w| w == b"/Encrypt") => Reason::Encrypted,
        error => Reason::Damaged { detail: error.to_string() },
    })
}

/// What stands in the place of a picture.
struct Note<'s> {
    digest: &'s [u8],
    id: ObjectId,
    length: usize,
}

/// The note in a stream's place. The parser sets `Length` to what it has read: only what was left out has another.
fn note(stream: &Stream) -> Option<Note<'_>> {
    let length = stream.dict.get(b"Length").and_then(Object::as_i64).ok()?;
    let length = usize::try_from(length).ok().filter(|length| *length >= LARGE)?;
    let (digest, id) = stream.content.split_at_checked(32)?;
    let (number, generation) = id.split_first_chunk::<4>()?;
    let generation: [u8; 2] = generation.try_into().ok()?;
    let id = (u32::from_le_bytes(*number), u16::from_le_bytes(generation));
    Some(Note { digest, id, length })
}

/// For the parser, after each object: leaves the bytes of a large picture out.
fn leave_out(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if let Object::Stream(stream) = object {
        if is_picture(&stream.dict) && stream.content.len() >= LARGE {
            let mut note = Digest::of(&stream.content).as_bytes().to_vec();
            note.extend(id.0.to_le_bytes());
            note.extend(id.1.to_le_bytes());
            stream.content = note;
        }
        // What is handed back counts for objects within streams alone, and those are never streams.
        return Some((id, Object::Null));
    }
    Some((id, object.clone()))
}

/// A picture and nothing else: what other streams hold is looked at again.
fn is_picture(dictionary: &Dictionary) -> bool {
    dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image")
        && !dictionary.has(b"PatternType")
        && !dictionary.has_type(b"ObjStm")
}

/// Where each object begins that isn't within a stream.
fn places(document: &Document, file: &[u8]) -> HashMap<ObjectId, usize> {
    let entries = document.reference_table.entries.values();
    let begins = entries.filter_map(|entry| match entry {
        XrefEntry::Normal { offset, .. } => usize::try_from(*offset).ok(),
        _ => None,
    });
    begins.filter_map(|at| Some((id_of(file.get(at..)?)?, at))).collect()
}

/// The number and generation that an object begins with: tables may be wrong about them.
fn id_of(object: &[u8]) -> Option<ObjectId> {
    let (number, rest) = digits(object)?;
    let (generation, rest) = digits(rest)?;
    rest.trim_ascii_start().starts_with(b"obj").then_some(())?;
    Some((number, u16::try_from(generation).ok()?))
}

fn digits(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let bytes = bytes.trim_ascii_start();
    let end = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at(end);
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// What stands behind the end of the line, if nothing else stands before it.
fn next_line(bytes: &[u8]) -> Option<&[u8]> {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let ends = [b"\r\n".as_slice(), b"\n", b"\r"];
    ends.into_iter().find_map(|end| bytes[blank..].strip_prefix(end))
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    /// A page with a picture of these bytes, behind some bytes that aren't of the PDF.
    fn file(picture: &[u8]) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let dict = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1,
            "Name" => Object::string_literal("a stream\nof words"),
        };
        let image = document.add_object(Stream::new(dict, picture.to_vec()));
        let page = dictionary! {
            "Type" => "Page", "Parent" => tree,
            "Resources" => dictionary! { "XObject" => dictionary! { "Im" => image } },
        };
        let kids = vec![Object::Reference(document.add_object(page))];
        document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut bytes = b"from a scanner\n".to_vec();
        document.save_to(&mut bytes).expect("in memory");
        bytes
    }

    fn picture_of<'p>(parsed: &'p Parsed<'_>) -> &'p Stream {
        parsed.document.objects.values().find_map(|object| object.as_stream().ok()).expect("a picture")
    }

    #[test]
    fn a_large_picture_stays_in_the_file_and_is_found_there() {
        let pixels: Vec<u8> = (0..=250).cycle().take(20_000).collect();
        let file = file(&pixels);
        let parsed = Parsed::load(&file, &Limits::default()).expect("a PDF");
        let picture = picture_of(&parsed);
        assert!(is_left_out(picture) && picture.content.len() < 100);
        assert_eq!(length(picture), pixels.len());
        assert_eq!(parsed.whole(picture).expect("found").content, pixels);
    }

    #[test]
    fn a_small_picture_and_one_of_a_damaged_file_are_there_as_well() {
        let small = file(b"pixels");
        let parsed = Parsed::load(&small, &Limits::default()).expect("a PDF");
        assert!(!is_left_out(picture_of(&parsed)));
        assert_eq!(parsed.whole(picture_of(&parsed)).expect("found").content, b"pixels");
        let pixels = vec![7; 10_000];
        let mut damaged = file(&pixels);
        let table = damaged.windows(9).rposition(|word| word == b"startxref").expect("an end");
        damaged[table..table + 9].fill(b' ');
        let parsed = Parsed::load(&damaged, &Limits::default()).expect("mended");
        assert_eq!(parsed.document.page_iter().count(), 1);
        assert_eq!(parsed.whole(picture_of(&parsed)).expect("found").content, pixels);
    }
}
