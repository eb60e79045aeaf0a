#!/usr/bin/env python3
"""Makes the font that Casebind ships: a subset of TW-Kai (全字庫正楷體) without hinting.

    python3 -m venv venv && venv/bin/pip install fonttools==4.68.0
    venv/bin/python form-templates/_fonts/build.py [SOURCE.ttf] [OUT.ttf]

SOURCE is TW-Kai-98_1.ttf, from Debian's package fonts-cns11643-kai (103.1+20181001-1) by default; its
SHA-256 is checked. The same source and the same fontTools give the same bytes on every machine:
nothing is read from the clock, glyphs keep the source's order, and timestamps are the source's.

What is kept: CNS 11643 planes 1 and 2 (all of them lie in the ranges below), every character of
U+4E00-9FFF that the source has, Latin with all its extensions, Greek, Cyrillic, general and CJK
punctuation, Bopomofo, kana, radicals, enclosed and fullwidth forms, arrows, box drawing, geometric
shapes, CJK extension A, and the compatibility ideographs of the source. Left out: Hangul and the
rest. Extension B and further characters are printed when the whole of TW-Kai is installed.

What is changed: hinting goes (forms are printed on paper, and a hinted font makes larger files);
the traced outlines are redrawn on a grid of 512 units an em with four tenths of the points, none of the
drawing further than 2/512 em from the original (a fiftieth of a millimetre at 14 pt, a dot of a
1200 dpi printer; see simplify.py), which takes half off the font and every printed file; Latin letters with marks and the apostrophe, which TW-Kai sets in
the middle of an ideograph's width, get a width of their own, so that O’Brien, Łukasz and Nguyễn are words;
spaces and hyphens other than the plain ones, which TW-Kai draws as boxes with a name in them, become
spaces and hyphens; names say that this is a subset.
"""

import copy
import hashlib
import multiprocessing
import subprocess
import sys
from pathlib import Path

import fontTools
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphCoordinates
from simplify import simplify

FONTTOOLS = "4.68.0"
SOURCE = "/usr/share/fonts/truetype/cns11643/TW-Kai-98_1.ttf"
SOURCE_SHA256 = "6e7b756bf723845e1494db161f0944c04fa8494f8e0ca4647b6cf655cd67d03a"
FAMILY = "Casebind Kai"

RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x024F),  # Latin-1, Latin Extended-A and -B
    (0x0250, 0x036F),  # phonetic and modifier letters, combining marks
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x04FF),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin Extended Additional
    (0x2000, 0x206F),  # general punctuation
    (0x2070, 0x218F),  # superscripts, currency, letterlike, number forms
    (0x2190, 0x22FF),  # arrows, operators
    (0x2400, 0x27BF),  # control pictures, enclosed, box drawing, shapes, dingbats
    (0x2E80, 0x2FDF),  # radicals
    (0x3000, 0x30FF),  # CJK punctuation, kana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),  # Bopomofo Extended
    (0x3200, 0x33FF),  # enclosed CJK, units
    (0x3400, 0x4DBF),  # unified ideographs, extension A
    (0x4E00, 0x9FFF),  # unified ideographs
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFE30, 0xFE6F),  # vertical and small forms
    (0xFF00, 0xFFEF),  # half and full width
]

# What TW-Kai draws as a box with the character's name in it, and what paper has no use for.
BOXES = {0x00AD, 0x034F, 0x303E, 0xFFA0, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)}
# Units an em. The source has 1024; half of them draw the same on paper and write shorter.
EM = 512
# Spaces that are drawn as such boxes, with their widths in units; 0 is the width of a plain space.
SPACES = {
    0x00A0: 0, 0x2000: 256, 0x2001: 512, 0x2002: 256, 0x2003: 512, 0x2004: 171, 0x2005: 128, 0x2006: 85,
    0x2007: 0, 0x2008: 102, 0x2009: 102, 0x200A: 51, 0x202F: 102, 0x205F: 114,
}
HYPHENS = [0x2010, 0x2011]
# Letters that belong into Latin words, apostrophes among them.
LATIN = [*range(0x00C0, 0x00D7), *range(0x00D8, 0x00F7), *range(0x00F8, 0x0250), *range(0x1E00, 0x1F00)]
LATIN += [0x02BB, 0x02BC, 0x2018, 0x2019]
# White at both sides of such a letter, as the plain ones have it.
BEARING = 12


def cns_planes_1_and_2() -> set[int]:
    """The Unicode characters of CNS 11643 planes 1 and 2, from the C library's EUC-TW table."""
    codes = []
    for row in range(0xA1, 0xFF):
        for cell in range(0xA1, 0xFF):
            codes += [bytes([row, cell]), bytes([0x8E, 0xA2, row, cell])]
    made = subprocess.run(
        ["iconv", "-c", "-f", "EUC-TW", "-t", "UTF-8"], input=b"\n".join(codes), capture_output=True, check=False
    )
    return {ord(c) for c in made.stdout.decode()} - {0x0A}


