"""The tick of check-ins: lay out ahead, invite what is due, close what nobody answered. Twice does as much as once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q

from plans.domain.checkins import missed
from plans.domain.checkins import occasions as when
from plans.domain.checkins.flagging import Finding
from plans.models import LIVE_STATES, CheckIn, Flag, Link, Occasion, Patient, Plan, PlanStep
from plans.services import audit, links, outbox, people
from plans.services.actors import SYSTEM
from plans.services.checkins import occasions, raising, saving, sheets
from plans.services.links import Purpose
from plans.services.review.raising import raise_item

log = logging.getLogger("plans.reminders")

LAY_WITHIN: Final = timedelta(days=when.AHEAD_DAYS - 7)
_LEFT_FOR: Final = sheets.UNSCHEDULED_FOR


@dataclass(frozen=True, slots=True)
class Counts:
    """What one tick did; `failed` rows were left for the next one and logged."""

    laid: int
    invited: int
    missed: int
    failed: int
    left: int = 0


def tick(now: datetime, *, limit: int = 200) -> Counts:
    """Do what is due at `now` (clinic time), at most `limit` of each kind. Safe to run twice and on two machines."""
    closing = Occasion.objects.filter(state="invited", closes_at__lte=now).order_by("closes_at", "id")
    asking = Occasion.objects.filter(state="planned", due_at__lte=now).order_by("due_at", "id")
    gone, failed_to_close = _each(list(closing.values_list("id", flat=True)[:limit]), _close, now)
    invited, failed_to_invite = _each(list(asking.values_list("id", flat=True)[:limit]), _invite, now)
    laid, failed_to_lay = _each(_short_plans(now, limit), _lay, now)
    # Sheets no occasion closes: of the patient's own, by phone, or taken up after the closing.
    left = CheckIn.objects.filter(state="open", saved_at__lte=now - _LEFT_FOR).exclude(
        occasion__state__in=("planned", "invited")
    )
    closed, failed_to_leave = _each(
        list(left.order_by("saved_at", "id").values_list("id", flat=True)[:limit]), _leave, now
    )
    failed = failed_to_close + failed_to_invite + failed_to_lay + failed_to_leave
    return Counts(laid, invited, gone, failed, closed)


def _each(keys: list[UUID], act: Callable[[UUID, datetime], bool], now: datetime) -> tuple[int, int]:
    """One transaction a row, so that a broken row holds up no other."""
    done = failed = 0
    for key in keys:
        try:
            with transaction.atomic():
                done += act(key, now)
        except Exception:
            failed += 1
            log.exception("check-in row set aside until the next tick", extra={"row_id": str(key)})
    return done, failed


def _locked(key: UUID, state: str) -> Occasion | None:
    """The occasion, its patient locked first as everywhere; None if another worker was there before."""
    patient_id = Occasion.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update().get(pk=patient_id)
    rows = Occasion.objects.select_for_update(of=("self",)).select_related("patient__clinic", "plan__clinic")
    return rows.filter(pk=key, state=state).first()


def _invite(key: UUID, now: datetime) -> bool:
    occasion = _locked(key, "planned")
    if occasion is None:
        return False
    patient, plan = occasion.patient, occasion.plan
    if plan.state not in LIVE_STATES or patient.care_state != "in_care":
        occasion.state, occasion.settled_at = "cancelled", now
        occasion.save(update_fields=["state", "settled_at"])
        return False
    if occasion.closes_at <= now:
        # Nobody was asked in time (the machine stood still): no stale letter, but somebody hears of it.
        _miss(occasion, now, asked=False)
        return False
    occasion.state, occasion.invited_at = "invited", now
    occasion.save(update_fields=["state", "invited_at"])
    # The one before closes when this one opens; its answers can no longer be changed.
    earlier = Occasion.objects.filter(
        patient=patient, state__in=("invited", "answered"), due_at__lt=occasion.due_at
    )
    Link.objects.filter(occasion__in=earlier, expires_at__gt=now).update(expires_at=now)
    earlier.filter(closes_at__gt=now).update(closes_at=now)
    links.make(
        purpose=Purpose.CHECKIN, patient=patient, occasion=occasion, plan=plan, expires_at=occasion.closes_at
    )
    ladder = occasions.cadence_of(patient.clinic).ladder.for_patient(patient.reminders)
    rungs = when.rungs(occasion.local_date, occasion.local_time, occasion.zone, occasion.closes_at, ladder)
    for rung, due_at in enumerate(rungs):
        outbox.put(
            notice="checkin_reminder" if rung else "checkin_invitation",
            key=f"occasion:{occasion.pk}:{rung}",
            clinic_id=occasion.clinic_id,
            now=now,
            due_at=max(due_at, now),
            not_after=occasion.closes_at,
            patient=patient,
            plan=plan,
            occasion=occasion,
            rung=rung,
        )
    _trail(occasion, "checkin.asked", now)
    return True


def _close(key: UUID, now: datetime) -> bool:
    occasion = _locked(key, "invited")
    if occasion is None:
        return False
    sheet = CheckIn.objects.select_related("plan", "patient__clinic").filter(occasion=occasion).first()
    if sheet is not None:
        # Begun and left: not silence. What was answered is looked at, and counts as an answer.
        if sheet.state == "open" and not _tells(saving.abandon(sheet, now=now)):
            _left_unfinished(occasion, now)
        occasion.state, occasion.settled_at = "answered", now
        occasion.save(update_fields=["state", "settled_at"])
        _trail(occasion, "checkin.closed", now)
        return False
    _miss(occasion, now, asked=True)
    return True


def _leave(key: UUID, now: datetime) -> bool:
    """Close a sheet that was begun and left, so that every rule looks at it, and the record shows it."""
    patient_id = CheckIn.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update().get(pk=patient_id)
    sheet = CheckIn.objects.select_related("plan", "patient__clinic").get(pk=key)
    if sheet.state != "open" or sheet.saved_at > now - _LEFT_FOR:
        return False
    saving.abandon(sheet, now=now)
    return True


def _tells(found: Sequence[Finding]) -> bool:
    """Whether somebody hears of the left form already: it ended after a telling safety answer."""
    return any((one.rule, one.kind) == ("H10", "abandoned") for one in found)


def _left_unfinished(occasion: Occasion, now: datetime) -> None:
    """A form left after calm safety answers is half a silence: letters go on, and somebody hears of it."""
    _tell_of_silence(occasion, now, in_a_row=1, asked=True, begun=True)


def _miss(occasion: Occasion, now: datetime, *, asked: bool) -> None:
    """Silence becomes a flag and an item; after four in a row letters stop and the item asks for a call."""
    patient = occasion.patient
    occasion.state, occasion.settled_at = "missed", now
    occasion.save(update_fields=["state", "settled_at"])
    outbox.cancel_pending(occasion=occasion, why="closed", now=now)
    found = _tell_of_silence(occasion, now, in_a_row=_in_a_row(patient), asked=asked)
    if found[0].rule == "M4" and patient.mail_state == "on":
        people.set_mail_state(patient=patient, state="suspended", by=SYSTEM)
        outbox.cancel_pending(
            patient=patient, notices=("checkin_invitation", "checkin_reminder"), why="suspended", now=now
        )
    _trail(occasion, "checkin.missed", now)


def _tell_of_silence(
    occasion: Occasion, now: datetime, *, in_a_row: int, asked: bool, begun: bool = False
) -> tuple[Finding, ...]:
    patient = occasion.patient
    watched = _close_watch(patient, occasion, now)
    found = missed.evaluate(missed.Missed(in_a_row=in_a_row, close_watch=watched, begun=begun))
    facts: dict[str, Any] = {"in_a_row": in_a_row, "rules": [one.rule for one in found], "asked": asked}
    raise_item(
        clinic_id=occasion.clinic_id,
        patient=patient,
        plan=occasion.plan,
        source="missed",
        source_key=f"missed:{patient.pk}",
        severity=found[0].severity.value,
        facts={**facts, "begun": True} if begun else facts,
        flags=raising.keep(found, patient=patient, now=now, occasion=occasion),
        now=now,
    )
    return found


def _in_a_row(patient: Patient) -> int:
    """Check-ins missed since the last answer of any kind, by link or by phone."""
    last = CheckIn.objects.filter(patient=patient).aggregate(at=Max("saved_at"))["at"]
    gone = Occasion.objects.filter(patient=patient, state="missed")
    return (gone.filter(closes_at__gt=last) if last is not None else gone).count()


def _close_watch(patient: Patient, occasion: Occasion, now: datetime) -> bool:
    flagged = Flag.objects.filter(patient=patient, severity__in=("urgent", "high")).aggregate(
        at=Max("raised_at")
    )["at"]
    step = PlanStep.objects.filter(version_id=occasion.plan.active_version_id, kind="cut")
    starts = (one.days.lower for one in step.filter(days__startswith__lte=occasion.local_date))
    cut = max(starts, default=None)
    asked = CheckIn.objects.filter(patient=patient, answers__has_key="phq_9").order_by("-saved_at")
    item_9 = str((asked.values_list("answers__phq_9", flat=True).first()) or "")
    return missed.close_watch(
        marked=patient.close_watch,
        days_since_flag=(now - flagged).days if flagged is not None else None,
        days_since_cut=(occasion.local_date - cut).days if cut is not None else None,
        item_9=int(item_9) if item_9.isdigit() else None,
    )


def _short_plans(now: datetime, limit: int) -> list[UUID]:
    """Live plans whose check-ins do not reach far enough. One whose follow-up is laid out whole is never short."""
    until = when.local_date(now, "UTC") + LAY_WITHIN
    whole = Q(ends_at_zero=True, last_day__isnull=False, reach__gt=F("last_day") + timedelta(weeks=25))
    rows = Plan.objects.filter(state__in=LIVE_STATES, patient__care_state="in_care").annotate(
        reach=Max("occasions__local_date", filter=~Q(occasions__state="cancelled"))
    )
    short = rows.filter(Q(reach=None) | Q(reach__lt=until)).exclude(whole)
    return list(short.order_by("reach", "id").values_list("id", flat=True)[:limit])


def _lay(key: UUID, now: datetime) -> bool:
    patient_id = Plan.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update().get(pk=patient_id)
    plan = Plan.objects.select_for_update(of=("self",)).select_related("patient", "clinic").get(pk=key)
    occasions.lay_out(plan, now=now)
    return True


def _trail(occasion: Occasion, act: str, now: datetime) -> None:
    audit.record(
        by=SYSTEM,
        act=act,
        subject_kind="occasion",
        subject_id=occasion.pk,
        clinic_id=occasion.clinic_id,
        patient_id=occasion.patient_id,
        plan_id=occasion.plan_id,
        facts={"purpose": occasion.purpose},
        at=now,
    )
