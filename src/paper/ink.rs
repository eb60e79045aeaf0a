//! Ink on paper: the paper's own brightness, what is printed, and the connected pieces of the rest.

use image::{GrayImage, Luma};

use super::pixels;
use super::window::Area;

/// Darkness from which something printed has to be masked.
const PRINTED: u8 = 40;

/// The brightness of the paper under each pixel, for one channel: a high quantile of the
/// neighbourhood, and the whole window's where a large stamp hides the paper.
pub(super) fn paper(plane: &GrayImage) -> GrayImage {
    const BLOCK: u32 = 20;
    const FAR: u8 = 30;
    let (width, height) = plane.dimensions();
    let (columns, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
    let mut levels = Vec::with_capacity((columns * rows) as usize);
    for row in 0..rows {
        for column in 0..columns {
            let (left, top) = (column * BLOCK, row * BLOCK);
            let (right, bottom) = ((left + BLOCK).min(width), (top + BLOCK).min(height));
            let values = (top..bottom).flat_map(|y| (left..right).map(move |x| plane.get_pixel(x, y).0[0]));
            levels.push(pixels::quantile(&pixels::histogram(values), 0.8));
        }
    }
    let usual = pixels::quantile(&pixels::histogram(levels.iter().copied()), 0.6);
    for level in &mut levels {
        if *level < usual.saturating_sub(FAR) {
            *level = usual;
        }
    }
    let blocks = GrayImage::from_raw(columns, rows, levels).expect("one byte a block");
    let spread = GrayImage::from_fn(width, height, |x, y| *blocks.get_pixel(x / BLOCK, y / BLOCK));
    pixels::box_blur(&spread, BLOCK as usize / 2)
}

/// The shift in pixels, at most `reach` each way, under which the scan is darkest where the form is
/// printed, compared with right beside it.
pub(super) fn best_shift(expected: &GrayImage, darkness: &GrayImage, reach: i32) -> (i32, i32) {
    let (width, height) = expected.dimensions();
    let mut points: Vec<(i32, i32, i32)> = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let here = i32::from(expected.get_pixel(x, y).0[0]);
            let near = |dx: i32, dy: i32| {
                expected
                    .get_pixel_checked(x.saturating_add_signed(dx), y.saturating_add_signed(dy))
                    .map_or(0, |p| i32::from(p.0[0]))
            };
            let around = (near(-3, 0) + near(3, 0) + near(0, -3) + near(0, 3)) / 4;
            let edge = here - around;
            if edge.abs() > 30 {
                points.push((x.cast_signed(), y.cast_signed(), edge));
            }
        }
    }
    if points.len() < 50 {
        return (0, 0);
    }
    let score = |dx: i32, dy: i32| -> i64 {
        points
            .iter()
            .map(|&(x, y, weight)| {
                let (x, y) = ((x + dx).cast_unsigned(), (y + dy).cast_unsigned());
                // Beyond what print makes, a dark seal weighs no more than the frame.
                let dark = darkness.get_pixel_checked(x, y).map_or(0, |p| i64::from(p.0[0].min(120)));
                dark * i64::from(weight)
            })
            .sum()
    };
    let mut best = ((0, 0), score(0, 0));
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let value = score(dx, dy);
            if value > best.1 {
                best = ((dx, dy), value);
            }
        }
    }
    best.0
}

/// Where ink doesn't count: what is printed, moved by `shift` and made `tolerance` pixels wider.
pub(super) fn mask(expected: &GrayImage, shift: (i32, i32), tolerance: u32) -> GrayImage {
    let (width, height) = expected.dimensions();
    let printed = GrayImage::from_fn(width, height, |x, y| {
        let (u, v) = (x.cast_signed() - shift.0, y.cast_signed() - shift.1);
        let dark = expected.get_pixel_checked(u.cast_unsigned(), v.cast_unsigned()).map_or(0, |p| p.0[0]);
        Luma([if dark >= PRINTED { 255 } else { 0 }])
    });
    let widen = |image: &GrayImage, dx: u32, dy: u32| {
        GrayImage::from_fn(width, height, |x, y| {
            let columns = x.saturating_sub(dx)..=(x + dx).min(width - 1);
            let any = columns.into_iter().any(|u| {
                (y.saturating_sub(dy)..=(y + dy).min(height - 1)).any(|v| image.get_pixel(u, v).0[0] > 0)
            });
            Luma([if any { 255 } else { 0 }])
        })
    };
    widen(&widen(&printed, tolerance, 0), 0, tolerance)
}

