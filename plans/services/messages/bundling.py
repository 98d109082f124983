"""Bundling: news of the plan is sent within the message of a check-in that is due at the same time, or of a new clinic.

That message is sent, with its own link; the other row records that it was carried by it. If that message fails, the
other is sent by itself. What says that the clinic is another says what is not yet told of the plan, too, due or not:
nobody reads of the move that the calendar is the same while it has just become another.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Q

from plans.domain.checkins.states import OccasionState
from plans.domain.messages import Postpone
from plans.domain.notices import CARRIED, CARRIES
from plans.domain.outbox import UNSENT, WorkState
from plans.domain.people import MailState
from plans.models import Work
from plans.services import clock
from plans.services.actors import SYSTEM
from plans.services.delivery import BUNDLED, record_act
from plans.services.messages.context import MessageContext
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

GOES_ALONG: Final = "goes_along"
"""The reason on a row that waits a moment for that message; it waits only once."""
_MOMENT: Final = timedelta(minutes=2)


def waits(work: Work, context: MessageContext) -> Postpone | None:
    """Whether news of a plan waits for a check-in's message that is due now and will carry it."""
    if work.patient_id not in context.bundled or work.notice not in CARRIED:
        return None
    if work.reason == GOES_ALONG or work.patient is None:
        return None
    if work.patient.mail_state != MailState.ON or work.patient.contact_how == "phone":
        return None
    due = Work.objects.filter(
        patient=work.patient,
        notice__in=CARRIES,
        state__in=UNSENT,
        due_at__lte=context.now,
        occasion__state=OccasionState.INVITED,
        occasion__closes_at__gt=context.now,
    ).exclude(try_at__gt=clock.real_now())
    return Postpone(until=context.now + _MOMENT, reason=GOES_ALONG) if due.exists() else None


def take_along(work: Work, context: MessageContext) -> str:
    """The news that a message carries: plan_ready, plan_changed or none. Settles the row of the news.

    Call it with the patient's row locked, in the transaction that marks "sending". News that another transaction is
    changing is sent by itself.
    """
    if work.notice not in CARRIES or (work.occasion_id and work.patient_id not in context.bundled):
        return ""
    if work.patient is None or work.plan is None:
        return ""
    news = (
        Work.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(patient=work.patient, plan=work.plan, notice__in=CARRIED, state__in=UNSENT)
        .filter(Q(not_after=None) | Q(not_after__gt=context.now), version=work.plan.active_version_id)
        .order_by("created_at", "id")
        .first()
    )
    if news is None:
        return ""
    row = Work.objects.filter(pk=news.pk)
    write_end(row, Settlement(WorkState.SKIPPED, BUNDLED))
    row.update(carried_by=work)
    record_act(news, "message.skipped", SYSTEM, {"notice": news.notice, "reason": BUNDLED})
    return news.notice
