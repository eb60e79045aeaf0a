//! From the codes' corners to a map of the whole page, and from there to the fit by its own print.
//!
//! The codes give the map roughly right everywhere; patches of the printed form, found again in the
//! scan, make it right to a pixel. A page without a readable code can still be laid over the form by
//! its look; that is a guess and is treated as one.

use image::GrayImage;

use super::codes::{SeenCode, usual_place};
use super::form::{FormPage, PATCH, PIXELS_PER_MM};
use super::geometry::{Homography, Point};
use super::warp::warp_gray;

/// How a page lies.
#[derive(Clone, Copy, Debug)]
pub struct Pose {
    /// From millimetres on the form to pixels of the picture.
    pub map: Homography,
    /// Median distance of what was matched, in millimetres. `None` when nothing could be matched.
    pub misfit_mm: Option<f64>,
    /// How many patches agree.
    pub support: usize,
}

/// Corners of codes in millimetres with where they were seen.
struct Pairs {
    form: Vec<Point>,
    seen: Vec<Point>,
}

impl Pairs {
    fn of(codes: &[SeenCode], place: impl Fn(&SeenCode) -> Option<(Point, f64)>) -> Self {
        let mut pairs = Self { form: Vec::new(), seen: Vec::new() };
        for code in codes {
            let Some(((x, y), side)) = place(code) else { continue };
            pairs.form.extend([(x, y), (x + side, y), (x, y + side), (x + side, y + side)]);
            pairs.seen.extend(code.corners);
        }
        pairs
    }

    /// Projective when three codes or more hold it, affine otherwise: two codes on one side say
    /// little about perspective.
    fn fit(&self) -> Option<Homography> {
        let map = if self.form.len() >= 12 {
            Homography::fit(&self.form, &self.seen)
        } else {
            Homography::fit_affine(&self.form, &self.seen)
        }?;
        (!map.mirrors((105.0, 148.0))).then_some(map)
    }
}

/// The map by the codes alone, at the places where the layout has them, or where forms usually do.
#[must_use]
pub fn by_codes(codes: &[SeenCode], form: Option<&FormPage>) -> Option<Homography> {
    let pairs = Pairs::of(codes, |code| match form {
        Some(page) => {
            let place = page.layout.codes.iter().find(|place| {
                place.text == code.text
                    || crate::code::PageCode::read(&place.text).is_some_and(|p| p.code == code.code)
            })?;
            Some(((place.x_mm, place.y_mm), place.size_mm))
        }
        None => Some((usual_place(code.code.corner), 18.0)),
    });
    pairs.fit()
}

/// Makes a map right to a pixel by matching patches of the print. `gray` is the scan at any scale,
/// `scale` its pixels per pixel of the picture that `map` speaks of.
#[must_use]
pub fn refine(gray: &GrayImage, scale: f64, map: Homography, form: &FormPage, reach_mm: f64) -> Pose {
    refine_unless(gray, scale, map, form, reach_mm, |_, _| false)
}

/// As [`refine`], up to a step that is `worse` than where it began.
fn refine_unless(
    gray: &GrayImage,
    scale: f64,
    map: Homography,
    form: &FormPage,
    reach_mm: f64,
    worse: impl Fn(&Pose, &Pose) -> bool,
) -> Pose {
    let unrefined = Pose { map, misfit_mm: None, support: 0 };
    let to_gray = Homography::scale(scale);
    let Some(from_gray) = to_gray.inverse() else { return unrefined };
    let mut pose = Pose { map: map.then(&to_gray), ..unrefined };
    // First far and coarse, then near and fine.
    let reach = (reach_mm * PIXELS_PER_MM / 2.0).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen pixels")]
    let steps = [(2, reach as u32), (1, 4), (1, 2)];
    for (divisor, reach) in steps {
        let matches = match_patches(gray, &pose.map, form, divisor, reach);
        match fit_matches(&pose.map, &matches) {
            Some(next) if !worse(&pose, &next) => pose = next,
            _ => break,
        }
    }
    Pose { map: pose.map.then(&from_gray), ..pose }
}

