//! Cuts pages out of a stack: some of its pages as a PDF of their own, picture for picture as they were.
//!
//! A page takes along what it shows and nothing else. Scanners may give all pages one list of pictures:
//! of such a list only what the page's own content names comes along, so that no bytes of another page,
//! which may be another child's, stay in the file. In the child process only.

use std::collections::{HashMap, HashSet, VecDeque};

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::parsed::{self, Parsed};
use super::{Limits, Reason};

/// What a page may have from the tree above it (ISO 32000-1, 7.7.3.4).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];
/// Lists of things that content names.
const NAMED: [&[u8]; 7] =
    [b"XObject", b"Font", b"Pattern", b"Shading", b"ColorSpace", b"ExtGState", b"Properties"];
/// Entries that lead out of a page or picture, or tell of its making.
const OUTWARD: [&[u8]; 6] = [b"Parent", b"Metadata", b"PieceInfo", b"StructParent", b"StructParents", b"OC"];
/// Bytes of a page's or form's content. One of a scan has some hundred, with its words some ten thousand; taken apart it
/// takes a hundred times as much memory.
const LONGEST_CONTENT: usize = 2 * 1024 * 1024;
/// Forms within forms, at most.
const DEEPEST: usize = 16;

/// A stack that pages can be cut out of.
pub(super) struct Stack<'f> {
    pub parsed: Parsed<'f>,
    pages: Vec<ObjectId>,
}

impl<'f> Stack<'f> {
    /// A parsed stack, which must have passed the check of its structure.
    pub(super) fn of(parsed: Parsed<'f>) -> Self {
        let pages = parsed.document.page_iter().collect();
        Self { parsed, pages }
    }

    /// These pages (from 1) as a PDF, the same bytes each time.
    ///
    /// # Errors
    /// Where there is more of them than the limits of a single file allow, or they can't be told from others.
    pub(super) fn cut(&self, pages: &[u32], limits: &Limits) -> Result<Vec<u8>, Reason> {
        // Beside the streams there is little.
        const REST: usize = 64 * 1024;
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        if count > limits.max_pages {
            return Err(Reason::TooManyPages { pages: count, limit: limits.max_pages });
        }
        let mut copy = Copying::of(&self.parsed, limits.max_bytes);
        self.gather(pages, &mut copy).ok_or(Reason::Inseparable)?;
        if copy.bytes > copy.most {
            return Err(Reason::TooBig { bytes: copy.bytes, limit: copy.most });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(copy.bytes).unwrap_or(0) + REST);
        copy.to.save_to(&mut bytes).map_err(|_| Reason::Inseparable)?;
        Ok(bytes)
    }

    /// The pictures that these pages (from 1) show and that have been left out. None: they can't be told from others.
    pub(super) fn shows(&self, pages: &[u32]) -> Option<Vec<ObjectId>> {
        let mut copy = Copying::of(&self.parsed, 0);
        self.gather(pages, &mut copy)?;
        Some(copy.pictures)
    }

    /// The streams among these objects.
    pub(super) fn streams(&self, ids: &[ObjectId]) -> impl Iterator<Item = &Stream> {
        ids.iter().filter_map(|id| self.parsed.document.get_object(*id).and_then(Object::as_stream).ok())
    }

    /// Copies these pages and all that they show.
    fn gather(&self, pages: &[u32], copy: &mut Copying<'_>) -> Option<()> {
        let tree = copy.to.new_object_id();
        let mut kids = Vec::with_capacity(pages.len());
        for page in pages {
            let id = *self.pages.get(usize::try_from(*page).ok()?.checked_sub(1)?)?;
            let mut page = copy.page(id)?;
            page.set("Parent", tree);
            kids.push(Object::Reference(copy.to.add_object(page)));
            copy.rest()?;
        }
        let count = i64::try_from(kids.len()).ok()?;
        copy.to.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
        let catalog = copy.to.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        copy.to.trailer.set("Root", catalog);
        Some(())
    }
}

