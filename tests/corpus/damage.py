"""What printers, paper, copiers, scanners, faxes and phones do to a page.

Each function takes a picture and random numbers and returns a picture. None draws random numbers by what it
sees: the same page with and without its marks is damaged in the same way, and the difference is the ink.
"""

import math

import cv2
import numpy as np
from PIL import Image

from picture import PAGE_MM, SHEET_DPI, SHEET_PER_MM, Picture, cloud, noise, to_bytes

# ---- print and paper ----------------------------------------------------------------------------


def sheet_of(ink, rng, paper=None):
    """A printed sheet: toner with rough edges on paper that isn't quite even."""
    shape = ink.shape
    toner = rng.uniform(22, 48)
    paper = np.array(paper if paper is not None else rng.uniform(243, 252, 1) - [0, 0.5, 3], np.float32)
    rough = cv2.GaussianBlur(ink, (0, 0), 0.7) + noise(rng, shape, 0.04)
    ink = np.clip((rough - 0.15) * 1.45, 0, 1)
    fibres = cloud(rng, shape, 12, -1.5, 1.5) + cloud(rng, shape, 400, -2, 2)
    planes = [to_bytes((level + fibres) * (1 - ink) + toner * ink) for level in paper]
    return Picture(np.ascontiguousarray(np.dstack(planes)))


def low_toner(ink, rng):
    """Pale bands along the paper's way, and grains that didn't stick."""
    height, width = ink.shape
    bands = np.interp(np.arange(width), np.linspace(0, width, 9), rng.uniform(0.35, 0.95, 9)).astype(np.float32)
    grains = cv2.GaussianBlur(rng.random(ink.shape, dtype=np.float32), (0, 0), 0.9)
    grains = np.clip((grains - 0.38 - 0.08 * (1 - bands)) * 12, 0.15, 1)
    return ink * (0.35 + 0.6 * bands) * grains


def drum_print(ink, rng):
    """Spots that come again with each turn of the drum, and a scratch along the way of the paper."""
    height, width = ink.shape
    every = rng.uniform(75, 95) * SHEET_PER_MM
    ink = ink.copy()
    for _ in range(rng.integers(1, 4)):
        x, y, radius = rng.integers(0, width), rng.uniform(0, every), rng.uniform(0.3, 1.1) * SHEET_PER_MM
        while y < height:
            cv2.ellipse(ink, (int(x), int(y)), (int(radius) + 1, int(radius * 0.7) + 1), 20, 0, 360, 0.8, -1)
            y += every
    for _ in range(rng.integers(1, 4)):
        x, wide = rng.integers(0, width), int(rng.uniform(0.15, 0.7) * SHEET_PER_MM) + 1
        ink[:, x : x + wide] = np.maximum(ink[:, x : x + wide], rng.uniform(0.25, 0.75))
    x, wide = rng.integers(0, width), int(rng.uniform(3, 14) * SHEET_PER_MM)
    ink[:, x : x + wide] = np.maximum(ink[:, x : x + wide], rng.uniform(0.03, 0.1))
    return ink


def bleed_through(picture, back_ink, rng):
    """The printed other side, seen through thin paper."""
    shine = cv2.GaussianBlur(back_ink[:, ::-1], (0, 0), 3.5) * rng.uniform(0.06, 0.14)
    return picture.with_pixels(to_bytes(picture.pixels * (1 - shine[..., None])))


