//! A scanner: sheets become pictures, and pictures a PDF.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma, Rgb, RgbImage};
use lopdf::{Stream, dictionary};

use super::Dice;
use super::marks::Sheet;
use super::pdf::{self, PackedImage};

/// What the scanner sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Red, green and blue.
    Colour,
    /// Shades of gray.
    Gray,
    /// Black and white.
    Bilevel,
}

/// How pictures are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// JPEG of this quality. Black and white is packed by deflate instead.
    Jpeg(u8),
    /// Deflate.
    Flate,
}

/// How a sheet lies, and what the glass adds.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Clockwise: 0, 90, 180 or 270 degrees.
    pub turn: u16,
    /// Clockwise, in degrees.
    pub skew: f64,
    /// To the right and down, in millimetres.
    pub shift: (f64, f64),
    /// Deviation of the noise in levels.
    pub noise: f64,
}

impl Look {
    /// Upright, straight, a little noise.
    pub const CLEAN: Self = Self { turn: 0, skew: 0.0, shift: (0.0, 0.0), noise: 2.0 };

    /// Turned by quarters.
    pub fn turned(turn: u16) -> Self {
        Self { turn, ..Self::CLEAN }
    }
}

/// A scanner with its settings.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    /// Dots an inch.
    pub dpi: f64,
    /// What it sees.
    pub colours: Colours,
    /// How it packs.
    pub packing: Packing,
    /// Seed of the noise.
    pub seed: u64,
}

impl Scanner {
    /// An office scanner: gray, JPEG quality 75.
    pub fn new(dpi: f64) -> Self {
        Self { dpi, colours: Colours::Gray, packing: Packing::Jpeg(75), seed: 1 }
    }

    /// With other colours.
    pub fn colours(mut self, colours: Colours) -> Self {
        self.colours = colours;
        self
    }

    /// With another packing.
    pub fn packing(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Scans sheets into one PDF.
    pub fn scan(&self, sheets: &[&Sheet], look: Look) -> Vec<u8> {
        let looks: Vec<Look> = sheets.iter().map(|_| look).collect();
        self.scan_each(sheets, &looks)
    }

    /// Scans sheets into one PDF, each lying its own way.
    pub fn scan_each(&self, sheets: &[&Sheet], looks: &[Look]) -> Vec<u8> {
        let images = sheets.iter().zip(looks).zip(0..).map(|((sheet, look), at)| {
            let picture = self.see(sheet, look, at);
            self.pack(&picture)
        });
        pdf::scanned(images.collect())
    }

    /// The picture of one sheet.
    pub fn see(&self, sheet: &Sheet, look: &Look, salt: u64) -> RgbImage {
        let across = !look.turn.is_multiple_of(180);
        let (sw, sh) = (f64::from(sheet.pixels.width()), f64::from(sheet.pixels.height()));
        let ratio = 300.0 / self.dpi;
        let (tw, th) = if across { (sh, sw) } else { (sw, sh) };
        let (width, height) = ((tw / ratio).round() as u32, (th / ratio).round() as u32);
        let angle = (f64::from(look.turn) + look.skew).to_radians();
        let (sin, cos) = angle.sin_cos();
        let shift = (look.shift.0 * 300.0 / 25.4, look.shift.1 * 300.0 / 25.4);
        let mut dice = Dice::new(self.seed.wrapping_mul(1_000_003).wrapping_add(salt));
        let taps = (ratio.ceil() as u32).max(1);
        RgbImage::from_fn(width, height, |x, y| {
            let mut sums = [0.0; 3];
            for j in 0..taps {
                for i in 0..taps {
                    let step =
                        |p: u32, k: u32| (f64::from(p) + (f64::from(k) + 0.5) / f64::from(taps)) * ratio;
                    let (u, v) = (step(x, i) - tw / 2.0 - shift.0, step(y, j) - th / 2.0 - shift.1);
                    // Back onto the sheet.
                    let (px, py) = (u * cos + v * sin + sw / 2.0, -u * sin + v * cos + sh / 2.0);
                    let pixel = sample(&sheet.pixels, px, py);
                    sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
                }
            }
            let count = f64::from(taps * taps);
            let grain = dice.normal() * look.noise;
            let hue = [dice.normal(), dice.normal(), dice.normal()];
            Rgb(std::array::from_fn(|c| {
                (sums[c] / count + grain + hue[c] * look.noise * 0.4).clamp(0.0, 255.0) as u8
            }))
        })
    }

    /// Packs a picture as this scanner does.
    pub fn pack(&self, picture: &RgbImage) -> PackedImage {
        let (width, height) = picture.dimensions();
        let points = (f64::from(width) * 72.0 / self.dpi, f64::from(height) * 72.0 / self.dpi);
        let gray = || {
            GrayImage::from_fn(width, height, |x, y| {
                let [r, g, b] = picture.get_pixel(x, y).0;
                Luma([((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8) as u8])
            })
        };
        let (space, bits, raw) = match self.colours {
            Colours::Colour => ("DeviceRGB", 8, picture.as_raw().clone()),
            Colours::Gray => ("DeviceGray", 8, gray().into_raw()),
            Colours::Bilevel => ("DeviceGray", 1, bits(&gray())),
        };
        let mut entries = dictionary! { "ColorSpace" => space, "BitsPerComponent" => bits };
        let bytes = match self.packing {
            Packing::Jpeg(quality) if bits == 8 => {
                entries.set("Filter", "DCTDecode");
                let mut jpeg = Vec::new();
                let encoder = JpegEncoder::new_with_quality(Cursor::new(&mut jpeg), quality);
                match self.colours {
                    Colours::Colour => picture.write_with_encoder(encoder),
                    _ => gray().write_with_encoder(encoder),
                }
                .expect("writing to memory");
                jpeg
            }
            _ => {
                let mut stream = Stream::new(lopdf::Dictionary::new(), raw);
                stream.compress().expect("deflate");
                if stream.dict.has(b"Filter") {
                    entries.set("Filter", "FlateDecode");
                }
                stream.content
            }
        };
        PackedImage { width, height, entries, bytes, points }
    }
}

fn bits(gray: &GrayImage) -> Vec<u8> {
    let stride = gray.width().div_ceil(8) as usize;
    let mut out = vec![0_u8; stride * gray.height() as usize];
    for (x, y, pixel) in gray.enumerate_pixels() {
        if pixel.0[0] > 140 {
            out[y as usize * stride + x as usize / 8] |= 0x80 >> (x % 8);
        }
    }
    out
}

fn sample(image: &RgbImage, x: f64, y: f64) -> [f64; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let at = |dx: f64, dy: f64| {
        let (u, v) = (x0 + dx, y0 + dy);
        if u < 0.0 || v < 0.0 || u >= f64::from(image.width()) || v >= f64::from(image.height()) {
            [250.0; 3]
        } else {
            image.get_pixel(u as u32, v as u32).0.map(f64::from)
        }
    };
    let (a, b, c, d) = (at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0), at(1.0, 1.0));
    std::array::from_fn(|i| {
        (a[i] * (1.0 - fx) + b[i] * fx) * (1.0 - fy) + (c[i] * (1.0 - fx) + d[i] * fx) * fy
    })
}
