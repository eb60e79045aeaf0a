"""Writes the form as HTML, one page a record, for the makers of PDFs that read HTML.

    pages.py DIR    reads DIR/records.jsonl, writes DIR/NNN.html
"""

import html
import json
import sys
from pathlib import Path

import segno

FONT = Path(__file__).resolve().parents[2] / "form-templates/_fonts/CasebindKai.ttf"

STYLE = f"""
@font-face {{ font-family: "Casebind Kai"; src: url("{FONT.as_uri()}"); }}
@page {{ size: A4; margin: 12mm; }}
body {{ font: 11pt "Casebind Kai"; margin: 0; height: 272mm; position: relative; }}
h1 {{ font-weight: normal; font-size: 20pt; text-align: center; letter-spacing: .25em; margin: 2mm 24mm; }}
header {{ text-align: center; height: 22mm; }}
table {{ border-collapse: collapse; width: 100%; border: 1.1pt solid black; margin-bottom: 2mm; }}
th, td {{ border: .5pt solid black; padding: 1.7mm; font-weight: normal; text-align: left; }}
.code {{ position: absolute; width: 18mm; height: 18mm; }}
.code svg {{ width: 18mm; height: 18mm; }}
.seals td {{ border: .9pt solid black; height: 31mm; width: 33%; vertical-align: top; text-align: center; }}
"""


def rows(pairs):
    cells = [
        f"<th>{html.escape(str(label))}</th><td>{html.escape(text(value))}</td>" for label, value in pairs
    ]
    return "".join(f"<tr>{''.join(cells[at : at + 3])}</tr>" for at in range(0, len(cells), 3))


def text(value):
    return "、".join(value) if isinstance(value, list) else str(value)


def code(number, corner, place):
    svg = segno.make(f"{number}{corner:038}", version=2, error="q", micro=False).svg_inline(
        border=0, omitsize=True
    )
    return f'<div class="code" style="{place}">{svg}</div>'


def page(record):
    number = record["case"]["number"]
    corners = ("top:0;left:0", "top:0;right:0", "bottom:0;left:0", "bottom:0;right:0")
    attachments = [
        (one["category"], f"{one['name']} {one['bytes']} {one['digest']}") for one in record["attachments"]
    ]
    seals = "".join(f"<td>{seal['label']}</td>" for seal in record["seals"])
    return f"""<!DOCTYPE html><html lang="zh-Hant"><meta charset="utf-8"><title>轉介申請單 {number}</title>
<style>{STYLE}</style><body>{"".join(code(number, at, place) for at, place in enumerate(corners))}
<header>{html.escape(record["organisation"]["name"])}<h1>轉介申請單</h1>案件編號 {number}　第 1 版</header>
<table>{rows([("學校", record["school"]["district"] + " " + record["school"]["name"]),
    ("學制", record["school"]["stage_label"]), ("申請人", record["applicant"]["name"]),
    ("信箱", record["applicant"]["email"])])}</table>
<table>{rows(record["subject"].items())}</table>
<table>{"".join(f"<tr><th>{label}</th><td>{html.escape(text(value))}</td></tr>" for label, value in record["content"].items())}</table>
<table>{rows(attachments)}</table><table class="seals"><tr>{seals}</tr></table>第 1 頁，共 1 頁"""


def main():
    folder = Path(sys.argv[1])
    for at, line in enumerate((folder / "records.jsonl").read_text(encoding="utf-8").splitlines()):
        (folder / f"{at:03}.html").write_text(page(json.loads(line)), encoding="utf-8")


main()
