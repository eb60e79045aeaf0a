"""A picture with the place of the page on it: pixels, and the map from millimetres of the form to them."""

from dataclasses import dataclass, field

import cv2
import numpy as np

PAGE_MM = (210.0, 297.0)
# Sheets are drawn at this resolution; scans are taken from them.
SHEET_DPI = 300
SHEET_PER_MM = SHEET_DPI / 25.4
# From millimetres to pixels of a sheet, counted as OpenCV does: a pixel's middle is a whole number.
_SHEET_TO_PX = np.array([[SHEET_PER_MM, 0, -0.5], [0, SHEET_PER_MM, -0.5], [0, 0, 1]])


@dataclass
class Picture:
    """Pixels (height, width[, RGB]) as uint8; `to_px` maps millimetres of the form to (the middles of) pixels."""

    pixels: np.ndarray
    to_px: np.ndarray = field(default_factory=_SHEET_TO_PX.copy)
    # Whether the paper lay flat: False where a bend has no homography.
    flat: bool = True

    @property
    def size(self):
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def with_pixels(self, pixels):
        """The same place with other pixels of the same size."""
        return Picture(pixels, self.to_px, self.flat)

    def warped(self, by, size, border):
        """Moved by a homography of pixels onto a canvas of `size`."""
        value = tuple(int(v) for v in np.broadcast_to(border, 3)) if self.pixels.ndim == 3 else int(np.mean(border))
        pixels = cv2.warpPerspective(
            self.pixels, by, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=value
        )
        return Picture(pixels, by @ self.to_px, self.flat)

    def rotated(self, turn):
        """Turned clockwise by whole quarters."""
        width, height = self.size
        quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], float)
        move, pixels = np.eye(3), self.pixels
        for _ in range(turn // 90):
            step = quarter.copy()
            step[0, 2] = height - 1
            move = step @ move
            pixels = cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE)
            width, height = height, width
        return Picture(pixels, move @ self.to_px, self.flat)

    def gray(self):
        """Without colour."""
        if self.pixels.ndim == 2:
            return self
        return self.with_pixels(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY))

    def colour(self):
        """With three channels."""
        if self.pixels.ndim == 3:
            return self
        return self.with_pixels(cv2.cvtColor(self.pixels, cv2.COLOR_GRAY2RGB))

    def area(self, box, inset_mm=0.0):
        """The quadrilateral of a box of the layout, in pixels."""
        left, top = box["x_mm"] + inset_mm, box["y_mm"] + inset_mm
        right, bottom = box["x_mm"] + box["w_mm"] - inset_mm, box["y_mm"] + box["h_mm"] - inset_mm
        corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], float)
        return cv2.perspectiveTransform(corners, self.to_px)[0]

    def place(self, box):
        """The corners of a box of the layout in shares of the picture, from the top left clockwise, and the matrix
        that takes a small way in shares to millimetres of the form there."""
        corners, size = self.area(box) + 0.5, np.array(self.size)
        middle = np.array([box["x_mm"] + box["w_mm"] / 2, box["y_mm"] + box["h_mm"] / 2])
        around = cv2.perspectiveTransform(middle + np.array([[[0.0, 0], [1, 0], [0, 1]]]), self.to_px)[0]
        to_mm = np.linalg.inv((around[1:] - around[0]).T) @ np.diag(size)
        return (corners / size).round(6).tolist(), to_mm.round(3).tolist()


def cloud(rng, shape, cell, low=0.0, high=1.0):
    """Smooth random values: about one hill every `cell` pixels."""
    rows, columns = max(2, round(shape[0] / cell) + 2), max(2, round(shape[1] / cell) + 2)
    coarse = rng.random((rows, columns), dtype=np.float32)
    fine = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return low + (high - low) * np.clip(fine, 0, 1)


def noise(rng, shape, sigma):
    """Grain. A tile repeated with shifts is as good for a scan and costs a tenth."""
    tile = rng.standard_normal((512, 512), dtype=np.float32) * sigma
    height, width = shape[:2]
    rows, columns = -(-height // 512), -(-width // 512)
    whole = np.empty((rows * 512, columns * 512), np.float32)
    for row in range(rows):
        for column in range(columns):
            shifted = np.roll(tile, rng.integers(0, 512, 2), (0, 1))
            whole[row * 512 : row * 512 + 512, column * 512 : column * 512 + 512] = shifted
    return whole[:height, :width]


def to_bytes(values):
    """Rounded and clamped to a byte."""
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
