"""Fewer points for the same outline: TW-Kai is traced, with a point every few thousandths of an em."""
# In units of the grid that the points are rounded to.
TOLERANCE = 1.25


def _segments(points):
    """A contour as (start, control or None, end); implied on-curve points are made real."""
    full = []
    count = len(points)
    for i, (point, on) in enumerate(points):
        full.append((point, on))
        following, following_on = points[(i + 1) % count]
        if not on and not following_on:
            full.append((((point[0] + following[0]) / 2, (point[1] + following[1]) / 2), True))
    first = next(i for i, (_, on) in enumerate(full) if on)
    full = full[first:] + full[: first + 1]
    segments = []
    i = 0
    while i < len(full) - 1:
        if full[i + 1][1]:
            segments.append((full[i][0], None, full[i + 1][0]))
            i += 1
        else:
            segments.append((full[i][0], full[i + 1][0], full[i + 2][0]))
            i += 2
    return [s for s in segments if s[0] != s[2] or s[1] is not None]


def _samples(segment):
    """Points along a segment, its end included."""
    (ax, ay), control, (bx, by) = segment
    if control is None:
        return [((ax + bx) / 2, (ay + by) / 2), (bx, by)]
    cx, cy = control
    return [
        (u * u * ax + 2 * u * t * cx + t * t * bx, u * u * ay + 2 * u * t * cy + t * t * by)
        for t, u in ((0.25, 0.75), (0.5, 0.5), (0.75, 0.25))
    ] + [(bx, by)]


def _fit(ax, ay, bx, by, samples, tolerance):
    """One line (None) or one curve (its control) from a to b along the samples, or False."""
    dx, dy = bx - ax, by - ay
    length = (dx * dx + dy * dy) ** 0.5
    if length < 1:
        return False
    ex, ey = dx / length, dy / length
    local = [((x - ax) * ex + (y - ay) * ey, (y - ay) * ex - (x - ax) * ey) for x, y in samples]
    straight = True
    for u, v in local:
        if u < -0.5 or u > length + 0.5:
            return False
        if v > tolerance / 2 or v < -tolerance / 2:
            straight = False
    if straight:
        return None
    # arc length as the parameter, least squares for the control
    total = 0.0
    px, py = 0.0, 0.0
    along = []
    for u, v in local:
        total += ((u - px) ** 2 + (v - py) ** 2) ** 0.5
        along.append(total)
        px, py = u, v
    su = sv = sw = 0.0
    for (u, v), a in zip(local, along):
        t = a / total
        w = 2 * t * (1 - t)
        su += w * (u - t * t * length)
        sv += w * v
        sw += w * w
    if sw == 0:
        return False
    cu, cv = su / sw, sv / sw
    if cu < 0 or cu > length:
        return False
    cx, cy = round(ax + cu * ex - cv * ey), round(ay + cu * ey + cv * ex)
    cu, cv = (cx - ax) * ex + (cy - ay) * ey, (cy - ay) * ex - (cx - ax) * ey
    # where the curve passes each sample's place on the chord
    qa, qb = length - 2 * cu, 2 * cu
    for u, v in local:
        if abs(qa) < 1e-6:
            t = u / qb if qb else 0.0
        else:
            root = qb * qb + 4 * qa * u
            if root < 0:
                return False
            t = (-qb + root**0.5) / (2 * qa)
        if t < -0.05 or t > 1.05:
            return False
        off = 2 * t * (1 - t) * cv - v
        if off > tolerance or off < -tolerance:
            return False
    return (cx, cy)


def _turn(before, after):
    """How sharply the outline turns between two segments: 1 straight on, -1 back."""
    (ax, ay), c, (bx, by) = before
    ix, iy = (bx - c[0], by - c[1]) if c else (bx - ax, by - ay)
    (ax, ay), c, (bx, by) = after
    ox, oy = (c[0] - ax, c[1] - ay) if c else (bx - ax, by - ay)
    size = ((ix * ix + iy * iy) * (ox * ox + oy * oy)) ** 0.5
    return (ix * ox + iy * oy) / size if size else 1.0


def simplify(points, tolerance=TOLERANCE):
    """The contour ((x, y), on-curve) with fewer points, none of it further off than the tolerance."""
    if sum(1 for _, on in points if on) < 3 or len(points) < 8:
        return [((round(x), round(y)), on) for (x, y), on in points]
    segments = _segments(points)
    count = len(segments)
    start = min(range(count), key=lambda i: _turn(segments[i - 1], segments[i]))
    segments = segments[start:] + segments[:start]
    sampled = [_samples(s) for s in segments]
    out = []
    i = 0
    at = tuple(round(v) for v in segments[0][0])
    first = at
    while i < count:
        best, best_j = segments[i][1], i + 1
        if best is not None:
            best = (round(best[0]), round(best[1]))
        run = list(sampled[i])
        failures = 0
        for j in range(i + 1, count):
            run += sampled[j]
            bx, by = (round(v) for v in segments[j][2])
            fitted = _fit(at[0], at[1], bx, by, run, tolerance)
            if fitted is False:
                failures += 1
                if failures > 2:
                    break
            else:
                best, best_j, failures = fitted, j + 1, 0
        out.append((at, True))
        if best is not None:
            out.append((best, False))
        at = tuple(round(v) for v in segments[best_j - 1][2])
        i = best_j
    # an on-curve point close to the middle of its controls can be left to the reader of the font
    count = len(out)
    kept = []
    for k, (point, on) in enumerate(out):
        (before, before_on), (after, after_on) = out[k - 1], out[(k + 1) % count]
        if on and k and not before_on and not after_on:
            mx, my = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
            if abs(mx - point[0]) <= 0.75 and abs(my - point[1]) <= 0.75:
                continue
        kept.append((point, on))
    return kept
