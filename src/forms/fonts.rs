//! The fonts of printed forms, and which characters they can print.
//!
//! The shipped font comes first; the whole of 全字庫正楷體 (TW-Kai, three files) is asked for what
//! it lacks where it is installed or configured. A fallback font costs nothing until a print needs
//! it: at the start only its small tables are read. Nothing here falls back to other system fonts.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo};
use typst::utils::LazyHash;

use super::templates::Embedded;

/// Where Debian's package fonts-cns11643-kai puts the whole of TW-Kai.
pub const INSTALLED: &str = "/usr/share/fonts/truetype/cns11643";

const SHIPPED: &str = "_fonts/CasebindKai.ttf";
/// The order in which the files of TW-Kai are asked.
const FALLBACK_ORDER: [&str; 3] = ["TW-Kai", "TW-Kai-Ext-B", "TW-Kai-Plus"];

/// The fonts that forms are printed with, in the order in which they are asked for a character.
pub struct Fonts {
    book: LazyHash<FontBook>,
    slots: Vec<Slot>,
    families: Vec<String>,
    printable: CharSet,
    skipped: Vec<String>,
}

struct Slot {
    source: SlotSource,
    font: OnceLock<Option<Font>>,
}

enum SlotSource {
    Shipped,
    File(PathBuf),
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
    /// of TW-Kai (base, Ext-B, Plus) before others. A file that isn't a font is left out and named
    /// by [`Fonts::skipped`]; a directory that isn't there has no fonts.
    #[must_use]
    pub fn with_dirs(dirs: &[PathBuf]) -> Self {
        let shipped = Font::new(shipped_bytes(), 0).expect("the shipped font is a font");
        let mut infos = vec![(shipped.info().clone(), SlotSource::Shipped)];
        let mut skipped = Vec::new();
        for dir in dirs {
            let mut found = fonts_of(dir, &mut skipped);
            found.sort_by_key(|(info, path)| {
                (FALLBACK_ORDER.iter().position(|f| *f == info.family).unwrap_or(usize::MAX), path.clone())
            });
            infos.extend(found.into_iter().map(|(info, path)| (info, SlotSource::File(path))));
        }
        let mut printable = CharSet::default();
        for (info, _) in &infos {
            info.coverage
                .iter()
                .filter_map(char::from_u32)
                .filter(|c| !is_control(*c))
                .for_each(|c| printable.insert(c));
        }
        for c in LINE_CONTROLS {
            printable.insert(c);
        }
        let mut families: Vec<String> = Vec::new();
        for (info, _) in &infos {
            if !families.contains(&info.family) {
                families.push(info.family.clone());
            }
        }
        let book = FontBook::from_infos(infos.iter().map(|(info, _)| info.clone()));
        let slots: Vec<_> =
            infos.into_iter().map(|(_, source)| Slot { source, font: OnceLock::new() }).collect();
        slots[0].font.get_or_init(|| Some(shipped));
        Self { book: LazyHash::new(book), slots, families, printable, skipped }
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

    pub(super) fn font(&self, index: usize) -> Option<Font> {
        let slot = self.slots.get(index)?;
        slot.font
            .get_or_init(|| match &slot.source {
                SlotSource::Shipped => Font::new(shipped_bytes(), 0),
                SlotSource::File(path) => Font::new(Bytes::new(std::fs::read(path).ok()?), 0),
            })
            .clone()
    }
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
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
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

/// The fonts of one directory, by their small tables.
fn fonts_of(dir: &Path, skipped: &mut Vec<String>) -> Vec<(FontInfo, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if extension != "ttf" && extension != "otf" {
            continue;
        }
        match small_tables(&path).map(|tables| FontInfo::new(&tables, 0)) {
            Ok(Some(info)) => found.push((info, path)),
            Ok(None) => skipped.push(format!("{}: not a font", path.display())),
            Err(error) => skipped.push(format!("{}: {error}", path.display())),
        }
    }
    found
}

/// A font file reduced to the tables that say its name and coverage: a few kilobytes of 50 megabytes.
fn small_tables(path: &Path) -> std::io::Result<Vec<u8>> {
    const WANTED: [&[u8; 4]; 7] = [b"OS/2", b"cmap", b"head", b"hhea", b"maxp", b"name", b"post"];
    const MOST: usize = 4 << 20;
    let wrong = |what| std::io::Error::new(std::io::ErrorKind::InvalidData, what);
    let mut file = File::open(path)?;
    let mut header = [0; 12];
    file.read_exact(&mut header)?;
    let count = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let mut directory = vec![0; count * 16];
    file.read_exact(&mut directory)?;
    let mut tables = Vec::new();
    for record in directory.chunks_exact(16) {
        let word = |at: usize| u32::from_be_bytes(record[at..at + 4].try_into().expect("four bytes"));
        if !WANTED.iter().any(|tag| tag[..] == record[..4]) {
            continue;
        }
        // Only the head of post says whether the font is monospaced; the rest is glyph names.
        let length = if &record[..4] == b"post" { word(12).min(32) } else { word(12) } as usize;
        if length > MOST {
            return Err(wrong("a table is too long"));
        }
        let mut data = vec![0; length];
        file.seek(SeekFrom::Start(u64::from(word(8))))?;
        file.read_exact(&mut data)?;
        if &record[..4] == b"post" && data.len() >= 4 {
            data[..4].copy_from_slice(&[0, 3, 0, 0]);
        }
        tables.push((record[..8].to_vec(), data));
    }
    let mut out = header.to_vec();
    out[4..6].copy_from_slice(&u16::try_from(tables.len()).expect("seven at most").to_be_bytes());
    let mut offset = 12 + tables.len() * 16;
    for (head, data) in &tables {
        out.extend_from_slice(head);
        out.extend_from_slice(
            &u32::try_from(offset).map_err(|_| wrong("tables are too long"))?.to_be_bytes(),
        );
        out.extend_from_slice(
            &u32::try_from(data.len()).map_err(|_| wrong("tables are too long"))?.to_be_bytes(),
        );
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in &tables {
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    Ok(out)
}

/// A set of characters that answers in a nanosecond: one bit for each code point.
struct CharSet(Vec<u64>);

impl Default for CharSet {
    fn default() -> Self {
        Self(vec![0; 0x11_0000 / 64])
    }
}

impl CharSet {
    fn insert(&mut self, c: char) {
        self.0[c as usize / 64] |= 1 << (c as u32 % 64);
    }

    fn contains(&self, c: char) -> bool {
        self.0[c as usize / 64] & (1 << (c as u32 % 64)) != 0
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
    fn a_directory_of_fonts_widens_what_can_be_printed() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("again.ttf"), shipped_bytes().as_slice()).expect("written");
        let fonts = Fonts::with_dirs(&[dir.path().into()]);
        assert!(fonts.skipped().is_empty(), "{:?}", fonts.skipped());
        assert_eq!(fonts.font(1).map(|font| font.info().coverage.contains('堃' as u32)), Some(true));
    }
}
