//! A parsed PDF whose large pictures stay where they are, in the bytes of the file, or come with them later.
//!
//! A stack is nearly all pictures, and the parser copies every stream: with them left out, the file stands in memory
//! once, or not at all where it comes in a second time ([`Coming`]). In the place of a picture stands a note of its
//! digest and its object, by which its bytes are found again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, FilterFunc, LoadOptions, Object, ObjectId, Stream};

use super::skeleton::Skeleton;
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
    /// Pictures of a file that isn't here, as far as they have come.
    come: HashMap<ObjectId, Vec<u8>>,
}

impl From<Document> for Parsed<'_> {
    /// A document that has all its bytes.
    fn from(document: Document) -> Self {
        Self { document, file: &[], places: HashMap::new(), come: HashMap::new() }
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
            return Ok(Self { document, file, places, come: HashMap::new() });
        }
        // The parser looks for the pages of a damaged file only where nothing is left out.
        drop(document);
        parse(bytes, limits, None).map(Self::from)
    }

    /// A file that is known without its pictures, and where those lie in it. None: to be sure of its pages it has to be
    /// read whole. What else it may hold this doesn't tell: something could hide where a picture was passed over.
    pub(super) fn of_skeleton(
        skeleton: &Skeleton,
        limits: &Limits,
    ) -> Option<(Parsed<'static>, HashMap<ObjectId, Range<usize>>)> {
        let parsed = Parsed::load(&skeleton.bytes, limits).ok()?;
        if parsed.document.xref_recovery.is_some() || parsed.file.is_empty() {
            return None;
        }
        let before = skeleton.bytes.len() - parsed.file.len();
        let streams = parsed.document.objects.values().filter_map(|object| object.as_stream().ok());
        let mut pictures = HashMap::new();
        for note in streams.filter_map(note) {
            let place = parsed.find(&note)?;
            pictures.insert(note.id, place.start + before..place.end + before);
        }
        let lie_apart = places_apart(&pictures);
        let hides = |entry: &XrefEntry| match entry {
            XrefEntry::Normal { offset, .. } => {
                let at = before.saturating_add(usize::try_from(*offset).unwrap_or(usize::MAX));
                let next = skeleton.gaps.partition_point(|gap| gap.start <= at);
                next.checked_sub(1).is_some_and(|last| skeleton.gaps[last].contains(&at))
            }
            _ => false,
        };
        // Nothing else than pictures was passed over, and no object begins there.
        let sure = lie_apart.is_some_and(|places| skeleton.gaps.iter().all(|gap| lies_in(gap, &places)))
            && !parsed.document.reference_table.entries.values().any(hides);
        if !sure {
            return None;
        }
        let document = parsed.document;
        let parsed = Parsed { document, file: &[], places: HashMap::new(), come: HashMap::new() };
        Some((parsed, pictures))
    }

    /// A stream with its bytes, unless they can't be found or haven't come.
    pub(super) fn whole<'s>(&self, stream: &'s Stream) -> Option<Cow<'s, Stream>> {
        let Some(note) = note(stream) else { return Some(Cow::Borrowed(stream)) };
        let content = match self.come.get(&note.id) {
            Some(content) => content,
            None => &self.file[self.find(&note)?],
        };
        Some(Cow::Owned(Stream::new(stream.dict.clone(), content.to_vec())))
    }

    /// Whether a stream is a picture of a file that isn't here, and hasn't come.
    pub(super) fn is_to_come(&self, stream: &Stream) -> bool {
        self.file.is_empty() && left_out(stream).is_some_and(|id| !self.come.contains_key(&id))
    }

    /// Where in the file a picture's bytes lie.
    fn find(&self, note: &Note<'_>) -> Option<Range<usize>> {
        const WORD: &[u8] = b"stream";
        let place = *self.places.get(&note.id)?;
        let object = self.file.get(place..)?;
        let words = object.windows(WORD.len()).take(DICTIONARY).enumerate().filter(|(_, word)| *word == WORD);
        words.take(WORDS).find_map(|(at, _)| {
            let begin = place + at + WORD.len();
            let begin = begin + line_end(&self.file[begin..])?;
            let content = self.file.get(begin..begin.checked_add(note.length)?)?;
            (Digest::of(content).as_bytes().as_slice() == note.digest).then_some(begin..begin + note.length)
        })
    }
}

