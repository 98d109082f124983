"""Memory of a drawing process over two thousand documents, each for a different patient: it must not grow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import cycle
from pathlib import Path
from resource import getpagesize

from benchmarks.bench_documents import twelve_months
from benchmarks.line import BenchmarkLine
from plans.dispatch.drawing import Drawer
from plans.domain.documents.facts import DocumentFacts, PharmacyFacts, SummaryFacts

DOCUMENTS = 2_000
# Until then its caches fill.
WARM = DOCUMENTS // 10
KINDS = ("calendar", "pharmacy")


def _nothing(page: int, pages: int) -> None:
    return None


def _memory_kb(drawer: Drawer) -> int:
    child = drawer._child
    assert child is not None
    resident = Path(f"/proc/{child.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * getpagesize() // 1024


def run() -> Iterator[BenchmarkLine]:
    """Resident memory of one process after all documents, against that after the first tenth; drawn and read back."""
    year = twelve_months()
    # Six weeks on two pages: two thousand of them in a few minutes.
    short = replace(year, schedule=replace(year.schedule, steps=year.schedule.steps[:3]))
    shared = {one.name: getattr(short, one.name) for one in fields(DocumentFacts)}
    kinds: tuple[DocumentFacts, ...] = (
        short,
        PharmacyFacts(**shared),
        SummaryFacts(**shared, sections=(), summary_of=short.made_on),
    )
    before = 0
    with Drawer() as drawer:
        for n, one in zip(range(DOCUMENTS), cycle(kinds), strict=False):
            name, address = f"Patient {n:04d} Lindqvist", f"https://taperplan.example/q/{n:016d}"
            facts = replace(one, patient_name=name, record_no=str(n), status_url=address)
            assert drawer.draw(facts, _nothing).findings == ()
            if n + 1 == WARM:
                before = _memory_kb(drawer)
        after = _memory_kb(drawer)
    yield BenchmarkLine(
        f"memory of a drawing process, {DOCUMENTS} documents", after, before, after / before, 1.1, "kB"
    )
