"""Reads the corpus with `casebind inspect` and prints how well: by class, by kind of mark, and against the bars.

Exit code 1 where a wrong case, revision or page was accepted.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

ORDINARY = ("office", "one-bit", "fax", "turn", "skew", "crop", "format", "covered", "set")
CODE_GROUPS = ("office", "one-bit", "fax", "turn", "skew", "crop", "phone")
# These have a bar of their own, so they don't count for the other marks' bar.
PALE = ("pencil-light", "seal-faint")
# Where the paper lies flat and is taken from straight above, box corners are held against the truth.
FLAT_GROUPS = ("office", "one-bit", "fax", "turn", "skew", "crop", "format", "covered", "set", "wear")


# ---- reading ------------------------------------------------------------------------------------


def one_core():
    """Keeps a process to one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def processor_time(pid):
    """Seconds of processor time that a process and its children that have ended have taken, in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def inspect(binary, out, truth):
    """One call for all files of a form; adds `seen`, `ms` and `cpu` (both a page) to each line of truth.

    On one core files are read one after another, and the time between two lines is one file's. Where other things
    run on the machine, the processor time tells more.
    """
    by_form = defaultdict(list)
    for file in truth:
        by_form[file["form"]].append(file)
    forms = out / "forms"
    for form, files in by_form.items():
        command = [binary, "inspect", "--json", "--places", "--key-file", forms / "page-code.key"]
        command += ["--layout", forms / f"{form}.layout.json", "--form", forms / f"{form}.pdf"]
        # The first file comes twice, so that starting and rasterising the form count for none.
        command += [out / "scans" / file["file"] for file in [files[0], *files]]
        last, spent = time.monotonic(), 0.0
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=one_core) as running:
            lines = []
            for line in running.stdout:
                now, used = time.monotonic(), processor_time(running.pid)
                lines.append((json.loads(line), now - last, used - spent))
                last, spent = now, used
            errors = running.stderr.read()
        if running.returncode not in (0, 2) or len(lines) != len(files) + 1:
            sys.exit(f"casebind inspect ended with {running.returncode} after {len(lines)} of {len(files)} files: {errors}")
        for file, (seen, seconds, processor) in zip(files, lines[1:]):
            file["seen"] = seen
            file["ms"], file["cpu"] = (time * 1000 / len(file["pages"]) for time in (seconds, processor))


# ---- counting -----------------------------------------------------------------------------------


class Tally(Counter):
    """Counts of one class, kind or pool; a share of nothing is None."""

    def share(self, part, whole):
        return 100 * self[part] / self[whole] if self[whole] else None


def claims(file):
    """What was said of each page of the truth, by its number in the file."""
    return {page["index"]: page for page in file["seen"]["pages"]}


def pages_of(file, tally, wrong):
    seen = claims(file)
    for page in file["pages"]:
        said = seen.get(page["index"])
        claimed = said is not None and said["case"] is not None
        right = claimed and all(said[key] == page[key] for key in ("case", "revision", "page", "pages"))
        if page["what"] == "form":
            tally["pages"] += 1
            tally["read"] += right and said["mac"] == "valid"
            tally["turn wrong"] += right and said["turn"] != page["turn"]
        if claimed and not right:
            tally["wrong"] += 1
            wrong.append(f"{file['file']} page {page['index']}: read {said['case']} {said['revision']} {said['page']}")


def boxes_of(file):
    """Every box of the newest revision of the file's own form: its truth and the verdict."""
    seen = claims(file)
    for page in file["pages"]:
        said = seen.get(page["index"])
        verdicts = {box["id"]: box["verdict"] for box in said["boxes"]} if said else {}
        # Boxes of another case or an older print are not asked for.
        if page["what"] == "form" and (file["set"] not in ("stale", "foreign") or verdicts):
            for box in page["boxes"]:
                yield box, verdicts.get(box["id"])


