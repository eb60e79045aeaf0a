"""Scans as PDF: one page is one image, or a mask over a background, or strips, as scanners write them."""

import io

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image, TiffImagePlugin


class ScanPdf:
    """A PDF of scanned pages."""

    def __init__(self):
        self.pdf = pikepdf.new()

    def save(self, path):
        """Writes the file, with bytes that depend on nothing but the pages."""
        self.pdf.save(path, static_id=True, deterministic_id=False)

    def add(self, images, size_mm, rotate=0):
        """Adds a page of `size_mm`; each image is (stream, left, top, width, height) in shares of the page."""
        width, height = (side / 25.4 * 72 for side in size_mm)
        content, resources = [], Dictionary()
        for i, (stream, left, top, wide, high) in enumerate(images):
            name = f"/Im{i}"
            resources[name] = stream
            x, y = left * width, (1 - top - high) * height
            colour = "0.08 0.08 0.1 rg " if Name.ImageMask in stream else ""
            content.append(f"q {colour}{wide * width:.4f} 0 0 {high * height:.4f} {x:.4f} {y:.4f} cm {name} Do Q")
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
            Resources=Dictionary(XObject=resources),
            Contents=self.pdf.make_stream("\n".join(content).encode()),
        )
        if rotate:
            page.Rotate = rotate
        self.pdf.pages.append(pikepdf.Page(self.pdf.make_indirect(page)))

    def _image(self, data, size, keys):
        stream = self.pdf.make_stream(data)
        stream.Type, stream.Subtype = Name.XObject, Name.Image
        stream.Width, stream.Height = size
        for key, value in keys.items():
            stream["/" + key] = value
        return stream

    def jpeg(self, pixels, quality):
        """DCT."""
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=quality, optimize=False)
        space = Name.DeviceRGB if pixels.ndim == 3 else Name.DeviceGray
        return self._image(
            out.getvalue(), _size(pixels), {"ColorSpace": space, "BitsPerComponent": 8, "Filter": Name.DCTDecode}
        )

    def jpx(self, pixels, rate):
        """JPEG 2000, compressed about `rate` times."""
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG2000", quality_mode="rates", quality_layers=[rate], irreversible=True)
        space = Name.DeviceRGB if pixels.ndim == 3 else Name.DeviceGray
        return self._image(
            out.getvalue(), _size(pixels), {"ColorSpace": space, "BitsPerComponent": 8, "Filter": Name.JPXDecode}
        )

    def g4(self, black, mask=False):
        """CCITT group 4 of a boolean image, True where it is black; as a stencil, painted where it is."""
        keys = {
            "BitsPerComponent": 1,
            "Filter": Name.CCITTFaxDecode,
            "DecodeParms": Dictionary(K=-1, Columns=black.shape[1], Rows=black.shape[0], BlackIs1=False),
        }
        keys |= {"ImageMask": True} if mask else {"ColorSpace": Name.DeviceGray}
        return self._image(_group4(black), _size(black), keys)


def _size(pixels):
    return pixels.shape[1], pixels.shape[0]


def _group4(black):
    """The bits of T.6, from libtiff by way of Pillow: one strip."""
    out = io.BytesIO()
    # A TIFF's 1 is white unless it is inverted first; CCITT's runs start with white.
    image = Image.fromarray(np.where(black, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)
    TiffImagePlugin.STRIP_SIZE = 1 << 30
    image.save(out, "TIFF", compression="group4", tiffinfo={262: 0})
    tiff = Image.open(out)
    offsets, counts = tiff.tag_v2[273], tiff.tag_v2[279]
    assert len(offsets) == 1, "more than one strip"
    return out.getvalue()[offsets[0] : offsets[0] + counts[0]]
