"""The law of rises over random typed rows, by an oracle that counts days and knows nothing of the engine's own code."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.domain.taper.engine import build
from plans.domain.taper.request import TaperRequest

# mg that equal 10 mg of diazepam (Ashton), and the smallest piece in mg, written down again.
RATIO = {"diazepam": Fraction(10), "lorazepam": Fraction(1), "clonazepam": Fraction(1, 2)}
PIECE = {"diazepam": Fraction(1), "lorazepam": Fraction(1, 4), "clonazepam": Fraction(1, 4)}
PRODUCTS = [
    {"drug": "diazepam", "form": "tablet", "strength_mg": "2", "split": 2},
    {"drug": "lorazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
    {"drug": "clonazepam", "form": "tablet", "strength_mg": "0.5", "split": 2},
]
Day = dict[tuple[str, str], Fraction]


def pieces() -> st.SearchStrategy[Day]:
    one = st.tuples(st.sampled_from(["morning", "night"]), st.sampled_from(sorted(RATIO)))
    days = st.dictionaries(one, st.integers(1, 8), max_size=3)
    return days.map(lambda day: {key: PIECE[key[1]] * count for key, count in day.items()})


def written(day: Day) -> list[dict[str, str]]:
    return [
        {"time": time, "drug": drug, "dose_mg": f"{float(mg):g}"} for (time, drug), mg in sorted(day.items())
    ]


def by_drug(day: Day) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for (_, drug), mg in day.items():
        found[drug] = found.get(drug, Fraction(0)) + mg
    return found


def equivalent(day: Day) -> Fraction:
    return sum((mg * 10 / RATIO[drug] for (_, drug), mg in day.items()), Fraction(0))


def rises(was: Day, now: Day, singles: dict[str, Fraction]) -> bool:
    before, after = by_drug(was), by_drug(now)
    if before.keys() == after.keys():
        if any(after[drug] > before[drug] for drug in after):
            return True
    else:
        risen = [drug for drug in after if after[drug] > before.get(drug, 0)]
        allowed = max((PIECE[drug] * 10 / RATIO[drug] for drug in risen), default=Fraction(0))
        if risen and equivalent(now) - equivalent(was) > allowed:
            return True
    return any(0 < singles.get(drug, Fraction(0)) < mg for (_, drug), mg in now.items())


@pytest.mark.slow
@settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "150")), deadline=None)
@given(
    start=pieces().filter(bool),
    rows=st.lists(st.tuples(st.integers(1, 20), pieces()), min_size=1, max_size=8),
)
def test_every_rise_has_a_finding_and_no_rise_is_called_anything_else(
    start: Day, rows: list[tuple[int, Day]]
) -> None:
    asked: dict[str, Any] = {
        "start": date(2026, 11, 30).isoformat(),
        "regimen": written(start),
        "products": PRODUCTS,
        "max_pieces": 16,
        "method": {"name": "typed", "rows": [{"days": n, "doses": written(day)} for n, day in rows]},
    }
    taper = build(TaperRequest.from_json(asked))
    told = {n for verdict in taper.verdicts if verdict.rule == "rise" for n in verdict.steps}
    new = {(n, v.facts["drug"]) for v in taper.verdicts if v.rule == "new_drug" for n in v.steps}
    was, singles = start, {drug: max(mg for (_, d), mg in start.items() if d == drug) for _, drug in start}
    for step in taper.schedule:
        now = {(dose.time.value, dose.drug): Fraction(dose.dose.units, 100_000) for dose in step.doses}
        up = rises(was, now, singles)
        assert (step.n in told) is up, (step.n, was, now)
        assert (step.kind.value == "rise") is up
        assert step.kind.value != "step_back"
        if step.kind.value == "cut":
            assert equivalent(now) < equivalent(was)
        if step.kind.value in ("spread", "hold", "start"):
            assert by_drug(now) == by_drug(was)
        assert {drug for n, drug in new if n == step.n} == by_drug(now).keys() - by_drug(was).keys()
        for (_, drug), mg in now.items():
            singles[drug] = max(singles.get(drug, Fraction(0)), mg)
        was = now
