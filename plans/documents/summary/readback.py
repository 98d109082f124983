"""Reads a finished visit summary back: its day, and every cell of every table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from plans.documents.readback.checks import PdfDefect
from plans.documents.readback.pdf import Shown, Unreadable, plain, read_pages
from plans.documents.summary.visit_summary import SummaryContext, printable, summary_title
from plans.domain.documents.facts import SummaryFacts
from plans.domain.documents.words import Words


def summary_day(pdf: bytes, days: Iterable[date], words: Words) -> date | None:
    """The day, out of some days, of a finished summary; None if it has none of them or cannot be read."""
    try:
        first = read_pages(pdf)[0]
    except (Unreadable, IndexError):
        return None
    texts = {run.text for run in first.runs}
    return next((day for day in days if plain(summary_title(words, day)) in texts), None)


def check_heads(pages: list[Shown], facts: SummaryFacts) -> Iterator[PdfDefect]:
    """Check that every page names its day."""
    title = plain(summary_title(facts.words, facts.summary_of))
    for number, page in enumerate(pages, start=1):
        if title not in " ".join(run.text for run in page.runs):
            yield PdfDefect("summary_day", number)


def check_cells(pages: list[Shown], facts: SummaryFacts) -> Iterator[PdfDefect]:
    """Check the counted words of all cells: none may be missing, and none may belong to another plan."""
    context, wanted = SummaryContext(facts), Counter[str]()
    for section in facts.sections:
        wanted.update(plain(section.title).split())
        for row in section.rows or ((section.empty,),):
            for text in row:
                wanted.update(plain(printable(context, text)).split())
    printed = Counter(word for page in pages for run in page.runs for word in run.text.split())
    # A word wider than its column continues on the next line: join pieces of one column, downwards over its pages.
    columns = sorted(
        (round(run.x), number, -run.y, run.text)
        for number, page in enumerate(pages)
        for run in page.runs
        if not run.bold
    )
    squeezed = "".join(text for *_, text in columns).replace(" ", "")
    for word, count in sorted((wanted - printed).items()):
        if squeezed.count(word) >= count and len(word) > 12:
            continue
        yield PdfDefect("summary_text_missing", facts={"text": word, "times": count})
