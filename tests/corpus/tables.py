"""What was counted as a page of Markdown, ready for RESULTS.md: the corpora, each bar in a line, classes, kinds."""

import math
from collections import Counter

# All but wear: a fold, a photocopy, dirty glass, drum stripes, noise on the line.
ORDINARY = ("office", "one-bit", "fax", "turn", "skew", "crop", "format", "covered", "set", "noise", "phone")
CODE_GROUPS = ("office", "one-bit", "fax", "turn", "skew", "crop", "phone")


class Tally(Counter):
    """Counts of one class, kind or pool; a share of nothing is None."""

    def share(self, part, whole):
        return 100 * self[part] / self[whole] if self[whole] else None


def page(sources, readers, tallies, figures, by_kind, sets):
    """All of it."""
    whole = pooled(tallies, {group for _, group, _ in tallies})
    parts = [
        "# How well hard scans are read, by class and by kind",
        opening(sources, readers, whole),
        "## Against the bars",
        table(["figure", "value", "of", "bar", ""], bars(tallies, figures, by_kind, sets)),
        "## By class",
        "Black-and-white classes (one-bit, fax): an empty box reads as unsure by design, since the threshold may have erased\n"
        "ink. Corners are held against the truth on flat paper only. Milliseconds are a page's: a file's by its pages, on\n"
        "one core, start of the child included.",
        by_class(tallies, figures, whole),
        "## By kind of mark",
        by_kinds(by_kind),
    ]
    return "\n\n".join(parts) + "\n"


def opening(sources, readers, whole):
    """What was read, and by what."""
    told = []
    for one in sources:
        facts = [f"seed {one['seed']}" if one["seed"] is not None else "seed not written down"]
        facts += [f"{one['count']} a class"] if one["count"] is not None else []
        told.append(f"`{one['name']}` ({', '.join(facts)}, {one['files']} files)")
    seeds = {one["seed"] if one["seed"] is not None else one["name"] for one in sources}
    versions = " and ".join(str(reader) for reader in readers)
    return (
        f"Reader {versions}, on {whole['files']} files, {whole['pages']} pages of forms and {whole['boxes']} boxes of "
        f"{len(seeds)} seed{'s' if len(seeds) != 1 else ''}:\n{'; '.join(told)}. A page counts as read when its case, revision and\n"
        "number are told from its codes, and these are genuine."
    )


def number(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(q * len(values)) - 1)] if values else None


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def by_class(tallies, figures, whole):
    head = ["class", "files", "refused", "pages", "read %", "wrong", "turn wrong", "boxes", "marked called empty %"]
    head += ["empty called marked %", "unsure %", "unread", "corners off mm p99"]
    head += ["p50 ms", "p95 ms", "processor p50 ms", "p95 ms"]
    rows = [class_row(name, tally, figures[name]) for (name, _, _), tally in tallies.items()]
    together = {key: sum((one[key] for one in figures.values()), []) for key in ("ms", "cpu", "off")}
    return table(head, rows + [class_row("all", whole, together)])


def class_row(name, tally, figures):
    return [
        name,
        tally["files"],
        tally["refused"],
        tally["pages"],
        number(tally.share("read", "pages")),
        tally["wrong"],
        tally["turn wrong"],
        tally["boxes"],
        number(tally.share("called empty", "filled all")),
        number(tally.share("false marks", "empty")),
        number(tally.share("unsure", "judged")),
        tally["unread"],
        number(quantile(figures["off"], 0.99), 2),
        *(number(quantile(figures[time], q), 0) for time in ("ms", "cpu") for q in (0.5, 0.95)),
    ]


def by_kinds(by_kind):
    kinds = sorted(by_kind, key=lambda kind: (kind == "(vanished)", kind.startswith("empty"), kind))
    columns = ["marked", "unsure", "empty", "unread"]
    rows = [[kind, by_kind[kind]["boxes"], *(by_kind[kind][c] for c in columns)] for kind in kinds]
    return table(["kind of mark", "boxes", *columns], rows)


