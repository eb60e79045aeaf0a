//! The fonts of printed forms, and which characters they can print.
//!
//! The shipped font comes first; the whole of 全字庫正楷體 (TW-Kai, three files) is asked for what
//! it lacks where it is installed or configured. A fallback font costs next to nothing: at the start only
//! its small tables are read, and for a print only the outlines of the few characters that need it.
//! Nothing here falls back to other system fonts.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use self::file::{FontFile, TW_KAI};
use super::templates::Embedded;

mod file;

/// Where Debian's package fonts-cns11643-kai puts the whole of TW-Kai.
pub const INSTALLED: &str = "/usr/share/fonts/truetype/cns11643";

const SHIPPED: &str = "_fonts/CasebindKai.ttf";

/// The fonts that forms are printed with, in the order in which they are asked for a character.
pub struct Fonts {
    book: LazyHash<FontBook>,
    shipped: Font,
    /// Asked for what the shipped font lacks.
    files: Vec<FontFile>,
    families: Vec<String>,
    shipped_has: CharSet,
    printable: CharSet,
    skipped: Vec<String>,
}

impl Fonts {
    /// The shipped font and, where it is installed, the whole of TW-Kai.
    #[must_use]
    pub fn installed() -> Self {
        Self::with_dirs(&[PathBuf::from(INSTALLED)])
    }

    /// The shipped font alone.
    #[must_use]
    pub fn shipped() -> Self {
        Self::with_dirs(&[])
    }

    /// The shipped font, then the fonts of these directories in order; within a directory the files
    /// of TW-Kai (base, Ext-B, Plus) before others. A file that isn't a font, or a second one of a family,
    /// is left out and named by [`Fonts::skipped`]; a directory that isn't there has no fonts.
    #[must_use]
    pub fn with_dirs(dirs: &[PathBuf]) -> Self {
        let shipped = Font::new(shipped_bytes(), 0).expect("the shipped font is a font");
        let mut skipped = Vec::new();
        let mut families = vec![shipped.info().family.clone()];
        let mut files = Vec::new();
        let found: Vec<_> = dirs.iter().flat_map(|dir| fonts_of(dir, &mut skipped)).collect();
        for file in found {
            let family = &file.info().family;
            // Typst asks a family by its name, and would find one of the two files.
            if families.contains(family) {
                skipped.push(format!(
                    "{}: there is a font of the family {family:?} already",
                    file.path().display()
                ));
            } else {
                families.push(family.clone());
                files.push(file);
            }
        }
        let infos = || std::iter::once(shipped.info()).chain(files.iter().map(FontFile::info));
        let mut shipped_has = CharSet::of(LINE_CONTROLS);
        shipped_has
            .extend(shipped.info().coverage.iter().filter_map(char::from_u32).filter(|c| !is_control(*c)));
        let mut printable = shipped_has.clone();
        files.iter().for_each(|file| printable.extend(file.characters().filter(|c| !is_control(*c))));
        let book = LazyHash::new(FontBook::from_infos(infos().cloned()));
        Self { book, shipped, files, families, shipped_has, printable, skipped }
    }

    /// The characters of `text` that can't be printed, each once, in the order of the text.
    /// Control and format characters (null, directional marks and overrides, zero-width characters)
    /// are among them; line breaks and tabs aren't.
    #[must_use]
    pub fn missing_glyphs(&self, text: &str) -> Vec<char> {
        let mut missing = Vec::new();
        for c in text.chars() {
            if !self.printable.contains(c) && !missing.contains(&c) {
                missing.push(c);
            }
        }
        missing
    }

    /// The families in the order in which they are asked, the shipped one first.
    #[must_use]
    pub fn families(&self) -> &[String] {
        &self.families
    }

    /// Files of the directories that could not be used, with the reason.
    #[must_use]
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    pub(super) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    /// The font with this place in the book, with glyphs for the characters of `texts` at least.
    pub(super) fn font<'t>(&self, index: usize, texts: impl Iterator<Item = &'t str>) -> Option<Font> {
        let Some(file) = index.checked_sub(1) else { return Some(self.shipped.clone()) };
        let file = self.files.get(file)?;
        let rare = texts
            .flat_map(str::chars)
            .filter(|c| !self.shipped_has.contains(*c) && self.printable.contains(*c));
        file.font(&rare.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>())
    }
}

/// Characters that can't be printed, each by itself where it can be seen and by its code point,
/// such as 𪚥（U+2A6A5）、看不見的字元（U+202E）.
#[must_use]
pub fn named(characters: &[char]) -> String {
    let one = |c: &char| {
        let code = u32::from(*c);
        if is_control(*c) || c.is_whitespace() || is_private_use(*c) {
            let kind = if is_private_use(*c) { "自造字" } else { "看不見的字元" };
            format!("{kind}（U+{code:04X}）")
        } else {
            format!("{c}（U+{code:04X}）")
        }
    };
    characters.iter().map(one).collect::<Vec<_>>().join("、")
}

