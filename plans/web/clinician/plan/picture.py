"""The picture on the plan page: which span and which lanes are chosen, the drawings, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from plans.domain.checkins.lanes import LaneSet
from plans.domain.checkins.states import OccasionState
from plans.domain.taper.exposure import HOURS
from plans.services.actors import Actor
from plans.services.plans import pictures
from plans.services.plans.picture_data import Level, PictureData
from plans.web.clinician.picture import drawing as picture
from plans.wording import plans
from plans.wording.doses import day_dose_words
from plans.wording.flags import flag_sentence
from plans.wording.lanes import lane_name, lane_scale, severity_name
from plans.wording.levels import level_missing, level_notes, level_range, set_name

_RECENT_WEEKS: Final = 12
_WHOLE, _RECENT = "whole", "recent"
# Where no span was chosen a narrow screen shows the last weeks and a wide one the whole plan.
_WIDE, _NARROW = "wide-only", "narrow-only"


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice above the picture."""

    key: str
    name: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing with the tabs of its span; `css` says on which screens it stands ("" on all)."""

    css: str
    svg: SafeString
    spans: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One check-in of the picture as a row of the same table."""

    day: str
    dose: str
    values: tuple[str, ...]
    events: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """The picture and the same as a table; `parts/picture.html` shows it. `notes`: what the level was made from."""

    drawings: tuple[Drawing, ...]
    sets: tuple[Tab, ...]
    lanes: tuple[str, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]
    missing: str


def picture_view(actor: Actor, plan_id: UUID, query: QueryDict) -> PictureView:
    """The picture as an address asks for it; what it does not say, or says wrongly, is as usual. Raises NotFound."""
    asked = query.get("lines", "")
    chosen = next((shown for shown in LaneSet if shown.value == asked), LaneSet.CORE)
    window = query.get("window", "")
    data = pictures.picture(actor, plan_id, lanes=chosen)

    def drawing(span: str, css: str) -> Drawing:
        svg = picture.whole(data, weeks=_RECENT_WEEKS if span == _RECENT else None, key=f"pic-{span}")
        return Drawing(css, svg, _spans(plan_id, span, chosen, css))

    both = (drawing(_WHOLE, _WIDE), drawing(_RECENT, _NARROW)) if window not in (_WHOLE, _RECENT) else ()
    names = [f"{lane_name(lane.code)}, {lane_scale(lane.code, lane.top)}" for lane in data.lanes]
    level = data.level
    return PictureView(
        drawings=both or (drawing(window, ""),),
        sets=tuple(
            Tab(name.value, set_name(name), _address(plan_id, window, name), name == chosen)
            for name in LaneSet
        ),
        lanes=(*names, set_name(LaneSet.LEVEL)) if level is not None else tuple(names),
        rows=_table(data),
        notes=level_notes(level.inputs, HOURS.values(), level.table) if level and level.days else (),
        missing=level_missing(level.table) if level is not None and not level.days else "",
    )


def _spans(plan_id: UUID, current: str, chosen: LaneSet, css: str) -> tuple[Tab, ...]:
    names = ((_WHOLE, gettext("Whole plan")), (_RECENT, gettext("Last 12 weeks")))
    return tuple(
        Tab(f"{span}{css}", name, _address(plan_id, span, chosen), span == current) for span, name in names
    )


def _address(plan_id: UUID, window: str, chosen: LaneSet) -> str:
    query = {
        **({"window": window} if window in (_WHOLE, _RECENT) else {}),
        **({"lines": chosen.value} if chosen is not LaneSet.CORE else {}),
    }
    return reverse("plan", args=[plan_id]) + (f"?{urlencode(query)}" if query else "")


def _table(data: PictureData) -> tuple[TableRow, ...]:
    values: dict[date, list[str]] = {}
    missed = {asked.day for asked in data.asked if asked.state == OccasionState.MISSED}
    width = len(data.lanes)
    for at, lane in enumerate(data.lanes):
        for point in lane.points:
            cells = values.setdefault(point.day, [""] * width)
            cells[at] = (
                gettext("missed") if point.day in missed else "" if point.value is None else str(point.value)
            )
    events: dict[date, list[str]] = {}
    for flag in data.flags:
        said = f"{severity_name(flag.severity)}: {flag_sentence(flag.rule, flag.facts)}"
        events.setdefault(flag.day, []).append(said)
    for taken in data.taken:
        if taken.how != "planned":
            events.setdefault(taken.day, []).append(picture.taken_words(taken.day, taken.how))
    levels = _levels(data.level)
    days = {*values, *events} | {tread.start for tread in data.treads if data.level is not None}
    rows = []
    for day in sorted(days, reverse=True):
        tread = data.tread_on(day)
        dose = day_dose_words(tread.day, clinician=True) if tread is not None else ""
        cells = values.get(day, [""] * width)
        if data.level is not None:
            cells = [*cells, levels.get(day, "")]
        rows.append(TableRow(plans.long_day(day), dose, tuple(cells), " ".join(events.get(day, []))))
    return tuple(rows)


def _levels(level: Level | None) -> dict[date, str]:
    days = level.days if level is not None else ()
    return {one.day: level_range(one.low, one.high) for one in days}
