"""Plans built by hand for the documents' tests: a schedule and the facts around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from plans.documents.kinds import DRAWINGS, draw, read_back
from plans.domain.amounts import Dose, Volume
from plans.domain.documents.facts import CalendarFacts, DocumentFacts, PharmacyFacts, SummaryFacts
from plans.domain.documents.visit import SummaryTable
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay
from plans.wording.documents import calendar_words

M, MID, E, N = TimeOfDay.MORNING, TimeOfDay.MIDDAY, TimeOfDay.EVENING, TimeOfDay.NIGHT
TABLET = Product("clonazepam", Form.TABLET, Dose.parse("0.5"), split=2)
QUARTERS = Product("clonazepam", Form.TABLET, Dose.parse("0.5"), split=4)
ODT = Product("clonazepam", Form.ODT, Dose.parse("0.125"))
DIAZEPAM = Product("diazepam", Form.TABLET, Dose.parse("2"), split=2)
SOLUTION = Product("diazepam", Form.SOLUTION, Dose.parse("1"), step_ml=Volume(200))

Regimen = Sequence[tuple[TimeOfDay, Sequence[Take]]]


def solid(product: Product, quarters: int) -> Take:
    """A number of quarters of a product."""
    return Take(product, quarters=quarters)


def measured(microlitres: int, product: Product = SOLUTION) -> Take:
    """A number of microlitres of a liquid."""
    return Take(product, volume=Volume(microlitres))


def schedule(
    start: date, steps: Sequence[tuple[int, StepKind, Regimen]], products: Sequence[Product]
) -> Schedule:
    """A schedule of (days, kind, [(time, takes)]) steps."""
    made, day = [], start
    drugs = tuple(dict.fromkeys(product.drug for product in products))
    for n, (days, kind, regimen) in enumerate(steps, start=1):
        doses = tuple(
            TimedDose(time, takes[0].product.drug, Dose(sum(take.dose.units for take in takes)), tuple(takes))
            for time, takes in regimen
        )
        made.append(Step(n, day, day + timedelta(days=days - 1), doses, kind))
        day += timedelta(days=days)
    return Schedule(drugs[-1], drugs, tuple(products), tuple(made))


def clonazepam(start: date = date(2026, 11, 30)) -> Schedule:
    """Morning 0.5 mg and night 1 mg down to 0.375 mg at night, with one hold."""
    t, w = TABLET, ODT
    one, half, two = solid(t, 4), solid(t, 2), solid(t, 8)
    melting = solid(w, 4)
    cut, hold = StepKind.CUT, StepKind.HOLD
    steps: list[tuple[int, StepKind, Regimen]] = [
        (14, StepKind.START, [(M, [one]), (N, [two])]),
        (14, cut, [(M, [half, melting]), (N, [two])]),
        (14, cut, [(M, [half]), (N, [two])]),
        (14, hold, [(M, [half]), (N, [two])]),
        (14, cut, [(M, [melting]), (N, [two])]),
        (14, cut, [(N, [two])]),
        (14, cut, [(N, [solid(t, 6), melting])]),
        (14, cut, [(N, [solid(t, 6)])]),
        (14, cut, [(N, [one, melting])]),
        (28, cut, [(N, [one])]),
        (28, cut, [(N, [half, melting])]),
    ]
    return schedule(start, steps, (t, w))


@dataclass(frozen=True, kw_only=True)
class AllFacts(CalendarFacts, PharmacyFacts, SummaryFacts):
    """What documents of every kind say, for tests that draw several; drawn as it is, it is a calendar."""

    sections: tuple[SummaryTable, ...] = ()
    summary_of: date = date(2026, 11, 30)


def facts(plan: Schedule, **changes: Any) -> AllFacts:
    """Facts of a made-up clinic and patient."""
    made = AllFacts(
        schedule=plan,
        patient_name="Marta Lindqvist",
        born_year=1971,
        record_no="40721",
        clinic_name="Harbour Street Clinic",
        clinic_phone="01632 960 142",
        clinic_hours="Monday to Friday, 8:30 to 17:30",
        clinician="Dr Ana Brandt",
        emergency_number="999",
        help_lines=(("Samaritans", "116 123", ""), ("NHS 111", "111, option 2", "for mental health")),
        help_lines_checked=date(2026, 11, 2),
        version=2,
        replaces=1,
        made_on=plan.start,
        status_url="https://taperplan.example/s/Qk3v9Zr5T1mXw8Ly",
        after_last_day="Do not stop: keep taking 0.375 mg at night until you have the next plan.",
        week_starts=0,
        language="en",
        words=calendar_words("en"),
    )
    return replace(made, **changes)


def of_kind(given: DocumentFacts, kind: str) -> DocumentFacts:
    """The facts of one kind of document alone."""
    made = DRAWINGS[kind].facts
    return made(**{one.name: getattr(given, one.name) for one in fields(made)})


def assert_sound(given: AllFacts) -> None:
    """Calendar and pharmacy sheet of some facts read back without a finding."""
    for kind in ("calendar", "pharmacy"):
        found = read_back(draw(of_kind(given, kind)), of_kind(given, kind))
        assert not found, f"{kind}: {found[:3]}"


ALPRAZOLAM = tuple(
    Product("alprazolam", Form.TABLET, Dose.parse(mg), split=2) for mg in ("0.25", "0.5", "1", "2")
)
DIAZEPAMS = (DIAZEPAM, *(Product("diazepam", Form.TABLET, Dose.parse(mg), split=2) for mg in ("5", "10")))
CONCENTRATE = Product("diazepam", Form.CONCENTRATE, Dose.parse("5"), step_ml=Volume(50))
LONG = {
    "clinic_name": "Community Mental Health Centre of the North-East Valley",
    "clinic_address": "1600 Long Avenue of the Americas, Building 7, Suite 1204, Springfield",
    "clinician": "Dr María Fernanda de la Concepción Gutiérrez-Ramírez",
    "patient_name": "Александра Константиновна Вознесенская",
    "record_no": "ABCDEFGHIJKLMNOP-123456",
}


def many_doses():
    """Four times a day of one drug, handed over to four times a day of another: eight doses, seven products."""
    quarter, half, one, two = ALPRAZOLAM
    low, five, ten = DIAZEPAMS
    night = (N, [solid(ten, 12), solid(five, 4)])
    start, stage = StepKind.START, StepKind.CROSSOVER
    steps = [
        (7, start, [(M, [solid(one, 4)]), (MID, [solid(half, 4)]), (E, [solid(half, 4)]), (N, [solid(two, 4)])]),
        (7, stage, [(M, [solid(one, 4)]), (MID, [solid(half, 4)]), (E, [solid(half, 4)]), night]),
        (7, stage, [(M, [solid(ten, 4)]), (MID, [solid(half, 4)]), (E, [solid(quarter, 4)]), night]),
        (7, stage, [(M, [solid(ten, 4)]), (MID, [solid(five, 4)]), (E, [solid(low, 6)]), night]),
    ]  # fmt: skip
    return schedule(date(2027, 1, 4), steps, [*ALPRAZOLAM, *DIAZEPAMS])


def two_bottles():
    """A solution in the morning and a concentrate five times as strong at night."""
    strong = Take(CONCENTRATE, volume=Volume(1000))
    steps = [
        (14, StepKind.START, [(M, [measured(2000)]), (N, [strong])]),
        (14, StepKind.CUT, [(M, [measured(1800)]), (N, [strong])]),
    ]
    return schedule(date(2027, 1, 4), steps, [SOLUTION, CONCENTRATE])
