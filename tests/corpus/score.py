"""Reads corpora with `casebind inspect` and prints how well, as a page: what was read, the figures against their
bars, then by class and by kind of mark (tables.py).

Exit code 1 where a wrong case, revision or page was accepted.
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from tables import Tally, page

ROOT = Path(__file__).resolve().parents[2]
# These have a bar of their own, so they don't count for the other marks' bar.
PALE = ("pencil-light", "seal-faint")
# Where the paper lies flat and is taken from straight above, box corners are held against the truth.
FLAT_GROUPS = ("office", "one-bit", "fax", "turn", "skew", "crop", "format", "covered", "set", "noise", "wear")


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


def load(out, name):
    """The files of a corpus, each with the corpus it is of."""
    return [{**json.loads(line), "corpus": str(out)} for line in open(out / name)]


def source(out, files):
    """What a corpus is, as far as is written down: its folder, seed, and files a class."""
    try:
        plan = json.loads((out / "corpus.json").read_text())
    except FileNotFoundError:
        plan = {}
    return {"name": out.name, "seed": plan.get("seed"), "count": plan.get("count"), "files": len(files)}


def reader():
    """The version of the reader in the tree that this file is of."""
    return int(re.search(r"READER_VERSION: u16 = (\d+)", (ROOT / "src/paper/lib.rs").read_text())[1])


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


# ---- all of it ----------------------------------------------------------------------------------


def read_again(binary, out, version):
    """Reads a corpus that was made, and keeps what was seen."""
    files = load(out, "truth.jsonl")
    print(f"reading {len(files)} files of {out}", file=sys.stderr, flush=True)
    inspect(binary, out, files)
    for file in files:
        file["reader"] = version
    with open(out / "seen.jsonl", "w") as seen:
        seen.writelines(json.dumps(file, ensure_ascii=False) + "\n" for file in files)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--out", type=Path, nargs="+", required=True, help="corpora to read")
    parser.add_argument("--add", type=Path, nargs="*", default=[], help="corpora that were read before: added up")
    args = parser.parse_args()
    version = reader()
    corpora = [(out, read_again(args.binary, out, version)) for out in args.out]
    corpora += [(out, load(out, "seen.jsonl")) for out in args.add]
    tallies, figures = defaultdict(Tally), defaultdict(lambda: {"ms": [], "cpu": [], "off": []})
    by_kind, sets, wrong, asides = defaultdict(Tally), defaultdict(list), [], []
    for file in (file for _, files in corpora for file in files):
        if len(corpora) > 1:
            file["file"] = f"{file['corpus']}/scans/{file['file']}"
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
    sources = [source(out, files) for out, files in corpora]
    readers = sorted({file.get("reader", "?") for _, files in corpora for file in files}, key=str)
    print(page(sources, readers, tallies, figures, by_kind, sets))
    with open(args.out[0] / "misses.txt", "w") as misses:
        misses.writelines(line + "\n" for line in wrong + asides)
    if wrong:
        print("Wrong accepts:", *wrong, sep="\n- ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
