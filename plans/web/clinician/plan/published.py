"""Published schedules in the plan form: the list to choose from, and filling the form with one of them.

How the dose is lowered is replaced: method, rates, intervals, rows, crossover, spread, and the products if the source
names them. Everything else that was typed stays, above all the dose taken now.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from plans.domain.taper import published_names
from plans.domain.taper.published.files import PublishedSchedule, schedule, schedules
from plans.web.clinician.plan.asked_fields import crossover_values, fill_products, method_values, put
from plans.wording.published import published_words
from plans.wording.taper import drug_words

FormData = MultiValueDict[str, object]


@dataclass(frozen=True, slots=True)
class ScheduleGroup:
    """The published schedules of one drug: the value and the words of each."""

    drug: str
    choices: tuple[tuple[str, str], ...]


def drugs_now(data: FormData) -> frozenset[str]:
    """The drugs chosen in a form as taken now."""
    return frozenset(str(data.get(name) or "") for name in ("drug_a", "drug_b")) - {""}


def schedule_groups(drugs: frozenset[str]) -> tuple[ScheduleGroup, ...]:
    """The published schedules that suit the drugs taken now, by drug, then those for any drug.

    Before a drug is chosen these are all.
    """
    by_drug: dict[str, list[PublishedSchedule]] = {}
    for one in sorted(schedules(), key=lambda one: one.any_drug):
        if one.suits(drugs):
            by_drug.setdefault("" if one.any_drug else one.drug, []).append(one)
    return tuple(
        ScheduleGroup(
            drug_words(name, clinician=True) if name else gettext("Any drug, by percent"),
            tuple((one.name, published_words(one)) for one in found),
        )
        for name, found in by_drug.items()
    )


def named(name: object) -> PublishedSchedule | None:
    """The published schedule of that name; None for any other text."""
    return schedule(str(name)) if name in published_names.names() else None


def fill(data: FormData, name: object) -> None:
    """Fill a form as sent with a published schedule; an unknown name changes nothing.

    Raises ScheduleOfOtherDrug for one that does not suit the drugs chosen.
    """
    found = named(name)
    if found is None:
        return
    drugs = drugs_now(data)
    found.check_drugs(drugs)
    asked = found.asked
    put(data, {"published": found.name, "method": asked.method.name, "end_days": ""})
    put(data, method_values(asked.method))
    put(data, crossover_values(asked.crossover))
    put(data, {"goal": "stay", "goal_mg": asked.goal.text} if asked.goal else {"goal": "zero"})
    if drugs <= {found.drug}:
        _fill_example(data, found)
    else:
        put(data, {"spread": "", "preparation": ""})


def _fill_example(data: FormData, found: PublishedSchedule) -> None:
    """Fill in what belongs to the schedule's own drug: its dose, how it is shared out, and its products."""
    asked = found.asked
    _fill_regimen(data, found)
    put(data, {"spread": str(found.request.get("spread", ""))})
    put(data, {"preparation": str(found.request.get("preparation", ""))})
    if "falls_first" in found.request:
        put(data, {"falls_first": asked.falls_first[0].value})
    if "equivalence" in found.request:
        put(data, {"equivalence": asked.equivalence})
    if asked.max_pieces > _number(data.get("max_pieces")):
        put(data, {"max_pieces": str(asked.max_pieces)})
    fill_products(data, asked.products or (), str(data.get("country") or "US"))


def _fill_regimen(data: FormData, found: PublishedSchedule) -> None:
    """Fill in the dose at the start if no other drug and no dose was typed."""
    drug = str(data.get("drug_a") or found.drug)
    there = any(data.get(name) for name in data if name.startswith("a_"))
    if drug != found.drug or there:
        return
    put(data, {"drug_a": drug})
    put(data, {f"a_{intake.time.value}": intake.dose.text for intake in found.asked.regimen})


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
