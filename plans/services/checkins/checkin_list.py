"""The list of a patient's check-ins: answered, missed and still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from plans.domain.checkins.flagging import FlagPriority
from plans.domain.checkins.states import CheckInState, OccasionState
from plans.domain.which import which
from plans.models import CheckIn, Flag, Occasion, Patient
from plans.services import paging
from plans.services.access import get_patient_for
from plans.services.actors import Actor, May
from plans.services.paging import Page

PAGE: Final = 25
_ORDER: Final = ("urgent", "high", "routine", "info")
_WAITING: Final = (OccasionState.INVITED, OccasionState.MISSED)


class CheckInPart(StrEnum):
    """A part of the list."""

    ALL = "all"
    FLAGGED = "flagged"
    MISSED = "missed"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class CheckinRow:
    """One check-in on its local date.

    `state`: submitted, open (begun, not sent), abandoned (left unfinished), missed or invited (no answer yet).
    `checkin_id` is None where nothing was answered. `severity` is that of its most urgent flag, "" without one.
    """

    key: UUID
    on: date
    purpose: str
    state: str
    checkin_id: UUID | None
    sent_at: datetime | None
    entered_by: str
    late: bool
    totals: Mapping[str, int]
    severity: str

    @property
    def state_is(self) -> Mapping[str, bool]:
        """Which state it is in, for templates."""
        return {**which(OccasionState, self.state), **which(CheckInState, self.state)}

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(FlagPriority, self.severity)


def of_patient(
    actor: Actor, patient_id: UUID, *, part: str = "all", key: str | None = None, size: int = PAGE
) -> Page[CheckinRow]:
    """A page of a patient's check-ins, newest first, without future ones. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    which = CheckInPart(part) if part in {one.value for one in CheckInPart} else CheckInPart.ALL
    checkins, gone = _in_part(patient, which)
    place = paging.read_key(key)
    last = _last_row(patient, place.after)
    if last is None:
        place = paging.START
    later = Q() if last is None else Q(local_date__lt=last[0]) | Q(local_date=last[0], pk__lt=last[1])
    total = checkins[: paging.COUNTED + 1].count() + gone[: paging.COUNTED + 1].count()
    answered = checkins.filter(later).select_related("occasion", "entered_by").order_by("-local_date", "-pk")
    missed = gone.filter(later).order_by("-local_date", "-pk")
    rows = [*_answered(list(answered[: size + 1])), *map(_missed, missed[: size + 1])]
    rows.sort(key=lambda row: (row.on, row.key), reverse=True)
    return paging.cut(rows[: size + 1], [row.key for row in rows], key=place, size=size, total=total)


def on_day(actor: Actor, patient_id: UUID, day: date) -> tuple[CheckinRow, ...]:
    """A patient's check-ins of one day, also those that nobody answered. Raises NotFound."""
    checkins, gone = _in_part(get_patient_for(actor, patient_id, May.LOOK), CheckInPart.ALL)
    answered = checkins.filter(local_date=day).select_related("occasion", "entered_by").order_by("pk")
    return (*_answered(list(answered)), *map(_missed, gone.filter(local_date=day).order_by("pk")))


def part_counts(actor: Actor, patient_id: UUID) -> dict[str, int]:
    """How many check-ins each part holds. Raises NotFound."""
    patient = get_patient_for(actor, patient_id, May.LOOK)
    return {part.value: sum(rows.count() for rows in _in_part(patient, part)) for part in CheckInPart}


def _in_part(patient: Patient, part: CheckInPart) -> tuple[QuerySet[CheckIn], QuerySet[Occasion]]:
    """Responses with an answer, and occasions without one."""
    checkins = CheckIn.objects.filter(patient=patient).exclude(revision=0)
    gone = Occasion.objects.filter(patient=patient, state__in=_WAITING).filter(
        Q(checkin=None) | Q(checkin__revision=0)
    )
    if part is CheckInPart.FLAGGED:
        asking = Flag.objects.filter(checkin__patient=patient).exclude(severity=FlagPriority.INFO)
        return checkins.filter(pk__in=asking.values("checkin")), gone.none()
    if part is CheckInPart.MISSED:
        return checkins.none(), gone.filter(state=OccasionState.MISSED)
    if part is CheckInPart.PHONE:
        return checkins.exclude(entered_by=None), gone.none()
    return checkins, gone


def _last_row(patient: Patient, key: UUID | None) -> tuple[date, UUID] | None:
    """The day and key of the row that a page begins after, of either kind."""
    if key is None:
        return None
    for rows in (CheckIn.objects.filter(patient=patient), Occasion.objects.filter(patient=patient)):
        found = rows.filter(pk=key).values_list("local_date", "pk").first()
        if found is not None:
            return found
    return None


def _answered(rows: list[CheckIn]) -> list[CheckinRow]:
    worst: dict[object, str] = {}
    for checkin_id, severity in Flag.objects.filter(checkin__in=rows).values_list("checkin_id", "severity"):
        worst[checkin_id] = min(worst.get(checkin_id, "info"), severity, key=_ORDER.index)
    return [
        CheckinRow(
            key=row.pk,
            on=row.local_date,
            purpose=row.occasion.purpose if row.occasion else "unscheduled",
            state=row.state,
            checkin_id=row.pk,
            sent_at=row.submitted_at,
            entered_by=row.entered_by.name if row.entered_by else "",
            # A patient's own check-in is never late.
            late=row.late and row.occasion is not None,
            totals={scale: one["total"] for scale, one in row.scores.items()},
            severity=worst.get(row.pk, "").replace("info", ""),
        )
        for row in rows
    ]


def _missed(row: Occasion) -> CheckinRow:
    return CheckinRow(row.pk, row.local_date, row.purpose, row.state, None, None, "", False, {}, "")
