"""Times WeasyPrint on the pages of DIR, warm: one row of the table.

    weasyprint_forms.py DIR COUNT
"""

import statistics
import sys
import time
from pathlib import Path

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

WARM_UP = 3


def main():
    pages = sorted(Path(sys.argv[1]).glob("*.html"))[: WARM_UP + int(sys.argv[2])]
    fonts = FontConfiguration()
    times, sizes = [], []
    for page in pages:
        start = time.perf_counter()
        pdf = HTML(filename=page).write_pdf(font_config=fonts)
        times.append((time.perf_counter() - start) * 1000)
        sizes.append(len(pdf))
    times, sizes = sorted(times[WARM_UP:]), sizes[WARM_UP:]
    p99 = times[round((len(times) - 1) * 0.99)]
    print(f"| WeasyPrint | {statistics.median(times):.1f} | {p99:.1f} | {statistics.median(sizes) / 1024:.0f} |")


main()
