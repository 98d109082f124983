"""The lanes under a plan's dose, read from its check-ins (which lanes there are: `plans.domain.checkins.lanes`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.lanes import LANES, LaneSet, LaneSpec, lanes_in
from plans.domain.checkins.states import OccasionState
from plans.models import CheckIn, Occasion
from plans.services.plans.picture_data import Lane, LanePoint

_MOST_BESIDE: Final = 5


def lanes_of(
    shown: LaneSet, thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[Lane, ...]:
    """The lanes of a set; `sheets` and `occasions` in the order of their days."""
    return _drawn(lanes_in(shown), thresholds, sheets, occasions)


def lanes_beside(
    flagged: Iterable[str], thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[Lane, ...]:
    """The core lanes after those that flags rest on: what an item is about stands first. `flagged`: codes
    of items and scales."""
    core = lanes_in(LaneSet.CORE)
    about = [LANES[code] for code in LANES if code in frozenset(flagged) and LANES[code] not in core]
    return _drawn((*about, *core)[:_MOST_BESIDE], thresholds, sheets, occasions)


def _drawn(
    specs: Sequence[LaneSpec],
    thresholds: Thresholds,
    sheets: Sequence[CheckIn],
    occasions: Sequence[Occasion],
) -> tuple[Lane, ...]:
    return tuple(_lane(spec, int(getattr(thresholds, spec.watch)), sheets, occasions) for spec in specs)


def _lane(spec: LaneSpec, watch: int, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]) -> Lane:
    if spec.items:
        points = {sheet.local_date: spec.value(sheet.answers) for sheet in sheets}
    else:
        # A long scale is not asked every week: a check-in without it is no gap.
        points = {
            sheet.local_date: sheet.scores[spec.code]["total"]
            for sheet in sheets
            if spec.code in sheet.scores
        }
    for one in occasions:
        if one.state == OccasionState.MISSED:
            points.setdefault(one.local_date, None)
    return Lane(spec.code, spec.top, watch, tuple(LanePoint(day, points[day]) for day in sorted(points)))
