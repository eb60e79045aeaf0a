//! Joins: many printed forms become one PDF, written as they come, with a bookmark each.
//!
//! Whatever the number of forms, what is kept of a form after it was written are the places of its
//! objects and of its pages in the file: some 200 bytes. lopdf reads and writes single objects, and its own
//! way of merging holds all documents in memory; so page tree, bookmarks and cross-references are ours.
//!
//! The joined file is for the printer in the office. It has each form's pages as they are, byte by byte,
//! but neither their tags nor the claim of PDF/A: the single form is the archival one that a screen
//! reader reads. Forms must be our own prints: untrusted PDFs are never opened here.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, Writer, dictionary, text_string};

use crate::case::ids::Digest;

/// Entries of a page that it may have from the node above it.
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];
/// Entries of a page that point out of it: to the tree, to tags.
const OUTWARD: [&[u8]; 3] = [b"Parent", b"StructParents", b"Tabs"];
/// Streams that are remembered to be shared by later forms. Those that all forms have, such as the colour
/// profile, come with the first forms; more would let the memory grow with the number of forms.
const MOST_SHARED: usize = 256;
/// The largest place that a cross-reference table can name.
const LAST_PLACE: u64 = 9_999_999_999;

/// Object numbers that are known before the first form.
const CATALOG: u32 = 1;
const INFO: u32 = 2;
const PAGES: u32 = 3;
const OUTLINES: u32 = 4;

/// Why forms could not be joined. The file that was begun is useless.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// What was written couldn't be.
    #[error("the joined file can't be written: {0}")]
    Write(#[from] io::Error),
    /// A form is no PDF that we have printed.
    #[error("{title}: not a form that can be joined: {source}")]
    Form {
        /// The form's bookmark.
        title: String,
        /// What the reader said.
        #[source]
        source: lopdf::Error,
    },
    /// The file would be longer than its cross-references can tell (10 GB).
    #[error("the joined file is longer than 10 GB: join fewer forms")]
    TooLong,
}

/// A PDF that grows by one form at a time.
pub struct Joiner<W> {
    out: W,
    written: u64,
    /// Where each object begins; the object numbers count from 1.
    places: Vec<u64>,
    /// The page tree's node of each form, with its number of pages.
    forms: Vec<(u32, u32)>,
    shared: HashMap<Digest, u32>,
    /// The newest form's bookmark, which is written when its neighbour is known.
    bookmark: Option<Bookmark>,
    first_bookmark: u32,
}

struct Bookmark {
    number: u32,
    before: Option<u32>,
    title: String,
    page: u32,
}

impl<W: Write> Joiner<W> {
    /// Begins a file; `title` is what a reader's window shows.
    ///
    /// # Errors
    /// When `out` can't be written to.
    pub fn new(out: W, title: &str) -> Result<Self, JoinError> {
        let mut this = Self {
            out,
            written: 0,
            places: vec![0; 4],
            forms: Vec::new(),
            shared: HashMap::new(),
            bookmark: None,
            first_bookmark: 0,
        };
        // The second line tells whoever carries the file that it isn't text (ISO 32000-1, 7.5.2).
        this.put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        let info =
            dictionary! { "Title" => text_string(title), "Creator" => Object::string_literal("Casebind") };
        this.write(INFO, &Object::Dictionary(info))?;
        let catalog = dictionary! {
            "Type" => "Catalog",
            "Pages" => reference(PAGES),
            "Outlines" => reference(OUTLINES),
            "PageMode" => "UseOutlines",
            "Lang" => Object::string_literal("zh-TW"),
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        };
        this.write(CATALOG, &Object::Dictionary(catalog))?;
        Ok(this)
    }

