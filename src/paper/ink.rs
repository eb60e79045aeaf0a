//! Ink on paper: the paper's own brightness, what is printed, and the connected pieces of the rest.

use image::GrayImage;

use super::pixels::{self, Mean};
use super::window::Area;

/// Darkness from which something printed has to be masked.
const PRINTED: u8 = 40;

/// Side of the blocks in which the paper is looked for.
const BLOCK: usize = 20;

/// How much darker than the paper around it each pixel of one channel is, where that is more than `darkness` says
/// already.
pub(super) fn darken(plane: &GrayImage, darkness: &mut [u8]) {
    let (width, height) = (plane.width() as usize, plane.height() as usize);
    if width == 0 || height == 0 {
        return;
    }
    // The paper of a row: the blocks' own, spread over half a block each way, first along, then down.
    let mean = Mean::of(BLOCK + 1);
    let columns = width.div_ceil(BLOCK);
    let across: Vec<Vec<u8>> = paper(plane)
        .chunks_exact(columns)
        .map(|levels| {
            let line: Vec<u8> = (0..width).map(|x| levels[x / BLOCK]).collect();
            let mut blurred = vec![0; width];
            pixels::blur_line(&line, BLOCK / 2, mean, &mut blurred);
            blurred
        })
        .collect();
    let mut sums = vec![0_u32; width];
    let lines = plane.as_raw().chunks_exact(width).zip(darkness.chunks_exact_mut(width));
    for (y, (line, out)) in lines.enumerate() {
        sums.fill(0);
        let rows = (y..=y + BLOCK).map(|row| row.saturating_sub(BLOCK / 2).min(height - 1) / BLOCK);
        for (block, times) in runs(rows) {
            sums.iter_mut().zip(&across[block]).for_each(|(sum, &level)| *sum += times * u32::from(level));
        }
        for ((out, &value), &sum) in out.iter_mut().zip(line).zip(&sums) {
            *out = (*out).max(mean.of_sum(sum).saturating_sub(value));
        }
    }
}

/// Equal neighbours with their number.
fn runs(values: impl Iterator<Item = usize>) -> Vec<(usize, u32)> {
    let mut runs: Vec<(usize, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, times)) if *last == value => *times += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}

/// The brightness of the paper in each block of one channel, row by row: a high quantile of its pixels, and the
/// whole window's where a large stamp hides the paper.
fn paper(plane: &GrayImage) -> Vec<u8> {
    const FAR: u8 = 30;
    let (width, height) = (plane.width() as usize, plane.height() as usize);
    let mut levels = Vec::with_capacity(width.div_ceil(BLOCK) * height.div_ceil(BLOCK));
    for rows in plane.as_raw().chunks(width * BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            let mut counts = [0_u32; 256];
            for row in rows.chunks_exact(width) {
                row[left..(left + BLOCK).min(width)].iter().for_each(|&v| counts[usize::from(v)] += 1);
            }
            levels.push(pixels::quantile(&counts, 0.8));
        }
    }
    let usual = pixels::quantile(&pixels::histogram(levels.iter().copied()), 0.6);
    for level in &mut levels {
        if *level < usual.saturating_sub(FAR) {
            *level = usual;
        }
    }
    levels
}

