"""Which field of the plan form a path of the taper request stands in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Fields of the request that stand in one field of the form; the longest path that fits wins.
_FIELD_OF: Final[Mapping[str, str]] = {
    "start": "start", "country": "country", "goal_mg": "goal_mg", "equivalence": "equivalence",
    "max_pieces": "max_pieces", "dispense_days": "dispense_days", "falls_first": "falls_first",
    "drug_order": "drug_order", "crossover": "cross_to", "crossover.stage_days": "cross_days",
    "products": "products", "method": "method", "method.percent": "percent", "method.interval_days": "interval",
    "method.amount_mg": "amount", "method.points": "points", "method.first": "first_percent",
    "method.then": "then_percent", "method.below_mg": "below", "method.by": "by", "method.count": "count",
    "method.rows": "rows", "method.bands": "band_above_1",
}  # fmt: skip


def field_at(where: str, more: Mapping[str, str]) -> str | None:
    """The field at a path such as "method.bands[1].above_mg": the longest path that is known; None for the whole.

    `more` are paths that only one form has: which row of the regimen or of the bands stands in which field.
    """
    known = {**_FIELD_OF, **more}
    while where:
        if where in known:
            return known[where]
        shorter = re.sub(r"(\.[^.\[\]]+|\[\d+\])\Z", "", where)
        where = "" if shorter == where else shorter
    return None
