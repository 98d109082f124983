"""The tick of check-ins: schedule ahead, invite what is due, close what nobody answered. Idempotent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max

from plans.domain.checkins.flagging import FlagFinding
from plans.domain.checkins.flags import silence
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.json import JsonObject
from plans.domain.people import CareState, MailState
from plans.models import LIVE_STATES, CheckIn, Link, Occasion, Patient
from plans.services import audit, close_watch, links, outbox, patient_mail, rows
from plans.services.actors import SYSTEM
from plans.services.checkins import flag_store, ladder, occasions, responses, saving
from plans.services.links import LinkPurpose
from plans.services.review.review_items import open_item

# Everybody in a zone is invited at ten, so inviting gets the most time.
ASKING_SECONDS: Final = 12.0
_LEFT_FOR: Final = responses.UNSCHEDULED_FOR


@dataclass(frozen=True, slots=True)
class ReminderCounts:
    """Counts of one tick; `failed` rows are logged and left for the next one."""

    scheduled: int
    invited: int
    missed: int
    failed: int
    left: int = 0


def tick(now: datetime) -> ReminderCounts:
    """Do what is due at `now` (clinic time), for a few seconds per kind. May run twice or on two machines at once."""
    closing = Occasion.objects.filter(state=OccasionState.INVITED, closes_at__lte=now)
    asking = Occasion.objects.filter(state=OccasionState.PLANNED, due_at__lte=now)
    # Responses that no occasion closes: unscheduled, by phone, or continued after closing.
    leaving = CheckIn.objects.filter(state=CheckInState.OPEN, saved_at__lte=now - _LEFT_FOR).exclude(
        occasion__state__in=(OccasionState.PLANNED, OccasionState.INVITED)
    )
    gone, failed_to_close = rows.each(closing, "closes_at", lambda key: _close(key, now))
    asked, failed_to_ask = rows.each(
        asking, "due_at", lambda key: _invite(key, now), seconds=ASKING_SECONDS, together=20
    )
    scheduled, failed_to_schedule = occasions.schedule_ahead(now)
    left, failed_to_leave = rows.each(leaving, "saved_at", lambda key: _leave(key, now))
    failed = failed_to_close + failed_to_ask + failed_to_schedule + failed_to_leave
    return ReminderCounts(scheduled, sum(asked), sum(gone), failed, sum(left))


def _locked(key: UUID, state: str) -> Occasion | None:
    """The occasion, with its patient locked first as everywhere; None if another worker was faster or holds the
    patient's lock: the next tick tries again, and two ticks share the work instead of waiting."""
    patient_id = Occasion.objects.values_list("patient_id", flat=True).get(pk=key)
    free = Patient.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=patient_id)
    if free.values_list("pk").first() is None:
        return None
    found = Occasion.objects.select_for_update(of=("self",), no_key=True).select_related(
        "patient__clinic", "plan__clinic"
    )
    return found.filter(pk=key, state=state).first()


def _invite(key: UUID, now: datetime) -> bool:
    occasion = _locked(key, "planned")
    if occasion is None:
        return False
    patient, plan = occasion.patient, occasion.plan
    if plan.state not in LIVE_STATES or patient.care_state != CareState.IN_CARE:
        _drop(occasion, now)
        return False
    if occasion.closes_at <= now:
        # Nobody was invited in time (the machine stood still): send no stale message, but tell the clinic.
        _miss(occasion, now, asked=False)
        return False
    occasion.state, occasion.invited_at = "invited", now
    occasion.save(update_fields=["state", "invited_at"])
    # The previous check-in closes when this one opens; its answers can no longer be changed.
    earlier = Occasion.objects.filter(
        patient=patient, state__in=(OccasionState.INVITED, OccasionState.ANSWERED), due_at__lt=occasion.due_at
    )
    Link.objects.filter(occasion__in=earlier, expires_at__gt=now).update(expires_at=now)
    earlier.filter(closes_at__gt=now).update(closes_at=now)
    links.make(
        purpose=LinkPurpose.CHECKIN,
        patient=patient,
        occasion=occasion,
        plan=plan,
        expires_at=occasion.closes_at,
    )
    ladder.put_messages(occasion, now=now)
    _audit(occasion, "checkin.asked", now)
    return True


