//! Seals and signatures on a printed sheet.

use casebind_paper::Pages;
use casebind_paper::layout::{BoxPlace, Layout, PageLayout};
use image::{Rgb, RgbImage};

use super::{Dice, PrintedForm};

/// Pixels a millimetre of a sheet: 300 dpi.
pub const DENSITY: f64 = 300.0 / 25.4;

/// What someone puts into a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A square name seal in red.
    RedSquare,
    /// A round seal in red.
    RedRound,
    /// A faint red seal.
    FaintSeal,
    /// A signature in blue ink.
    BluePen,
    /// A signature in black ink.
    BlackPen,
    /// A small signature.
    SmallPen,
    /// A signature in pencil.
    Pencil,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::RedSquare,
        Self::RedRound,
        Self::FaintSeal,
        Self::BluePen,
        Self::BlackPen,
        Self::SmallPen,
        Self::Pencil,
    ];
}

/// What a signature is written with.
#[derive(Clone, Copy, Debug)]
struct Pen {
    line_mm: f64,
    ink: [u8; 3],
    strength: f64,
}

/// A printed page as paper, 300 dpi in colour.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The pixels.
    pub pixels: RgbImage,
    /// Where boxes lie.
    pub layout: PageLayout,
}

impl Sheet {
    /// Prints all pages of a form: black is not quite black and paper not quite white.
    pub fn print(form: &PrintedForm) -> Vec<Self> {
        let pages = Pages::open(form.pdf.clone(), u64::MAX).expect("a form opens");
        let layouts = layouts(&form.layout);
        pages
            .renditions(DENSITY)
            .into_iter()
            .zip(layouts)
            .map(|(gray, layout)| {
                let tone = |v: u8| (32 + u32::from(v) * (246 - 32) / 255) as u8;
                let pixels = RgbImage::from_fn(gray.width(), gray.height(), |x, y| {
                    Rgb([tone(gray.get_pixel(x, y).0[0]); 3])
                });
                Self { pixels, layout }
            })
            .collect()
    }

    /// A page that has nothing to do with any form: some lines of "text".
    pub fn foreign(seed: u64) -> Self {
        let mut sheet = Self::blank();
        let mut dice = Dice::new(seed);
        for line in 0..30 {
            let mut x = 25.0;
            while x < 180.0 {
                let width = dice.between(2.0, 12.0);
                sheet.stroke(
                    &[(x, 30.0 + f64::from(line) * 8.0), (x + width, 30.0 + f64::from(line) * 8.0)],
                    1.6,
                    [40; 3],
                    0.9,
                );
                x += width + 3.0;
            }
        }
        sheet
    }

    /// The empty back of a sheet.
    pub fn blank() -> Self {
        let layout =
            PageLayout { page: 0, width_mm: 210.0, height_mm: 297.0, codes: Vec::new(), boxes: Vec::new() };
        Self { pixels: RgbImage::from_pixel(2480, 3508, Rgb([246; 3])), layout }
    }

    /// Marks all boxes, each in its own way.
    pub fn sign(&mut self, mark: Mark, seed: u64) {
        for (at, place) in self.layout.boxes.clone().iter().enumerate() {
            self.mark(place, mark, seed.wrapping_add(at as u64));
        }
    }

    /// Marks one box.
    pub fn mark(&mut self, place: &BoxPlace, mark: Mark, seed: u64) {
        let mut dice = Dice::new(seed);
        let (cx, cy) = (
            place.x_mm + place.w_mm * dice.between(0.4, 0.6),
            place.y_mm + place.h_mm * dice.between(0.42, 0.58),
        );
        match mark {
            Mark::RedSquare => self.square_seal(cx, cy, 16.0, &mut dice, 0.85),
            Mark::RedRound => self.round_seal(cx, cy, 11.0, &mut dice, 0.85),
            Mark::FaintSeal => self.square_seal(cx, cy, 16.0, &mut dice, 0.3),
            Mark::BluePen => self.signature(
                (cx, cy),
                28.0,
                Pen { line_mm: 0.45, ink: [30, 45, 150], strength: 0.9 },
                &mut dice,
            ),
            Mark::BlackPen => self.signature(
                (cx, cy),
                30.0,
                Pen { line_mm: 0.5, ink: [25, 25, 30], strength: 0.95 },
                &mut dice,
            ),
            Mark::SmallPen => self.signature(
                (cx, cy),
                12.0,
                Pen { line_mm: 0.35, ink: [30, 40, 120], strength: 0.9 },
                &mut dice,
            ),
            Mark::Pencil => self.signature(
                (cx, cy),
                26.0,
                Pen { line_mm: 0.5, ink: [110, 110, 112], strength: 0.7 },
                &mut dice,
            ),
        }
    }

    /// Covers an area with paper.
    pub fn cover(&mut self, x: f64, y: f64, width: f64, height: f64) {
        for v in (y * DENSITY) as u32..(((y + height) * DENSITY) as u32).min(self.pixels.height()) {
            for u in (x * DENSITY) as u32..(((x + width) * DENSITY) as u32).min(self.pixels.width()) {
                self.pixels.put_pixel(u, v, Rgb([246; 3]));
            }
        }
    }

    /// Covers all codes: a form whose corners were cut off or painted over.
    pub fn cover_codes(&mut self) {
        for code in self.layout.codes.clone() {
            self.cover(code.x_mm - 0.5, code.y_mm - 0.5, code.size_mm + 1.0, code.size_mm + 1.0);
        }
    }

