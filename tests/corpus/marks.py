"""What people put on the paper: signatures, seals, stamps, dates, and what is there without anybody's intent.

A mark is an alpha of ink over the sheet. Everything is drawn at 600 dpi and brought down, so that a thin pen
has soft edges as on paper.
"""

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from picture import SHEET_PER_MM, cloud

FINE = 2  # drawn at twice the sheet's resolution
PER_MM = SHEET_PER_MM * FINE

FILLED = (
    "blue-signature",
    "black-signature",
    "thin-signature",
    "small-signature",
    "large-signature",
    "pencil",
    "pencil-light",
    "seal-square",
    "seal-round",
    "seal-faint",
    "seal-over-edge",
    "organisation-stamp",
)
EMPTY = (
    "empty",
    "empty-dust",
    "empty-smudge",
    "empty-bleed-through",
    "empty-stray-line",
    "empty-date-only",
    "empty-neighbour",
)

BLUES = ((24, 40, 130), (20, 60, 170), (50, 60, 140))
BLACKS = ((25, 25, 30), (40, 38, 42), (30, 32, 50))
REDS = ((200, 30, 35), (215, 45, 40), (185, 20, 50), (225, 60, 60))
GRAPHITE = (62, 62, 66)

SURNAMES = "王林陳李張黃吳劉蔡楊許鄭謝郭洪曾周葉莊呂"
GIVEN = "美玲志明淑芬建宏雅婷俊傑怡君家豪惠雯文雄佩珊國華秀英承恩詩涵宗翰"
SCHOOLS = ("測試國小輔導室", "示範國民小學", "三民區測試國中", "學生輔導諮商中心")


