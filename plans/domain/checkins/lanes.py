"""Lanes: the answers drawn under the dose, one spec per lane, and the sets they are shown in.

The words are in `plans.wording.lanes`, one row per lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from plans.domain.json import Facts


class LaneSet(StrEnum):
    """A set of lanes shown together, in the order of the tabs; the first is the default."""

    CORE = "core"
    SCALES = "scales"
    BODY = "body"
    MIND = "mind"
    # The relative level is a lane of its own, which holds no answers (`plans.domain.taper.exposure`).
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """One lane: the sum of `items`, or without any the stored total of the scale `code`.

    `top` is the highest value, `watch` the name in `Thresholds` of the flag rules' threshold, and `sets` are the sets
    it is shown in.
    """

    code: str
    items: tuple[str, ...]
    top: int
    watch: str
    sets: tuple[LaneSet, ...]

    def value(self, answers: Facts) -> int | None:
        """The sum of the items; None if one is missing or withheld: nothing is imputed."""
        values = [str(answers.get(item, "")) for item in self.items]
        if not all(len(value) == 1 and value in "01234" for value in values):
            return None
        return sum(int(value) for value in values)


def _symptom(code: str, shown: LaneSet) -> LaneSpec:
    return LaneSpec(code, (code,), 4, "symptom_watch", (shown,))


LANES: Final[Mapping[str, LaneSpec]] = MappingProxyType(
    {
        lane.code: lane
        for lane in (
            LaneSpec("phq9", (), 27, "phq9_watch", (LaneSet.SCALES,)),
            LaneSpec("gad7", (), 21, "gad7_watch", (LaneSet.SCALES,)),
            LaneSpec("phq2", ("phq_1", "phq_2"), 6, "short_form", (LaneSet.CORE, LaneSet.SCALES)),
            LaneSpec("gad2", ("gad_1", "gad_2"), 6, "short_form", (LaneSet.CORE, LaneSet.SCALES)),
            _symptom("sx_sleep", LaneSet.CORE),
            _symptom("sx_swings", LaneSet.CORE),
            _symptom("sx_shaking", LaneSet.BODY),
            _symptom("sx_heart", LaneSet.BODY),
            _symptom("sx_aches", LaneSet.BODY),
            _symptom("sx_light", LaneSet.BODY),
            _symptom("sx_stomach", LaneSet.BODY),
            _symptom("sx_sleepy", LaneSet.BODY),
            _symptom("sx_unsteady", LaneSet.BODY),
            _symptom("sx_thinking", LaneSet.MIND),
            _symptom("sx_numb", LaneSet.MIND),
            _symptom("sx_drive", LaneSet.MIND),
            _symptom("sx_irritable", LaneSet.MIND),
            _symptom("sx_unreal", LaneSet.MIND),
        )
    }
)


def lanes_in(shown: LaneSet) -> tuple[LaneSpec, ...]:
    """The lanes of a set, from the top."""
    return tuple(lane for lane in LANES.values() if shown in lane.sets)
