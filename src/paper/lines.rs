//! Thin lines that go through a whole box: a fold, a copier's stripe. They are taken out of the ink before its
//! pieces are told apart, so that what such a line touches isn't held together by it.

use image::GrayImage;

use super::window::Area;

/// By how many pixels a line may climb on its way through the box.
const TILT: i64 = 5;
/// Share of its way on which there must be ink.
const FILLED: f64 = 0.9;
/// Thicker ink than this many pixels (1.4 mm) isn't the line's.
const THICK: usize = 8;
/// Lines at most, each way.
const MOST: usize = 2;

/// Adds to `mask` the lines through `inside`, of what is darker than `threshold` and not masked yet.
pub(super) fn mask_through(darkness: &GrayImage, threshold: u8, mask: &mut GrayImage, inside: Area) {
    let mut ink: Vec<bool> =
        darkness.iter().zip(mask.iter()).map(|(&dark, &masked)| dark > threshold && masked == 0).collect();
    let (wide, high) = (darkness.width() as usize, darkness.height() as usize);
    let (left, top, right, bottom) = inside;
    let across = Way { along: 1, beside: wide, length: wide, breadth: high };
    let down = Way { along: wide, beside: 1, length: high, breadth: wide };
    for (way, from, to, low, high) in [(across, left, right, top, bottom), (down, top, bottom, left, right)] {
        for _ in 0..MOST {
            let Some(line) = way.find(&ink, from as usize..to as usize, low as usize..high as usize) else {
                break;
            };
            way.clear(&line, &mut ink, mask);
        }
    }
}

/// Across the window or down it: how far a pixel's next one lies in its row of pixels.
struct Way {
    along: usize,
    beside: usize,
    length: usize,
    breadth: usize,
}

/// Where a line enters, and how far it has climbed where it leaves.
struct Line {
    from: usize,
    length: usize,
    start: usize,
    tilt: i64,
}

impl Line {
    fn at(&self, along: usize) -> i64 {
        let way = i64::try_from(along).unwrap_or(0) - i64::try_from(self.from).unwrap_or(0);
        let length = i64::try_from(self.length).unwrap_or(1).max(1);
        i64::try_from(self.start).unwrap_or(0) + self.tilt * way / length
    }
}

impl Way {
    /// The line with most ink, if it goes all the way.
    fn find(
        &self,
        ink: &[bool],
        way: std::ops::Range<usize>,
        breadth: std::ops::Range<usize>,
    ) -> Option<Line> {
        let near = |along: usize, beside: usize| {
            let at = along * self.along + beside * self.beside;
            ink[at] || ink[at - self.beside] || ink[at + self.beside]
        };
        let margin = usize::try_from(TILT).unwrap_or(0) + 2;
        let needed = (way.len() as f64 * FILLED).ceil() as usize;
        let mut best: Option<(usize, Line)> = None;
        for start in breadth.start + margin..breadth.end.saturating_sub(margin) {
            // Most rows have too little ink to begin with.
            let here = way.clone().step_by(8).filter(|&along| {
                let span = start - margin..=start + margin;
                span.into_iter().any(|beside| ink[along * self.along + beside * self.beside])
            });
            if here.count() * 8 < needed {
                continue;
            }
            for tilt in -TILT..=TILT {
                let line = Line { from: way.start, length: way.len(), start, tilt };
                let on =
                    |&along: &usize| usize::try_from(line.at(along)).is_ok_and(|beside| near(along, beside));
                let count = way.clone().filter(on).count();
                if count >= needed && best.as_ref().is_none_or(|(most, _)| count > *most) {
                    best = Some((count, line));
                }
            }
        }
        best.map(|(_, line)| line)
    }

    /// Takes a line out of the ink, where it is as thin as one.
    fn clear(&self, line: &Line, ink: &mut [bool], mask: &mut GrayImage) {
        for along in 0..self.length {
            let Ok(middle) = usize::try_from(line.at(along)) else { continue };
            let pixel = |beside: usize| along * self.along + beside * self.beside;
            let near = middle.saturating_sub(1)..(middle + 2).min(self.breadth);
            let Some(seed) = near.into_iter().find(|&beside| ink[pixel(beside)]) else { continue };
            let before = (0..seed).rev().take_while(|&beside| ink[pixel(beside)]).count();
            let after = (seed..self.breadth).take_while(|&beside| ink[pixel(beside)]).count();
            if before + after > THICK {
                continue;
            }
            for beside in (seed - before).saturating_sub(1)..(seed + after + 1).min(self.breadth) {
                ink[pixel(beside)] = false;
                mask.as_mut()[pixel(beside)] = 255;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn a_fold_is_taken_out_and_what_it_touches_stays() {
        let mut ink = GrayImage::new(200, 150);
        for x in 0..200 {
            for y in 0..3 {
                ink.put_pixel(x, 70 + x / 60 + y, Luma([120]));
            }
        }
        for x in 160..200 {
            for y in 40..110 {
                ink.put_pixel(x, y, Luma([150]));
            }
        }
        // A stroke that ends inside.
        for x in 30..90 {
            ink.put_pixel(x, 30, Luma([150]));
        }
        let mut mask = GrayImage::new(200, 150);
        mask_through(&ink, 40, &mut mask, (20, 20, 180, 130));
        let masked = |x: u32, y: u32| mask.get_pixel(x, y).0[0] > 0;
        assert!(masked(50, 71) && masked(120, 73) && masked(5, 70));
        assert!(!masked(170, 72) && !masked(60, 30));
    }
}