/// The shift in pixels, at most `reach` each way, under which the scan is darkest where the form is
/// printed, compared with right beside it.
pub(super) fn best_shift(expected: &GrayImage, darkness: &GrayImage, reach: usize) -> (i32, i32) {
    const BESIDE: usize = 3;
    const EDGE: i32 = 30;
    const FEW: usize = 50;
    // Beyond what print makes, a dark seal weighs no more than the frame.
    const PRINT: u8 = 120;
    let (width, height) = (expected.width() as usize, expected.height() as usize);
    let (printed, rim) = (expected.as_raw(), BESIDE + reach);
    let mut points: Vec<(usize, i32)> = Vec::new();
    for y in rim..height.saturating_sub(rim) {
        for at in y * width + rim..(y * width + width).saturating_sub(rim) {
            let near = |at: usize| i32::from(printed[at]);
            let beside = near(at - BESIDE) + near(at + BESIDE);
            let around = (beside + near(at - BESIDE * width) + near(at + BESIDE * width)) / 4;
            let edge = near(at) - around;
            if edge.abs() > EDGE {
                points.push((at, edge));
            }
        }
    }
    if points.len() < FEW {
        return (0, 0);
    }
    let seen: Vec<i32> = darkness.as_raw().iter().map(|&dark| i32::from(dark.min(PRINT))).collect();
    let score = |across: usize, down: usize| -> i64 {
        // The first pixel that any point is moved to is the one `reach` above and left of it.
        let moved = &seen[down * width + across..];
        let back = reach * width + reach;
        points.iter().map(|&(at, weight)| i64::from(moved[at - back] * weight)).sum()
    };
    let mut best = ((reach, reach), score(reach, reach));
    for down in 0..=2 * reach {
        for across in 0..=2 * reach {
            let value = score(across, down);
            if value > best.1 {
                best = ((across, down), value);
            }
        }
    }
    let shift = |steps: usize| i32::try_from(steps).unwrap_or(0) - i32::try_from(reach).unwrap_or(0);
    (shift(best.0.0), shift(best.0.1))
}

/// Where ink doesn't count: what is printed, moved by `shift` and made `tolerance` pixels wider.
pub(super) fn mask(expected: &GrayImage, shift: (i32, i32), tolerance: usize) -> GrayImage {
    let (width, height) = (expected.width() as usize, expected.height() as usize);
    let mut across = vec![0_u8; width * height];
    let moved = |at: usize, by: i32| at.checked_add_signed(-(by as isize));
    let mut printed = vec![0_u8; width];
    for (y, out) in across.chunks_exact_mut(width.max(1)).enumerate() {
        let Some(line) = moved(y, shift.1).and_then(|y| expected.as_raw().get(y * width..(y + 1) * width))
        else {
            continue;
        };
        printed.iter_mut().enumerate().for_each(|(x, out)| {
            let dark = moved(x, shift.0).and_then(|x| line.get(x)).copied().unwrap_or(0);
            *out = if dark >= PRINTED { 255 } else { 0 };
        });
        out.copy_from_slice(&printed);
        for step in 1..=tolerance.min(width) {
            out[step..].iter_mut().zip(&printed).for_each(|(out, &dark)| *out |= dark);
            out.iter_mut().zip(&printed[step..]).for_each(|(out, &dark)| *out |= dark);
        }
    }
    let mut mask = across.clone();
    for step in (1..=tolerance).map(|step| (step * width).min(across.len())) {
        mask[step..].iter_mut().zip(&across).for_each(|(out, &dark)| *out |= dark);
        mask.iter_mut().zip(&across[step..]).for_each(|(out, &dark)| *out |= dark);
    }
    GrayImage::from_raw(expected.width(), expected.height(), mask).expect("one byte a pixel")
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
    use image::Luma;

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
        let mut darkness = vec![0; 200 * 200];
        darken(&plane, &mut darkness);
        assert!((140..=145).contains(&darkness[100 * 200 + 100]));
        assert_eq!(darkness[10 * 200 + 10], 0);
    }

    #[test]
    fn print_is_masked_where_it_lies_and_a_little_around() {
        let mut printed = GrayImage::new(30, 20);
        printed.put_pixel(10, 8, Luma([200]));
        let mask = mask(&printed, (3, -2), 2);
        for (x, y, pixel) in mask.enumerate_pixels() {
            let near = x.abs_diff(13) <= 2 && y.abs_diff(6) <= 2;
            assert_eq!(pixel.0[0] > 0, near, "{x} {y}");
        }
    }
}
