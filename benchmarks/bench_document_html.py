"""The same twelve-month calendar from HTML by WeasyPrint, as a program that prints its own web page would make it.

WeasyPrint needs Pango. On a machine without it the line says so and nothing is measured.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator
from io import BytesIO
from time import process_time

from benchmarks.bench_documents import twelve_months
from benchmarks.line import BenchmarkLine
from plans.documents.kinds import draw
from plans.documents.readback.pdf import Shown, read_pages

NAME = "calendar of twelve months: WeasyPrint"
LIMIT = 1 / 80
OURS, THEIRS = 15, 2


def as_html(pages: list[Shown]) -> str:
    """The strings of a document as HTML: one table per month with seven columns, one day per cell."""
    parts = []
    for page in pages:
        cells = [
            "".join(
                f"<p>{'<b>' if run.bold else ''}{html.escape(run.text)}{'</b>' if run.bold else ''}</p>"
                for run in form.runs
            )
            for form in page.forms
        ]
        rows = [cells[n : n + 7] for n in range(0, len(cells), 7)]
        table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        lines = "".join(f"<p>{html.escape(run.text)}</p>" for run in page.runs)
        parts.append(f"<section>{lines}<table>{table}</table></section>")
    style = (
        "@page{size:A4 landscape;margin:10mm}section{break-after:page}body{font:8pt sans-serif}"
        "p{margin:0}table{border-collapse:collapse;width:100%}td{border:1px solid #000;vertical-align:top}"
    )
    return f"<!doctype html><meta charset=utf-8><title>Plan</title><style>{style}</style>{''.join(parts)}"


def run() -> Iterator[BenchmarkLine]:
    """Processor time: the shortest of a few alternating runs."""
    try:
        from weasyprint import HTML

        # It logs every step and page.
        for name in ("weasyprint", "weasyprint.progress", "fontTools"):
            logging.getLogger(name).setLevel(logging.ERROR)
    except OSError as missing:
        yield BenchmarkLine(
            f"{NAME}: not measured, Pango is not here ({str(missing).split(':')[0][:40]})", 0, 0, 0
        )
        return
    facts = twelve_months()
    source = as_html(read_pages(draw(facts)))

    def theirs() -> object:
        return HTML(string=source).write_pdf(BytesIO())

    best = [float("inf"), float("inf")]
    for turn in range(OURS):
        best[0] = min(best[0], _cpu(lambda: draw(facts)))
        if turn < THEIRS:
            best[1] = min(best[1], _cpu(theirs))
    yield BenchmarkLine(NAME, best[0], best[1], best[0] / best[1], LIMIT)


def _cpu(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun
