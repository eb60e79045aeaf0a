//! The printed code's symbol, drawn as one outline.
//!
//! Modules that touch are one shape, so that no renderer leaves hairlines between them.

pub(super) use casebind_paper::qr::{MODULES, modules};
use typst::layout::{Abs, Point};
use typst::visualize::{self, Curve, FillRule, Geometry, Shape};

/// The symbol of `digits` (48 decimal digits), as a black shape with sides of `size` from the origin.
#[must_use]
pub fn symbol(digits: &str, size: Abs) -> Shape {
    let dark = modules(digits);
    let mut curve = Curve::new();
    let module = size / MODULES as f64;
    for outline in outlines(&dark) {
        for (i, &(x, y)) in outline.iter().enumerate() {
            let point = Point::new(module * f64::from(x), module * f64::from(y));
            if i == 0 {
                curve.move_(point);
            } else {
                curve.line(point);
            }
        }
        curve.close();
    }
    Shape {
        geometry: Geometry::Curve(curve),
        fill: Some(visualize::Paint::Solid(visualize::Color::BLACK)),
        fill_rule: FillRule::EvenOdd,
        stroke: None,
    }
}

/// The outlines of the dark area as closed chains of corners, dark to the right of the walk.
fn outlines(dark: &[bool]) -> Vec<Vec<(u8, u8)>> {
    let side = MODULES as u8;
    let at = |x: i16, y: i16| {
        (0..i16::from(side)).contains(&x)
            && (0..i16::from(side)).contains(&y)
            && dark[usize::from(y.unsigned_abs()) * MODULES + usize::from(x.unsigned_abs())]
    };
    // One step of the walk leaves from each corner in a direction when dark lies right and light left of it.
    const STEPS: [(i16, i16); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
    let edge = |x: i16, y: i16, step: usize| match step {
        0 => at(x, y) && !at(x, y - 1),
        1 => at(x - 1, y) && !at(x, y),
        2 => at(x - 1, y - 1) && !at(x - 1, y),
        _ => at(x, y - 1) && !at(x - 1, y - 1),
    };
    let mut walked = vec![[false; 4]; (MODULES + 1) * (MODULES + 1)];
    let index =
        |x: i16, y: i16| usize::from(y.unsigned_abs()) * (MODULES + 1) + usize::from(x.unsigned_abs());
    let mut chains = Vec::new();
    for y in 0..=i16::from(side) {
        for x in 0..=i16::from(side) {
            if !edge(x, y, 0) || walked[index(x, y)][0] {
                continue;
            }
            let (mut px, mut py, mut step) = (x, y, 0);
            let mut chain = Vec::new();
            while !walked[index(px, py)][step] {
                walked[index(px, py)][step] = true;
                if chain.is_empty() || turned(&chain, (px, py), STEPS[step]) {
                    chain.push((px, py));
                }
                px += STEPS[step].0;
                py += STEPS[step].1;
                // Right first: areas that touch at a corner stay separate outlines.
                step = [1, 0, 3]
                    .into_iter()
                    .map(|turn| (step + turn) % 4)
                    .find(|&next| edge(px, py, next))
                    .expect("an outline of an area is closed");
            }
            chains.push(
                chain
                    .into_iter()
                    .map(|(x, y)| (x.unsigned_abs().to_le_bytes()[0], y.unsigned_abs().to_le_bytes()[0]))
                    .collect(),
            );
        }
    }
    chains
}

/// Whether the walk changes direction at `here`.
fn turned(chain: &[(i16, i16)], here: (i16, i16), step: (i16, i16)) -> bool {
    let last = chain[chain.len() - 1];
    let came = ((here.0 - last.0).signum(), (here.1 - last.1).signum());
    came != step
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills the outlines again by counting the edges left of each module.
    fn filled(chains: &[Vec<(u8, u8)>]) -> Vec<bool> {
        let mut dark = vec![false; MODULES * MODULES];
        for chain in chains {
            for (i, &(x, y0)) in chain.iter().enumerate() {
                let (x1, y1) = chain[(i + 1) % chain.len()];
                if x != x1 {
                    assert_eq!(y0, y1, "edges run along the modules");
                    continue;
                }
                for y in y0.min(y1)..y0.max(y1) {
                    for across in usize::from(x)..MODULES {
                        dark[usize::from(y) * MODULES + across] ^= true;
                    }
                }
            }
        }
        dark
    }

    #[test]
    fn outlines_fill_exactly_the_dark_modules() {
        for digits in ["0".repeat(48), "1234567890".repeat(5)[..48].to_owned()] {
            let dark = modules(&digits);
            assert_eq!(dark.len(), MODULES * MODULES);
            assert_eq!(filled(&outlines(&dark)), dark);
        }
    }
}
