//! One font file on disk. Its name and coverage are read at the start; of a file of TW-Kai, outlines
//! are read only for the characters that a print needs: a few kilobytes of 65 megabytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use ttf_parser::cmap::{Format, Subtable};
use ttf_parser::{Face, Tag};
use typst::foundations::Bytes;
use typst::text::{Font, FontInfo};

/// The files of TW-Kai, in the order in which they are asked.
pub(super) const TW_KAI: [&str; 3] = ["TW-Kai", "TW-Kai-Ext-B", "TW-Kai-Plus"];

/// The tables that say a font's name, metrics and coverage.
const SMALL: [&[u8; 4]; 7] = [b"OS/2", b"cmap", b"head", b"hhea", b"maxp", b"name", b"post"];
/// The most bytes that a table other than the outlines may have.
const MOST: usize = 4 << 20;

/// A font file that has been looked into.
pub(super) struct FontFile {
    path: PathBuf,
    info: FontInfo,
    blank: Vec<char>,
}

impl FontFile {
    /// Looks into a file; none when it isn't a font.
    pub(super) fn open(path: PathBuf) -> Result<Option<Self>> {
        let mut tables = Tables::open(&path)?;
        let small = assembled(&tables.small()?);
        let Some(info) = FontInfo::new(&small, 0) else { return Ok(None) };
        let blank = if is_tw_kai(&info) { tables.blank(&small, &info)? } else { Vec::new() };
        Ok(Some(Self { path, info, blank }))
    }

    /// The characters that the font draws.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> {
        let all = self.info.coverage.iter().filter_map(char::from_u32);
        all.filter(|c| self.blank.binary_search(c).is_err())
    }

    pub(super) fn info(&self) -> &FontInfo {
        &self.info
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The font for these characters. A file of TW-Kai becomes a font of nothing else: it shapes no text
    /// but puts one glyph for one character. Any other is read whole, for it may do more.
    pub(super) fn font(&self, characters: &[char]) -> Option<Font> {
        let bytes = if is_tw_kai(&self.info) {
            let drawn = |c: &char| self.blank.binary_search(c).is_err();
            let characters: Vec<_> = characters.iter().copied().filter(drawn).collect();
            Tables::open(&self.path).and_then(|tables| tables.reduced(&characters))
        } else {
            std::fs::read(&self.path)
        };
        let bytes =
            bytes.inspect_err(|error| tracing::error!(%error, "a font can't be read any more")).ok()?;
        Font::new(Bytes::new(bytes), 0)
    }
}

/// Whether a table of codes knows characters beyond U+FFFF too.
fn is_whole(table: &Subtable<'_>) -> bool {
    matches!(table.format, Format::SegmentedCoverage(_))
}

fn is_tw_kai(info: &FontInfo) -> bool {
    TW_KAI.contains(&info.family.as_str())
}

/// Tables by their tags.
type Named = BTreeMap<[u8; 4], Vec<u8>>;

/// A font file's directory of tables.
struct Tables {
    file: File,
    /// Offset and length by tag.
    places: BTreeMap<[u8; 4], (u64, usize)>,
}