/// Lays a page without codes over the form by its look: tries the four turns of the whole sheet. Of soft print
/// only the coarse search finds enough again, and that does.
#[must_use]
pub fn by_look(gray: &GrayImage, form: &FormPage) -> Option<Pose> {
    const REACH_MM: f64 = 9.0;
    let (w, h) = (f64::from(gray.width()), f64::from(gray.height()));
    let (fw, fh) = (form.layout.width_mm, form.layout.height_mm);
    let corners = [(0.0, 0.0), (fw, 0.0), (0.0, fh), (fw, fh)];
    let turns = [
        [(0.0, 0.0), (w, 0.0), (0.0, h), (w, h)],
        [(w, 0.0), (w, h), (0.0, 0.0), (0.0, h)],
        [(w, h), (0.0, h), (w, 0.0), (0.0, 0.0)],
        [(0.0, h), (0.0, 0.0), (w, h), (w, 0.0)],
    ];
    turns
        .iter()
        .filter_map(|turned| {
            let map = Homography::fit_affine(&corners, turned)?;
            let (sx, sy) = map.local_scale((fw / 2.0, fh / 2.0));
            let whole = (0.7..1.4).contains(&(sx / sy));
            whole.then(|| refine_unless(gray, 1.0, map, form, REACH_MM, is_softer))
        })
        .max_by_key(|pose| pose.support)
        .filter(is_alike)
}

/// Whether a pose is borne out by enough of the page, lying where it should.
fn is_alike(pose: &Pose) -> bool {
    pose.support >= 10 && pose.misfit_mm.is_some_and(|misfit| misfit < 0.4)
}

/// Whether a step comes to nothing where the one before had most of the page: print too soft for it.
fn is_softer(pose: &Pose, next: &Pose) -> bool {
    const MOST: usize = 20;
    pose.support >= MOST && is_alike(pose) && !is_alike(next)
}

/// A patch of the form found again.
struct Match {
    /// Its middle on the form, in millimetres.
    form: Point,
    /// How far off it was, in millimetres on the form.
    shift: Point,
}

fn match_patches(
    gray: &GrayImage,
    map: &Homography,
    form: &FormPage,
    divisor: u32,
    reach: u32,
) -> Vec<Match> {
    const ALIKE: f64 = 0.55;
    let blank = if divisor == 1 { &form.blank } else { &form.half };
    let pixel_mm = f64::from(divisor) / PIXELS_PER_MM;
    let side = PATCH / divisor;
    form.patches
        .iter()
        .filter_map(|&(x, y)| {
            let (x, y) = (x / divisor, y / divisor);
            let corner = (f64::from(x) - f64::from(reach), f64::from(y) - f64::from(reach));
            let to_mm = Homography::fit_affine(
                &[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)],
                &[
                    (corner.0 * pixel_mm, corner.1 * pixel_mm),
                    ((corner.0 + 1.0) * pixel_mm, corner.1 * pixel_mm),
                    (corner.0 * pixel_mm, (corner.1 + 1.0) * pixel_mm),
                ],
            )?;
            let area = warp_gray(gray, &to_mm.then(map), side + 2 * reach, side + 2 * reach);
            let template = Template::of(blank, x, y, side)?;
            let (shift, likeness) = template.find(&area, reach as usize)?;
            let middle = f64::from(side) / 2.0;
            (likeness > ALIKE).then_some(Match {
                form: ((f64::from(x) + middle) * pixel_mm, (f64::from(y) + middle) * pixel_mm),
                shift: (shift.0 * pixel_mm, shift.1 * pixel_mm),
            })
        })
        .collect()
}

/// A patch of the blank, ready for normalised correlation. In whole numbers, many of which a processor takes at
/// once.
struct Template {
    side: usize,
    /// Values minus their mean.
    values: Vec<i16>,
    /// What rounding the mean leaves.
    rest: f64,
    norm: f64,
}

impl Template {
    fn of(blank: &GrayImage, x: u32, y: u32, side: u32) -> Option<Self> {
        if x + side > blank.width() || y + side > blank.height() {
            return None;
        }
        let side = side as usize;
        let lines = blank.as_raw().chunks_exact(blank.width() as usize).skip(y as usize).take(side);
        let mut values: Vec<i16> =
            lines.flat_map(|line| &line[x as usize..][..side]).map(|&value| i16::from(value)).collect();
        let sum: i32 = values.iter().map(|&value| i32::from(value)).sum();
        let mean = i16::try_from(sum / i32::try_from(values.len()).ok()?).ok()?;
        values.iter_mut().for_each(|value| *value -= mean);
        let whole =
            |of: &dyn Fn(i32) -> i32| values.iter().map(|&v| f64::from(of(i32::from(v)))).sum::<f64>();
        let (squares, rest) = (whole(&|v| v * v), whole(&|v| v));
        let norm = (squares - rest * rest / values.len() as f64).sqrt();
        (norm > 1.0).then_some(Self { side, values, rest, norm })
    }

