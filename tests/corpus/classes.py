"""The classes of scans: how a page is printed, what happens to the paper, and what takes its picture.

`group` says which bar a class counts for; see score.py.
"""

from dataclasses import dataclass
from typing import Callable

import cv2
import numpy as np

import damage
from picture import PAGE_MM, Picture


def _as_is(thing, _rng):
    return thing


@dataclass(frozen=True)
class Class:
    """One kind of scan."""

    name: str
    group: str
    # picture of the sheet -> picture as it is stored
    capture: Callable
    # pdf, stored picture -> a page of the pdf; may return by how much the page is turned when shown
    write: Callable
    printer: Callable = _as_is
    wear: Callable = _as_is
    # What the pages of a file are, beside those of one form: see generate.py.
    set: str | None = None
    black_and_white: bool = False
    dots: bool = False


# ---- how a page is stored -----------------------------------------------------------------------


def _page_size(picture):
    """The paper's size, lying if the picture lies."""
    width, height = picture.size
    return PAGE_MM if height >= width else PAGE_MM[::-1]


def jpeg(low, high=None):
    """One JPEG a page."""

    def write(pdf, picture, rng):
        quality = low if high is None else int(rng.integers(low, high + 1))
        pdf.add([(pdf.jpeg(picture.pixels, quality), 0, 0, 1, 1)], _page_size(picture))

    return write


def photo_jpeg(pdf, picture, rng):
    """A photo as phones' programs write it: a point for each pixel, which makes a page a metre wide."""
    width, height = picture.size
    stream = pdf.jpeg(picture.pixels, int(rng.integers(72, 90)))
    pdf.add([(stream, 0, 0, 1, 1)], (width / 72 * 25.4, height / 72 * 25.4))


def group4(pdf, picture, _rng):
    """One G4 image a page; the fax's pixels aren't square, so the page is A4 whatever their number."""
    pdf.add([(pdf.g4(picture.pixels < 128), 0, 0, 1, 1)], PAGE_MM)


def jpx(pdf, picture, rng):
    """JPEG 2000."""
    pdf.add([(pdf.jpx(picture.pixels, float(rng.uniform(15, 45))), 0, 0, 1, 1)], _page_size(picture))


