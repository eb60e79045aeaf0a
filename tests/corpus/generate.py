"""Makes the corpus: plans every file from the seed, draws and scans it, and writes truth.jsonl."""

import argparse
import json
import math
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import damage
import marks
import printed
from classes import CLASSES
from picture import PAGE_MM, SHEET_PER_MM, Picture
from scan_pdf import ScanPdf

FONT = str(printed.ROOT / "form-templates/_fonts/CasebindKai.ttf")
BY_NAME = {one.name: one for one in CLASSES}
# Refusals by any of which a wrong set of pages counts as found.
SET_CODES = {
    "missing": ["page-missing"],
    "twice": ["page-twice"],
    "stale": ["stale-revision", "mixed-revisions"],
    "foreign": ["other-case", "mixed-cases"],
    "attachment": ["foreign-page", "no-code"],
}


@dataclass
class PagePlan:
    """What a page of a scan is: a page of a form, or none."""

    what: str  # form, blank, attachment
    form: str = ""
    stale: bool = False
    page: int = 0
    kinds: list = field(default_factory=list)
    # For each box the side to which its seal reaches over into the next, or None.
    over: list = field(default_factory=list)
    dated: list = field(default_factory=list)


@dataclass
class FilePlan:
    """One file of the corpus."""

    name: str
    klass: str
    form: str
    seed: int
    pages: list


# ---- the plan -----------------------------------------------------------------------------------


class Deck:
    """Kinds of marks in random order, so that every kind comes as often as its fellows."""

    def __init__(self, rng):
        self.rng, self.cards = rng, []

    def draw(self):
        if not self.cards:
            self.cards = list(self.rng.permutation(marks.FILLED + marks.EMPTY))
        return str(self.cards.pop())


def plan(count, seed, forms, names):
    """All files, in the order of the classes."""
    files = []
    for klass in CLASSES:
        if names and klass.name not in names:
            continue
        rng = np.random.default_rng([seed, zlib.crc32(klass.name.encode())])
        deck = Deck(rng)
        for i in range(count):
            multiple = klass.set is not None or i % 3 == 2
            several = printed.MULTIPLE if multiple else printed.SINGLE
            form = forms[several[int(rng.integers(len(several)))]]
            if klass.set == "stale":
                # The middle of three.
                form = forms["three-pages"]
            pages = _pages(klass.set, form, forms, rng)
            for page in pages:
                if page.what == "form":
                    _deal(page, forms[page.form].boxes(page.page), deck, rng)
            name = f"{klass.name}-{i + 1:03}.pdf"
            files.append(FilePlan(name, klass.name, form.name, int(rng.integers(1 << 40)), pages))
    return files