    /// Pastes codes of another sheet over this one's, those in these places of its layout.
    pub fn paste_codes(&mut self, from: &Self, places: &[usize]) {
        for code in places.iter().map(|&at| &from.layout.codes[at]) {
            let pixels = |mm: f64| (mm * DENSITY).round() as u32;
            let (x, y, side) = (pixels(code.x_mm - 0.5), pixels(code.y_mm - 0.5), pixels(code.size_mm + 1.0));
            let part = image::imageops::crop_imm(&from.pixels, x, y, side, side).to_image();
            image::imageops::replace(&mut self.pixels, &part, i64::from(x), i64::from(y));
        }
    }

    fn square_seal(&mut self, cx: f64, cy: f64, side: f64, dice: &mut Dice, strength: f64) {
        let red = [200, 30, 45];
        let half = side / 2.0;
        let angle = dice.between(-0.15, 0.15);
        let turn =
            |x: f64, y: f64| (cx + x * angle.cos() - y * angle.sin(), cy + x * angle.sin() + y * angle.cos());
        let corners =
            [turn(-half, -half), turn(half, -half), turn(half, half), turn(-half, half), turn(-half, -half)];
        self.stroke(&corners, 0.9, red, strength);
        self.glyphs(&turn, half * 0.75, dice, red, strength);
    }

    fn round_seal(&mut self, cx: f64, cy: f64, radius: f64, dice: &mut Dice, strength: f64) {
        let red = [205, 35, 40];
        let ring: Vec<(f64, f64)> = (0..=48)
            .map(|i| f64::from(i) / 48.0 * std::f64::consts::TAU)
            .map(|a| (cx + radius * a.cos(), cy + radius * a.sin()))
            .collect();
        self.stroke(&ring, 1.0, red, strength);
        self.glyphs(&|x, y| (cx + x, cy + y), radius * 0.55, dice, red, strength);
    }

    /// Four squares of strokes that look like characters from afar.
    fn glyphs(
        &mut self,
        place: &dyn Fn(f64, f64) -> (f64, f64),
        half: f64,
        dice: &mut Dice,
        ink: [u8; 3],
        strength: f64,
    ) {
        for (qx, qy) in [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)] {
            for _ in 0..6 {
                let at = dice.between(-0.4, 0.4);
                let (from, to) =
                    if dice.unit() < 0.5 { ((-0.42, at), (0.42, at)) } else { ((at, -0.42), (at, 0.42)) };
                let to_page = |(x, y): (f64, f64)| place((qx + x) * half, (qy + y) * half);
                self.stroke(&[to_page(from), to_page(to)], 0.6, ink, strength);
            }
        }
    }

    fn signature(&mut self, (cx, cy): (f64, f64), width: f64, pen: Pen, dice: &mut Dice) {
        let (a, b, c) = (dice.between(2.0, 4.0), dice.between(5.0, 8.0), dice.between(0.0, 6.0));
        let height = width * dice.between(0.18, 0.3);
        let points: Vec<(f64, f64)> = (0..=120)
            .map(|i| f64::from(i) / 120.0)
            .map(|t| {
                let x = cx + (t - 0.5) * width + (b * t * 6.3 + c).sin() * width * 0.06;
                let y = cy + height * ((a * t * 6.3 + c).sin() * 0.6 + (b * t * 6.3).cos() * 0.4);
                (x, y)
            })
            .collect();
        self.stroke(&points, pen.line_mm, pen.ink, pen.strength);
    }

    /// Draws a line through points in millimetres.
    pub fn stroke(&mut self, points: &[(f64, f64)], line_mm: f64, ink: [u8; 3], strength: f64) {
        let radius = line_mm * DENSITY / 2.0;
        let mut cover = std::collections::HashMap::new();
        for pair in points.windows(2) {
            let (from, to) =
                ((pair[0].0 * DENSITY, pair[0].1 * DENSITY), (pair[1].0 * DENSITY, pair[1].1 * DENSITY));
            let (left, right) = (from.0.min(to.0) - radius - 1.0, from.0.max(to.0) + radius + 1.0);
            let (top, foot) = (from.1.min(to.1) - radius - 1.0, from.1.max(to.1) + radius + 1.0);
            for y in top.max(0.0) as u32..=(foot.max(0.0) as u32).min(self.pixels.height() - 1) {
                for x in left.max(0.0) as u32..=(right.max(0.0) as u32).min(self.pixels.width() - 1) {
                    let away = distance((f64::from(x) + 0.5, f64::from(y) + 0.5), from, to);
                    let share = (radius + 0.5 - away).clamp(0.0, 1.0);
                    if share > 0.0 {
                        let entry = cover.entry((x, y)).or_insert(0.0_f64);
                        *entry = entry.max(share);
                    }
                }
            }
        }
        for ((x, y), share) in cover {
            let pixel = self.pixels.get_pixel_mut(x, y);
            for (value, ink) in pixel.0.iter_mut().zip(ink) {
                // Ink takes light away: what is dark stays dark.
                let through = 1.0 - share * strength * (1.0 - f64::from(ink) / 255.0);
                *value = (f64::from(*value) * through) as u8;
            }
        }
    }
}

fn layouts(layout: &Layout) -> Vec<PageLayout> {
    layout.pages.clone()
}

fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = if dx == 0.0 && dy == 0.0 {
        0.0
    } else {
        (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0)
    };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}