def count_boxes(file, tally, by_kind, asides):
    for box, verdict in boxes_of(file):
        filled, gone = not box["kind"].startswith("empty"), not box["visible"]
        name = box["kind"] if not gone else "(vanished)"
        kind = by_kind[name]
        kind["boxes"] += 1
        kind[verdict or "unread"] += 1
        tally["boxes"] += 1
        if verdict is None:
            # Counted by the codes: a page that isn't identified has no boxes.
            tally["unread"] += 1
            continue
        tally["judged"] += 1
        tally["unsure"] += verdict == "unsure"
        if gone:
            tally["gone"] += 1
            tally["gone marked"] += verdict == "marked"
        elif filled:
            pale = "pale " if box["kind"] in PALE else ""
            tally[pale + "filled"] += 1
            tally[pale + "missed"] += verdict == "empty"
        else:
            tally["empty"] += 1
            tally["false marks"] += verdict == "marked"
        tally["called empty"] += filled and not gone and verdict == "empty"
        tally["filled all"] += filled and not gone
        bad = (filled and not gone and verdict == "empty") or (not filled and verdict == "marked") or verdict == "unsure"
        if bad:
            asides.append(f"{file['file']} {box['id']}: {box['kind']} read {verdict}")


def corners_off(file):
    """How far, in millimetres on the form, each corner of a box was seen from where it lies. Flat paper only."""
    if file["group"] not in FLAT_GROUPS:
        return
    seen = claims(file)
    for page in file["pages"]:
        places = {box["id"]: box.get("place") for box in seen[page["index"]]["boxes"]} if page["index"] in seen else {}
        for box in page["boxes"] if page["what"] == "form" and page["flat"] else ():
            for true, told in zip(box["place"], places.get(box["id"]) or ()):
                (a, b), (c, d) = box["to_mm"]
                x, y = told[0] - true[0], told[1] - true[1]
                yield math.hypot(a * x + b * y, c * x + d * y)


def set_found(file):
    """Whether a wrong set of pages was named as such, or a right one let through; None where it isn't a set."""
    if file["set"] is None:
        return None
    codes = {refusal["code"] for refusal in file["seen"]["refusals"]}
    if file["refusals"]:
        return bool(codes & set(file["refusals"]))
    return not codes and file["seen"]["complete"]


# ---- tables -------------------------------------------------------------------------------------


def number(value, digits=1):
    return "" if value is None else f"{value:.{digits}f}"


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(q * len(values)) - 1)] if values else None


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


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


def pooled(tallies, groups, but=None):
    whole = Tally()
    for (_, group, black_and_white), tally in tallies.items():
        if group in groups and (but is None or black_and_white != but):
            whole.update(tally)
    return whole


