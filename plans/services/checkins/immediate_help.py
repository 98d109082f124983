"""What dangerous answers bring up for whoever gives them: help at once, and how soon somebody acts. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plans.domain.checkins.dangers import ToldDanger
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
    """What became of flagged answers: how soon somebody acts, by when, and on which number the patient is called."""

    severity: str
    first_action_due: datetime
    phone: str

    @property
    def severity_is(self) -> Mapping[str, bool]:
        """Which priority it has, for templates."""
        return which(Priority, self.severity)


@dataclass(frozen=True, slots=True)
class ImmediateHelp:
    """What a saved page asks to be shown: see `saving.SavedPage`."""

    screens: tuple[Screen, ...]
    dangers: tuple[ToldDanger, ...]
    urgency: Urgency | None
    following: QuestionPage | None
    sent: bool
    late: bool


def help_again(session: CheckInSession, *, page: str, sitting: Sitting) -> ImmediateHelp | None:
    """What a page that was saved asked to be shown at once, found again; None where it asks for nothing.

    Nor after a day, nor in another sitting than the one it was answered in: a message must not tell what was answered.
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
    screens, told = response.screens(where.items, sent=sent), response.dangers(where.items)
    if not screens and not told:
        return None
    return ImmediateHelp(screens, told, urgency_of(row, patient), following, sent, row.late)


def standing_dangers(checkin_id: UUID | None) -> tuple[ToldDanger, ...]:
    """The dangers that a response's answers speak of; none a day after it was last saved, as in `help_again`."""
    if checkin_id is None:
        return ()
    fresh = CheckIn.objects.filter(pk=checkin_id, saved_at__gt=clock.now() - UNSCHEDULED_FOR)
    row = fresh.only("answers", "form", "form_version", "state").first()
    if row is None:
        return ()
    response = answered(row)
    return response.dangers(response.answers)


def urgency_now(checkin_id: UUID | None) -> Urgency | None:
    """What stands for a response that was sent, while nobody has dealt with it."""
    if checkin_id is None:
        return None
    row = CheckIn.objects.select_related("patient").filter(pk=checkin_id).first()
    return urgency_of(row, row.patient) if row is not None else None


def urgency_of(row: CheckIn, patient: Patient) -> Urgency | None:
    """What stands for this check-in, if anybody is to act on it soon."""
    raised = Flag.objects.filter(checkin=row, item__isnull=False).select_related("item")
    # What was dealt with promises nothing any more.
    raised = raised.exclude(item__state=ItemState.RESOLVED)
    flag = raised.order_by("-item__opened_at").first()
    item = flag.item if flag is not None else None
    return Urgency(item.severity, item.first_action_due, patient.phone) if item is not None else None
