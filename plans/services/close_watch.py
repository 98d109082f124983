"""Close watch: patients whose missed check-ins and lost messages cannot wait. For services."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Max

from plans.domain.checkins import occasions as when
from plans.domain.checkins.flagging import FlagPriority
from plans.domain.checkins.flags import silence
from plans.domain.taper.schedule import StepKind
from plans.models import LIVE_STATES, CheckIn, Flag, Patient, Plan, PlanStep


def watched(patient: Patient, now: datetime, *, on: date | None = None) -> bool:
    """Whether a patient is under close watch on a local date (by default today): marked so, a recent urgent or high
    flag, a recent cut in the live plan, or item nine above 0 when last answered. See `silence.close_watch`."""
    day = on or when.local_date(now, when.known_zone(patient.zone, "UTC"))
    flagged = Flag.objects.filter(
        patient=patient, severity__in=(FlagPriority.URGENT, FlagPriority.HIGH)
    ).aggregate(at=Max("raised_at"))["at"]
    lived_by = Plan.objects.filter(patient=patient, state__in=LIVE_STATES).values("active_version_id")
    cuts = PlanStep.objects.filter(version_id__in=lived_by, kind=StepKind.CUT)
    starts = (step.days.lower for step in cuts.filter(days__startswith__lte=day))
    cut = max(starts, default=None)
    asked = CheckIn.objects.filter(patient=patient, answers__has_key="phq_9").order_by("-saved_at")
    item_9 = str((asked.values_list("answers__phq_9", flat=True).first()) or "")
    return silence.close_watch(
        marked=patient.close_watch,
        days_since_flag=(now - flagged).days if flagged is not None else None,
        days_since_cut=(day - cut).days if cut is not None else None,
        item_9=int(item_9) if item_9.isdigit() else None,
    )
