"""Templates in the plan form: which fields a template holds, filling the form with one, and keeping one.

A template holds how the dose is lowered and what it is made of: the method with its figures, rows, the end, spread,
switch, products and fills. It holds nothing of a patient: no dose taken now, no first day or other date, no pauses, no
check-in time, no text, no reason and no signature. Typed rows are the method itself: their doses are kept.
"""

from __future__ import annotations

from typing import Final

from django.utils.datastructures import MultiValueDict

from plans.services.actors import Actor
from plans.services.plans import templates
from plans.services.plans.templates import PlanTemplate

FormData = MultiValueDict[str, object]

_FIELDS: Final = frozenset(
    {
        "method", "percent", "amount", "points", "curve", "first_percent", "then_percent", "below", "then_interval",
        "count", "rows", "interval", "lengthen", "goal", "goal_mg", "end_last", "end_longest", "end_days",
        "falls_first", "spread", "preparation", "drug_order", "cross_to", "cross_days", "cross_part", "cross_percent",
        "cross_first", "syringes", "equivalence", "max_pieces", "dispense_days", "instalment_days", "country",
        "drug_a", "drug_b", "products", "listed", "published",
    }
)  # fmt: skip
_FAMILIES: Final = ("band_", "split:", "own_")


def held(name: str) -> bool:
    """Whether a template holds a field of the form."""
    return name in _FIELDS or name.startswith(_FAMILIES)


def part_of(data: FormData) -> dict[str, list[str]]:
    """What a template keeps of a form as sent."""
    return {name: [str(value) for value in data.getlist(name)] for name in data if held(name)}


def fill(data: FormData, found: PlanTemplate) -> None:
    """Fill a form as sent: what the template holds is replaced, everything else that was typed stays.

    A drug that was typed stays too, with its products; a template for another drug then brings its method only.
    """
    typed = {name: str(data.get(name) or "") for name in ("drug_a", "drug_b")}
    other = any(typed[name] not in ("", *found.form.get(name, [""])) for name in typed)
    of_a_drug = ("drug_a", "drug_b", "products", "listed")
    for name in list(data):
        if held(name) and not (other and (name in of_a_drug or name.startswith(("split:", "own_")))):
            del data[name]
    for name, values in found.form.items():
        if held(name) and name not in data:
            data.setlist(name, list(values))


def choose(actor: Actor, data: FormData, name: object) -> None:
    """Fill a form as sent with a template of the clinic; an unknown name changes nothing."""
    for found in templates.templates(actor):
        if found.name == name:
            fill(data, found)