def _pages(kind, form, forms, rng):
    ours = [PagePlan("form", form.name, page=number) for number in range(1, form.pages + 1)]
    if kind == "missing":
        ours.pop(int(rng.integers(len(ours))))
    elif kind == "twice":
        at = int(rng.integers(len(ours)))
        ours.insert(at + 1, PagePlan("form", form.name, page=ours[at].page))
    elif kind == "stale":
        ours[len(ours) // 2].stale = True
    elif kind == "foreign":
        other = forms["two-pages" if form.name == "three-pages" else "three-pages"]
        at = int(rng.integers(len(ours)))
        stranger = PagePlan("form", other.name, page=min(ours[at].page, other.pages))
        if rng.random() < 0.5:
            ours[at] = stranger
        else:
            ours.insert(at + 1, stranger)
    elif kind == "duplex":
        ours = [page for one in ours for page in (one, PagePlan("blank", form.name, page=one.page))]
    elif kind == "attachment":
        extra = [PagePlan("attachment") for _ in range(rng.integers(1, 3))]
        ours = ours + extra if rng.random() < 0.7 else extra + ours
    return ours


def _deal(page, boxes, deck, rng):
    """Gives each box its mark; a neighbour that reaches over needs a seal in the next box."""
    page.kinds = [deck.draw() for _ in boxes]
    page.over = [None] * len(boxes)
    page.dated = [kind == "empty-date-only" or bool(rng.random() < 0.5) for kind in page.kinds]
    for i, kind in enumerate(page.kinds):
        if kind != "empty-neighbour":
            continue
        sides = [side for side in (-1, 1) if 0 <= i + side < len(boxes) and _near(boxes[i], boxes[i + side])]
        sides = [side for side in sides if page.kinds[i + side] != kind and page.over[i + side] is None]
        if not sides:
            page.kinds[i] = "empty"
            continue
        side = sides[int(rng.integers(len(sides)))]
        page.kinds[i + side] = "seal-over-edge"
        page.over[i + side] = -side


def _near(a, b):
    left, right = sorted((a, b), key=lambda box: box["x_mm"])
    return right["x_mm"] - left["x_mm"] - left["w_mm"] < 9


# ---- one file -----------------------------------------------------------------------------------


def make(job):
    """Draws, scans and writes one file; returns its line of truth."""
    cv2.setNumThreads(1)
    file, forms, folder = job
    klass, pdf, pages = BY_NAME[file.klass], ScanPdf(), []
    for index, page in enumerate(file.pages, 1):
        scan, bare = _taken(klass, page, forms, [file.seed, index])
        turn = klass.write(pdf, scan, np.random.default_rng([file.seed, index, 9])) or 0
        pages.append({"index": index, **_truth(klass, page, forms, scan, bare, turn)})
    pdf.save(folder / file.name)
    truth = {"file": file.name, "class": klass.name, "group": klass.group, "form": file.form}
    truth |= {"black_and_white": klass.black_and_white, "set": klass.set}
    truth |= {"refusals": SET_CODES.get(klass.set, []), "pages": pages}
    return truth


def _taken(klass, page, forms, seed):
    """The scan, and the same scan without what people put into the boxes."""
    if page.what == "attachment":
        ink = _attachment(np.random.default_rng([*seed, 0]))
        return _damaged(klass, ink, None, seed), None
    form = _form(page, forms)
    ink = printed.ink_of(form.picture(page.page))
    if page.what == "blank":
        return _damaged(klass, np.zeros_like(ink), ink, seed), None
    ink = klass.printer(ink, np.random.default_rng([*seed, 1]))
    boxes = form.boxes(page.page)
    filled = any(not kind.startswith("empty") for kind in page.kinds)
    scan = _damaged(klass, ink, None, seed, lambda sheet: _mark(sheet, boxes, page, seed, True))
    if not filled:
        return scan, None
    return scan, _damaged(klass, ink, None, seed, lambda sheet: _mark(sheet, boxes, page, seed, False))


def _damaged(klass, ink, back, seed, mark=None):
    sheet = damage.sheet_of(ink, np.random.default_rng([*seed, 2]))
    if back is not None:
        sheet = damage.bleed_through(sheet, back, np.random.default_rng([*seed, 3]))
    if mark:
        mark(marks.Sheet(sheet.pixels))
    sheet = klass.wear(sheet, np.random.default_rng([*seed, 4]))
    return klass.capture(sheet, np.random.default_rng([*seed, 5]))


def _mark(sheet, boxes, page, seed, everything):
    for i, (box, kind, over, dated) in enumerate(zip(boxes, page.kinds, page.over, page.dated)):
        if dated:
            marks.write_date(sheet, box, np.random.default_rng([*seed, 6, i]))
        if everything or kind.startswith("empty"):
            marks.draw_box(sheet, box, kind, np.random.default_rng([*seed, 7, i]), FONT, over)


def _form(page, forms):
    form = forms[page.form]
    return form.stale if page.stale else form


def _attachment(rng):
    """A typed page of somebody else's, with a table, and sometimes with a code that isn't ours."""
    width, height = (round(side * SHEET_PER_MM) for side in PAGE_MM)
    image = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(image)
    letters = marks.SURNAMES + marks.GIVEN + "學生輔導紀錄摘要家長同意書測試日期姓名年月日一二三四五六七八九十"
    size = int(rng.uniform(3.6, 5) * SHEET_PER_MM)
    face = ImageFont.truetype(FONT, size)
    draw.text((width / 2, 300), "輔導紀錄摘要", 235, ImageFont.truetype(FONT, size * 2), anchor="mm")
    y = 480
    while y < height * rng.uniform(0.55, 0.75):
        count = int((width - 500) / size * (1 if rng.random() < 0.8 else rng.uniform(0.2, 0.9)))
        draw.text((250, y), "".join(letters[i] for i in rng.integers(0, len(letters), count)), 235, face)
        y += int(size * 1.6)
    for row in range(5):
        draw.line((250, y + row * 120, width - 250, y + row * 120), 230, 4)
    for x in (250, 700, 1500, width - 250):
        draw.line((x, y, x, y + 480), 230, 4)
    ink = np.asarray(image, np.float32) / 255
    if rng.random() < 0.5:
        code = cv2.QRCodeEncoder.create().encode("https://www.example.org/leaflet")
        code = 255 - cv2.resize(code, (230, 230), interpolation=cv2.INTER_NEAREST)
        ink[150:380, width - 400 : width - 170] = code / 255
    return ink


def _truth(klass, page, forms, scan, bare, written_turn):
    if page.what != "form":
        return {"what": page.what, "case": None, "revision": None, "page": None, "pages": None, "boxes": []}
    form = _form(page, forms)
    # As the page is shown.
    shown = scan.rotated(written_turn)
    boxes = []
    for i, (box, kind) in enumerate(zip(form.boxes(page.page), page.kinds)):
        place, to_mm = shown.place(box)
        one = {"id": box["id"], "kind": kind, "expected": "empty", "visible": True, "place": place, "to_mm": to_mm}
        if not kind.startswith("empty"):
            ink, reach = _ink_left(scan, bare, box, klass.dots)
            # Below this nobody would call it a mark.
            one["visible"] = ink >= 1.5 and reach >= 4
            one |= {"expected": "marked" if one["visible"] else "empty", "ink_mm2": round(ink, 2)}
        boxes.append(one)
    return {
        "what": "form",
        "case": form.case,
        "revision": form.revision,
        "page": page.page,
        "pages": form.pages,
        "turn": (_turn(scan) + written_turn) % 360,
        "flat": scan.flat,
        "boxes": boxes,
    }


def _turn(scan):
    """By how many quarters, in degrees, the page's content is turned clockwise."""
    here, right = cv2.perspectiveTransform(np.array([[[105.0, 148.0], [115.0, 148.0]]]), scan.to_px)[0]
    return round(math.degrees(math.atan2(*(right - here)[::-1])) / 90) % 4 * 90


def _ink_left(scan, bare, box, dots):
    """What the scan still has of a mark inside a box: square millimetres, and the longer side of its bounds."""
    per_mm, inset = 6.0, 1.0
    size = (round((box["w_mm"] - 2 * inset) * per_mm), round((box["h_mm"] - 2 * inset) * per_mm))
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    by = cv2.getPerspectiveTransform(scan.area(box, inset).astype(np.float32), corners)

    def window(picture):
        # Soft before it is made smaller, so that no pixel of a fine scan is skipped.
        soft = cv2.GaussianBlur(picture.pixels, (0, 0), max(picture.size[0] / 210 / per_mm * 0.5, 0.3))
        part = cv2.warpPerspective(soft, by, size, flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
        return cv2.GaussianBlur(part, (0, 0), 1.6 if dots else 0.7).astype(np.float32)

    darker = window(bare) - window(scan)
    darker = darker.max(2) if darker.ndim == 3 else darker
    left = darker > (34 if dots else 18)
    count, _, stats, _ = cv2.connectedComponentsWithStats(left.astype(np.uint8))
    pieces = [row for row in stats[1:count] if row[cv2.CC_STAT_AREA] >= 6]
    if not pieces:
        return 0.0, 0.0
    low = np.min([[p[0], p[1]] for p in pieces], 0)
    high = np.max([[p[0] + p[2], p[1] + p[3]] for p in pieces], 0)
    area = sum(int(p[cv2.CC_STAT_AREA]) for p in pieces)
    return area / per_mm**2, float((high - low).max() / per_mm)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--classes", default="", help="names separated by commas; all when absent")
    args = parser.parse_args()
    forms, _key = printed.print_forms(args.binary, args.out / "forms")
    folder = args.out / "scans"
    folder.mkdir(parents=True, exist_ok=True)
    files = plan(args.count, args.seed, forms, set(filter(None, args.classes.split(","))))
    # Who scores the corpus tells what it is of.
    plan_of = {"seed": args.seed, "count": args.count, "classes": args.classes}
    (args.out / "corpus.json").write_text(json.dumps(plan_of) + "\n")
    jobs = [(file, forms, folder) for file in files]
    with ProcessPoolExecutor(args.jobs) as pool, open(args.out / "truth.jsonl", "w") as truth:
        for done, line in enumerate(pool.map(make, jobs), 1):
            truth.write(json.dumps(line, ensure_ascii=False) + "\n")
            if done % 20 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} files", flush=True)


if __name__ == "__main__":
    main()