/// The pictures of a file that comes in a second time, each kept as long as something still shows it.
pub(super) struct Coming<R> {
    input: R,
    /// How much has come in.
    at: usize,
    /// Those that are still to come, the next one last.
    waiting: Vec<(ObjectId, Range<usize>)>,
    /// Which page, or group of pages, shows each picture last.
    last: HashMap<ObjectId, usize>,
}

impl<R: Read> Coming<R> {
    /// The pictures at these places. `shown`: what each page, or group of them, shows, in the order in which they will be
    /// asked for.
    pub(super) fn of(input: R, places: HashMap<ObjectId, Range<usize>>, shown: &[Vec<ObjectId>]) -> Self {
        let mut waiting: Vec<_> = places.into_iter().collect();
        waiting.sort_unstable_by_key(|(_, place)| std::cmp::Reverse(place.start));
        let mut last = HashMap::new();
        for (number, ids) in shown.iter().enumerate() {
            last.extend(ids.iter().map(|id| (*id, number)));
        }
        Self { input, at: 0, waiting, last }
    }

    /// Waits until all of these pictures have come to `parsed`.
    ///
    /// # Errors
    /// When the file ends before.
    pub(super) fn bring(&mut self, parsed: &mut Parsed<'_>, ids: &[ObjectId]) -> io::Result<()> {
        while ids.iter().any(|id| !parsed.come.contains_key(id)) {
            let (id, place) = self.waiting.pop().ok_or(io::ErrorKind::UnexpectedEof)?;
            self.pass(place.start)?;
            if self.last.contains_key(&id) {
                let mut content = vec![0; place.len()];
                self.input.read_exact(&mut content)?;
                self.at = place.end;
                parsed.come.insert(id, content);
            }
        }
        Ok(())
    }

    /// Lets go of the pictures that nothing from `next` on shows.
    pub(super) fn let_go(&self, parsed: &mut Parsed<'_>, next: usize) {
        parsed.come.retain(|id, _| self.last.get(id).is_some_and(|last| *last >= next));
    }