impl Tables {
    fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let mut header = [0; 12];
        file.read_exact(&mut header)?;
        let mut directory = vec![0; usize::from(word16(&header, 4)?) * 16];
        file.read_exact(&mut directory)?;
        let mut places = BTreeMap::new();
        for record in directory.chunks_exact(16) {
            let tag = [record[0], record[1], record[2], record[3]];
            places.insert(tag, (u64::from(word32(record, 8)?), word32(record, 12)? as usize));
        }
        Ok(Self { file, places })
    }

    fn read(&mut self, tag: &[u8; 4], most: usize) -> Result<Vec<u8>> {
        let (offset, length) = *self.places.get(tag).ok_or_else(|| wrong("a table is missing"))?;
        self.read_at(offset, length.min(most))
    }

    fn read_at(&mut self, offset: u64, length: usize) -> Result<Vec<u8>> {
        if length > MOST {
            return Err(wrong("a table is too long"));
        }
        let mut data = vec![0; length];
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(&mut data)?;
        Ok(data)
    }

    /// The small tables that there are; of post only the head, which says whether the font is monospaced.
    fn small(&mut self) -> Result<Named> {
        let mut small = Named::new();
        for tag in SMALL {
            if self.places.contains_key(tag) {
                let most = if tag == b"post" { 32 } else { usize::MAX };
                small.insert(*tag, self.read(tag, most)?);
            }
        }
        if let Some(post) = small.get_mut(b"post") {
            put(post, 0, &[0, 3, 0, 0])?;
        }
        Ok(small)
    }

    /// The characters that have a code and no drawing, sorted. TW-Kai-Plus has more than a thousand: places
    /// that 全字庫 keeps for characters to come. They would print as nothing at all.
    fn blank(&mut self, small: &[u8], info: &FontInfo) -> Result<Vec<char>> {
        let face = Face::parse(small, 0).map_err(|_| contradiction())?;
        let loca =
            self.loca(word16(face.raw_face().table(Tag::from_bytes(b"head")).unwrap_or_default(), 50)?)?;
        // Asking the face would go through all its tables for each of a hundred thousand characters.
        let tables = face.tables().cmap.into_iter().flat_map(|cmap| cmap.subtables);
        let by_code = tables.filter(Subtable::is_unicode).max_by_key(is_whole).ok_or_else(contradiction)?;
        let mut blank = Vec::new();
        for c in info.coverage.iter().filter_map(char::from_u32).filter(|c| !c.is_whitespace()) {
            let glyph = by_code.glyph_index(c.into());
            let outline = glyph.map_or(Ok(0..0), |glyph| loca.outline(glyph.0))?;
            if outline.is_empty() {
                blank.push(c);
            }
        }
        Ok(blank)
    }

    /// Where the outlines lie.
    fn loca(&mut self, format: u16) -> Result<Loca> {
        Ok(Loca { data: self.read(b"loca", usize::MAX)?, long: format == 1 })
    }

    /// A font with the outlines of these characters and of the glyph for what is missing.
    fn reduced(mut self, characters: &[char]) -> Result<Vec<u8>> {
        let mut tables = self.small()?;
        let (format, advances) =
            (word16(table(&tables, b"head")?, 50)?, word16(table(&tables, b"hhea")?, 34)?);
        let glyphs = glyphs(&assembled(&tables), characters)?;
        let (loca, hmtx) = (self.loca(format)?, self.read(b"hmtx", usize::MAX)?);
        let (outlines, _) = *self.places.get(b"glyf").ok_or_else(|| wrong("there are no outlines"))?;
        let (mut glyf, mut new_loca, mut new_hmtx) = (Vec::new(), vec![0; 4], Vec::new());
        for old in std::iter::once(0).chain(glyphs.values().copied()) {
            let place = loca.outline(old)?;
            let outline = self.read_at(outlines + u64::from(place.start), place.len())?;
            // The files of TW-Kai have none; such a glyph would draw others, which aren't there.
            if outline.first().is_some_and(|sign| *sign >= 0x80) {
                return Err(wrong("a glyph is made of others"));
            }
            glyf.extend_from_slice(&outline);
            glyf.resize(glyf.len().next_multiple_of(4), 0);
            new_loca.extend_from_slice(&length_of(&glyf)?.to_be_bytes());
            let last = advances.checked_sub(1).ok_or_else(|| wrong("there are no advances"))?;
            let advance = word16(&hmtx, usize::from(old.min(last)) * 4)?;
            let side = if old <= last {
                usize::from(old) * 4 + 2
            } else {
                usize::from(advances) * 4 + usize::from(old - advances) * 2
            };
            new_hmtx.extend_from_slice(&[advance.to_be_bytes(), word16(&hmtx, side)?.to_be_bytes()].concat());
        }
        let count = u16::try_from(glyphs.len() + 1).map_err(|_| wrong("there are too many glyphs"))?;
        for (tag, at, value) in [(b"head", 50, 1), (b"maxp", 4, count), (b"hhea", 34, count)] {
            put(tables.entry(*tag).or_default(), at, &value.to_be_bytes())?;
        }
        // Outlines keep their instructions, which call these.
        for tag in [b"cvt ", b"fpgm", b"prep"] {
            if self.places.contains_key(tag) {
                tables.insert(*tag, self.read(tag, usize::MAX)?);
            }
        }
        tables.insert(*b"cmap", cmap(glyphs.keys().copied())?);
        tables.extend([(*b"glyf", glyf), (*b"loca", new_loca), (*b"hmtx", new_hmtx)]);
        Ok(assembled(&tables))
    }
}