    /// Writes a form's pages behind those that are there, with `title` as its bookmark. Returns how many
    /// pages it has.
    ///
    /// # Errors
    /// When the form is no PDF of ours, or can't be written.
    pub fn add(&mut self, title: &str, form: &[u8]) -> Result<u32, JoinError> {
        let wrong = |source| JoinError::Form { title: title.to_owned(), source };
        let document = Document::load_mem(form).map_err(wrong)?;
        let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
        if pages.is_empty() {
            return Err(wrong(lopdf::Error::PageNumberNotFound(1)));
        }
        let node = self.reserve();
        let mut copy = FormCopy { document, numbers: HashMap::new(), waiting: VecDeque::new() };
        let mut kids = Vec::with_capacity(pages.len());
        for id in &pages {
            let mut page = whole_page(&copy.document, *id).map_err(wrong)?;
            copy.renumber_dictionary(&mut page, self);
            page.set("Parent", reference(node));
            let number = self.reserve();
            self.write(number, &Object::Dictionary(page))?;
            kids.push(reference(number));
            self.write_waiting(&mut copy)?;
        }
        let first = kids.first().and_then(|kid| kid.as_reference().ok()).map_or(0, |(number, _)| number);
        let count = u32::try_from(kids.len()).unwrap_or(u32::MAX);
        let tree = dictionary! {
            "Type" => "Pages",
            "Parent" => reference(PAGES),
            "Kids" => kids,
            "Count" => i64::from(count),
        };
        self.write(node, &Object::Dictionary(tree))?;
        self.forms.push((node, count));
        self.bookmark(title, first)?;
        Ok(count)
    }

