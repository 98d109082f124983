"""Which answers are drawn under the dose: sets of lanes, each read from the check-ins of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from plans.domain.checkins.flagging import Thresholds
from plans.domain.checkins.states import OccasionState
from plans.models import CheckIn, Occasion
from plans.services.plans.picture_data import Lane, LanePoint


@dataclass(frozen=True, slots=True)
class _Spec:
    """One lane: its code, the items added up ("" with a scale: the stored total), highest value, and the threshold of
    the rules in force from which a value is looked at."""

    code: str
    items: tuple[str, ...]
    top: int
    watch: str


def _own(code: str) -> _Spec:
    return _Spec(code, (code,), 4, "symptom_watch")


_SHORT: Final = (
    _Spec("phq2", ("phq_1", "phq_2"), 6, "short_form"),
    _Spec("gad2", ("gad_1", "gad_2"), 6, "short_form"),
)
_LONG: Final = (_Spec("phq9", (), 27, "phq9_watch"), _Spec("gad7", (), 21, "gad7_watch"))
_BODY: Final = tuple(
    _own(code)
    for code in ("sx_shaking", "sx_heart", "sx_aches", "sx_light", "sx_stomach", "sx_sleepy", "sx_unsteady")
)
_MIND: Final = tuple(
    _own(code) for code in ("sx_thinking", "sx_numb", "sx_drive", "sx_irritable", "sx_unreal")
)
_CORE: Final = (*_SHORT, _own("sx_sleep"), _own("sx_swings"))
_SETS: Final[Mapping[str, tuple[_Spec, ...]]] = {
    "core": _CORE,
    "scales": (*_LONG, *_SHORT),
    "body": _BODY,
    "mind": _MIND,
    # The relative level stands in a lane of its own; see `level`.
    "level": (),
}
SETS: Final = tuple(_SETS)
"""The names of the sets, in the order of their tabs; the first is shown unless another is asked for."""
_MOST_BESIDE: Final = 5


def lanes_of(
    name: str, thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[Lane, ...]:
    """The lanes of a set; `sheets` and `occasions` in the order of their days. Raises KeyError for no set of ours."""
    return _drawn(_SETS[name], thresholds, sheets, occasions)


def lanes_beside(
    flagged: Iterable[str], thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[Lane, ...]:
    """The core lanes after those that flags rest on: what an item is about stands first. `flagged`: codes
    of items and scales."""
    wanted = frozenset(flagged)
    about = [spec for spec in (*_LONG, *_BODY, *_MIND) if spec.code in wanted]
    return _drawn((*about, *_CORE)[:_MOST_BESIDE], thresholds, sheets, occasions)


def _drawn(
    specs: Sequence[_Spec], thresholds: Thresholds, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]
) -> tuple[Lane, ...]:
    return tuple(_lane(spec, int(getattr(thresholds, spec.watch)), sheets, occasions) for spec in specs)


def _lane(spec: _Spec, watch: int, sheets: Sequence[CheckIn], occasions: Sequence[Occasion]) -> Lane:
    if spec.items:
        points = {sheet.local_date: _value(sheet.answers, spec.items) for sheet in sheets}
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


def _value(answers: Mapping[str, Any], items: Sequence[str]) -> int | None:
    """The sum of answered items; None where one is missing or withheld: nothing is made up."""
    values = [str(answers.get(item, "")) for item in items]
    if not all(len(value) == 1 and value in "01234" for value in values):
        return None
    return sum(int(value) for value in values)