def folds(picture, rng):
    """Folded in two or in three, with a shade on each side of a fold and the parts not quite in line."""
    height, width = picture.pixels.shape[:2]
    shade = np.ones((height, width), np.float32)
    rows = [1 / 3, 2 / 3] if rng.random() < 0.5 else [0.5]
    lines = [(0, share + rng.uniform(-0.02, 0.02)) for share in rows]
    if rng.random() < 0.5:
        lines.append((1, 0.5 + rng.uniform(-0.02, 0.02)))
    if rng.random() < 0.4:
        # Folded once more, through the row of seals.
        lines.append((0, rng.uniform(0.77, 0.84)))
    grid_x, grid_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    for axis, share in lines:
        along = (grid_y - share * height) if axis == 0 else (grid_x - share * width)
        tilt = rng.uniform(-0.004, 0.004)
        along = along + tilt * (grid_x if axis == 0 else grid_y)
        depth, reach = rng.uniform(0.06, 0.2), rng.uniform(0.8, 3) * SHEET_PER_MM
        shade *= 1 - depth * np.exp(-np.abs(along) / reach) * (along < 0)
        shade *= 1 + 0.02 * np.exp(-np.abs(along) / (2 * reach)) * (along >= 0)
        crease = np.exp(-((along / rng.uniform(1.2, 3)) ** 2))
        shade *= 1 - rng.uniform(0.15, 0.5) * crease * cloud(rng, shade.shape, 30, 0.3, 1)
        slip = rng.uniform(-0.35, 0.35) * SHEET_PER_MM
        (grid_x if axis == 0 else grid_y)[...] += slip * np.tanh(along / (8 * SHEET_PER_MM))
    pixels = cv2.remap(picture.pixels, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Picture(to_bytes(pixels * shade[..., None]), picture.to_px, flat=False)


def sticky_note(picture, corner, rng):
    """A note that hides the code of one corner (x and y from 0 to 1)."""
    size = rng.uniform(22, 25)
    x = (8 if corner[0] == 0 else 210 - 8 - size) + rng.uniform(-2, 2)
    y = (8 if corner[1] == 0 else 297 - 6 - size) + rng.uniform(-1, 1)
    centre = np.array([x + size / 2, y + size / 2])
    angle = math.radians(rng.uniform(-6, 6))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    corners = (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size / 2) @ turn.T + centre
    colour = [(250, 235, 120), (250, 170, 190), (160, 220, 240)][rng.integers(3)]
    pixels = picture.pixels.copy()
    shadow = np.zeros(pixels.shape[:2], np.float32)
    cv2.fillPoly(shadow, [((corners + 0.6) * SHEET_PER_MM).astype(int)], 1.0)
    pixels = to_bytes(pixels * (1 - 0.3 * cv2.GaussianBlur(shadow, (0, 0), 6))[..., None])
    cv2.fillPoly(pixels, [(corners * SHEET_PER_MM).astype(int)], colour, cv2.LINE_AA)
    return picture.with_pixels(pixels)


def paper_clip(picture, corner, rng):
    """A clip of wire across the code of an upper corner."""
    pixels = picture.pixels.copy()
    x = (17 if corner[0] == 0 else 188) + rng.uniform(-3, 3)
    points = []
    for cx, top, bottom in ((0, -2, 22), (5, 3, 22), (1.4, 3, 17)):
        points += [(cx, bottom), (cx, top)] if len(points) % 4 == 0 else [(cx, top), (cx, bottom)]
    path = (np.array(points) + [x, rng.uniform(1, 6)]) * SHEET_PER_MM
    for colour, wide in (((70, 70, 75), 13), ((150, 152, 158), 9), ((225, 228, 232), 3)):
        cv2.polylines(pixels, [path.astype(int)], False, colour, wide, cv2.LINE_AA)
    return picture.with_pixels(pixels)


# ---- copiers ------------------------------------------------------------------------------------


def photocopy(picture, rng):
    """Copied: gray, harder, a little larger or smaller, dark at the rim, with specks of toner."""
    gray = picture.gray()
    scale, angle = rng.uniform(0.985, 1.012), rng.uniform(-0.5, 0.5)
    by = _about_middle(gray.size, scale, angle, rng.uniform(-12, 12, 2))
    gray = gray.warped(by, gray.size, rng.uniform(150, 240))
    values = cv2.GaussianBlur(gray.pixels, (0, 0), rng.uniform(0.8, 1.3)).astype(np.float32) / 255
    middle, hard = rng.uniform(0.5, 0.68), rng.uniform(7, 11)
    values = 1 / (1 + np.exp(-hard * (values - middle)))
    values = (values - values.min()) / max(np.ptp(values), 0.1)
    values = 0.1 + 0.87 * values + noise(rng, values.shape, 0.02)
    # Solid black comes out blotchy.
    values += (values < 0.4) * cloud(rng, values.shape, 8, -0.02, 0.12)
    height, width = values.shape
    for _ in range(rng.integers(150, 500)):
        x, y, size = rng.integers(0, width), rng.integers(0, height), rng.integers(1, 4)
        values[y : y + size, x : x + size] = rng.uniform(0.1, 0.6)
    if rng.random() < 0.5:
        side = int(rng.uniform(1, 4) * SHEET_PER_MM)
        values[:, :side] *= np.linspace(0.2, 1, side)
    return gray.with_pixels(to_bytes(values * 255)).colour()


# ---- scanners -----------------------------------------------------------------------------------


def _about_middle(size, scale, degrees, shift):
    middle = np.array(size, float) / 2
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D(tuple(middle), -degrees, scale)
    turn[:2, 2] += shift
    return turn


def scanned(picture, rng, dpi, skew=None, shift_mm=None, colour=True, squeeze=1.0, lid=None):
    """Laid on a scanner: skewed, shifted, sampled at `dpi` (times `squeeze` from top to bottom), not yet toned."""
    if not colour:
        picture = picture.gray()
    skew = rng.normal(0, 0.5) if skew is None else skew
    shift = rng.normal(0, 1.0, 2) if shift_mm is None else np.array(shift_mm)
    stretch = rng.uniform(0.997, 1.003, 2)
    lid = lid if lid is not None else [250, 250, 60][rng.integers(3)]
    step = dpi / SHEET_DPI
    by = _about_middle(picture.size, 1.0, skew, shift * SHEET_PER_MM)
    by = np.diag([step * stretch[0], step * squeeze * stretch[1], 1.0]) @ by
    blur = max(0.35 / step, 0.5) * rng.uniform(0.9, 1.3)
    soft = picture.with_pixels(cv2.GaussianBlur(picture.pixels, (0, 0), blur, sigmaY=blur / squeeze))
    size = (round(PAGE_MM[0] / 25.4 * dpi), round(PAGE_MM[1] / 25.4 * dpi * squeeze))
    return soft.warped(by, size, lid)


def toned(picture, rng, grain=None, clean=None):
    """The scanner's lamp, tone curve and grain. `clean` (0 to 1) is how far paper is pushed to white."""
    height, width = picture.pixels.shape[:2]
    values = picture.pixels.astype(np.float32)
    lamp = 1 + rng.uniform(-0.03, 0.03) * np.linspace(-1, 1, width, dtype=np.float32)
    values *= lamp[:, None] if values.ndim == 3 else lamp
    clean = rng.choice([0.0, 0.3, 0.7]) if clean is None else clean
    black, white = rng.uniform(0, 18), 255 - 22 * clean
    values = (values - black) * (255 / (white - black))
    grain = rng.uniform(1.2, 3.5) if grain is None else grain
    values += noise(rng, (height, width), grain)[..., None] if values.ndim == 3 else noise(rng, (height, width), grain)
    return picture.with_pixels(to_bytes(values))


def dirty_glass(picture, rng, per_mm):
    """Specks and smears on the glass; with a feeder, a speck becomes a line along the whole page."""
    height, width = picture.pixels.shape[:2]
    veil = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(60, 200)):
        radius = rng.exponential(0.18) * per_mm + 0.5
        axes = (max(1, round(radius)), max(1, round(radius * rng.uniform(0.4, 1))))
        place = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        cv2.ellipse(veil, place, axes, rng.uniform(0, 180), 0, 360, rng.uniform(0.25, 0.8), -1, cv2.LINE_AA)
    for _ in range(rng.integers(3, 9)):
        # A hair.
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        bend = rng.normal(0, 0.5, 24).cumsum() * 0.25 + rng.uniform(0, math.tau)
        step = rng.uniform(0.15, 0.4) * per_mm
        path = np.stack([x + np.cumsum(np.cos(bend)) * step, y + np.cumsum(np.sin(bend)) * step], 1)
        cv2.polylines(veil, [path.astype(int)], False, rng.uniform(0.3, 0.6), 1, cv2.LINE_AA)
    smears = np.clip(cloud(rng, veil.shape, 25 * per_mm) - 0.62, 0, 1) * cloud(rng, veil.shape, 5 * per_mm)
    veil = np.maximum(veil, smears * rng.uniform(0.15, 0.4))
    if rng.random() < 0.5:
        for _ in range(rng.integers(1, 3)):
            x = rng.integers(0, width)
            veil[:, x : x + max(1, round(rng.uniform(0.1, 0.35) * per_mm))] = rng.uniform(0.2, 0.6)
    return picture.with_pixels(to_bytes(picture.pixels * (1 - (veil[..., None] if picture.pixels.ndim == 3 else veil))))


