"""Accumulation of a new long-acting drug after a switch: a note on how long the level keeps rising, and how far.

Computed with the exposure model (`exposure.py`): the daily average level of the new drug and its active metabolite,
from the planned stages, with the dose after the last stage continued. No note where nine tenths of the steady level are
already reached. The old drug is not counted; what remains of it adds to the level in the first days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from plans.domain.errors import Fact
from plans.domain.taper import catalogue
from plans.domain.taper.exposure import FULL, shares_of_steady
from plans.domain.taper.limit_rules import Verdict, finding
from plans.domain.taper.schedule import Schedule, Step, StepKind

# The share of the steady level, in thousandths, at which a drug no longer counts as accumulating (ours).
STEADY: Final = 900
# By then every drug of the catalogue has reached it, even with its longest modelled half-life.
_HORIZON: Final = 120
_SWITCHES: Final = (StepKind.CROSSOVER, StepKind.SWAP)


def accumulates(schedule: Schedule) -> Iterator[Verdict]:
    """A note for each long-acting drug of a staged or typed switch whose level keeps rising after it."""
    for drug, last in _switched_to(schedule).items():
        if not catalogue.drug(drug).long_acting:
            continue
        steps = schedule.steps[: last.n]
        shares = shares_of_steady(steps, drug, days=_HORIZON)
        days = _until_steady(shares)
        if days:
            facts = _facts(schedule, last, drug, shares[0], days)
            facts["longest_days"] = _until_steady(shares_of_steady(steps, drug, days=_HORIZON, longest=True))
            yield finding("accumulation", last.n, facts)


def _until_steady(shares: Sequence[int]) -> int:
    return next((n for n, share in enumerate(shares) if share >= STEADY), len(shares))


def _switched_to(schedule: Schedule) -> Mapping[str, Step]:
    """The drugs that are raised by crossover stages or typed switches, each with the last step that raises it."""
    found: dict[str, Step] = {}
    for before, step in pairwise(schedule):
        if step.kind in _SWITCHES:
            found |= {
                drug: step for drug in schedule.drugs if step.total(drug).units > before.total(drug).units
            }
    return found


def _facts(schedule: Schedule, last: Step, drug: str, share: int, days: int) -> dict[str, Fact]:
    known = catalogue.drug(drug)
    own, metabolite = known.model_half_life, known.active_metabolite
    active = metabolite.model_half_life if metabolite else None
    lower = next(
        (step for step in schedule.steps[last.n :] if step.total(drug).units < last.total(drug).units), None
    )
    return {
        "drug": drug,
        "dose_mg": last.total(drug).text,
        "share_percent": str(share * 100 // FULL),
        "steady_percent": str(STEADY * 100 // FULL),
        "days": days,
        "reached_on": (last.start + timedelta(days=days)).isoformat(),
        "cut_days": (lower.start - last.start).days if lower is not None else None,
        "half_life_hours": str(own.value),
        "half_life_source": own.source,
        "half_life_mark": own.mark.value,
        "metabolite": metabolite.name if metabolite else "",
        "metabolite_half_life_hours": str(active.value) if active else "",
        "metabolite_half_life_source": active.source if active else "",
        "metabolite_half_life_mark": active.mark.value if active else "",
    }
