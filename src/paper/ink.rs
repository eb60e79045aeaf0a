//! Ink on paper: the paper's own brightness, what is printed, and the connected pieces of the rest.

use image::{GrayImage, Luma};

use super::boxes::Area;
use super::pixels;

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

/// A connected piece of ink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    /// Pixels.
    pub area: u32,
    /// Pixels inside the box.
    pub inside: u32,
    /// Bounds in the window.
    pub bounds: Area,
}

impl Component {
    /// The bounds as far as they lie within `area`.
    pub(super) fn bounds_within(&self, area: Area) -> Area {
        let (l, t, r, b) = self.bounds;
        (l.max(area.0), t.max(area.1), r.min(area.2), b.min(area.3))
    }

    /// Whether this is a straight thin line through the whole window: a copier's stripe or a fold.
    pub(super) fn is_stripe(&self, width: u32, height: u32) -> bool {
        const THIN: u32 = 6;
        let (wide, high) = (self.bounds.2 - self.bounds.0, self.bounds.3 - self.bounds.1);
        let through =
            |length: u32, whole: u32, across: u32| length * 10 >= whole * 9 && across <= THIN + whole / 40;
        let thickness = |length: u32| self.area / length.max(1) <= THIN;
        (through(wide, width, high) && thickness(wide)) || (through(high, height, wide) && thickness(high))
    }
}

/// The connected pieces (eight neighbours) of what is darker than `threshold` and not masked.
pub(super) fn components(
    darkness: &GrayImage,
    threshold: u8,
    mask: &GrayImage,
    inside: Area,
) -> Vec<Component> {
    let (width, height) = darkness.dimensions();
    let mut open: Vec<bool> = darkness
        .as_raw()
        .iter()
        .zip(mask.as_raw())
        .map(|(&dark, &masked)| dark > threshold && masked == 0)
        .collect();
    let mut found = Vec::new();
    let mut stack = Vec::new();
    for start in 0..open.len() {
        if !std::mem::take(&mut open[start]) {
            continue;
        }
        let mut piece = Component { area: 0, inside: 0, bounds: (width, height, 0, 0) };
        stack.push(u32::try_from(start).expect("windows are small"));
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            piece.area += 1;
            piece.inside += u32::from(x >= inside.0 && y >= inside.1 && x < inside.2 && y < inside.3);
            let b = &mut piece.bounds;
            *b = (b.0.min(x), b.1.min(y), b.2.max(x + 1), b.3.max(y + 1));
            for v in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for u in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let next = v * width + u;
                    if std::mem::take(&mut open[next as usize]) {
                        stack.push(next);
                    }
                }
            }
        }
        found.push(piece);
    }
    found
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
        assert!(components(&scanned, 20, &mask, (25, 25, 95, 75)).is_empty());
    }

    #[test]
    fn pieces_are_counted_apart_and_stripes_told() {
        let mut ink = GrayImage::new(120, 100);
        for x in 0..120 {
            ink.put_pixel(x, 50, Luma([200]));
        }
        for (x, y) in [(30, 30), (31, 31), (32, 30)] {
            ink.put_pixel(x, y, Luma([90]));
        }
        let found = components(&ink, 20, &GrayImage::new(120, 100), (25, 25, 95, 75));
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].area, found[0].inside, found[0].bounds), (3, 3, (30, 30, 33, 32)));
        assert!(found[1].is_stripe(120, 100) && !found[0].is_stripe(120, 100));
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