def salt(picture, rng, sigma, share):
    """Heavy grain, with pixels that are plain wrong."""
    height, width = picture.pixels.shape[:2]
    values = picture.pixels.astype(np.float32)
    grain = noise(rng, (height, width), sigma)
    wrong = rng.random((height, width), dtype=np.float32)
    values += grain[..., None] if values.ndim == 3 else grain
    values[wrong < share / 2] = 20
    values[wrong > 1 - share / 2] = 250
    return picture.with_pixels(to_bytes(values))


def cropped(picture, rng, per_mm, most_mm):
    """Up to `most_mm` lost at one to three edges."""
    width, height = picture.size
    edges = rng.permutation(4)[: rng.integers(1, 4)]
    cut = np.zeros(4)
    cut[edges] = rng.uniform(3, most_mm, len(edges))
    left, top, right, bottom = (cut * per_mm).round().astype(int)
    move = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], float)
    pixels = np.ascontiguousarray(picture.pixels[top : height - bottom, left : width - right])
    return Picture(pixels, move @ picture.to_px, picture.flat)


# ---- black and white ----------------------------------------------------------------------------


def threshold(picture, rng, level=None):
    """A scanner's own black and white: one level for all, or one by the neighbourhood. Black is 0."""
    gray = picture.gray()
    one, around = (rng.uniform(125, 175) if level is None else level), rng.random() < 0.4
    offset = rng.uniform(14, 26)
    if around:
        block = max(15, gray.size[0] // 40) | 1
        mean = cv2.blur(gray.pixels, (block, block)).astype(np.float32)
        black = gray.pixels < np.minimum(mean - offset, 235)
        # Large black areas stay black.
        black |= gray.pixels < 70
    else:
        black = gray.pixels < one
    return gray.with_pixels(np.where(black, 0, 255).astype(np.uint8))


def dithered(picture, rng):
    """Grays as dots: error diffusion, or an ordered screen."""
    gray = picture.gray()
    if rng.random() < 0.5:
        dots = Image.fromarray(gray.pixels).convert("1", dither=Image.Dither.FLOYDSTEINBERG)
        return gray.with_pixels(np.asarray(dots, np.uint8) * 255)
    screen = np.array([[0, 32, 8, 40, 2, 34, 10, 42], [48, 16, 56, 24, 50, 18, 58, 26], [12, 44, 4, 36, 14, 46, 6, 38],
                       [60, 28, 52, 20, 62, 30, 54, 22], [3, 35, 11, 43, 1, 33, 9, 41], [51, 19, 59, 27, 49, 17, 57, 25],
                       [15, 47, 7, 39, 13, 45, 5, 37], [63, 31, 55, 23, 61, 29, 53, 21]])  # fmt: skip
    height, width = gray.pixels.shape
    tiled = np.tile(screen, (-(-height // 8), -(-width // 8)))[:height, :width] * 4 + 2
    return gray.with_pixels(np.where(gray.pixels > tiled, 255, 0).astype(np.uint8))


def line_noise(picture, rng):
    """A bad telephone line: rows repeated or lost, and black pepper."""
    pixels = picture.pixels.copy()
    height, width = pixels.shape
    for _ in range(rng.integers(3, 14)):
        y, start = rng.integers(1, height - 2), rng.integers(0, width // 2)
        if rng.random() < 0.5:
            pixels[y, start:] = pixels[y - 1, start:]
        else:
            pixels[y, start : start + rng.integers(50, width // 2)] = 0
    pepper = rng.random(pixels.shape, dtype=np.float32)
    pixels[pepper < rng.uniform(0.0005, 0.002)] = 0
    return picture.with_pixels(pixels)


# ---- phones -------------------------------------------------------------------------------------


def curled(picture, rng, height_mm):
    """Paper that arches: rows move up and down with the place across."""
    height, width = picture.pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    phase, waves = rng.uniform(0, math.pi), rng.uniform(0.6, 1.3)
    lift = np.sin(x / width * math.pi * waves + phase) * height_mm * SHEET_PER_MM
    lean = rng.uniform(-1, 1)
    moved = y + lift * (0.5 + 0.5 * (y / height) * lean)
    pixels = cv2.remap(picture.pixels, x, moved.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    slope = np.cos(x / width * math.pi * waves + phase)
    return Picture(to_bytes(pixels * (1 + 0.06 * slope)[..., None]), picture.to_px, flat=False)


def photographed(picture, rng, size, tilt, margin, bad):
    """Held over a desk: perspective, the desk around, uneven light, and in bad light a shadow and a shake."""
    width, height = size
    desk = [(120, 85, 60), (60, 58, 56), (190, 180, 165), (90, 100, 110)][rng.integers(4)]
    turn, lean, pan = (math.radians(rng.uniform(-1, 1) * v) for v in (tilt * 0.5, tilt, tilt))
    # A pinhole camera over the sheet; lengths in millimetres.
    spin = cv2.Rodrigues(np.array([lean, pan, 0.0]))[0] @ cv2.Rodrigues(np.array([0, 0, turn]))[0]
    distance = 420.0
    corners = np.array([[0, 0], [210, 0], [210, 297], [0, 297]], float)
    space = np.c_[corners - [105, 148.5], np.zeros(4)] @ spin.T
    seen = space[:, :2] * (distance / (distance + space[:, 2:]))
    low, high = seen.min(0), seen.max(0)
    scale = min(width / (high - low)[0], height / (high - low)[1]) * (1 - margin)
    seen = (seen - (low + high) / 2) * scale + np.array(size) / 2 + rng.uniform(-0.3, 0.3, 2) * margin * np.array(size)
    by, _ = cv2.findHomography(corners * SHEET_PER_MM, seen)
    photo = picture.warped(by, size, (0, 0, 0))
    on_paper = cv2.warpPerspective(np.full(picture.pixels.shape[:2], 255, np.uint8), by, size).astype(np.float32) / 255
    grain = cloud(rng, (height, width), 9, 0.9, 1.1) * cloud(rng, (height, width), 220, 0.85, 1.15)
    values = photo.pixels * on_paper[..., None] + (1 - on_paper * 1.0)[..., None] * (grain[..., None] * np.array(desk))
    light = cloud(rng, (height, width), max(size) * 0.7, 0.7 if bad else 0.82, 1.0)
    if bad:
        shadow = np.zeros((height, width), np.float32)
        middle, reach = rng.uniform(0.2, 0.8, 2) * size, rng.uniform(0.35, 0.6) * max(size)
        angle = rng.uniform(0, math.tau)
        ring = [middle + reach * np.array([math.cos(angle + a), 0.6 * math.sin(angle + a)]) for a in np.linspace(0, 6, 9)]
        cv2.fillPoly(shadow, [np.array(ring).astype(int)], 1.0)
        small = cv2.resize(shadow, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(3, 12))
        light *= 1 - rng.uniform(0.3, 0.5) * cv2.resize(small, (width, height))
    warm = np.array([1.0, rng.uniform(0.95, 1.0), rng.uniform(0.82, 0.98)])
    values = values * light[..., None] * warm * rng.uniform(0.85, 1.0)
    values = cv2.GaussianBlur(values.astype(np.float32), (0, 0), rng.uniform(1.4, 2.2) if bad else rng.uniform(0.6, 1.0))
    if bad:
        length = int(rng.uniform(3, 7))
        kernel = np.zeros((9, 9), np.float32)
        angle = rng.uniform(0, math.pi)
        reach = np.array([math.cos(angle), math.sin(angle)]) * length / 2
        cv2.line(kernel, tuple((4 - reach).round().astype(int).tolist()), tuple((4 + reach).round().astype(int).tolist()), 1.0, 1)
        values = cv2.filter2D(values, -1, kernel / kernel.sum())
    values += noise(rng, (height, width), rng.uniform(5, 9) if bad else rng.uniform(2, 4))[..., None]
    return photo.with_pixels(to_bytes(values))