def mixed_raster(pdf, picture, rng):
    """Black ink as a fine stencil over a coarse background that has the rest."""
    pixels = picture.pixels
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    around = cv2.blur(gray, (61, 61)).astype(np.int16)
    coloured = np.ptp(pixels.astype(np.int16), axis=2) > 50
    black = (gray < np.minimum(around - 35, 150)) & ~coloured
    # The background under the ink is guessed from beside it.
    wide = cv2.dilate(black.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    paper = cv2.dilate(pixels, np.ones((15, 15), np.uint8))
    rest = np.where(wide[..., None], paper, pixels)
    coarse = cv2.resize(rest, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    images = [(pdf.jpeg(coarse, int(rng.integers(25, 50))), 0, 0, 1, 1), (pdf.g4(black, mask=True), 0, 0, 1, 1)]
    pdf.add(images, PAGE_MM)


def two_strips(pdf, picture, rng):
    """Two images a page, one below the other."""
    height = picture.size[1]
    cut = int(height * rng.uniform(0.3, 0.85))
    upper, lower = np.ascontiguousarray(picture.pixels[:cut]), np.ascontiguousarray(picture.pixels[cut:])
    share = cut / height
    pdf.add([(pdf.jpeg(upper, 75), 0, 0, 1, share), (pdf.jpeg(lower, 75), 0, share, 1, 1 - share)], PAGE_MM)


def turned_by_key(cancel):
    """Turned by the page's /Rotate; with `cancel`, pixels that lie are set upright by it."""

    def write(pdf, picture, rng):
        turn = int(rng.choice([90, 180, 270]))
        stored = picture.rotated((360 - turn) % 360) if cancel else picture
        pdf.add([(pdf.jpeg(stored.pixels, 75), 0, 0, 1, 1)], _page_size(stored), rotate=turn)
        return 0 if cancel else turn

    return write


# ---- how a picture is taken ---------------------------------------------------------------------


def office(dpi, colour=False, **how):
    """A flatbed or feeder in gray or colour."""

    def capture(sheet, rng):
        return damage.toned(damage.scanned(sheet, rng, dpi, colour=colour, **how), rng)

    return capture


def skewed(dpi, low, high):
    def capture(sheet, rng):
        skew = rng.uniform(low, high) * rng.choice([-1, 1])
        return damage.toned(damage.scanned(sheet, rng, dpi, skew=skew, colour=rng.random() < 0.5), rng)

    return capture


def cropping(dpi):
    def capture(sheet, rng):
        taken = damage.toned(damage.scanned(sheet, rng, dpi, colour=rng.random() < 0.5), rng)
        return damage.cropped(taken, rng, dpi / 25.4, 12)

    return capture


def one_bit(dpi, squeeze=1.0, finish=None):
    def capture(sheet, rng):
        taken = damage.toned(damage.scanned(sheet, rng, dpi, colour=False, squeeze=squeeze), rng)
        black = damage.threshold(taken, rng)
        return finish(black, rng) if finish else black

    return capture


def in_colour(black, _rng):
    """Stored with three channels, all alike."""
    return black.colour()


def one_bit_dots(sheet, rng):
    taken = damage.toned(damage.scanned(sheet, rng, 200, colour=False), rng, clean=0.8)
    return damage.dithered(taken, rng)


def turned_by_pixels(sheet, rng):
    taken = damage.toned(damage.scanned(sheet, rng, 200, colour=rng.random() < 0.5), rng)
    return taken.rotated(int(rng.choice([90, 180, 270])))


def through_dirt(sheet, rng):
    dpi = int(rng.choice([200, 300]))
    taken = damage.scanned(sheet, rng, dpi, colour=rng.random() < 0.5)
    return damage.toned(damage.dirty_glass(taken, rng, dpi / 25.4), rng)


def grainy(sheet, rng):
    taken = damage.scanned(sheet, rng, 200, colour=rng.random() < 0.5)
    return damage.salt(taken, rng, rng.uniform(12, 22), rng.uniform(0.001, 0.006))


def phone(bad):
    def capture(sheet, rng):
        if bad:
            sheet = damage.curled(sheet, rng, rng.uniform(0.6, 1.8))
        tilt, margin = (rng.uniform(14, 24), rng.uniform(0.06, 0.15)) if bad else (rng.uniform(3, 9), rng.uniform(0.02, 0.08))
        return damage.photographed(sheet, rng, (2268, 3024), tilt, margin, bad)

    return capture


# ---- what happens to the paper ------------------------------------------------------------------


def copied(times):
    def wear(sheet, rng):
        for _ in range(times):
            sheet = damage.photocopy(sheet, rng)
        return sheet

    return wear


def covered(sheet, rng):
    """One or two codes hidden."""
    corners = [(0, 0), (1, 0), (0, 1), (1, 1)]
    for i in rng.permutation(4)[: rng.integers(1, 3)]:
        corner = corners[i]
        clip = corner[1] == 0 and rng.random() < 0.4
        sheet = (damage.paper_clip if clip else damage.sticky_note)(sheet, corner, rng)
    return sheet


def mixed_office(sheet, rng):
    """Any ordinary scanner, for files whose pages matter more than their look."""
    return office(int(rng.choice([150, 200, 300])), colour=bool(rng.random() < 0.5))(sheet, rng)


CLASSES = (
    Class("office-300-colour", "office", office(300, True), jpeg(70, 85)),
    Class("office-300-gray", "office", office(300), jpeg(70, 85)),
    Class("office-200-colour", "office", office(200, True), jpeg(60, 85)),
    Class("office-200-gray", "office", office(200), jpeg(60, 85)),
    Class("office-150-colour", "office", office(150, True), jpeg(60, 85)),
    Class("office-150-gray", "office", office(150), jpeg(60, 85)),
    Class("office-200-colour-q30", "office", office(200, True), jpeg(30)),
    Class("office-150-gray-q30", "office", office(150), jpeg(30)),
    Class("office-100-gray", "office", office(100), jpeg(60, 80)),
    Class("office-100-colour", "office", office(100, True), jpeg(60, 80)),
    Class("one-bit-300", "one-bit", one_bit(300), group4, black_and_white=True),
    Class("one-bit-200", "one-bit", one_bit(200), group4, black_and_white=True),
    Class("one-bit-dots", "one-bit", one_bit_dots, group4, black_and_white=True, dots=True),
    Class("one-bit-jpeg", "one-bit", one_bit(200), jpeg(60, 85), black_and_white=True),
    Class("one-bit-jpeg-colour", "one-bit", one_bit(200, finish=in_colour), jpeg(60, 85), black_and_white=True),
    Class("fax-fine", "fax", one_bit(204, 196 / 204), group4, black_and_white=True),
    Class("fax-standard", "fax", one_bit(204, 98 / 204), group4, black_and_white=True),
    Class("skew-4", "skew", skewed(200, 1.5, 4), jpeg(70, 80)),
    Class("skew-8", "skew", skewed(200, 4, 8), jpeg(70, 80)),
    Class("turn-pixels", "turn", turned_by_pixels, jpeg(70, 80)),
    Class("turn-key", "turn", office(200), turned_by_key(cancel=False)),
    Class("turn-both", "turn", office(200, True), turned_by_key(cancel=True)),
    Class("crop", "crop", cropping(200), jpeg(70, 80)),
    Class("jpx", "format", office(200, True), jpx),
    Class("mixed-raster", "format", office(300, True), mixed_raster),
    Class("strips", "format", office(200, True), two_strips),
    Class("photocopy", "wear", office(200), jpeg(70, 80), wear=copied(1)),
    Class("photocopy-twice", "wear", office(200), jpeg(70, 80), wear=copied(2)),
    Class("low-toner", "noise", office(200), jpeg(70, 80), printer=damage.low_toner),
    Class("dirty-glass", "wear", through_dirt, jpeg(70, 80)),
    Class("drum-stripes", "wear", office(200), jpeg(70, 80), printer=damage.drum_print),
    Class("folds", "wear", office(200, True), jpeg(70, 80), wear=damage.folds),
    Class("grain", "noise", grainy, jpeg(60, 80)),
    Class("fax-noise", "wear", one_bit(204, 196 / 204, damage.line_noise), group4, black_and_white=True),
    Class("covered", "covered", office(200, True), jpeg(70, 80), wear=covered),
    Class("phone-good", "phone", phone(False), photo_jpeg),
    Class("phone-bad", "phone", phone(True), photo_jpeg),
    Class("set-complete", "set", mixed_office, jpeg(70, 80), set="complete"),
    Class("set-missing", "set", mixed_office, jpeg(70, 80), set="missing"),
    Class("set-twice", "set", mixed_office, jpeg(70, 80), set="twice"),
    Class("set-stale", "set", mixed_office, jpeg(70, 80), set="stale"),
    Class("set-foreign", "set", mixed_office, jpeg(70, 80), set="foreign"),
    Class("set-duplex", "set", mixed_office, jpeg(70, 80), set="duplex"),
    Class("set-attachment", "set", mixed_office, jpeg(70, 80), set="attachment"),
)