/// Pages on their way from one document to another.
struct Copying<'d> {
    parsed: &'d Parsed<'d>,
    from: &'d Document,
    to: Document,
    numbers: HashMap<ObjectId, ObjectId>,
    waiting: VecDeque<ObjectId>,
    /// Pictures on the way that have been left out.
    pictures: Vec<ObjectId>,
    /// How many bytes the streams have so far, and may have.
    bytes: u64,
    most: u64,
}

impl<'d> Copying<'d> {
    fn of(parsed: &'d Parsed<'d>, most: u64) -> Self {
        Self {
            parsed,
            from: &parsed.document,
            to: Document::with_version("1.7"),
            numbers: HashMap::new(),
            waiting: VecDeque::new(),
            pictures: Vec::new(),
            bytes: 0,
            most,
        }
    }

    /// The page with what it has from above, and only what it shows.
    fn page(&mut self, id: ObjectId) -> Option<Dictionary> {
        let page = self.from.get_dictionary(id).ok()?;
        let stream = |id: &ObjectId| self.from.get_object(*id).and_then(Object::as_stream);
        // A picture is no content.
        if self.from.get_page_contents(id).iter().any(|id| stream(id).is_ok_and(parsed::is_left_out)) {
            return None;
        }
        let content = self.from.get_page_content_with_limit(id, LONGEST_CONTENT).ok()?;
        let mut out = dictionary! { "Type" => "Page" };
        for key in INHERITED {
            if let Some(value) = inherited(self.from, page, key) {
                out.set(key, value.clone());
            }
        }
        for key in [b"Contents".as_slice(), b"UserUnit"] {
            if let Ok(value) = page.get(key) {
                out.set(key, value.clone());
            }
        }
        self.keep_named(&mut out, &content)?;
        self.renumber_dictionary(&mut out);
        Some(out)
    }

    /// Writes what the pages name, and what that names in turn.
    fn rest(&mut self) -> Option<()> {
        while let Some(old) = self.waiting.pop_front() {
            let number = *self.numbers.get(&old)?;
            // What isn't there reads as null (ISO 32000-1, 7.3.10).
            let mut object = self.from.get_object(old).cloned().unwrap_or(Object::Null);
            if is_above_pages(&object) {
                object = Object::Null;
            }
            if let Object::Stream(stream) = &mut object {
                if shows_things(&stream.dict) {
                    let content = plain(stream)?;
                    self.keep_named(&mut stream.dict, &content)?;
                }
                self.pictures.extend(parsed::left_out(stream));
                self.bytes = self.bytes.saturating_add(parsed::length(stream) as u64);
                // What is too much is counted and not taken.
                let whole = if self.bytes > self.most {
                    Stream::new(stream.dict.clone(), Vec::new())
                } else {
                    self.parsed.whole(stream)?.into_owned()
                };
                *stream = whole;
            }
            self.renumber(&mut object);
            self.to.objects.insert(number, object);
        }
        Some(())
    }

    /// Leaves in the resources of a page or form only what its content names.
    fn keep_named(&self, owner: &mut Dictionary, content: &[u8]) -> Option<()> {
        let Ok(resources) = owner.get_deref(b"Resources", self.from).and_then(Object::as_dict) else {
            return Some(());
        };
        let mut names = HashSet::new();
        self.gather(content, resources, &mut names, 0)?;
        let mut kept = resources.clone();
        for kind in NAMED {
            let Ok(list) = resources.get_deref(kind, self.from).and_then(Object::as_dict) else { continue };
            let named = list.iter().filter(|(name, _)| names.contains(*name));
            kept.set(kind, Dictionary::from_iter(named.map(|(name, thing)| (name.clone(), thing.clone()))));
        }
        owner.set("Resources", kept);
        Some(())
    }

