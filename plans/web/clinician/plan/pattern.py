"""Another patient's plan as a pattern of the plan form: which fields it fills.

It brings how the dose is lowered and what it is made of, as a template does; nothing of the patient: no first day or
other date, no pauses, no check-in time, no stock at home, no text, no reason and no signature. Doses come only where
that was said: the dose taken now, typed rows, and the dose to stay on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext

from plans.domain.syringes import SYRINGES
from plans.domain.taper.methods.typed import Typed
from plans.domain.taper.request import PlanEnd, TaperRequest
from plans.services import patterns
from plans.services.actors import Actor
from plans.services.patterns import PatternRow
from plans.web.clinician.plan.asked_fields import (
    FormData,
    crossover_values,
    fill_products,
    method_values,
    put,
)
from plans.web.clinician.plan.weekdays import weekdays_text
from plans.web.clinician.plan_start import times_initial
from plans.wording.doses import drugs_words
from plans.wording.plans import STATE_NAMES, long_day
from plans.wording.taper import method_words

# As many drugs as the form has rows for.
_MOST: Final = 2


@dataclass(frozen=True, slots=True)
class PatternLine:
    """A plan to choose as a pattern: the value that chooses it, whose it is, and what it is."""

    value: str
    who: str
    what: str


def lines(actor: Actor, q: str, patient_id: UUID) -> list[PatternLine]:
    """The plans that a search finds."""
    return [_line(row) for row in patterns.find(actor, q=q, but=patient_id)]


def _line(row: PatternRow) -> PatternLine:
    what = gettext("{drugs}: {method}; version of {day}, {state}").format(
        drugs=drugs_words(row.request.drugs, clinician=True),
        method=method_words(row.request.method.name),
        day=long_day(row.made_on),
        state=STATE_NAMES[row.state],
    )
    if len(row.request.drugs) > _MOST:
        what = gettext("{what}; more than two drugs, so no doses").format(what=what)
    return PatternLine(str(row.plan_id), f"{row.name}, {row.record_no}", what)


def key_of(data: FormData) -> UUID | None:
    """The plan that was chosen; None for none, and for what is no key."""
    try:
        return UUID(str(data.get("pattern_pick") or ""))
    except ValueError:
        return None


def fill(data: FormData, asked: TaperRequest, *, doses: bool) -> None:
    """Fill a form as sent with what was asked for another plan. What it does not bring stays as it was typed.

    A drug that was typed stays, with its products; a pattern of another drug then brings its method only, and never
    doses. Of a plan of more drugs than the form has, no doses: one of them would be left out.
    """
    drugs = tuple(dict.fromkeys(intake.drug for intake in asked.regimen))
    taken, doses = drugs[:_MOST], doses and len(drugs) <= _MOST
    typed = {name: str(data.get(name) or "") for name in ("drug_a", "drug_b")}
    meant = dict(zip(("drug_a", "drug_b"), (*taken, ""), strict=False))
    other = any(drug not in ("", meant[name]) for name, drug in typed.items())
    _fill_way(data, asked, doses=doses and not other)
    if other:
        return
    put(data, meant)
    put(data, {"country": asked.country, **crossover_values(asked.crossover)})
    put(data, {"drug_order": _order(asked, taken)})
    fill_products(data, asked.products or (), asked.country)
    if doses and not any(data.get(name) for name in data if name.startswith(("a_", "b_"))):
        for row, drug in zip(("a", "b"), taken, strict=False):
            regimen = [intake for intake in asked.regimen if intake.drug == drug]
            put(data, times_initial(row, regimen))
            put(data, {f"week_{row}": _week(asked, drug)})


def _fill_way(data: FormData, asked: TaperRequest, *, doses: bool) -> None:
    """How the dose is lowered, whatever the drug."""
    if doses or not isinstance(asked.method, Typed):
        put(data, {"method": asked.method.name, **method_values(asked.method)})
    put(data, {"goal": "stay" if asked.goal else "zero"})
    if doses and asked.goal:
        put(data, {"goal_mg": asked.goal.text})
    spreads = {asked.spread_of(drug) for drug in asked.drugs} if asked.spread else set()
    preparations = {name.value for _, name in asked.preparation}
    put(
        data,
        {
            "published": asked.published,
            "spread": spreads.pop().value if len(spreads) == 1 else "",
            "preparation": preparations.pop() if len(preparations) == 1 else "",
            "equivalence": asked.equivalence,
            "max_pieces": str(asked.max_pieces),
            "dispense_days": str(asked.dispense_days),
            "instalment_days": str(asked.instalment_days or ""),
            **_end_values(asked),
        },
    )
    if not asked.falls_first[0].by_clock:
        put(data, {"falls_first": asked.falls_first[0].value})
    data.setlist("syringes", [str(n) for n, one in enumerate(SYRINGES) if one in asked.syringes])


def _end_values(asked: TaperRequest) -> dict[str, str]:
    """How the plan ends, where that differs from the usual; the lowest dose before the end is a figure of the way."""
    drug = asked.crossover.to if asked.crossover else asked.drug_order[-1]
    usual = PlanEnd.from_json({}, drug, asked.equivalence)
    end = replace(asked.end, stages=())
    return {
        "end_last": "" if end.last_dose == usual.last_dose else end.last_dose.text,
        "end_longest": "" if end.longest_step_days == usual.longest_step_days else str(end.longest_step_days),
        "end_days": "\n".join(weekdays_text(stage) for stage in asked.end.stages),
    }


def _order(asked: TaperRequest, taken: tuple[str, ...]) -> str:
    if len(taken) < 2:
        return ""
    return "turn" if asked.interleave else "a" if asked.drug_order[0] == taken[0] else "b"


def _week(asked: TaperRequest, drug: str) -> str:
    """The days of the week on which a drug is taken, where they are the same for all its doses."""
    found = {intake.weekdays for intake in asked.regimen if intake.drug == drug and not intake.weekdays.every}
    return weekdays_text(found.pop()) if len(found) == 1 else ""
