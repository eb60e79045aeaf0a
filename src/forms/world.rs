//! What typst sees while it lays out one print: the template's folder, the shared base, the fonts,
//! and the record as data. No other file, no package, no network, no time.

use std::sync::OnceLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Binding, Bytes, Datetime, Duration, Value};
use typst::syntax::{FileId, Source, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts::Fonts;
use super::templates::{Template, file_id};

/// The virtual files by which a template reads the record, the print and its own form.toml.
pub(super) const DATA: &str = "data.json";
const PRINT: &str = "print.json";
const SPEC: &str = "spec.json";

/// The world of one print.
pub(super) struct FormWorld<'a> {
    library: &'a LazyHash<Library>,
    fonts: &'a Fonts,
    template: &'a Template,
    own: OwnFiles,
    /// By their place in the book; each holds the glyphs for the texts of this print.
    loaded: Vec<OnceLock<Option<Font>>>,
}

/// The three virtual files.
struct OwnFiles {
    data: (FileId, Bytes),
    print: (FileId, Bytes),
    spec: (FileId, Bytes),
}

impl<'a> FormWorld<'a> {
    /// A world in which `data` and `print` are JSON texts.
    pub(super) fn new(
        library: &'a LazyHash<Library>,
        fonts: &'a Fonts,
        template: &'a Template,
        data: Vec<u8>,
        print: Vec<u8>,
    ) -> Self {
        let own = OwnFiles {
            data: (file_id(DATA), Bytes::new(data)),
            print: (file_id(PRINT), Bytes::new(print)),
            spec: (file_id(SPEC), template.spec_json.clone()),
        };
        let loaded = fonts.families().iter().map(|_| OnceLock::new()).collect();
        Self { library, fonts, template, own, loaded }
    }

    /// Every text that a print can show: the record's, the print's, and the template's own.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let own = [&self.own.data, &self.own.print, &self.own.spec].map(|(_, bytes)| bytes);
        let files = own.into_iter().chain(self.template.files.others.values());
        let sources = self.template.files.sources.values().map(Source::text);
        files.filter_map(|bytes| std::str::from_utf8(bytes).ok()).chain(sources)
    }

    /// The ids of the seals that the record asks for.
    pub(super) fn seal_ids(&self) -> Vec<String> {
        let data: serde_json::Value = serde_json::from_slice(&self.own.data.1).unwrap_or_default();
        let seals = data["seals"].as_array().into_iter().flatten();
        seals.filter_map(|seal| Some(seal["id"].as_str()?.to_owned())).collect()
    }
}

/// Typst's library without the functions that would read text as code.
pub(super) fn library() -> Library {
    let mut library = Library::default();
    for name in ["eval", "plugin"] {
        library.global.scope_mut().bind(name.into(), Binding::detached(Value::None));
    }
    library.std = Binding::detached(library.global.clone());
    library
}

impl World for FormWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.template.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.template.files.sources.get(&id.into_raw().get()).cloned().ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        for (own, bytes) in [&self.own.data, &self.own.print, &self.own.spec] {
            if *own == id {
                return Ok(bytes.clone());
            }
        }
        self.template.files.others.get(&id.into_raw().get()).cloned().ok_or_else(|| absent(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.loaded.get(index)?.get_or_init(|| self.fonts.font(index, self.texts())).clone()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn absent(id: FileId) -> FileError {
    match id.root() {
        VirtualRoot::Package(_) => FileError::Other(Some("form templates use no packages".into())),
        VirtualRoot::Project => FileError::NotFound(id.vpath().get_without_slash().into()),
    }
}
