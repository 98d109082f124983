"""Schedules built by hand for tests of the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from plans.domain.amounts import Dose, Volume
from plans.domain.taper.products import Form, Product, Take
from plans.domain.taper.schedule import Schedule, Step, StepKind, TimedDose, TimeOfDay

MONDAY = date(2026, 11, 23)


def mg(text: str) -> Dose:
    """A dose from text."""
    return Dose.parse(text)


def liquid(drug: str) -> Product:
    """A liquid fine enough for any dose: 0.01 mg/mL, drawn to 0.001 mL, which is the smallest unit there is."""
    return Product(drug, Form.SUSPENSION, mg("0.01"), 1, Volume(1))


def tablet(drug: str, strength: str, split: int = 1, form: Form = Form.TABLET) -> Product:
    """A solid product."""
    return Product(drug, form, mg(strength), split)


def drops(drug: str, dose: str, time: TimeOfDay = TimeOfDay.NIGHT) -> TimedDose:
    """A dose made of the liquid."""
    amount = mg(dose)
    return TimedDose(time, drug, amount, (Take(liquid(drug), volume=Volume(amount.units)),))


def pieces(product: Product, quarters: int, time: TimeOfDay = TimeOfDay.NIGHT) -> TimedDose:
    """A dose of quarters of one solid product."""
    take = Take(product, quarters=quarters)
    return TimedDose(time, product.drug, take.dose, (take,))


def laid_out(
    drug: str,
    rows: Sequence[tuple[int, Sequence[TimedDose]]],
    *,
    start: date = MONDAY,
    kinds: Mapping[int, StepKind] | None = None,
) -> Schedule:
    """Steps of (days, doses); `kinds` by step number, otherwise start, cut, and stop where nothing is taken."""
    steps, day = [], start
    for n, (days, doses) in enumerate(rows, start=1):
        usual = StepKind.START if n == 1 else StepKind.CUT if doses else StepKind.STOP
        last = day + timedelta(days=days - 1)
        steps.append(Step(n, day, last, tuple(doses), (kinds or {}).get(n, usual)))
        day = last + timedelta(days=1)
    taken = [timed for step in steps for timed in step.doses]
    products = dict.fromkeys(take.product for timed in taken for take in timed.take)
    drugs = dict.fromkeys((*(timed.drug for timed in taken), drug))
    return Schedule(drug, tuple(drugs), tuple(products), tuple(steps))


def nightly(drug: str, doses: Sequence[str], *, days: int = 14, start: date = MONDAY) -> Schedule:
    """A schedule of one dose a night; "0" ends it with a last step of one day."""
    rows = [(days if mg(dose) else 1, [drops(drug, dose)] if mg(dose) else []) for dose in doses]
    return laid_out(drug, rows, start=start)
