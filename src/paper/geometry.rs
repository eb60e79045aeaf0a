//! Plane geometry: from millimetres on the form to pixels of a scan and back.

/// A projective map of the plane, row by row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography([f64; 9]);

/// A point: millimetres on the form or pixels of a scan.
pub type Point = (f64, f64);

impl Homography {
    /// The map that scales both axes.
    #[must_use]
    pub fn scale(by: f64) -> Self {
        Self([by, 0.0, 0.0, 0.0, by, 0.0, 0.0, 0.0, 1.0])
    }

    /// Where a point goes.
    #[must_use]
    pub fn apply(&self, (x, y): Point) -> Point {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
    }

    /// First `self`, then `next`.
    #[must_use]
    pub fn then(&self, next: &Self) -> Self {
        let (a, b) = (&next.0, &self.0);
        let mut out = [0.0; 9];
        for row in 0..3 {
            for column in 0..3 {
                out[row * 3 + column] = (0..3).map(|k| a[row * 3 + k] * b[k * 3 + column]).sum();
            }
        }
        Self(out)
    }

    /// Pixels per unit in x and in y around a point.
    #[must_use]
    pub fn local_scale(&self, at: Point) -> (f64, f64) {
        let origin = self.apply(at);
        let distance = |p: Point| (p.0 - origin.0).hypot(p.1 - origin.1);
        (distance(self.apply((at.0 + 1.0, at.1))), distance(self.apply((at.0, at.1 + 1.0))))
    }

    /// The angle in degrees, clockwise as seen, by which the form's rows are turned around a point.
    #[must_use]
    pub fn turn_at(&self, at: Point) -> f64 {
        let (from, to) = (self.apply((at.0 - 10.0, at.1)), self.apply((at.0 + 10.0, at.1)));
        (to.1 - from.1).atan2(to.0 - from.0).to_degrees()
    }

    /// Whether the map shows a mirror image, which no scan of a front side is.
    #[must_use]
    pub fn mirrors(&self, at: Point) -> bool {
        let o = self.apply(at);
        let (x, y) = (self.apply((at.0 + 1.0, at.1)), self.apply((at.0, at.1 + 1.0)));
        (x.0 - o.0) * (y.1 - o.1) - (x.1 - o.1) * (y.0 - o.0) <= 0.0
    }