def pooled(tallies, groups, but=None):
    whole = Tally()
    for (_, group, black_and_white), tally in tallies.items():
        if group in groups and (but is None or black_and_white != but):
            whole.update(tally)
    return whole


def bars(tallies, figures, by_kind, sets):
    """Each figure in a line: its value, of how many, its bar, and whether that is held. Some have no bar."""
    every = {group for _, group, _ in tallies}
    codes, all_codes = pooled(tallies, CODE_GROUPS), pooled(tallies, every)
    plain, worn = pooled(tallies, ORDINARY), pooled(tallies, ("wear",))
    gray = pooled(tallies, ORDINARY, but=True)

    def counted(tally, part, whole, sign, bar):
        """A share in percent, with its counts."""
        return share(tally[part], tally[whole], sign, bar)

    def share(part, whole, sign, bar):
        value = 100 * part / whole if whole else None
        shown = "" if value is None else f"{value:.2f} %"
        return value, shown, f"{part} of {whole}", sign, bar, f"{sign} {bar:g} %"

    def pale(kind):
        one = by_kind.get(kind, Tally())
        judged = one["boxes"] - one["unread"]
        return share(judged - one["empty"], judged, "≥", 97)

    def right(sets, bar="≥"):
        return share(sum(sets), len(sets), bar, 100)

    def time(key, q, begins="", bar=None):
        values = sum((one[key] for name, one in figures.items() if name.startswith(begins)), [])
        value = quantile(values, q)
        # Counted in hundredths of a second; what comes after the point is the arithmetic's.
        value = None if value is None else round(value)
        return value, f"{value} ms", f"{len(values)} files", "≤", bar, f"≤ {bar} ms"

    off = [value for one in figures.values() for value in one["off"]]
    apart = quantile(off, 0.99)
    rows = {
        "pages read, office to phone": counted(codes, "read", "pages", "≥", 99.9),
        "pages read, all classes": counted(all_codes, "read", "pages", "≥", 99.5),
        "wrong case, revision or page": (
            all_codes["wrong"], all_codes["wrong"], f"{all_codes['pages']} pages", "≤", 0, "0",
        ),
        "ordinary: marks called empty": counted(plain, "missed", "filled", "≤", 0.2),
        "ordinary: empty called marked": counted(plain, "false marks", "empty", "≤", 0.3),
        "ordinary in gray and colour: unsure": counted(gray, "unsure", "judged", "≤", 3),
        "wear: marks called empty": counted(worn, "missed", "filled", "≤", 1),
        "wear: empty called marked": counted(worn, "false marks", "empty", "≤", 2),
        "light pencil found or unsure": pale("pencil-light"),
        "faint seal found or unsure": pale("seal-faint"),
        "wrong page sets found": right(sets[True]),
        "right page sets let through": right(sets[False]),
        "corners of boxes on flat scans off the truth, p99": (
            apart, f"{number(apart, 2)} mm", f"{len(off)} corners", "≤", 0.3, "≤ 0.3 mm",
        ),
        "processor time a page, p50": time("cpu", 0.5, bar=100),
        "processor time a page, p95": time("cpu", 0.95, bar=400),
        "processor time a page, office classes, p50": time("cpu", 0.5, "office", 60),
        "processor time a page, office classes, p95": time("cpu", 0.95, "office"),
        "time a page, p50": time("ms", 0.5),
        "time a page, p95": time("ms", 0.95),
        "time a page, office classes, p50": time("ms", 0.5, "office"),
        "time a page, office classes, p95": time("ms", 0.95, "office"),
    }
    for name, (value, shown, of, sign, bar, told) in rows.items():
        if value is None:
            yield [name, "no data", of, "" if bar is None else told, ""]
        elif bar is None:
            yield [name, shown, of, "", ""]
        else:
            held = value <= bar if sign == "≤" else value >= bar
            yield [name, shown, of, told, "held" if held else "**not held**"]
