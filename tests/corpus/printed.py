"""Forms printed by `casebind render`: several records, templates and revisions, as PDF, layout and pictures."""

import copy
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from picture import SHEET_DPI

ROOT = Path(__file__).resolve().parents[2]
KEY = "5e" * 32
NEWEST = 3


@dataclass
class Form:
    """One printed revision: where its files are, and what is on each page."""

    name: str
    pdf: Path
    layout_file: Path
    layout: dict
    stale: "Form | None" = None

    @property
    def case(self):
        return self.layout["case"]

    @property
    def revision(self):
        return self.layout["revision"]

    @property
    def pages(self):
        return len(self.layout["pages"])

    def boxes(self, page):
        """The seal boxes of a page (from 1)."""
        return self.layout["pages"][page - 1]["boxes"]

    def picture(self, page):
        """A page (from 1) in gray at the sheet's resolution."""
        return cv2.imread(str(self.pdf.with_suffix(f".{page}.pgm")), cv2.IMREAD_GRAYSCALE)


# name, template, case, sample, times the long text, stage
_FORMS = (
    ("referral", "referral", "K7Q29XBD", "form-templates/referral/sample.json", 1, None),
    ("group", "group", "M4T8ZC2E", "form-templates/group/sample.json", 1, None),
    ("consultation", "consultation", "9HVW3R6P", "form-templates/consultation/sample.json", 1, None),
    ("kindergarten", "referral", "B5N1QY7K", "form-templates/referral/sample.json", 1, "kindergarten"),
    ("two-pages", "referral", "D2XG8J4S", "samples/referral-two-pages.json", 1, None),
    ("three-pages", "case-conference", "7PFE6M9A", "form-templates/case-conference/sample.json", 44, None),
)
SINGLE = ("referral", "group", "consultation", "kindergarten")
MULTIPLE = ("two-pages", "three-pages")


def print_forms(binary, folder):
    """Prints all forms, each in its newest revision and the one before, and returns them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "page-code.key"
    key.write_text(KEY + "\n")
    forms = {}
    for name, template, case, sample, times, stage in _FORMS:
        record = json.loads((ROOT / sample).read_text())
        record["content"]["problem"] *= times
        if stage:
            record["school"] |= {"stage": stage, "stage_label": "幼兒園", "name": "測試幼兒園"}
            record["seals"] = [seal for seal in record["seals"] if seal["id"] != "director"]
        newest = _print(binary, folder, name, template, case, record, NEWEST, key)
        before = copy.deepcopy(record)
        before["content"]["phone"] = "07-7654321"
        newest.stale = _print(binary, folder, name + "-before", template, case, before, NEWEST - 1, key)
        forms[name] = newest
    return forms, key


def _print(binary, folder, name, template, case, record, revision, key):
    data, pdf, layout = (folder / f"{name}{end}" for end in (".json", ".pdf", ".layout.json"))
    data.write_text(json.dumps(record, ensure_ascii=False))
    command = [binary, "render", "--template", template, "--data", data, "--case", case]
    command += ["--revision", str(revision), "--key-file", key, "-o", pdf, "--layout", layout]
    subprocess.run(command, check=True)
    # As pictures once for all: the workers only read.
    stem = folder / f"{name}-page"
    raster = ["pdftoppm", "-r", str(SHEET_DPI), "-gray", pdf, stem]
    subprocess.run(raster, check=True, stderr=subprocess.DEVNULL)
    # pdftoppm pads numbers by the count of pages: sorting the names is enough.
    for number, file in enumerate(sorted(folder.glob(f"{name}-page-*.pgm")), 1):
        file.rename(pdf.with_suffix(f".{number}.pgm"))
    return Form(name, pdf, layout, json.loads(layout.read_text()))


def ink_of(picture):
    """A printed page as ink, 0 to 1."""
    return (255 - picture.astype(np.float32)) / 255