    /// The names in a content, and in the forms that it draws with the same resources.
    fn gather(
        &self,
        content: &[u8],
        resources: &Dictionary,
        names: &mut HashSet<Vec<u8>>,
        depth: usize,
    ) -> Option<()> {
        let mut new = Vec::new();
        for operation in Content::decode(content).ok()?.operations {
            for operand in operation.operands {
                if let Object::Name(name) = operand
                    && names.insert(name.clone())
                {
                    new.push(name);
                }
            }
        }
        let Ok(things) = resources.get_deref(b"XObject", self.from).and_then(Object::as_dict) else {
            return Some(());
        };
        for name in new {
            let Ok(form) = things.get_deref(&name, self.from).and_then(Object::as_stream) else { continue };
            if shows_things(&form.dict) && !form.dict.has(b"Resources") {
                (depth < DEEPEST).then_some(())?;
                self.gather(&plain(form)?, resources, names, depth + 1)?;
            }
        }
        Some(())
    }

    fn renumber(&mut self, object: &mut Object) {
        match object {
            Object::Reference(id) => *id = self.number(*id),
            Object::Array(items) => items.iter_mut().for_each(|item| self.renumber(item)),
            Object::Dictionary(dictionary) => self.renumber_dictionary(dictionary),
            Object::Stream(stream) => self.renumber_dictionary(&mut stream.dict),
            _ => {}
        }
    }

    fn renumber_dictionary(&mut self, dictionary: &mut Dictionary) {
        for key in OUTWARD {
            dictionary.remove(key);
        }
        for (_, value) in dictionary.iter_mut() {
            self.renumber(value);
        }
    }

    fn number(&mut self, old: ObjectId) -> ObjectId {
        if let Some(number) = self.numbers.get(&old) {
            return *number;
        }
        let number = self.to.new_object_id();
        self.numbers.insert(old, number);
        self.waiting.push_back(old);
        number
    }
}

fn inherited<'d>(document: &'d Document, page: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    let mut node = page;
    // A tree is seldom deeper than a few nodes; one that leads in a circle ends here too.
    for _ in 0..64 {
        if let Ok(value) = node.get(key) {
            return Some(value);
        }
        node = node.get_deref(b"Parent", document).and_then(Object::as_dict).ok()?;
    }
    None
}

/// A form or a tiling pattern: a content of its own.
fn shows_things(dictionary: &Dictionary) -> bool {
    dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form")
        || dictionary.has(b"PatternType")
}

/// A page, or what stands above pages: from there every page could be reached.
fn is_above_pages(object: &Object) -> bool {
    let Object::Dictionary(dictionary) = object else { return false };
    dictionary.get_type().is_ok_and(|name| matches!(name, b"Page" | b"Pages" | b"Catalog"))
}