    /// Ends the file with page tree, bookmarks and cross-references, and gives the writer back, flushed.
    ///
    /// # Errors
    /// When it can't be written, or has become too long.
    pub fn finish(mut self) -> Result<W, JoinError> {
        let last = self.bookmark.take();
        let last_number = last.as_ref().map_or(0, |bookmark| bookmark.number);
        if let Some(last) = last {
            self.write_bookmark(&last, None)?;
        }
        let mut outlines = dictionary! { "Type" => "Outlines", "Count" => count_of(self.forms.len()) };
        if last_number != 0 {
            outlines.set("First", reference(self.first_bookmark));
            outlines.set("Last", reference(last_number));
        }
        self.write(OUTLINES, &Object::Dictionary(outlines))?;
        let kids: Vec<Object> = self.forms.iter().map(|(node, _)| reference(*node)).collect();
        let pages: i64 = self.forms.iter().map(|(_, count)| i64::from(*count)).sum();
        let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => pages };
        self.write(PAGES, &Object::Dictionary(tree))?;
        if self.written > LAST_PLACE {
            return Err(JoinError::TooLong);
        }
        let start = self.written;
        let size = self.places.len() + 1;
        self.put(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes())?;
        for place in std::mem::take(&mut self.places) {
            self.put(format!("{place:010} 00000 n \n").as_bytes())?;
        }
        let trailer = format!(
            "trailer\n<</Size {size}/Root {CATALOG} 0 R/Info {INFO} 0 R>>\nstartxref\n{start}\n%%EOF\n"
        );
        self.put(trailer.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// What has been written and not yet taken away, for writers that are emptied as they fill.
    pub fn writer(&mut self) -> &mut W {
        &mut self.out
    }

    /// Bytes that are kept in memory of all forms so far.
    #[must_use]
    pub fn retained(&self) -> usize {
        self.places.capacity() * size_of::<u64>()
            + self.forms.capacity() * size_of::<(u32, u32)>()
            + self.shared.capacity() * size_of::<(Digest, u32)>()
            + self.bookmark.as_ref().map_or(0, |bookmark| bookmark.title.capacity())
    }

    /// Writes the objects that pages named, and those that these name in turn.
    fn write_waiting(&mut self, copy: &mut FormCopy) -> Result<(), JoinError> {
        while let Some((old, number)) = copy.waiting.pop_front() {
            // What isn't there reads as null (ISO 32000-1, 7.3.10).
            let mut object = copy.document.objects.remove(&old).unwrap_or(Object::Null);
            match &mut object {
                Object::Stream(stream) => {
                    stream.dict.set("Length", count_of(stream.content.len()));
                    copy.renumber_dictionary(&mut stream.dict, self);
                }
                other => copy.renumber(other, self),
            }
            self.write(number, &object)?;
        }
        Ok(())
    }

    /// The number of an object of the form: of the same stream in an earlier form, or a new one.
    fn number_for(&mut self, document: &Document, old: ObjectId) -> (u32, bool) {
        let Some(digest) = document.objects.get(&old).and_then(shareable) else {
            return (self.reserve(), true);
        };
        if let Some(number) = self.shared.get(&digest) {
            return (*number, false);
        }
        let number = self.reserve();
        if self.shared.len() < MOST_SHARED {
            self.shared.insert(digest, number);
        }
        (number, true)
    }

    fn bookmark(&mut self, title: &str, page: u32) -> Result<(), JoinError> {
        let number = self.reserve();
        let before = self.bookmark.take();
        let new =
            Bookmark { number, before: before.as_ref().map(|b| b.number), title: title.to_owned(), page };
        match before {
            Some(before) => self.write_bookmark(&before, Some(number))?,
            None => self.first_bookmark = number,
        }
        self.bookmark = Some(new);
        Ok(())
    }

    fn write_bookmark(&mut self, bookmark: &Bookmark, after: Option<u32>) -> Result<(), JoinError> {
        let mut item = dictionary! {
            "Title" => text_string(&bookmark.title),
            "Parent" => reference(OUTLINES),
            "Dest" => vec![reference(bookmark.page), "Fit".into()],
        };
        if let Some(before) = bookmark.before {
            item.set("Prev", reference(before));
        }
        if let Some(after) = after {
            item.set("Next", reference(after));
        }
        self.write(bookmark.number, &Object::Dictionary(item))
    }

    fn reserve(&mut self) -> u32 {
        self.places.push(0);
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    fn write(&mut self, number: u32, object: &Object) -> Result<(), JoinError> {
        self.places[number as usize - 1] = self.written;
        self.put(format!("{number} 0 obj\n").as_bytes())?;
        let mut counted = Counted { out: &mut self.out, count: 0 };
        Writer::write_object(&mut counted, object).map_err(io::Error::other)?;
        self.written += counted.count;
        self.put(b"\nendobj\n")
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), JoinError> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// A form that is being copied: which of its objects have a number in the joined file already.
struct FormCopy {
    document: Document,
    numbers: HashMap<ObjectId, u32>,
    waiting: VecDeque<(ObjectId, u32)>,
}

impl FormCopy {
    fn renumber<W: Write>(&mut self, object: &mut Object, joiner: &mut Joiner<W>) {
        match object {
            Object::Reference(id) => {
                let number = match self.numbers.get(id) {
                    Some(number) => *number,
                    None => {
                        let (number, new) = joiner.number_for(&self.document, *id);
                        self.numbers.insert(*id, number);
                        if new {
                            self.waiting.push_back((*id, number));
                        }
                        number
                    }
                };
                *id = (number, 0);
            }
            Object::Array(items) => items.iter_mut().for_each(|item| self.renumber(item, joiner)),
            Object::Dictionary(dictionary) => self.renumber_dictionary(dictionary, joiner),
            _ => {}
        }
    }

    fn renumber_dictionary<W: Write>(&mut self, dictionary: &mut Dictionary, joiner: &mut Joiner<W>) {
        for (_, value) in dictionary.iter_mut() {
            self.renumber(value, joiner);
        }
    }
}

/// Counts what passes, because lopdf doesn't tell how long an object became.
struct Counted<'w, W> {
    out: &'w mut W,
    count: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A page with what it has from above, and without what leads out of it.
fn whole_page(document: &Document, id: ObjectId) -> lopdf::Result<Dictionary> {
    let mut page = document.get_dictionary(id)?.clone();
    let mut above = page.get(b"Parent").and_then(Object::as_reference).ok();
    // A tree is seldom deeper than a few nodes; one that leads in a circle ends here too.
    for _ in 0..64 {
        let Some(node) = above.and_then(|id| document.get_dictionary(id).ok()) else { break };
        for key in INHERITED {
            if let (false, Ok(value)) = (page.has(key), node.get(key)) {
                page.set(key, value.clone());
            }
        }
        above = node.get(b"Parent").and_then(Object::as_reference).ok();
    }
    for key in OUTWARD {
        page.remove(key);
    }
    Ok(page)
}

/// The digest of a stream that leads nowhere else: the same digest is the same stream in every form.
fn shareable(object: &Object) -> Option<Digest> {
    let Object::Stream(Stream { dict, content, .. }) = object else { return None };
    if dict.iter().any(|(_, value)| leads_on(value)) {
        return None;
    }
    let mut bytes = Vec::with_capacity(content.len() + 128);
    Writer::write_object(&mut bytes, &Object::Dictionary(dict.clone())).ok()?;
    bytes.extend_from_slice(content);
    Some(Digest::of(&bytes))
}

/// Whether another object is named anywhere inside.
fn leads_on(object: &Object) -> bool {
    match object {
        Object::Reference(_) => true,
        Object::Array(items) => items.iter().any(leads_on),
        Object::Dictionary(dictionary) => dictionary.iter().any(|(_, value)| leads_on(value)),
        _ => false,
    }
}

fn reference(number: u32) -> Object {
    Object::Reference((number, 0))
}

fn count_of(count: usize) -> Object {
    Object::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