/// Sums over the pixels of a piece, from which its direction and thickness follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Moments {
    fn add(&mut self, x: u32, y: u32) {
        let (x, y) = (f64::from(x), f64::from(y));
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// Of both together.
    pub(super) fn with(&self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            x: self.x + other.x,
            y: self.y + other.y,
            xx: self.xx + other.xx,
            xy: self.xy + other.xy,
            yy: self.yy + other.yy,
        }
    }

    /// Length and thickness of the straight bar that spreads as much, in pixels.
    pub(super) fn bar(&self) -> (f64, f64) {
        let n = self.n.max(1.0);
        let (x, y) = (self.x / n, self.y / n);
        let (xx, xy, yy) = (self.xx / n - x * x, self.xy / n - x * y, self.yy / n - y * y);
        let (middle, half) = (f64::midpoint(xx, yy), (((xx - yy) / 2.0).powi(2) + xy * xy).sqrt());
        // A bar of length l has a variance of l²/12 along itself.
        let side = |variance: f64| (12.0 * variance.max(0.0)).sqrt();
        (side(middle + half), side(middle - half))
    }
}

/// A connected piece of ink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    /// Pixels.
    pub area: u32,
    /// Pixels inside the box.
    pub inside: u32,
    /// Bounds in the window.
    pub bounds: Area,
    /// How it spreads.
    pub moments: Moments,
}

/// The pieces of ink of a window.
pub(super) struct Pieces {
    /// In the order in which they were met.
    pub list: Vec<Component>,
    /// For each pixel the piece it belongs to, from 1; 0 for none.
    pub labels: Vec<u32>,
}

/// The connected pieces (eight neighbours) of what is darker than `threshold` and not masked.
pub(super) fn components(darkness: &GrayImage, threshold: u8, mask: &GrayImage, inside: Area) -> Pieces {
    const OPEN: u32 = u32::MAX;
    let (width, height) = darkness.dimensions();
    let mut labels: Vec<u32> = darkness
        .as_raw()
        .iter()
        .zip(mask.as_raw())
        .map(|(&dark, &masked)| if dark > threshold && masked == 0 { OPEN } else { 0 })
        .collect();
    let mut list = Vec::new();
    let mut stack = Vec::new();
    for start in 0..labels.len() {
        if labels[start] != OPEN {
            continue;
        }
        let number = u32::try_from(list.len() + 1).expect("fewer pieces than pixels");
        let mut piece =
            Component { area: 0, inside: 0, bounds: (width, height, 0, 0), moments: Moments::default() };
        labels[start] = number;
        stack.push(u32::try_from(start).expect("windows are small"));
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            piece.area += 1;
            piece.inside += u32::from(x >= inside.0 && y >= inside.1 && x < inside.2 && y < inside.3);
            piece.moments.add(x, y);
            let b = &mut piece.bounds;
            *b = (b.0.min(x), b.1.min(y), b.2.max(x + 1), b.3.max(y + 1));
            for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for u in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let next = v * width + u;
                    if labels[next as usize] == OPEN {
                        labels[next as usize] = number;
                        stack.push(next);
                    }
                }
            }
        }
        list.push(piece);
    }
    Pieces { list, labels }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            let on = |v: u32, a: u32, b: u32| (a..a + 2).contains(&v) || (b..b + 2).contains(&v);
            let within = (20..width - 18).contains(&x) && (20..height - 18).contains(&y);
            Luma([if within && (on(x, 20, width - 20) || on(y, 20, height - 20)) { 200 } else { 0 }])
        })
    }

    #[test]
    fn a_shifted_frame_is_found_and_masked() {
        let expected = frame(120, 100);
        let scanned = GrayImage::from_fn(120, 100, |x, y| {
            expected.get_pixel_checked(x.wrapping_sub(3), y.wrapping_add(2)).copied().unwrap_or(Luma([0]))
        });
        let shift = best_shift(&expected, &scanned, 4);
        assert_eq!(shift, (3, -2));
        let mask = mask(&expected, shift, 2);
        assert!(components(&scanned, 20, &mask, (25, 25, 95, 75)).list.is_empty());
    }

    #[test]
    fn pieces_are_counted_apart_and_a_stripe_is_long_and_thin() {
        let mut ink = GrayImage::new(120, 100);
        for x in 0..120 {
            ink.put_pixel(x, 50, Luma([200]));
        }
        for (x, y) in [(30, 30), (31, 31), (32, 30)] {
            ink.put_pixel(x, y, Luma([90]));
        }
        let pieces = components(&ink, 20, &GrayImage::new(120, 100), (25, 25, 95, 75));
        let found = &pieces.list;
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].area, found[0].inside, found[0].bounds), (3, 3, (30, 30, 33, 32)));
        let (long, thin) = found[1].moments.bar();
        assert!((long - 120.0).abs() < 0.1 && thin < 0.1, "{long} {thin}");
        assert_eq!((pieces.labels[30 * 120 + 30], pieces.labels[50 * 120], pieces.labels[0]), (1, 2, 0));
        assert_eq!(found[1].inside, 70);
    }

    #[test]
    fn the_paper_is_seen_under_a_stamp() {
        let plane = GrayImage::from_fn(200, 200, |x, y| {
            Luma([if (60..140).contains(&x) && (60..140).contains(&y) { 90 } else { 235 }])
        });
        assert!(paper(&plane).as_raw().iter().all(|&v| v >= 230));
    }
}
