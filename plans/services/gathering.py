"""One alert for many items: all that wait for a person are carried by one message.

Every alert is a row of its own, so that each item has its own record of who was alerted. Just before alerts are
claimed, those that wait for the same person are gathered: the most urgent carries the others, which are settled as
bundled into it; if it is not sent, they are freed (`plans.services.delivery`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from plans.domain.notices import ALERTS, LONGEST_BACKOFF, Queue
from plans.domain.outbox import LEASED, WorkState
from plans.domain.review.item_states import ItemState
from plans.models import Membership, Work
from plans.services import audit, clock, heartbeat
from plans.services.actors import SYSTEM
from plans.services.delivery import BUNDLED, event
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import lease_from, write_end

# There may be thousands.
_USED: Final = (
    "notice", "queue", "clinic_id", "user_id", "patient_id", "plan_id", "facts", "repeat", "due_at", "try_at",
    "created_at", "item__acknowledged_at", "item__patient_id", "item__plan_id",
)  # fmt: skip


@transaction.atomic
def gather_alerts(*, in_pause: bool = False) -> int:
    """Gather the alerts that wait for one person into one message; returns how many were marked as possible repeats.

    In an automatic pause, alerts from before it was noticed are marked, and times that a wrong clock wrote on them (a
    lease, a wait, a future due time) are ignored.
    """
    real, now = clock.real_now(), clock.now()
    if in_pause:
        _forget_wrong_times(real, now)
    noticed = (heartbeat.paused_at() or real) + clock.offset() if in_pause else None
    marked = 0
    settled: list[Work] = []
    for works in _by_person(real, now):
        first, *others = works
        old = noticed is not None and first.repeat == 0 and any(work.created_at <= noticed for work in works)
        if not others and not old:
            continue
        channel = max(int(work.facts.get("channel", 1)) for work in works)
        clinics = sorted({str(work.clinic_id) for work in works})
        first.facts = {
            **first.facts,
            "items": _count_items(works),
            "channel": channel,
            "clinics": clinics,
        }
        first.repeat += old
        # What it carries may have arrived within another.
        first.repeat = max(work.repeat for work in works)
        marked += old
        if any(work.try_at is None for work in others):
            first.try_at = None
        first.save(update_fields=["facts", "repeat", "try_at"])
        rows = Work.objects.filter(pk__in=[work.pk for work in others])
        rows.update(carried_by=first)
        write_end(rows, Settlement(WorkState.SKIPPED, BUNDLED))
        settled += others
    audit.record_all(
        event(work, "message.skipped", SYSTEM, {"notice": work.notice, "reason": BUNDLED}) for work in settled
    )
    return marked


def _forget_wrong_times(real: datetime, now: datetime) -> None:
    alerts = Work.objects.filter(queue=Queue.ALERTS.value)
    lease = lease_from(real)
    alerts.filter(state__in=LEASED, lease_until__gt=lease_from(lease)).update(lease_until=lease)
    waiting = alerts.filter(state=WorkState.PENDING)
    waiting.filter(try_at__gt=real + LONGEST_BACKOFF).update(try_at=None)
    waiting.filter(due_at__gt=now).update(due_at=now)


def _by_person(real: datetime, now: datetime) -> Iterable[list[Work]]:
    """The alerts that wait, one list a person, the most urgent first, if one of them is due.

    Those that will not be sent, because the item needs nobody any more or its reader has left the clinic, are left
    out: each is settled by itself.
    """
    found = (
        Work.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("item")
        .only(*_USED)
    )
    found = found.filter(queue=Queue.ALERTS.value, state=WorkState.PENDING, notice__in=ALERTS)
    works = list(found.exclude(item__state=ItemState.RESOLVED).order_by("item__priority", "due_at", "id"))
    members = Membership.objects.filter(user__in={work.user_id for work in works}, is_active=True)
    staff = set(members.values_list("user_id", "clinic_id"))
    groups: defaultdict[UUID | None, list[Work]] = defaultdict(list)
    for work in works:
        taken = work.item.acknowledged_at if work.item is not None else None
        if (taken is None or taken < work.created_at) and (work.user_id, work.clinic_id) in staff:
            groups[work.user_id].append(work)
    return (works for works in groups.values() if any(_is_due(work, real, now) for work in works))


def _is_due(work: Work, real: datetime, now: datetime) -> bool:
    return work.due_at <= now and (work.try_at is None or work.try_at <= real)


def _count_items(works: Sequence[Work]) -> int:
    """How many items these alerts are about, with what they carry already."""
    keys = [work.pk for work in works]
    found = Work.objects.filter(Q(pk__in=keys) | Q(carried_by__in=keys, reason=BUNDLED))
    return found.order_by().values("item_id").distinct().count()
