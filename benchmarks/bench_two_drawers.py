"""Two drawing processes against one: on two idle cores they should draw twice as many documents in the same time."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from time import perf_counter

from benchmarks.bench_documents import twelve_months
from benchmarks.line import BenchmarkLine
from plans.dispatch.drawing import Drawer

DOCUMENTS = 12
ROUNDS = 3


def _nothing(page: int, pages: int) -> None:
    return None


def _draw(drawer: Drawer, count: int) -> None:
    facts = twelve_months()
    for _ in range(count):
        assert drawer.draw(facts, _nothing).findings == ()


def _seconds(drawers: list[Drawer]) -> float:
    """Seconds to draw and read back DOCUMENTS documents per process, all processes at once."""
    threads = [Thread(target=_draw, args=(drawer, DOCUMENTS)) for drawer in drawers]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - begun


def run() -> Iterator[BenchmarkLine]:
    """Seconds per document with two processes and with one: the shortest of a few alternating rounds."""
    with Drawer() as one, Drawer() as other:
        for drawer in (one, other):
            _draw(drawer, 1)
        best = [float("inf"), float("inf")]
        for _ in range(ROUNDS):
            best[1] = min(best[1], _seconds([one]) / DOCUMENTS)
            best[0] = min(best[0], _seconds([one, other]) / (2 * DOCUMENTS))
    yield BenchmarkLine("documents: two drawing processes for one", best[0], best[1], best[0] / best[1], 0.6)
