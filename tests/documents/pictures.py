"""Pictures of the printed pages: `python -m tests.documents.pictures` writes var/screens/paper-*.png.

Those that the documents show are renewed in docs/screens/ as well (`tests/shown.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pypdfium2
from PIL import Image

from plans.documents.kinds import draw
from plans.domain.documents.advice import AdviceTexts, SignedAdvice
from plans.domain.documents.visit import Answered, Decided, Raised, ScoreLine, VisitFacts
from plans.domain.taper.schedule import StepKind
from plans.wording.documents import after_last_day, calendar_words, help_rows
from plans.wording.visit_summary import sections
from tests import shown
from tests.documents.plans import (
    DIAZEPAM,
    LONG,
    MID,
    QUARTERS,
    SOLUTION,
    TABLET,
    AllFacts,
    E,
    M,
    N,
    clonazepam,
    facts,
    many_doses,
    measured,
    of_kind,
    schedule,
    solid,
    two_bottles,
)

SCALE = 1.5
MOST_BYTES = 150_000
VISIT = VisitFacts(
    day=date(2027, 1, 20),
    since=date(2026, 12, 15),
    answered=(
        Answered(date(2027, 1, 4), "planned", missed=False),
        Answered(date(2027, 1, 11), "", missed=True),
        Answered(date(2027, 1, 18), "fewer", missed=False),
    ),
    scores=(
        ScoreLine("gad2", date(2027, 1, 18), 4, 6, 2, 3),
        ScoreLine("phq2", date(2027, 1, 18), 1, 6, 0, -1),
    ),
    raised=(Raised(date(2027, 1, 18), "R4", "routine"),),
    decided=(
        Decided(date(2027, 1, 19), "plan_changed", "Sleeps badly since the new year; hold, then look again."),
    ),
    next_checkins=(date(2027, 1, 25), date(2027, 2, 1)),
)


def documents() -> Iterator[tuple[str, bytes, int]]:
    """Name, PDF, and the page to show."""
    plain = facts(clonazepam(), follow_up=(date(2026, 12, 15), date(2027, 1, 20)))
    pdf = draw(plain)
    yield "first-page", pdf, 1
    yield "month", pdf, 2
    yield "month-hold", pdf, 3
    yield "month-last-day", pdf, 7
    letter = draw(replace(plain, paper="letter", low_ink=True, week_starts=6))
    yield "letter-low-ink-first-page", letter, 1
    yield "letter-low-ink-month", letter, 3
    signed = SignedAdvice(
        AdviceTexts(
            "Take it if you notice within four hours. Later, leave it out and take the next one as planned.",
            "Stay on the dose you take now and call us. We can hold the plan or take smaller steps.",
            (
                "a seizure (fit) or a blackout",
                "very hard to wake, or breathing slowly",
                "seeing or hearing things",
            ),
        ),
        3,
        "Dr Ana Brandt",
        date(2026, 11, 20),
    )
    told = replace(plain, clinic_address="14 Harbour Street, Saltmouth", advice=signed)
    yield "first-page-signed", draw(told), 1
    large = draw(replace(plain, large=True))
    yield "large-first-page", large, 1
    yield "large-plan", large, 2
    yield "large-days", large, 4
    yield "large-visit-days", large, 8
    yield "liquid", draw(liquid()), 3
    yield "liquid-large", draw(replace(liquid(), large=True)), 4
    yield "four-times-month", draw(four_times()), 2
    yield "crossover-month", draw(crossover()), 2
    yield "crossover-large-days", draw(replace(crossover(), large=True)), 4
    yield "month-hold-last-day", draw(held_to_the_end()), 3
    yield "low-ink-month-hold", draw(replace(plain, low_ink=True)), 3
    yield "large-four-times-plan", draw(replace(four_times(), large=True)), 2
    yield "large-four-times-days", draw(replace(four_times(), large=True)), 4
    yield "pharmacy-crossover", draw(of_kind(crossover(), "pharmacy")), 1
    yield (
        "pharmacy-letter-low-ink",
        draw(of_kind(replace(plain, paper="letter", low_ink=True), "pharmacy")),
        1,
    )
    yield from further_documents(plain)


def further_documents(plain: AllFacts) -> Iterator[tuple[str, bytes, int]]:
    """In Spanish, the visit summary, sheets for the pharmacy, and what is long or odd."""
    es = calendar_words("es")
    spanish = replace(
        plain,
        words=es,
        language="es",
        help_lines=help_rows("US", "es"),
        after_last_day=after_last_day(plain.schedule, es),
        clinic_hours="lunes a viernes, de 8:30 a 17:30",
    )
    pdf = draw(spanish)
    yield "spanish-first-page", pdf, 1
    yield "spanish-month", pdf, 3
    pdf = draw(replace(spanish, large=True))
    yield "spanish-large-plan", pdf, 2
    yield "spanish-large-days", pdf, 8
    for name, words in (("summary", plain.words), ("summary-spanish", es)):
        told = sections(plain.schedule, VISIT, words)
        given = replace(
            plain,
            words=words,
            language=words.language,
            sections=told,
            summary_of=VISIT.day,
        )
        yield name, draw(of_kind(given, "summary")), 1
    yield "summary-large", draw(of_kind(replace(given, large=True, paper="letter"), "summary")), 1
    yield "pharmacy-spanish", draw(of_kind(replace(spanish, previous=plain.schedule), "pharmacy")), 1
    large_sheet = replace(plain, previous=plain.schedule, large=True)
    yield "pharmacy-large", draw(of_kind(large_sheet, "pharmacy")), 1
    yield "pharmacy-large-fills", draw(of_kind(replace(large_sheet, paper="letter"), "pharmacy")), 5
    yield "pharmacy-large-spanish", draw(of_kind(replace(spanish, large=True), "pharmacy")), 1
    yield "pharmacy-liquid", draw(of_kind(liquid(), "pharmacy")), 1
    yield (
        "letter-large-low-ink-days",
        draw(replace(plain, paper="letter", large=True, low_ink=True, week_starts=6)),
        8,
    )
    many = replace(many_products(), **LONG)
    pdf = draw(many)
    yield "long-names-first-page", pdf, 1
    yield "many-doses-plan", pdf, 2
    yield "many-doses-days", pdf, 4
    yield "pharmacy-many-products", draw(of_kind(many, "pharmacy")), 1
    two = draw(bottles())
    yield "two-bottles-month", two, 2
    yield "name-not-printable", draw(replace(plain, patient_name="山田 太郎")), 2
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
        draw(
            of_kind(
                replace(
                    plain,
                    previous=old,
                    previous_made_on=date(2026, 11, 2),
                    clinic_address="14 Harbour Street",
                    pharmacist_phone="01632 960 143",
                    drug_names={"clonazepam": "clonazePAM"},
                ),
                "pharmacy",
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


def held_to_the_end():
    """A plan whose last day is one of a hold."""
    doses = [(M, [solid(TABLET, 2)]), (N, [solid(TABLET, 8)])]
    steps = [(14, StepKind.START, doses), (8, StepKind.CUT, doses[1:]), (10, StepKind.HOLD, doses[1:])]
    after = "Do not stop: keep taking 1 mg at night until you have the next plan."
    return facts(schedule(date(2026, 12, 14), steps, [TABLET]), after_last_day=after)


def many_products():
    """Four times a day handed over from one drug to another: seven products."""
    made = many_doses()
    return facts(
        made, after_last_day=after_last_day(made, calendar_words("en")), follow_up=(date(2027, 1, 13),)
    )


def bottles():
    """A solution in the morning, a concentrate at night."""
    return facts(two_bottles(), after_last_day="Do not stop: call us first.")


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
        settings.configure(USE_I18N=True, LOCALE_PATHS=[shown.ROOT / "plans" / "locale"])
    django.setup()
    for name, pdf, page in documents():
        png = io.BytesIO()
        picture(pdf, page).save(png, "PNG", optimize=True)
        if png.tell() > MOST_BYTES:
            raise SystemExit(f"{name} is {png.tell()} bytes")
        print(shown.keep(f"paper-{name}", png.getvalue()).name, png.tell())


if __name__ == "__main__":
    main()
