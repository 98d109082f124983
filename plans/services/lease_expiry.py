"""Cleaning up after dead workers, and ending entries that are too late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from plans.domain.checkins.states import OccasionState
from plans.domain.notices import NOTICES, Queue
from plans.domain.outbox import LEASED, WorkState
from plans.domain.people import CareState, MailState
from plans.models import Work
from plans.services import clock, outbox, rows
from plans.services.delivery import after_crash, consequences
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end


@dataclass(frozen=True, slots=True)
class Swept:
    """Counts of a sweep; `failed` rows could not be settled and are logged."""

    freed: int = 0
    unknown: int = 0
    repeated: int = 0
    poison: int = 0
    late: int = 0
    failed: int = 0


def sweep(*, queues: Sequence[str] = tuple(Queue)) -> Swept:
    """Free expired claims and end late entries. May run twice or in two places at once.

    Rows are settled one by one, oldest lease first; one that cannot be settled does not block the others.
    """
    shared, now = clock.real_now(), clock.now()
    over = Work.objects.filter(queue__in=queues, state__in=LEASED, lease_until__lt=shared)
    late = Work.objects.filter(queue__in=queues, state=WorkState.PENDING, due_at__lte=now, not_after__lte=now)
    freed, stuck = rows.each(over, "lease_until", lambda pk: _free(pk, shared, now))
    lapsed, stuck_late = rows.each(late, "due_at", lambda pk: _lapse(pk, now))
    counts = Counter(freed)
    return Swept(
        counts["pending"],
        counts["unknown"],
        counts["repeated"],
        counts["poison"],
        sum(map(bool, lapsed)),
        stuck + stuck_late,
    )


def _free(pk: UUID, shared: datetime, now: datetime) -> str:
    """Settle one row with an expired lease; returns what was done, empty if somebody else was faster."""
    free = Work.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    work = free.filter(pk=pk, state__in=LEASED, lease_until__lt=shared).first()
    if work is None:
        return ""
    row = Work.objects.filter(pk=pk)
    if work.queue == Queue.DOCUMENTS.value:
        # Documents are claimed one by one, so this drawing may be what killed its worker.
        return after_crash(work, now)
    if work.state == WorkState.CLAIMED:
        # Certainly not sent. It was one of a batch of a hundred, so the crash does not count against it.
        write_end(row, Settlement(WorkState.PENDING, "lease_over"))
        outbox.notify_on_commit(work.queue)
        return "pending"
    if work.queue == Queue.ALERTS.value:
        write_end(row, Settlement(WorkState.PENDING, "fate_unknown", repeat=True))
        outbox.notify_on_commit(work.queue)
        return "repeated"
    end = Settlement(WorkState.UNKNOWN, "died_while_sending")
    write_end(row, end)
    consequences(work, end, now, "")
    return end.state


def _lapse(pk: UUID, now: datetime) -> str:
    free = Work.objects.select_for_update(of=("self",), skip_locked=True, no_key=True).select_related(
        "occasion", "patient"
    )
    work = free.filter(pk=pk, state=WorkState.PENDING, not_after__lte=now).first()
    if work is None:
        return ""
    end = Settlement(WorkState.SKIPPED, _pointless(work) or "late")
    write_end(Work.objects.filter(pk=pk), end)
    consequences(work, end, now, "")
    return end.state


def _pointless(work: Work) -> str:
    """Why a late message would not have been sent in time either; then nobody needs to know that it is late."""
    if work.occasion is not None and work.occasion.state in (OccasionState.ANSWERED, OccasionState.CANCELLED):
        return work.occasion.state
    if work.patient is None:
        return ""
    if work.patient.care_state != CareState.IN_CARE:
        return work.patient.care_state
    if NOTICES[work.notice].reminder and work.patient.mail_state != MailState.ON:
        return work.patient.mail_state
    return ""