    fn pass(&mut self, to: usize) -> io::Result<()> {
        let between = to.checked_sub(self.at).ok_or(io::ErrorKind::InvalidData)?;
        let passed = io::copy(&mut self.input.by_ref().take(between as u64), &mut io::sink())?;
        self.at = to;
        if passed == between as u64 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// The places in order, unless two of them overlap.
fn places_apart(pictures: &HashMap<ObjectId, Range<usize>>) -> Option<Vec<Range<usize>>> {
    let mut places: Vec<_> = pictures.values().cloned().collect();
    places.sort_unstable_by_key(|place| place.start);
    places.is_sorted_by(|one, next| one.end <= next.start).then_some(places)
}

/// Whether a gap lies in one of these places, which are in order.
fn lies_in(gap: &Range<usize>, places: &[Range<usize>]) -> bool {
    let next = places.partition_point(|place| place.start <= gap.start);
    next.checked_sub(1).is_some_and(|at| gap.end <= places[at].end)
}

/// How many bytes a stream has, here or in the file.
pub(super) fn length(stream: &Stream) -> usize {
    note(stream).map_or(stream.content.len(), |note| note.length)
}

/// Whether a stream's bytes have been left out.
pub(super) fn is_left_out(stream: &Stream) -> bool {
    note(stream).is_some()
}

/// The object whose bytes have been left out here.
pub(super) fn left_out(stream: &Stream) -> Option<ObjectId> {
    note(stream).map(|note| note.id)
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

/// After how many bytes the next line begins, if nothing else stands before it.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let ends = [b"\r\n".as_slice(), b"\n", b"\r"];
    ends.into_iter().find(|end| bytes[blank..].starts_with(end)).map(|end| blank + end.len())
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

    fn skeleton(file: &[u8]) -> Skeleton {
        Skeleton::read(&mut &file[..], file.len()).expect("there")
    }

    #[test]
    fn a_picture_comes_with_the_file_a_second_time_and_goes_when_nothing_shows_it() {
        let pixels: Vec<u8> = (0..=250).cycle().take(200_000).collect();
        let file = file(&pixels);
        let skeleton = skeleton(&file);
        assert_eq!(skeleton.gaps.len(), 1);
        let (mut parsed, places) = Parsed::of_skeleton(&skeleton, &Limits::default()).expect("sure");
        drop(skeleton);
        let shown: Vec<ObjectId> = places.keys().copied().collect();
        assert_eq!(places.values().map(|place| &file[place.clone()]).collect::<Vec<_>>(), [&pixels[..]]);
        assert!(parsed.whole(picture_of(&parsed)).is_none() && parsed.is_to_come(picture_of(&parsed)));
        let mut coming = Coming::of(&file[..], places, &[shown.clone(), shown.clone()]);
        for page in 0..2 {
            coming.bring(&mut parsed, &shown).expect("comes");
            assert_eq!(parsed.whole(picture_of(&parsed)).expect("has come").content, pixels);
            coming.let_go(&mut parsed, page + 1);
        }
        assert!(parsed.whole(picture_of(&parsed)).is_none());
        assert!(coming.bring(&mut parsed, &shown).is_err(), "it came once");
    }

    /// A page with a picture of these 200,000 bytes, and a table by which the catalog begins at another place.
    fn with_table(picture: &[u8], catalog: Option<usize>) -> Vec<u8> {
        let picture =
            [b"<</Subtype/Image/Width 1/Height 1/Length 200000>>\nstream\n", picture, b"\nendstream"]
                .concat();
        let objects: [&[u8]; 4] = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</Im 4 0 R>>>>>>",
            &picture,
        ];
        let (mut file, mut places) = (b"%PDF-1.4\n".to_vec(), Vec::new());
        for (number, object) in (1..).zip(objects) {
            places.push(file.len());
            file.extend([format!("{number} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
        }
        places[0] = catalog.unwrap_or(places[0]);
        let table = file.len();
        file.extend(b"xref\n0 5\n0000000000 65535 f \n");
        places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").as_bytes()));
        file.extend(format!("trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").as_bytes());
        file
    }

    #[test]
    fn a_file_in_whose_pictures_something_else_hides_is_read_whole() {
        let mut pixels = vec![7; 200_000];
        let plain = with_table(&pixels, None);
        let gap = skeleton(&plain).gaps[0].clone();
        assert!(Parsed::of_skeleton(&skeleton(&plain), &Limits::default()).is_some());
        // The table says that the catalog begins in the middle of the picture.
        let object = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>\nendobj\n";
        let hidden = gap.start + 1000;
        let begin = plain.windows(2).position(|bytes| bytes == [7, 7]).expect("pixels");
        pixels[hidden - begin..][..object.len()].copy_from_slice(object);
        let hiding = with_table(&pixels, Some(hidden));
        assert!(super::super::pdf::check(&hiding, &Limits::default()).is_err(), "it acts");
        let skeleton = skeleton(&hiding);
        assert_eq!(skeleton.gaps, [gap]);
        assert!(Parsed::of_skeleton(&skeleton, &Limits::default()).is_none());
    }

    #[test]
    fn what_only_looks_like_a_picture_is_read_whole() {
        let mut document = Document::load_mem(&file(b"pixels")).expect("a PDF");
        let words = format!("1 0 obj /Image stream\n{}", "words ".repeat(30_000));
        document.add_object(Stream::new(Dictionary::new(), words.into_bytes()));
        let mut file = Vec::new();
        document.save_to(&mut file).expect("in memory");
        let skeleton = skeleton(&file);
        assert_eq!(skeleton.gaps.len(), 1);
        assert!(Parsed::of_skeleton(&skeleton, &Limits::default()).is_none());
    }
}