/// What to do about characters that can't be printed, as a sentence for the person who typed them.
#[must_use]
pub fn way_forward(characters: &[char]) -> &'static str {
    if characters.iter().all(|c| is_control(*c)) {
        "請刪除這些看不見的字元。"
    } else {
        "請改用其他字，或請系統管理人員安裝含有這個字的字型（例如全字庫正楷體）。"
    }
}

/// Whether Unicode leaves the character's meaning to private agreement, as 全字庫 does for characters
/// that have no code point yet.
#[must_use]
pub fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

/// Characters that lay lines out and need no glyph.
const LINE_CONTROLS: [char; 3] = ['\n', '\r', '\t'];

/// Control and format characters (Unicode general categories Cc, Cf, Zl, Zp) and variation selectors:
/// they print nothing and can make a text read otherwise than it is kept.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{303e}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn shipped_bytes() -> Bytes {
    match Embedded::get(SHIPPED).expect("the shipped font is embedded").data {
        Cow::Borrowed(bytes) => Bytes::new(bytes),
        Cow::Owned(bytes) => Bytes::new(bytes),
    }
}

/// The fonts of one directory, those of TW-Kai before others, each by name.
fn fonts_of(dir: &Path, skipped: &mut Vec<String>) -> Vec<FontFile> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if extension != "ttf" && extension != "otf" {
            continue;
        }
        let name = path.display().to_string();
        match FontFile::open(path) {
            Ok(Some(file)) => found.push(file),
            Ok(None) => skipped.push(format!("{name}: not a font")),
            Err(error) => skipped.push(format!("{name}: {error}")),
        }
    }
    found.sort_by_key(|file| {
        let place = TW_KAI.iter().position(|family| *family == file.info().family);
        (place.unwrap_or(usize::MAX), file.path().to_owned())
    });
    found
}

/// A set of characters that answers in a nanosecond: one bit for each code point.
#[derive(Clone)]
struct CharSet(Vec<u64>);

impl CharSet {
    fn of(characters: impl IntoIterator<Item = char>) -> Self {
        let mut set = Self(vec![0; 0x11_0000 / 64]);
        set.extend(characters);
        set
    }

    fn contains(&self, c: char) -> bool {
        self.0[c as usize / 64] & (1 << (c as u32 % 64)) != 0
    }
}

impl Extend<char> for CharSet {
    fn extend<I: IntoIterator<Item = char>>(&mut self, characters: I) {
        characters.into_iter().for_each(|c| self.0[c as usize / 64] |= 1 << (c as u32 % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_printed_and_what_is_not_is_named() {
        let fonts = Fonts::shipped();
        let names = "王小明 堃喆犇 O’Brien–Łukasz Nguyễn Žižek (ㄅㄆㄇ) ＡＢＣ１２３ 、。「」 ☐☑ 𠮷\n";
        assert_eq!(fonts.missing_glyphs(names), ['𠮷']);
        assert_eq!(
            fonts.missing_glyphs("a\0b\u{202e}c\u{200b}\u{ad}\u{feff}\0"),
            ['\0', '\u{202e}', '\u{200b}', '\u{ad}', '\u{feff}']
        );
        assert_eq!(fonts.missing_glyphs("😀\u{f0000}"), ['😀', '\u{f0000}']);
    }

    #[test]
    fn a_directory_that_is_not_there_or_holds_no_fonts_does_no_harm() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("broken.ttf"), b"not a font at all").expect("written");
        let fonts = Fonts::with_dirs(&[PathBuf::from("/nonexistent"), dir.path().into()]);
        assert_eq!(fonts.families(), ["Casebind Kai"]);
        assert_eq!(fonts.skipped().len(), 1);
    }

    #[test]
    fn a_second_file_of_a_family_is_left_out_and_named() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("again.ttf"), shipped_bytes().as_slice()).expect("written");
        let fonts = Fonts::with_dirs(&[dir.path().into()]);
        assert_eq!(fonts.families(), ["Casebind Kai"]);
        assert!(
            fonts.skipped()[0].contains("again.ttf: there is a font of the family"),
            "{:?}",
            fonts.skipped()
        );
    }

    #[test]
    fn characters_are_named_by_themselves_where_they_can_be_seen() {
        assert_eq!(
            named(&['𠮷', '\u{202e}', '\u{f0001}']),
            "𠮷（U+20BB7）、看不見的字元（U+202E）、自造字（U+F0001）"
        );
        assert!(way_forward(&['\0', '\u{feff}']).contains("刪除"));
        assert!(way_forward(&['\0', '𠮷']).contains("安裝"));
    }
}