def _close(key: UUID, now: datetime) -> bool:
    occasion = _locked(key, "invited")
    if occasion is None:
        return False
    checkin = CheckIn.objects.select_related("plan", "patient__clinic").filter(occasion=occasion).first()
    if checkin is not None:
        # Begun and left: not silence. Its answers are judged, and count as an answer.
        if checkin.state == CheckInState.OPEN and not _tells(saving.abandon(checkin, now=now)):
            _left_unfinished(occasion, now)
        occasion.state, occasion.settled_at = "answered", now
        occasion.save(update_fields=["state", "settled_at"])
        _audit(occasion, "checkin.closed", now)
        return False
    if occasion.plan.state not in LIVE_STATES or occasion.patient.care_state != CareState.IN_CARE:
        # Since the invitation the plan ended, or the patient went to hospital, elsewhere, or died: no answer is
        # expected, so this silence means nothing.
        _drop(occasion, now)
        return False
    _miss(occasion, now, asked=True)
    return True


def _leave(key: UUID, now: datetime) -> bool:
    """Close a response that was begun and left, so that every rule judges it and the record shows it."""
    patient_id = CheckIn.objects.values_list("patient_id", flat=True).get(pk=key)
    Patient.objects.select_for_update(no_key=True).get(pk=patient_id)
    checkin = CheckIn.objects.select_related("plan", "patient__clinic").get(pk=key)
    if checkin.state != CheckInState.OPEN or checkin.saved_at > now - _LEFT_FOR:
        return False
    saving.abandon(checkin, now=now)
    return True


def _tells(found: Sequence[FlagFinding]) -> bool:
    """Whether the abandoned form already alerts somebody: it was left after a flagged safety answer."""
    return any((one.rule, one.kind) == ("H10", "abandoned") for one in found)


def _left_unfinished(occasion: Occasion, now: datetime) -> None:
    """Flag a form left after calm safety answers: messages go on, but the clinic is told."""
    _tell_of_silence(occasion, now, in_a_row=1, asked=True, begun=True)


def _drop(occasion: Occasion, now: datetime) -> None:
    occasion.state, occasion.settled_at = "cancelled", now
    occasion.save(update_fields=["state", "settled_at"])
    outbox.cancel_pending(occasion=occasion, why="closed", now=now)


def _miss(occasion: Occasion, now: datetime, *, asked: bool) -> None:
    """Flag a missed check-in and open an item; after four in a row messages stop and the item asks for a call."""
    patient = occasion.patient
    occasion.state, occasion.settled_at = "missed", now
    occasion.save(update_fields=["state", "settled_at"])
    outbox.cancel_pending(occasion=occasion, why="closed", now=now)
    found = _tell_of_silence(occasion, now, in_a_row=max(1, _in_a_row(patient)), asked=asked)
    if found[0].rule == "M4" and patient.mail_state == MailState.ON:
        patient_mail.set_mail_state(patient=patient, state=MailState.SUSPENDED, by=SYSTEM)
        outbox.skip_pending(
            patient=patient, notices=("checkin_invitation", "checkin_reminder"), why="suspended", now=now
        )
    _audit(occasion, "checkin.missed", now)


def _tell_of_silence(
    occasion: Occasion, now: datetime, *, in_a_row: int, asked: bool, begun: bool = False
) -> tuple[FlagFinding, ...]:
    patient = occasion.patient
    watched = close_watch.watched(patient, now, on=occasion.local_date)
    found = silence.evaluate(silence.Missed(in_a_row=in_a_row, close_watch=watched, begun=begun))
    facts: JsonObject = {"in_a_row": in_a_row, "rules": [one.rule for one in found], "asked": asked}
    open_item(
        clinic_id=occasion.clinic_id,
        patient=patient,
        plan=occasion.plan,
        source="missed",
        source_key=f"missed:{patient.pk}",
        priority=found[0].priority.value,
        facts={**facts, "begun": True} if begun else facts,
        flags=flag_store.keep(found, patient=patient, now=now, occasion=occasion),
        now=now,
    )
    return found


def _in_a_row(patient: Patient) -> int:
    """Check-ins missed since the last answer of any kind, by link or phone, not counting those without an
    invitation."""
    last = CheckIn.objects.filter(patient=patient).aggregate(at=Max("saved_at"))["at"]
    gone = Occasion.objects.filter(patient=patient, state=OccasionState.MISSED, invited_at__isnull=False)
    return (gone.filter(closes_at__gt=last) if last is not None else gone).count()


def _audit(occasion: Occasion, act: str, now: datetime) -> None:
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