def redraw(font) -> None:
    """Simplifies every contour of every glyph, on a grid of EM units; the work is shared by the machine's cores."""
    scale = EM / font["head"].unitsPerEm
    table = font["glyf"]
    simple = [name for name in table.keys() if table[name].numberOfContours > 0]
    contours = [contours_of(table[name], scale) for name in simple]
    scale_upem(font, EM)
    table, metrics = font["glyf"], font["hmtx"]
    with multiprocessing.Pool() as pool:
        redrawn = pool.map(simplify_all, contours, chunksize=200)
    for name, contours in zip(simple, redrawn):
        glyph = table[name]
        points = [point for contour in contours for point in contour]
        glyph.coordinates = GlyphCoordinates([place for place, _ in points])
        glyph.flags = bytearray(int(on) for _, on in points)
        ends, count = [], 0
        for contour in contours:
            count += len(contour)
            ends.append(count - 1)
        glyph.endPtsOfContours = ends
        glyph.recalcBounds(table)
        # The bounds span the control points; a left side bearing that differs from them would move the glyph.
        metrics[name] = (metrics[name][0], glyph.xMin)


def fit_into_words(font) -> None:
    """Gives spaces, hyphens and Latin letters with marks the form and width that they have in words."""
    table, metrics, names = font["glyf"], font["hmtx"], font.getBestCmap()
    for code, width in SPACES.items():
        if code in names:
            table[names[code]] = Glyph()
            metrics[names[code]] = (width or metrics[names[0x0020]][0], 0)
    for code in HYPHENS:
        if code in names:
            table[names[code]] = copy.deepcopy(table[names[0x002D]])
            metrics[names[code]] = metrics[names[0x002D]]
    for code in LATIN:
        glyph = table[names[code]] if code in names else None
        if glyph is not None and glyph.numberOfContours > 0:
            glyph.coordinates.translate((BEARING - glyph.xMin, 0))
            glyph.recalcBounds(table)
            metrics[names[code]] = (glyph.xMax + BEARING, glyph.xMin)


def contours_of(glyph, scale):
    """The contours of a glyph as lists of ((x, y), on-curve), scaled and not yet rounded."""
    contours, start = [], 0
    for end in glyph.endPtsOfContours:
        points = [(glyph.coordinates[i], glyph.flags[i]) for i in range(start, end + 1)]
        contours.append([((x * scale, y * scale), bool(flag & 1)) for (x, y), flag in points])
        start = end + 1
    return contours


def simplify_all(contours):
    """All contours of one glyph."""
    return [simplify(contour) for contour in contours]


def main() -> None:
    if fontTools.version != FONTTOOLS:
        sys.exit(f"build.py: fontTools {fontTools.version} is installed; install {FONTTOOLS} for the same bytes")
    source = Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE)
    out = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).parent / "CasebindKai.ttf")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        sys.exit(f"build.py: {source} has SHA-256 {digest}, not {SOURCE_SHA256}: another version of TW-Kai")

    font = TTFont(source, recalcTimestamp=False)
    has = set(font.getBestCmap())
    wanted = {c for low, high in RANGES for c in range(low, high + 1)} & has
    wanted -= {0x02C9} | BOXES  # the first has a code and no drawing
    missing = sorted(c for c in cns_planes_1_and_2() - wanted if c not in (0x02C9, 0x223C, 0xFE32))
    if missing:
        sys.exit("build.py: planes 1 and 2 are not covered: " + " ".join(f"U+{c:04X}" for c in missing))

    options = subset.Options()
    options.hinting = False
    options.glyph_names = False
    options.legacy_kern = False
    options.layout_features = []
    options.name_IDs = []
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "gasp", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)

    redraw(font)
    fit_into_words(font)
    names = {
        0: "(c) 2018 National Development Council. Open Government Data License, version 1.0 (https://data.gov.tw/en/license).",
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY}: subset of TW-Kai 103.1 without hinting",
        4: FAMILY,
        5: "Version 103.1",
        6: FAMILY.replace(" ", ""),
        10: "A subset of TW-Kai (全字庫正楷體) 103.1 for printed forms; outlines redrawn with fewer points.",
        13: "Open Government Data License, version 1.0",
        14: "https://data.gov.tw/en/license",
    }
    for key, text in names.items():
        font["name"].setName(text, key, 3, 1, 0x409)
    font.save(out)
    data = out.read_bytes()
    print(f"{out.name}: {len(wanted)} characters, {len(data):,} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
