"""How long check-ins take at a clinic, as patients are told before they begin."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from plans.domain.checkins.duration import COUNTED, Minutes, typical
from plans.domain.checkins.states import CheckInState
from plans.models import CheckIn, CheckInRevision
from plans.services import clock

_LOOKED_THROUGH: Final = 300
"""The number of newest check-ins that are measured, to bound the query."""
_OF_EACH: Final = 50


def minutes_for(clinic_id: UUID, form: str) -> int:
    """About how many minutes a form takes at this clinic. Cached per clinic and day."""
    return _of_day(clinic_id, clock.now().date()).of(form)


@lru_cache(maxsize=2000)
def _of_day(clinic_id: UUID, _day: date) -> Minutes:
    return measured(clinic_id)


def measured(clinic_id: UUID) -> Minutes:
    """The clinic's current medians over its newest check-ins that patients answered themselves.

    The project's estimate if there are too few. Two queries: the newest responses by the index `checkin_newest`, then
    their saves.
    """
    newest = CheckIn.objects.filter(clinic_id=clinic_id, state=CheckInState.SUBMITTED).order_by(
        "-submitted_at"
    )
    first: dict[UUID, datetime] = {}
    later: dict[UUID, datetime] = {}
    for row in newest.only("form", "submitted_at", "entered_by_id")[:_LOOKED_THROUGH]:
        mine = first if row.form == "baseline" else later
        if row.entered_by_id is None and row.submitted_at is not None and len(mine) < _OF_EACH:
            mine[row.pk] = row.submitted_at
    saves = _saves({**first, **later})
    return Minutes(
        first=typical(saves[pk] for pk in first) or COUNTED.first,
        later=typical(saves[pk] for pk in later) or COUNTED.later,
    )


def _saves(sent: dict[UUID, datetime]) -> dict[UUID, list[datetime]]:
    """When the pages of these responses were saved, up to sending; later changes are left out."""
    found: dict[UUID, list[datetime]] = defaultdict(list)
    revisions = CheckInRevision.objects.filter(checkin__in=sent).order_by("checkin_id", "number")
    for pk, at in revisions.values_list("checkin_id", "saved_at"):
        if at <= sent[pk]:
            found[pk].append(at)
    return found