    /// Where in `area` (which is `reach` wider on each side) the patch lies, as a shift from the
    /// middle in pixels with fractions, and how alike it is.
    fn find(&self, area: &GrayImage, reach: usize) -> Option<(Point, f64)> {
        let span = 2 * reach + 1;
        let mut scores = vec![0.0_f64; span * span];
        for dy in 0..span {
            for dx in 0..span {
                scores[dy * span + dx] = self.likeness(area, dx, dy);
            }
        }
        let best = (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))?;
        let (x, y) = (best % span, best / span);
        // A best place at the rim may be better still outside.
        if x == 0 || y == 0 || x + 1 == span || y + 1 == span {
            return None;
        }
        let at = |x: usize, y: usize| scores[y * span + x];
        let centre = at(x, y);
        let place = |p: usize, before: f64, after: f64| p as f64 - reach as f64 + peak(before, centre, after);
        Some(((place(x, at(x - 1, y), at(x + 1, y)), place(y, at(x, y - 1), at(x, y + 1))), centre))
    }

    fn likeness(&self, area: &GrayImage, dx: usize, dy: usize) -> f64 {
        let (side, wide) = (self.side, area.width() as usize);
        let (mut sum, mut squares, mut product) = (0_i32, 0_i32, 0_i32);
        for (row, values) in self.values.chunks_exact(side).enumerate() {
            let line = &area.as_raw()[(dy + row) * wide + dx..][..side];
            for (&pixel, &value) in line.iter().zip(values) {
                let (pixel, value) = (i32::from(pixel), i32::from(value));
                sum += pixel;
                squares += pixel * pixel;
                product += pixel * value;
            }
        }
        let (sum, count) = (f64::from(sum), self.values.len() as f64);
        let variance = f64::from(squares) - sum * sum / count;
        let together = f64::from(product) - sum * self.rest / count;
        if variance < 1.0 { 0.0 } else { together / (variance.sqrt() * self.norm) }
    }
}

/// The top of a parabola through three values, relative to the middle one.
fn peak(before: f64, middle: f64, after: f64) -> f64 {
    let bend = before - 2.0 * middle + after;
    if bend.abs() < 1e-9 { 0.0 } else { ((before - after) / (2.0 * bend)).clamp(-0.5, 0.5) }
}

/// A new map from the old one and the matches; those that disagree are left out.
fn fit_matches(map: &Homography, matches: &[Match]) -> Option<Pose> {
    let mut form: Vec<Point> = matches.iter().map(|m| m.form).collect();
    let mut seen: Vec<Point> =
        matches.iter().map(|m| map.apply((m.form.0 + m.shift.0, m.form.1 + m.shift.1))).collect();
    let (mut misfit, mut better) = (f64::INFINITY, None);
    for _ in 0..4 {
        let fitted = match form.len() {
            0..4 => return None,
            4..10 => Homography::fit_affine(&form, &seen),
            _ => Homography::fit(&form, &seen),
        }?;
        let scale = fitted.local_scale(form[0]).0.max(1e-6);
        let distances: Vec<f64> = form
            .iter()
            .zip(&seen)
            .map(|(&f, s)| {
                let at = fitted.apply(f);
                (at.0 - s.0).hypot(at.1 - s.1) / scale
            })
            .collect();
        let mut sorted = distances.clone();
        sorted.sort_by(f64::total_cmp);
        misfit = sorted[sorted.len() / 2];
        better = Some(fitted);
        let limit = (3.0 * misfit).max(0.25);
        if sorted[sorted.len() - 1] <= limit {
            break;
        }
        let keep: Vec<bool> = distances.iter().map(|&d| d <= limit).collect();
        let mut at = keep.iter();
        form.retain(|_| *at.next().expect("one a point"));
        let mut at = keep.iter();
        seen.retain(|_| *at.next().expect("one a point"));
    }
    let map = better?;
    (!map.mirrors((105.0, 148.0))).then_some(Pose { map, misfit_mm: Some(misfit), support: form.len() })
}