class Sheet:
    """The paper while it is being marked: RGB at 300 dpi. Ink multiplies."""

    def __init__(self, pixels):
        self.pixels = pixels

    def ink(self, alpha, left_mm, top_mm, colour):
        """Lays ink on: `alpha` (0 to 1, at 600 dpi) with its top left corner at a place in millimetres."""
        alpha = cv2.resize(alpha, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
        x, y = round(left_mm * SHEET_PER_MM), round(top_mm * SHEET_PER_MM)
        height, width = self.pixels.shape[:2]
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = min(x + alpha.shape[1], width), min(y + alpha.shape[0], height)
        if x1 <= x0 or y1 <= y0:
            return
        part = alpha[y0 - y : y1 - y, x0 - x : x1 - x, None]
        under = self.pixels[y0:y1, x0:x1].astype(np.float32)
        shade = 1 - part * (1 - np.array(colour, np.float32) / 255)
        self.pixels[y0:y1, x0:x1] = np.clip(under * shade + 0.5, 0, 255).astype(np.uint8)


def draw_box(sheet, box, kind, rng, font, neighbour=None):
    """Draws one box's mark. `neighbour` is the side (-1 or 1) to which a seal is to reach over."""
    x, y, w, h = box["x_mm"], box["y_mm"], box["w_mm"], box["h_mm"]
    if neighbour is not None:
        # The edge of the next box is 8 mm away; the seal reaches 1.5 to 4.5 mm into it.
        size = rng.uniform(24, 29)
        reach = 8 + rng.uniform(1.5, 4.5)
        cx = x + w + reach - size / 2 if neighbour > 0 else x - reach + size / 2
        _seal(sheet, cx, y + h * rng.uniform(0.4, 0.6), size, "square", rng, font, strength=rng.uniform(0.7, 0.9), tilt=4)
        return
    cx, cy = x + w * rng.uniform(0.35, 0.65), y + h * rng.uniform(0.42, 0.58)
    draw = _DRAWERS.get(kind)
    if draw:
        draw(sheet, box, cx, cy, rng, font)


# ---- pens ---------------------------------------------------------------------------------------


def _curve(points, steps=14):
    """A Catmull-Rom curve through the points."""
    points = np.vstack([points[0], points, points[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    out = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:]):
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(out + [points[-1:]])


def _name_strokes(rng, letters, size):
    """Strokes of a name written in haste, in millimetres around its own origin."""
    strokes, pen = [], 0.0
    slant = rng.uniform(-0.1, 0.35)
    rise = rng.uniform(-0.12, 0.08)
    for _ in range(letters):
        wide, high = size * rng.uniform(0.6, 0.95), size * rng.uniform(0.75, 1.1)
        for _ in range(rng.integers(2, 5)):
            # A stroke goes across or down, and hooks or loops at its end.
            if rng.random() < 0.45:
                start = np.array([rng.uniform(0, 0.3), rng.uniform(0.05, 0.9)])
                path = [start, start + [0.35, rng.uniform(-0.12, 0.05)], start + [rng.uniform(0.5, 0.75), -0.05]]
            else:
                start = np.array([rng.uniform(0.15, 0.8), rng.uniform(0, 0.25)])
                path = [start, start + [rng.uniform(-0.1, 0.1), 0.4], start + [rng.uniform(-0.4, 0.3), rng.uniform(0.6, 0.85)]]
            for _ in range(rng.integers(0, 3)):
                path.append(path[-1] + rng.uniform(-0.35, 0.35, 2))
            path = np.array(path) * [wide, high]
            path[:, 0] += pen - slant * (path[:, 1] - high / 2)
            path[:, 1] += rise * path[:, 0]
            strokes.append(path)
        pen += wide * rng.uniform(0.95, 1.15)
    if rng.random() < 0.3:
        # A flourish below.
        strokes.append(np.array([[0, size * 1.15], [pen * 0.5, size * 1.2 + rise * pen / 2], [pen, size * 1.05 + rise * pen]]))
    return strokes


def _write(sheet, strokes, centre, width_mm, colour, rng, dark=0.92, grain=0.0, room=None):
    """Draws strokes with changing pressure, centred at a place; `room` (w, h) is what they may take."""
    every = np.vstack(strokes)
    low, high = every.min(0), every.max(0)
    scale = 1.0
    if room is not None:
        scale = min(1.0, *(np.array(room) / np.maximum(high - low, 0.1)))
    pad = 2.0
    size = (high - low) * scale + 2 * pad
    alpha = np.zeros((int(size[1] * PER_MM) + 2, int(size[0] * PER_MM) + 2), np.float32)
    for stroke in strokes:
        line = (_curve((stroke - low) * scale + pad) * PER_MM)
        count = len(line)
        along = np.linspace(0, 1, count)
        # Pressure: in and out at the ends, and wavering between.
        press = np.clip(np.minimum(along * 6, (1 - along) * 4) + 0.35, 0, 1)
        press *= 0.85 + 0.15 * np.sin(along * rng.uniform(4, 12) + rng.uniform(0, 6))
        layer = np.zeros_like(alpha)
        for i in range(count - 1):
            a, b = line[i], line[i + 1]
            thick = max(1, round(width_mm * PER_MM * (0.6 + 0.4 * press[i])))
            cv2.line(
                layer,
                (int(a[0] * 16), int(a[1] * 16)),
                (int(b[0] * 16), int(b[1] * 16)),
                float(dark * (0.7 + 0.3 * press[i])),
                thick,
                cv2.LINE_AA,
                4,
            )
        alpha = np.maximum(alpha, layer)
    if grain:
        # Graphite stays on the paper's hills only.
        hills = cv2.GaussianBlur(rng.random(alpha.shape, dtype=np.float32), (0, 0), 1.4)
        hills = np.clip((hills - 0.5) * 9 + 0.5, 0, 1)
        alpha *= 1 - grain + grain * hills
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    sheet.ink(alpha, centre[0] - size[0] / 2, centre[1] - size[1] / 2, colour)


def _pick(rng, choices):
    return choices[rng.integers(len(choices))]


def _signature(letters, size, width, colours, dark=0.92, grain=0.0):
    def draw(sheet, box, cx, cy, rng, _font):
        strokes = _name_strokes(rng, int(rng.integers(*letters)), rng.uniform(*size))
        room = (box["w_mm"] - 6, box["h_mm"] - 5)
        # What is large goes to the middle; what is small may be anywhere within.
        extent = np.ptp(np.vstack(strokes), 0)
        extent = extent * min(1.0, *(np.array(room) / extent))
        free = np.maximum(np.array([box["w_mm"], box["h_mm"]]) - extent - 4, 0) / 2
        centre = (box["x_mm"] + box["w_mm"] / 2 + rng.uniform(-1, 1) * free[0] * 0.8,
                  box["y_mm"] + box["h_mm"] / 2 + rng.uniform(-1, 1) * free[1] * 0.8)
        darkness = rng.uniform(*dark) if isinstance(dark, tuple) else dark
        _write(sheet, strokes, centre, rng.uniform(*width), _pick(rng, colours), rng, darkness, grain, room)

    return draw


# ---- seals --------------------------------------------------------------------------------------


def _glyphs(font, text, columns, cell, weight=0):
    """Characters on a grid, read in columns from the right, as an image of ink."""
    rows = math.ceil(len(text) / columns)
    image = Image.new("L", (cell * columns, cell * rows))
    draw = ImageDraw.Draw(image)
    face = ImageFont.truetype(font, round(cell * 0.98))
    for i, letter in enumerate(text):
        column, row = columns - 1 - i // rows, i % rows
        draw.text((cell * (column + 0.5), cell * (row + 0.5)), letter, 255, face, anchor="mm", stroke_width=weight)
    return np.asarray(image, np.float32) / 255


def _seal_text(rng):
    name = _pick(rng, SURNAMES) + _pick(rng, GIVEN) + _pick(rng, GIVEN)
    return name + "印"


def _uneven(alpha, rng, worn):
    """Ink pad, pressure and paper: soft hills, missing specks, a harder rim."""
    height, width = alpha.shape
    hills = cloud(rng, alpha.shape, max(width / 3, 20), 1 - worn, 1.0)
    specks = cv2.GaussianBlur(rng.random(alpha.shape, dtype=np.float32), (0, 0), 1.6)
    specks = np.clip((specks - (0.36 + 0.1 * worn)) * 14, 0.25, 1)
    tilt = np.linspace(1, 1 - worn * 0.6, width, dtype=np.float32)[None, :]
    if rng.random() < 0.5:
        tilt = tilt[:, ::-1]
    return cv2.GaussianBlur(alpha * hills * specks * tilt, (0, 0), 1.3)


def _turned(alpha, degrees):
    height, width = alpha.shape
    reach = int(math.hypot(width, height)) + 4
    move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    move[:, 2] += [(reach - width) / 2, (reach - height) / 2]
    return cv2.warpAffine(alpha, move, (reach, reach))


def _press(sheet, alpha, cx, cy, tilt, colour):
    alpha = _turned(alpha, tilt)
    side = alpha.shape[0] / PER_MM
    sheet.ink(alpha, cx - side / 2, cy - side / 2, colour)


def _seal(sheet, cx, cy, size, shape, rng, font, strength=0.85, worn=None, tilt=14):
    """A personal seal, square or round, cut in relief or in intaglio."""
    side = round(size * PER_MM)
    line = max(3, round(side * rng.uniform(0.025, 0.05)))
    inner = side - 3 * line
    text = _seal_text(rng)
    alpha = np.zeros((side, side), np.float32)
    if shape == "round":
        centre, radius = (side // 2, side // 2), side // 2 - line
        cell = round(inner * 0.36)
    else:
        cell = inner // 2 - line
    glyphs = _glyphs(font, text, 2, cell, weight=max(1, cell // 45))
    top, left = (side - glyphs.shape[0]) // 2, (side - glyphs.shape[1]) // 2
    ink = np.zeros_like(alpha)
    ink[top : top + glyphs.shape[0], left : left + glyphs.shape[1]] = glyphs
    if rng.random() < 0.3:
        if shape == "round":
            cv2.circle(alpha, centre, radius, 1.0, -1, cv2.LINE_AA)
        else:
            alpha[line : side - line, line : side - line] = 1
        alpha = np.clip(alpha - ink, 0, 1)
    else:
        if shape == "round":
            cv2.circle(alpha, centre, radius, 1.0, line, cv2.LINE_AA)
        else:
            cv2.rectangle(alpha, (line, line), (side - line, side - line), 1.0, line)
        alpha = np.maximum(alpha, ink)
    worn = rng.uniform(0.1, 0.45) if worn is None else worn
    _press(sheet, _uneven(alpha, rng, worn) * strength, cx, cy, rng.uniform(-tilt, tilt), _pick(rng, REDS))


def _within(box, size, rng, margin=1.5):
    """A centre at which something of `size` stays in the box."""
    free_x = max(box["w_mm"] / 2 - size / 2 - margin, 0)
    free_y = max(box["h_mm"] / 2 - size / 2 - margin, 0)
    return (box["x_mm"] + box["w_mm"] / 2 + rng.uniform(-1, 1) * free_x,
            box["y_mm"] + box["h_mm"] / 2 + rng.uniform(-1, 1) * free_y)


def _square(sheet, box, _cx, _cy, rng, font):
    size = rng.uniform(12, 24)
    _seal(sheet, *_within(box, size, rng), size, "square", rng, font, rng.uniform(0.7, 0.95))


def _round(sheet, box, _cx, _cy, rng, font):
    size = rng.uniform(12, 26)
    _seal(sheet, *_within(box, size, rng), size, "round", rng, font, rng.uniform(0.7, 0.95))


def _faint(sheet, box, _cx, _cy, rng, font):
    size = rng.uniform(13, 22)
    shape = "round" if rng.random() < 0.4 else "square"
    _seal(sheet, *_within(box, size, rng), size, shape, rng, font, rng.uniform(0.28, 0.42), worn=0.4)


def _over_edge(sheet, box, _cx, _cy, rng, font):
    """Pressed over the frame: between a third and two thirds of the seal lie in the box."""
    size = rng.uniform(15, 22)
    out = size * rng.uniform(-0.15, 0.15)
    if rng.random() < 0.6:
        # Over the upper or the lower edge; never so far that the next box gets some.
        x = _within(box, size, rng)[0]
        y = box["y_mm"] - out if rng.random() < 0.5 else box["y_mm"] + box["h_mm"] + out
    else:
        y = _within(box, size, rng)[1]
        out = min(out, 7 - size / 2)
        x = box["x_mm"] - out if rng.random() < 0.5 else box["x_mm"] + box["w_mm"] + out
    shape = "round" if rng.random() < 0.4 else "square"
    _seal(sheet, x, y, size, shape, rng, font, rng.uniform(0.7, 0.95))


def _organisation(sheet, box, cx, cy, rng, font):
    """A wide stamp of the school (圖記), in a frame, often larger than the box is high."""
    wide, high = rng.uniform(44, 58), rng.uniform(20, 34)
    width, height = round(wide * PER_MM), round(high * PER_MM)
    alpha = np.zeros((height, width), np.float32)
    line = round(0.9 * PER_MM)
    cv2.rectangle(alpha, (line, line), (width - line, height - line), 1.0, line)
    text = _pick(rng, SCHOOLS)
    rows = 2 if high > 26 else 1
    columns = math.ceil(len(text) / rows)
    cell = min((width - 4 * line) // columns, (height - 4 * line) // rows)
    glyphs = np.zeros((cell * rows, cell * columns), np.float32)
    for row in range(rows):
        part = text[row * columns : (row + 1) * columns][::-1]
        drawn = _glyphs(font, part, len(part), cell, weight=2)
        glyphs[row * cell : (row + 1) * cell, : drawn.shape[1]] = drawn
    top, left = (height - glyphs.shape[0]) // 2, (width - glyphs.shape[1]) // 2
    alpha[top : top + glyphs.shape[0], left : left + glyphs.shape[1]] = np.maximum(
        alpha[top : top + glyphs.shape[0], left : left + glyphs.shape[1]], glyphs
    )
    colour = _pick(rng, REDS) if rng.random() < 0.7 else _pick(rng, BLUES)
    x = box["x_mm"] + box["w_mm"] / 2 + rng.uniform(-1.5, 1.5)
    y = box["y_mm"] + box["h_mm"] / 2 + rng.uniform(-2, 2)
    _press(sheet, _uneven(alpha, rng, rng.uniform(0.2, 0.5)) * rng.uniform(0.6, 0.9), x, y, rng.uniform(-4, 4), colour)


# ---- nobody's marks -----------------------------------------------------------------------------


def _dust(sheet, box, _cx, _cy, rng, _font):
    for _ in range(rng.integers(8, 40)):
        size = int(rng.uniform(0.08, 0.45) * PER_MM) + 1
        grain = cv2.GaussianBlur((rng.random((size + 6, size + 6)) > 0.45).astype(np.float32), (0, 0), 1.0)
        yy, xx = np.mgrid[-1 : 1 : (size + 6) * 1j, -1 : 1 : (size + 6) * 1j]
        grain *= ((xx / 0.7) ** 2 + (yy / 0.7) ** 2 < 1) * rng.uniform(0.4, 0.9)
        x, y = box["x_mm"] + box["w_mm"] * rng.random(), box["y_mm"] + box["h_mm"] * rng.random()
        sheet.ink(grain.astype(np.float32), x, y, (60, 55, 50))


def _smudge(sheet, box, cx, cy, rng, _font):
    wide, high = rng.uniform(8, 26), rng.uniform(4, 12)
    height, width = int(high * PER_MM), int(wide * PER_MM)
    yy, xx = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    blob = np.clip(1 - (xx**2 + yy**2), 0, 1) * cloud(rng, (height, width), width / 4, 0.2, 1)
    alpha = (blob * rng.uniform(0.1, 0.25)).astype(np.float32)
    _press(sheet, cv2.GaussianBlur(alpha, (0, 0), 8), cx, cy, rng.uniform(-40, 40), (70, 68, 66))


def _bleed(sheet, box, _cx, _cy, rng, font):
    """A seal or writing on the other side that shows through: mirrored, soft, pale."""
    width, height = int((box["w_mm"] + 16) * PER_MM), int((box["h_mm"] + 10) * PER_MM)
    back = np.full((height // FINE, width // FINE, 3), 255, np.uint8)
    behind = Sheet(back)
    fake = dict(box, x_mm=8.0, y_mm=5.0)
    if rng.random() < 0.5:
        _seal(behind, fake["w_mm"] * rng.uniform(0.3, 0.7), box["h_mm"] / 2 + 4, rng.uniform(16, 24), "square", rng, font)
        colour = (225, 120, 120)
    else:
        _DRAWERS["large-signature"](behind, fake, 0, 0, rng, font)
        colour = (120, 120, 130)
    alpha = (255 - behind.pixels.min(2)[:, ::-1]).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(3, 5)) * rng.uniform(0.14, 0.26)
    alpha = cv2.resize(alpha, None, fx=FINE, fy=FINE)
    sheet.ink(alpha, box["x_mm"] - 8, box["y_mm"] - 5, colour)


def _stray(sheet, box, cx, cy, rng, _font):
    """A line nobody meant: across the box and beyond it, or a slip of the pen of 2 to 4 mm."""
    if rng.random() < 0.7:
        slope = rng.uniform(-0.25, 0.25)
        if rng.random() < 0.6:
            half = box["w_mm"] / 2 + rng.uniform(4, 10)
            ends = [[-half, -half * slope], [0, rng.uniform(-0.4, 0.4)], [half, half * slope]]
        else:
            half = box["h_mm"] / 2 + rng.uniform(8, 14)
            ends = [[-half * slope, -half], [rng.uniform(-0.4, 0.4), 0], [half * slope, half]]
    else:
        angle, length = rng.uniform(0, math.tau), rng.uniform(2, 4) / 2
        ends = [[-math.cos(angle) * length, -math.sin(angle) * length], [0.1, 0], [math.cos(angle) * length, math.sin(angle) * length]]
        cx, cy = box["x_mm"] + box["w_mm"] * rng.uniform(0.1, 0.9), box["y_mm"] + box["h_mm"] * rng.uniform(0.1, 0.9)
    _write(sheet, [np.array(ends)], (cx, cy), rng.uniform(0.15, 0.3), _pick(rng, BLACKS), rng, rng.uniform(0.4, 0.85))


def _nothing(*_):
    pass


def write_date(sheet, box, rng):
    """Digits by hand in the date cell below a box: 日期 __ 年 __ 月 __ 日."""
    top = box["y_mm"] + box["h_mm"] + 1.8
    colour, width = _pick(rng, BLUES + BLACKS), rng.uniform(0.3, 0.5)
    for share, digits in ((0.27, 3), (0.55, 2), (0.8, 2)):
        for i in range(digits):
            centre = (box["x_mm"] + box["w_mm"] * share + (i - digits / 2) * 2.6 + 2, top + 3.9 + rng.uniform(-0.4, 0.4))
            _write(sheet, [_DIGITS[rng.integers(10)] * [1.8, 3.6] + rng.uniform(-0.15, 0.15, (1, 2))], centre, width, colour, rng)


_DIGITS = [
    np.array(points, float)
    for points in (
        [(0.5, 0), (0, 0.5), (0.5, 1), (1, 0.5), (0.5, 0)],
        [(0.4, 0), (0.5, 0.5), (0.5, 1)],
        [(0, 0.2), (0.6, 0), (0.9, 0.3), (0, 1), (1, 1)],
        [(0, 0), (0.9, 0.2), (0.4, 0.45), (0.9, 0.75), (0, 1)],
        [(0.4, 0), (0, 0.6), (1, 0.6), (0.7, 0.4), (0.7, 1)],
        [(0.9, 0), (0.2, 0), (0.2, 0.4), (0.9, 0.6), (0.1, 1)],
        [(0.7, 0), (0.1, 0.6), (0.5, 1), (0.9, 0.7), (0.1, 0.7)],
        [(0, 0), (1, 0), (0.4, 1)],
        [(0.9, 0.1), (0.1, 0.3), (0.9, 0.75), (0.4, 1), (0.1, 0.75), (0.9, 0.1)],
        [(0.9, 0.3), (0.2, 0.4), (0.4, 0), (0.9, 0.2), (0.7, 1)],
    )
]

_DRAWERS = {
    "blue-signature": _signature((2, 4), (9, 14), (0.45, 0.7), BLUES),
    "black-signature": _signature((2, 4), (9, 14), (0.45, 0.8), BLACKS),
    "thin-signature": _signature((2, 4), (8, 13), (0.2, 0.3), BLUES + BLACKS, dark=(0.7, 0.85)),
    "small-signature": _signature((2, 3), (4, 6), (0.3, 0.5), BLUES + BLACKS),
    "large-signature": _signature((3, 5), (18, 24), (0.5, 0.9), BLUES + BLACKS),
    "pencil": _signature((2, 4), (9, 14), (0.4, 0.6), (GRAPHITE,), dark=(0.65, 0.8), grain=0.45),
    "pencil-light": _signature((2, 4), (9, 14), (0.35, 0.5), (GRAPHITE,), dark=(0.3, 0.42), grain=0.5),
    "seal-square": _square,
    "seal-round": _round,
    "seal-faint": _faint,
    "seal-over-edge": _over_edge,
    "organisation-stamp": _organisation,
    "empty": _nothing,
    "empty-dust": _dust,
    "empty-smudge": _smudge,
    "empty-bleed-through": _bleed,
    "empty-stray-line": _stray,
    "empty-date-only": _nothing,
    "empty-neighbour": _nothing,
}