    /// The projective map that takes `from` to `to` best (least squares, normalised).
    /// Four pairs at least, no three in line.
    #[must_use]
    pub fn fit(from: &[Point], to: &[Point]) -> Option<Self> {
        Self::fit_kind::<8>(from, to, |(x, y), (u, v)| {
            [([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u), ([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v)]
        })
    }

    /// The affine map that takes `from` to `to` best. Three pairs at least, not in line.
    #[must_use]
    pub fn fit_affine(from: &[Point], to: &[Point]) -> Option<Self> {
        Self::fit_kind::<6>(from, to, |(x, y), (u, v)| {
            [([x, y, 1.0, 0.0, 0.0, 0.0], u), ([0.0, 0.0, 0.0, x, y, 1.0], v)]
        })
    }

    fn fit_kind<const N: usize>(
        from: &[Point],
        to: &[Point],
        rows: impl Fn(Point, Point) -> [([f64; N], f64); 2],
    ) -> Option<Self> {
        if from.len() != to.len() || from.len() * 2 < N {
            return None;
        }
        let (nf, nt) = (Normal::of(from)?, Normal::of(to)?);
        let mut normal = [[0.0; N]; N];
        let mut right = [0.0; N];
        for (&f, &t) in from.iter().zip(to) {
            for (row, value) in rows(nf.unit(f), nt.unit(t)) {
                for i in 0..N {
                    for j in 0..N {
                        normal[i][j] += row[i] * row[j];
                    }
                    right[i] += row[i] * value;
                }
            }
        }
        let solved = solve(normal, right)?;
        let mut map = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        map[..N].copy_from_slice(&solved);
        Some(nf.map().then(&Self(map)).then(&nt.inverse_map()))
    }

    /// The inverse map, unless the map flattens the plane.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let m = &self.0;
        let cofactor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let adjoint = [
            cofactor(4, 5, 7, 8),
            -cofactor(1, 2, 7, 8),
            cofactor(1, 2, 4, 5),
            -cofactor(3, 5, 6, 8),
            cofactor(0, 2, 6, 8),
            -cofactor(0, 2, 3, 5),
            cofactor(3, 4, 6, 7),
            -cofactor(0, 1, 6, 7),
            cofactor(0, 1, 3, 4),
        ];
        let determinant = m[0] * adjoint[0] + m[1] * adjoint[3] + m[2] * adjoint[6];
        if determinant.abs() < 1e-12 || !determinant.is_finite() {
            return None;
        }
        Some(Self(adjoint.map(|v| v / determinant)))
    }
}

/// Shift and scale that bring points around the origin to distance one (Hartley's normalisation).
struct Normal {
    centre: Point,
    scale: f64,
}

impl Normal {
    #[expect(clippy::cast_precision_loss, reason = "a handful of points")]
    fn of(points: &[Point]) -> Option<Self> {
        let n = points.len() as f64;
        let centre =
            (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let spread = points.iter().map(|p| (p.0 - centre.0).hypot(p.1 - centre.1)).sum::<f64>() / n;
        (spread.is_finite() && spread > 1e-9)
            .then(|| Self { centre, scale: std::f64::consts::SQRT_2 / spread })
    }

    fn unit(&self, p: Point) -> Point {
        ((p.0 - self.centre.0) * self.scale, (p.1 - self.centre.1) * self.scale)
    }

    fn map(&self) -> Homography {
        let (s, (x, y)) = (self.scale, self.centre);
        Homography([s, 0.0, -x * s, 0.0, s, -y * s, 0.0, 0.0, 1.0])
    }

    fn inverse_map(&self) -> Homography {
        let (s, (x, y)) = (1.0 / self.scale, self.centre);
        Homography([s, 0.0, x, 0.0, s, y, 0.0, 0.0, 1.0])
    }
}

/// Gaussian elimination with pivoting.
fn solve<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
        if a[pivot][column].abs() < 1e-12 {
            return None;
        }
        a.swap(column, pivot);
        b.swap(column, pivot);
        for row in column + 1..N {
            let factor = a[row][column] / a[column][column];
            let pivot_row = a[column];
            for (value, above) in a[row].iter_mut().zip(pivot_row).skip(column) {
                *value -= factor * above;
            }
            b[row] -= factor * b[column];
        }
    }
    let mut out = [0.0; N];
    for row in (0..N).rev() {
        let rest: f64 = (row + 1..N).map(|k| a[row][k] * out[k]).sum();
        out[row] = (b[row] - rest) / a[row][row];
    }
    out.iter().all(|v: &f64| v.is_finite()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Point, b: Point) -> bool {
        (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6
    }

    #[test]
    fn a_perspective_is_found_from_its_corners() {
        let from = [(0.0, 0.0), (210.0, 0.0), (0.0, 297.0), (210.0, 297.0), (100.0, 100.0)];
        let truth = Homography([5.0, 0.3, 40.0, -0.2, 5.2, 17.0, 1e-4, -2e-4, 1.0]);
        let to = from.map(|p| truth.apply(p));
        let found = Homography::fit(&from, &to).expect("well posed");
        for p in [(12.0, 250.0), (180.0, 3.0)] {
            assert!(close(found.apply(p), truth.apply(p)));
            assert!(close(found.inverse().expect("regular").apply(truth.apply(p)), p));
        }
    }

    #[test]
    fn an_affine_map_is_found_from_three_points() {
        let from = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)];
        let to = [(5.0, 5.0), (5.0, 25.0), (-15.0, 5.0)];
        let found = Homography::fit_affine(&from, &to).expect("well posed");
        assert!(close(found.apply((10.0, 10.0)), (-15.0, 25.0)));
        assert!((found.turn_at((0.0, 0.0)) - 90.0).abs() < 1e-6);
        assert!(!found.mirrors((0.0, 0.0)));
        assert!((found.local_scale((3.0, 3.0)).0 - 2.0).abs() < 1e-9);
    }

    #[test]
    fn points_in_line_have_no_map() {
        let from = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0)];
        assert_eq!(Homography::fit(&from, &from), None);
        assert_eq!(Homography::fit_affine(&from, &from), None);
    }
}
