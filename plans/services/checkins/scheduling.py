"""Scheduling check-ins ahead: every live plan always has some weeks of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet

from plans.domain.checkins import occasions as when
from plans.domain.checkins.states import OccasionState
from plans.domain.people import CareState
from plans.models import LIVE_STATES, Heartbeat, Patient, Plan
from plans.services import clock, heartbeat, rows
from plans.services.checkins import occasions

SCHEDULE_WITHIN: Final = timedelta(days=when.AHEAD_DAYS - 7)
# Plans per tick that are checked for check-ins far enough ahead.
LOOK_AT: Final = 2000
_NAME: Final = heartbeat.LAYING_ROUND


def schedule_ahead(now: datetime) -> tuple[int, int]:
    """Schedule check-ins for those of the next few thousand plans that need more; how many, and how many failed."""
    short, looked_at = _short_plans(now)
    scheduled, failed = rows.each(short, "id", lambda key: _schedule(key, now))
    looked_at()
    return len(scheduled), failed


def _short_plans(now: datetime) -> tuple[QuerySet[Plan], Callable[[], None]]:
    """Those of the next few thousand live plans whose check-ins do not reach far enough, and a function to mark the
    page as done. A plan with its whole follow-up scheduled is never short.

    Plans are checked in pages, since a query over every check-in of a large clinic takes seconds; there is a week's
    time for all.
    """
    seen = Heartbeat.objects.filter(name=_NAME).values_list("facts", flat=True).first() or {}
    live = Plan.objects.filter(state__in=LIVE_STATES, patient__care_state=CareState.IN_CARE)
    further = live if seen.get("after", "end") in ("", "end") else live.filter(pk__gt=seen["after"])
    keys = list(further.order_by("id").values_list("id", flat=True)[:LOOK_AT])
    after = str(keys[-1]) if len(keys) == LOOK_AT else "end"
    first = seen.get("after", "end") in ("", "end")
    began = clock.real_now().isoformat() if first else seen.get("began", "")

    def looked_at() -> None:
        if after != seen.get("after", "end"):
            heartbeat.beat(_NAME, {"after": after, "began": began})

    until = when.local_date(now, "UTC") + SCHEDULE_WITHIN
    whole = Q(ends_at_zero=True, last_day__isnull=False, reach__gt=F("last_day") + timedelta(weeks=25))
    reaching = Plan.objects.filter(pk__in=keys).annotate(
        reach=Max("occasions__local_date", filter=~Q(occasions__state=OccasionState.CANCELLED))
    )
    # A plan without any check-in is always short: there is nothing to compare.
    return reaching.filter(Q(reach=None) | Q(reach__lt=until) & ~whole), looked_at


def _schedule(key: UUID, now: datetime) -> bool:
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update().get(pk=patient_id)
    plan = Plan.objects.select_for_update(of=("self",)).select_related("patient", "clinic").get(pk=key)
    occasions.schedule_occasions(plan, now=now)
    return True