def bars(tallies, figures, by_kind, sets):
    every = {group for _, group, _ in tallies}
    codes, all_codes = pooled(tallies, CODE_GROUPS), pooled(tallies, every)
    plain, worn = pooled(tallies, ORDINARY), pooled(tallies, ("wear",))
    gray = pooled(tallies, ORDINARY, but=True)
    wrong_sets = Counter(sets[True])

    def pale(kind):
        one = by_kind[kind]
        judged = one["boxes"] - one["unread"]
        return (100 * (judged - one["empty"]) / judged if judged else None), judged

    def least(name, value, count, bar):
        return name, value, count, "≥", bar

    def most(name, value, count, bar):
        return name, value, count, "≤", bar

    off = [value for one in figures.values() for value in one["off"]]
    cpu = {name: one["cpu"] for name, one in figures.items()}
    office = sum((times for name, times in cpu.items() if name.startswith("office")), [])
    every_page = sum(cpu.values(), [])
    found = 100 * wrong_sets[True] / wrong_sets.total() if wrong_sets.total() else None
    rows = [
        least("pages read, office to phone", codes.share("read", "pages"), codes["pages"], 99.9),
        least("pages read, all classes", all_codes.share("read", "pages"), all_codes["pages"], 99.5),
        most("wrong case, revision or page", float(all_codes["wrong"]), all_codes["pages"], 0.0),
        most("ordinary: marks called empty", plain.share("missed", "filled"), plain["filled"], 0.2),
        most("ordinary: empty called marked", plain.share("false marks", "empty"), plain["empty"], 0.3),
        most("ordinary in gray and colour: unsure", gray.share("unsure", "judged"), gray["judged"], 3.0),
        most("wear: marks called empty", worn.share("missed", "filled"), worn["filled"], 1.0),
        most("wear: empty called marked", worn.share("false marks", "empty"), worn["empty"], 2.0),
        least("light pencil found or unsure", *pale("pencil-light"), 97.0),
        least("faint seal found or unsure", *pale("seal-faint"), 97.0),
        least("wrong page sets found", found, wrong_sets.total(), 100.0),
        most("flat scans: corners of boxes off, mm, p99", quantile(off, 0.99), len(off), 0.3),
        most("processor time a page, ms, p50", quantile(every_page, 0.5), len(every_page), 100.0),
        most("processor time a page, ms, p95", quantile(every_page, 0.95), len(every_page), 400.0),
        most("processor time a page, office, ms, p50", quantile(office, 0.5), len(office), 60.0),
    ]
    for name, value, count, sign, bar in rows:
        good = value is None or (value <= bar if sign == "≤" else value >= bar)
        verdict = "no data" if value is None else "ok" if good else "MISSES"
        yield [name, number(value, 2), count, f"{sign} {bar:g}", verdict]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--add", type=Path, nargs="*", default=[], help="corpora that were read before: added up")
    args = parser.parse_args()
    truth = [json.loads(line) for line in open(args.out / "truth.jsonl")]
    inspect(args.binary, args.out, truth)
    with open(args.out / "seen.jsonl", "w") as seen:
        seen.writelines(json.dumps(file, ensure_ascii=False) + "\n" for file in truth)
    truth += [json.loads(line) for other in args.add for line in open(other / "seen.jsonl")]
    tallies, figures = defaultdict(Tally), defaultdict(lambda: {"ms": [], "cpu": [], "off": []})
    by_kind, sets, wrong, asides = defaultdict(Tally), defaultdict(list), [], []
    for file in truth:
        tally = tallies[file["class"], file["group"], file["black_and_white"]]
        tally["files"] += 1
        refusals = sorted({refusal["code"] for refusal in file["seen"]["refusals"]})
        if refusals and not file["refusals"]:
            tally["refused"] += 1
            asides.append(f"{file['file']}: refused, {' '.join(refusals)}")
        pages_of(file, tally, wrong)
        count_boxes(file, tally, by_kind, asides)
        one = figures[file["class"]]
        one["ms"].append(file["ms"])
        one["cpu"].append(file["cpu"])
        one["off"].extend(corners_off(file))
        good = set_found(file)
        if good is not None:
            sets[bool(file["refusals"])].append(good)
            if not good and file["refusals"]:
                asides.append(f"{file['file']}: {file['set']} not found, {' '.join(refusals) or 'accepted'}")
    report(tallies, figures, by_kind, sets)
    with open(args.out / "misses.txt", "w") as misses:
        misses.writelines(line + "\n" for line in wrong + asides)
    if wrong:
        print("Wrong accepts:", *wrong, sep="\n- ")
        return 1
    return 0


def report(tallies, figures, by_kind, sets):
    head = ["class", "files", "refused", "pages", "code read %", "wrong", "turn wrong", "boxes", "marked called empty %"]
    head += ["empty called marked %", "unsure %", "unread", "corners off mm p99"]
    head += ["p50 ms", "p95 ms", "processor p50 ms", "p95 ms"]
    rows = [class_row(name, tally, figures[name]) for (name, _, _), tally in tallies.items()]
    whole = Tally()
    for tally in tallies.values():
        whole.update(tally)
    together = {key: sum((one[key] for one in figures.values()), []) for key in ("ms", "cpu", "off")}
    table(head, rows + [class_row("all", whole, together)])
    kinds = sorted(by_kind, key=lambda kind: (kind == "(vanished)", kind.startswith("empty"), kind))
    columns = ["marked", "unsure", "empty", "unread"]
    table(["kind of mark", "boxes", *columns], [[kind, by_kind[kind]["boxes"], *(by_kind[kind][c] for c in columns)] for kind in kinds])
    table(["figure", "value", "of", "bar", "verdict"], bars(tallies, figures, by_kind, sets))


if __name__ == "__main__":
    sys.exit(main())