/// Where the outline of each glyph lies among the outlines.
struct Loca {
    data: Vec<u8>,
    long: bool,
}

impl Loca {
    fn outline(&self, glyph: u16) -> Result<Range<u32>> {
        let offset = |at: usize| {
            if self.long {
                word32(&self.data, at * 4)
            } else {
                Ok(u32::from(word16(&self.data, at * 2)?) * 2)
            }
        };
        Ok(offset(usize::from(glyph))?..offset(usize::from(glyph) + 1)?)
    }
}

/// The glyphs of these characters, in the order of their code points; those that the font lacks are left out.
fn glyphs(small: &[u8], characters: &[char]) -> Result<BTreeMap<char, u16>> {
    let face = Face::parse(small, 0).map_err(|_| contradiction())?;
    let glyph = |c: &char| Some((*c, face.glyph_index(*c)?.0));
    Ok(characters.iter().filter_map(glyph).collect())
}

/// A character map that gives these characters the glyphs 1, 2, 3 and so on.
fn cmap(characters: impl ExactSizeIterator<Item = char>) -> Result<Vec<u8>> {
    // One subtable for the whole of Unicode (platform 3, encoding 10), in format 12.
    let mut map = [0_u16, 1, 3, 10, 0, 12, 12, 0].map(u16::to_be_bytes).concat();
    let groups = u32::try_from(characters.len()).map_err(|_| wrong("there are too many characters"))?;
    map.extend([16 + groups * 12, 0, groups].map(u32::to_be_bytes).concat());
    for (glyph, c) in (1_u32..).zip(characters) {
        map.extend([u32::from(c), u32::from(c), glyph].map(u32::to_be_bytes).concat());
    }
    Ok(map)
}

/// A font file of these tables.
fn assembled(tables: &Named) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let mut font = [0x0001_0000_u32.to_be_bytes().as_slice(), &count.to_be_bytes(), &[0; 6]].concat();
    let mut offset = 12 + tables.len() * 16;
    for (tag, data) in tables {
        font.extend_from_slice(tag);
        // Readers of fonts that are embedded look at no checksum.
        for value in [0, offset, data.len()] {
            font.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
        }
        offset += data.len().next_multiple_of(4);
    }
    for data in tables.values() {
        font.extend_from_slice(data);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}

fn table<'t>(tables: &'t Named, tag: &[u8; 4]) -> Result<&'t [u8]> {
    tables.get(tag).map(Vec::as_slice).ok_or_else(|| wrong("a table is missing"))
}

fn put(table: &mut [u8], at: usize, bytes: &[u8]) -> Result<()> {
    let place = table.get_mut(at..at + bytes.len()).ok_or_else(|| wrong("a table is too short"))?;
    place.copy_from_slice(bytes);
    Ok(())
}

fn word16(table: &[u8], at: usize) -> Result<u16> {
    let bytes = table.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u16::from_be_bytes).ok_or_else(|| wrong("a table is too short"))
}

fn word32(table: &[u8], at: usize) -> Result<u32> {
    let bytes = table.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_be_bytes).ok_or_else(|| wrong("a table is too short"))
}

fn length_of(data: &[u8]) -> Result<u32> {
    u32::try_from(data.len()).map_err(|_| wrong("the outlines are too long"))
}

fn contradiction() -> Error {
    wrong("the tables contradict each other")
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
