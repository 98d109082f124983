"""Pictures of the printed pages: `python -m tests.documents.pictures` writes docs/screens/paper-*.png."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
from PIL import Image

from plans.documents.calendar import draw_calendar, draw_pharmacy_sheet
from plans.domain.taper.schedule import StepKind
from tests.documents.plans import (
    DIAZEPAM,
    MID,
    QUARTERS,
    SOLUTION,
    TABLET,
    E,
    M,
    N,
    clonazepam,
    facts,
    measured,
    schedule,
    solid,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
SCALE = 1.5
MOST_BYTES = 150_000


def documents() -> Iterator[tuple[str, bytes, int]]:
    """Name, PDF, and the page to show."""
    plain = facts(clonazepam(), follow_up=(date(2026, 12, 15), date(2027, 1, 20)))
    pdf = draw_calendar(plain)
    yield "first-page", pdf, 1
    yield "month", pdf, 2
    yield "month-hold", pdf, 3
    yield "month-last-day", pdf, 7
    letter = draw_calendar(replace(plain, paper="letter", low_ink=True, week_starts=6))
    yield "letter-low-ink-first-page", letter, 1
    yield "letter-low-ink-month", letter, 3
    large = draw_calendar(replace(plain, large=True))
    yield "large-first-page", large, 1
    yield "large-plan", large, 2
    yield "large-week", large, 7
    yield "liquid", draw_calendar(liquid()), 3
    yield "liquid-large", draw_calendar(replace(liquid(), large=True)), 4
    table = draw_calendar(four_times())
    yield "table-form-month", table, 2
    yield "table-form-tablets", table, len(pypdfium2.PdfDocument(table))
    yield "crossover-week", draw_calendar(crossover()), 3
    yield "name-not-printable", draw_calendar(replace(plain, patient_name="山田 太郎")), 2
    old = clonazepam()
    old = replace(
        old,
        steps=(
            *old.steps[:3],
            replace(old.steps[3], kind=StepKind.CUT, doses=old.steps[4].doses),
            *old.steps[4:],
        ),
    )
    yield (
        "pharmacy",
        draw_pharmacy_sheet(
            replace(
                plain,
                previous=old,
                previous_made_on=date(2026, 11, 2),
                clinic_address="14 Harbour Street",
                pharmacist_phone="01632 960 143",
                drug_names={"clonazepam": "clonazePAM"},
            )
        ),
        1,
    )


def liquid():
    """Two months of a solution, with a hold."""
    steps = [
        (18, StepKind.START, [(M, [measured(3800)]), (N, [measured(4000)])]),
        (14, StepKind.CUT, [(M, [measured(3600)]), (N, [measured(4000)])]),
        (7, StepKind.HOLD, [(M, [measured(3600)]), (N, [measured(4000)])]),
        (14, StepKind.CUT, [(M, [measured(3600)]), (N, [measured(3800)])]),
    ]
    plan = schedule(date(2026, 12, 17), steps, [SOLUTION])
    return facts(
        plan, patient_name="Tomas Okafor", born_year=1958, after_last_day="Do not stop: call us first."
    )


def four_times():
    """Four doses a day: more than a month's cells can hold in words."""
    by_day = [(M, [solid(QUARTERS, 2)]), (MID, [solid(QUARTERS, 1)]), (E, [solid(QUARTERS, 1)])]
    steps = [
        (21, StepKind.START, [*by_day, (N, [solid(QUARTERS, 6)])]),
        (21, StepKind.CUT, [*by_day, (N, [solid(QUARTERS, 5)])]),
    ]
    plan = schedule(date(2027, 3, 1), steps, [QUARTERS])
    return facts(plan, patient_name="Irena Novák", after_last_day="Do not stop: call us first.")


def crossover():
    """From clonazepam to diazepam in two stages."""
    steps = [
        (7, StepKind.START, [(M, [solid(TABLET, 4)]), (N, [solid(TABLET, 4)])]),
        (7, StepKind.CROSSOVER, [(M, [solid(DIAZEPAM, 20)]), (N, [solid(TABLET, 4)])]),
        (7, StepKind.CROSSOVER, [(M, [solid(DIAZEPAM, 20)]), (N, [solid(DIAZEPAM, 20)])]),
    ]
    return facts(
        schedule(date(2027, 1, 4), steps, [TABLET, DIAZEPAM]), after_last_day="Do not stop: call us first."
    )


def picture(pdf: bytes, page: int) -> Image.Image:
    """One page as a picture of sixteen greys."""
    image = pypdfium2.PdfDocument(pdf).get_page(page - 1).render(scale=SCALE).to_pil().convert("L")
    return image.quantize(16)


def main() -> None:
    """Write all pictures."""
    import os

    import django

    os.environ.setdefault("SECRET_KEY", "pictures")
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    django.setup()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, pdf, page in documents():
        path = FOLDER / f"paper-{name}.png"
        picture(pdf, page).save(path, optimize=True)
        if path.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{path.name} is {path.stat().st_size} bytes")
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main()
