"""A twelve-month calendar with its first page, against other ways to draw the same strings.

The yardstick is a plain ReportLab canvas that draws every string in the same place, one by one, with both faces
embedded. One Table of Paragraphs per month is what most programs would do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

from benchmarks.line import BenchmarkLine, measured
from plans.documents.engine.fonts import BOLD, REGULAR
from plans.documents.kinds import draw
from plans.documents.readback.pdf import Shown, read_pages
from plans.domain.amounts import Dose
from plans.domain.documents.facts import CalendarFacts
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay
from plans.wording.documents import calendar_words

TABLET = Product("clonazepam", Form.TABLET, Dose.parse("0.5"), split=2)
STEPS, STEP_DAYS = 26, 14


def twelve_months() -> CalendarFacts:
    """A year from 1 January: 26 steps of 14 days, morning and night."""
    steps, day = [], date(2027, 1, 1)
    for n in range(1, STEPS + 1):
        halves = {TimeOfDay.MORNING: 2 * (14 - n // 2), TimeOfDay.NIGHT: 2 * (15 - (n + 1) // 2)}
        doses = tuple(
            TimedDose(time, "clonazepam", take.dose, (take,))
            for time, take in ((time, Take(TABLET, quarters=count)) for time, count in halves.items())
        )
        last = day + timedelta(days=STEP_DAYS - 1)
        steps.append(Step(n, day, last, doses, StepKind.CUT if n > 1 else StepKind.START))
        day = last + timedelta(days=1)
    words = calendar_words("en")
    return CalendarFacts(
        schedule=Schedule("clonazepam", ("clonazepam",), (TABLET,), tuple(steps)),
        patient_name="Marta Lindqvist",
        born_year=1971,
        record_no="40721",
        clinic_name="Harbour Street Clinic",
        clinic_phone="01632 960 142",
        clinic_hours="Monday to Friday, 8:30 to 17:30",
        clinician="Dr Ana Brandt",
        emergency_number="999",
        help_lines=(("Samaritans", "116 123", ""),),
        help_lines_checked=date(2026, 11, 2),
        version=2,
        replaces=1,
        made_on=date(2027, 1, 1),
        status_url="https://taperplan.example/s/Qk3v9Zr5T1mXw8Ly",
        after_last_day="Do not stop: keep taking this dose until you have the next plan.",
        week_starts=0,
        language="en",
        words=words,
    )


def one_by_one(pages: list[Shown]) -> bytes:
    """Draw every string of a document on a plain canvas, in the same face, size and place."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pageCompression=1, invariant=1)
    for page in pages:
        canvas.setPageSize((page.width, page.height))
        for run in page.all_runs():
            canvas.setFont(BOLD if run.bold else REGULAR, run.size)
            canvas.drawString(run.x, run.y, run.text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def table_of_paragraphs(pages: list[Shown]) -> bytes:
    """Draw the same strings as one Table of Paragraphs per page, seven day cells to a row."""
    plain = ParagraphStyle("plain", fontName=REGULAR, fontSize=8, leading=9)
    strong = ParagraphStyle("strong", parent=plain, fontName=BOLD)
    story: list[Flowable] = []
    for page in pages:
        cells = [
            [Paragraph(run.text, strong if run.bold else plain) for run in form.runs] for form in page.forms
        ]
        cells += [[Paragraph(run.text, strong if run.bold else plain)] for run in page.runs]
        cells += [[]] * (-len(cells) % 7)
        story += [
            Table([cells[n : n + 7] for n in range(0, len(cells), 7)], colWidths=[110] * 7),
            PageBreak(),
        ]
    buffer = BytesIO()
    SimpleDocTemplate(buffer, pagesize=landscape(A4), invariant=1).build(story)
    return buffer.getvalue()


def run() -> Iterator[BenchmarkLine]:
    """Compare them. Ours also draws lines, signs and codes, and measures what fits."""
    facts = twelve_months()
    pages = read_pages(draw(facts))
    yield measured(
        "calendar of twelve months: strings one by one",
        lambda: draw(facts),
        lambda: one_by_one(pages),
        limit=1.0,
    )
    yield measured(
        "calendar of twelve months: table of paragraphs",
        lambda: draw(facts),
        lambda: table_of_paragraphs(pages),
        limit=0.1,
    )
