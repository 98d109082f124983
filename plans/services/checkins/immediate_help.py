"""What a patient is shown after dangerous answers: immediate help, and how soon somebody acts. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plans.domain.checkins.dangers import DangerFinding
from plans.domain.checkins.flagging import Screen
from plans.domain.checkins.instrument import QuestionPage
from plans.domain.checkins.response import UnknownPage
from plans.domain.review.item_states import ItemState, Priority
from plans.domain.which import which
from plans.models import CheckIn, Flag, Patient
from plans.services import clock
from plans.services.checkins.responses import UNSCHEDULED_FOR, answered, judged, row_of
from plans.services.checkins.sessions import CheckInSession
from plans.services.checkins.sitting import Sitting


@dataclass(frozen=True, slots=True)
class Urgency:
    """The promise after flagged answers: how soon somebody acts, by when, and the number on which they call."""

    severity: str
    first_action_due: datetime
    phone: str

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(Priority, self.severity)


@dataclass(frozen=True, slots=True)
class ImmediateHelp:
    """What to show after a saved page; see `saving.SavedPage`."""

    screens: tuple[Screen, ...]
    dangers: tuple[DangerFinding, ...]
    urgency: Urgency | None
    following: QuestionPage | None
    sent: bool
    late: bool


def help_again(session: CheckInSession, *, page: str, sitting: Sitting) -> ImmediateHelp | None:
    """The immediate help of a page that was saved before; None if there is none.

    None also after a day, and in any sitting but the one that answered it: a link must not reveal what was answered.
    """
    row, now = row_of(session), clock.now()
    if row is None or row.saved_at <= now - UNSCHEDULED_FOR:
        return None
    patient = Patient.objects.select_related("clinic").get(pk=row.patient_id)
    response = judged(row, patient, now)
    try:
        where = response.page(page)
    except UnknownPage:
        return None
    if sitting.hidden(row.pk, [code for code in where.items if code in response.answers]):
        return None
    following = response.next(where)
    sent = response.is_sent and following is None
    screens, found_dangers = response.screens(where.items, sent=sent), response.dangers(where.items)
    if not screens and not found_dangers:
        return None
    return ImmediateHelp(screens, found_dangers, urgency_of(row, patient), following, sent, row.late)


def current_dangers(checkin_id: UUID | None) -> tuple[DangerFinding, ...]:
    """The dangers in a response's answers; none a day after it was last saved, as in `help_again`."""
    if checkin_id is None:
        return ()
    fresh = CheckIn.objects.filter(pk=checkin_id, saved_at__gt=clock.now() - UNSCHEDULED_FOR)
    row = fresh.only("answers", "form", "form_version", "state").first()
    if row is None:
        return ()
    response = answered(row)
    return response.dangers(response.answers)


def urgency_now(checkin_id: UUID | None) -> Urgency | None:
    """The urgency of a sent response while nobody has dealt with it."""
    if checkin_id is None:
        return None
    row = CheckIn.objects.select_related("patient").filter(pk=checkin_id).first()
    return urgency_of(row, row.patient) if row is not None else None


def urgency_of(row: CheckIn, patient: Patient) -> Urgency | None:
    """The urgency of this check-in, if somebody is to act on it soon."""
    raised = Flag.objects.filter(checkin=row, item__isnull=False).select_related("item")
    # Once it was dealt with, nothing more is promised.
    raised = raised.exclude(item__state=ItemState.RESOLVED)
    flag = raised.order_by("-item__opened_at").first()
    item = flag.item if flag is not None else None
    return Urgency(item.severity, item.first_action_due, patient.phone) if item is not None else None
