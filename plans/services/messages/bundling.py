"""Two due things in one letter: news of the calendar travels with the letter of a check-in that goes out just then.

The check-in's letter is the one that is sent, with its own link; the other row says that it was told there. Should that
letter come to nothing, the other goes by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from plans.domain.messages import Postpone
from plans.domain.notices import CHECKIN_INVITATION, CHECKIN_REMINDER, PLAN_CHANGED, PLAN_READY
from plans.models import Work
from plans.services import clock
from plans.services.actors import SYSTEM
from plans.services.delivery import TOLD, trail
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

CARRIES: Final = (CHECKIN_INVITATION, CHECKIN_REMINDER)
CARRIED: Final = (PLAN_READY, PLAN_CHANGED)
GOES_ALONG: Final = "goes_along"
"""On a row that waits a moment for that other letter; it waits once and no more."""
_MOMENT: Final = timedelta(minutes=2)


def waits(work: Work, now: datetime) -> Postpone | None:
    """News of a calendar steps back for a check-in's letter that is due now and will take it along."""
    if work.notice not in CARRIED or work.reason == GOES_ALONG or work.patient is None:
        return None
    if work.patient.mail_state != "on" or work.patient.contact_how == "phone":
        return None
    due = Work.objects.filter(
        patient=work.patient,
        notice__in=CARRIES,
        state__in=("pending", "claimed"),
        due_at__lte=now,
        occasion__state="invited",
        occasion__closes_at__gt=now,
    ).exclude(try_at__gt=clock.real_now())
    return Postpone(until=now + _MOMENT, reason=GOES_ALONG) if due.exists() else None


def take_along(work: Work, now: datetime) -> str:
    """What news a check-in's letter tells besides: plan_ready, plan_changed or nothing. Its row is settled with that.

    Call it with the patient's row locked, in the transaction that says "sending".
    """
    if work.notice not in CARRIES or work.patient is None or work.plan is None:
        return ""
    news = (
        Work.objects.select_for_update(of=("self",))
        .filter(patient=work.patient, plan=work.plan, notice__in=CARRIED, state__in=("pending", "claimed"))
        .filter(Q(not_after=None) | Q(not_after__gt=now), version=work.plan.active_version_id)
        .order_by("created_at", "id")
        .first()
    )
    if news is None:
        return ""
    row = Work.objects.filter(pk=news.pk)
    write_end(row, Settlement("skipped", TOLD))
    row.update(carried_by=work)
    trail(news, "letter.skipped", SYSTEM, {"notice": news.notice, "reason": TOLD})
    return news.notice