fn plain(stream: &Stream) -> Option<Vec<u8>> {
    if stream.filters().is_ok_and(|filters| !filters.is_empty()) {
        stream.decompressed_content_with_limit(LONGEST_CONTENT).ok()
    } else {
        Some(stream.content.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages that share one list of pictures, each drawing its own, the second through a form.
    fn shared() -> Document {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let image = |document: &mut Document, words: &str| {
            let dict = dictionary! {
                "Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1,
                "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8,
            };
            document.add_object(Stream::new(dict, words.as_bytes().to_vec()))
        };
        let (one, two) = (image(&mut document, "first child"), image(&mut document, "second child"));
        let form = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(); 4] };
        let form = document.add_object(Stream::new(form, b"/Im2 Do".to_vec()));
        let list = document.add_object(dictionary! { "Im1" => one, "Im2" => two, "Fm" => form });
        let mut kids: Vec<Object> = Vec::new();
        for content in ["q 595 0 0 842 0 0 cm /Im1 Do Q", "/Fm Do"] {
            let content = document.add_object(Stream::new(dictionary! {}, content.into()));
            let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content };
            kids.push(document.add_object(page).into());
        }
        let pages = dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => 2,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "XObject" => list },
        };
        document.set_object(tree, pages);
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        document
    }

    fn holds(file: &[u8], words: &str) -> bool {
        file.windows(words.len()).any(|window| window == words.as_bytes())
    }

    #[test]
    fn a_page_takes_along_nothing_of_another() {
        let (stack, limits) = (Stack::of(shared().into()), Limits::default());
        let first = stack.cut(&[1], &limits).expect("can be cut");
        assert!(holds(&first, "first child") && !holds(&first, "second child"));
        let second = stack.cut(&[2], &limits).expect("can be cut");
        assert!(!holds(&second, "first child") && holds(&second, "second child"), "through the form");
        let cut = Document::load_mem(&second).expect("a PDF");
        assert_eq!(cut.get_pages().len(), 1);
        let page = cut.page_iter().next().and_then(|id| cut.get_dictionary(id).ok()).expect("a page");
        assert!(page.has(b"MediaBox"), "what came from above comes along");
    }

    #[test]
    fn pages_come_in_the_order_asked_for_and_as_the_same_bytes() {
        let (stack, limits) = (Stack::of(shared().into()), Limits::default());
        let both = stack.cut(&[2, 1], &limits).expect("can be cut");
        assert_eq!(Ok(&both), stack.cut(&[2, 1], &limits).as_ref());
        let cut = Document::load_mem(&both).expect("a PDF");
        let contents: Vec<_> = cut.page_iter().map(|id| cut.get_page_content(id)).collect();
        assert!(holds(&contents[0], "/Fm Do") && holds(&contents[1], "/Im1 Do"));
        assert_eq!(stack.cut(&[3], &limits), Err(Reason::Inseparable), "there is no third page");
    }

    #[test]
    fn what_is_more_than_a_single_file_may_have_is_not_cut() {
        let stack = Stack::of(shared().into());
        let few = Limits { max_pages: 1, ..Limits::default() };
        assert_eq!(stack.cut(&[1, 2], &few), Err(Reason::TooManyPages { pages: 2, limit: 1 }));
        let small = Limits { max_bytes: 20, ..Limits::default() };
        assert!(matches!(stack.cut(&[1], &small), Err(Reason::TooBig { limit: 20, .. })));
    }

    #[test]
    fn pictures_that_stay_in_the_file_are_cut_out_of_it() {
        let mut document = shared();
        for object in document.objects.values_mut() {
            if let Object::Stream(stream) = object
                && stream.content.ends_with(b"child")
            {
                let whole = stream.content.repeat(1000);
                stream.set_content(whole);
            }
        }
        let mut file = Vec::new();
        document.save_to(&mut file).expect("in memory");
        let limits = Limits::default();
        let parsed = Parsed::load(&file, &limits).expect("a PDF");
        let left_out = |object: &&Object| object.as_stream().is_ok_and(parsed::is_left_out);
        assert_eq!(parsed.document.objects.values().filter(left_out).count(), 2);
        let first = Stack::of(parsed).cut(&[1], &limits).expect("can be cut");
        assert!(holds(&first, &"first child".repeat(1000)) && !holds(&first, "second child"));
        assert_eq!(Ok(first), Stack::of(document.into()).cut(&[1], &limits), "the same bytes");
    }

    #[test]
    fn a_picture_that_leads_back_to_its_page_takes_no_page_along() {
        let mut document = shared();
        let pages: Vec<_> = document.page_iter().collect();
        let id = document.objects.iter().find_map(|(id, object)| {
            object.as_stream().ok().filter(|stream| stream.content == b"first child").map(|_| *id)
        });
        let Ok(Object::Stream(image)) = document.get_object_mut(id.expect("there")) else {
            panic!("a picture")
        };
        image.dict.set("Measure", pages[1]);
        let first = Stack::of(document.into()).cut(&[1], &Limits::default()).expect("can be cut");
        assert!(holds(&first, "first child") && !holds(&first, "second child"));
    }
}
