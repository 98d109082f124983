"""Putting right what dead workers and passing time left behind."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from plans.domain.notices import NOTICES, Queue
from plans.models import Work
from plans.services import clock, outbox
from plans.services.delivery import after_crash, consequences
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

log = logging.getLogger(__name__)

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    freed: int = 0
    unknown: int = 0
    repeated: int = 0
    poison: int = 0
    late: int = 0


def sweep() -> Swept:
    """Put right what dead workers and passing time left behind. Safe to run twice or in two places at once.

    Each row is settled by itself, oldest lease first, and a row that cannot be settled does not hide the others.
    """
    real, now = clock.real_now(), clock.now()
    counts = {"pending": 0, "unknown": 0, "repeated": 0, "poison": 0, "late": 0}
    for pk in _leases_over(real):
        done = _guarded(_free, pk, real, now)
        if done:
            counts[done] += 1
    for pk in _late(now):
        counts["late"] += bool(_guarded(_lapse, pk, now))
    return Swept(counts["pending"], counts["unknown"], counts["repeated"], counts["poison"], counts["late"])


def _guarded(act: Callable[..., str], pk: UUID, *when: datetime) -> str:
    """A row that cannot be settled is logged and passed by: it must not hide the rows behind it."""
    try:
        return act(pk, *when)
    except DatabaseError:
        raise
    except Exception:
        log.exception("work cannot be swept", extra={"row_id": str(pk)})
        return ""


def _leases_over(real: datetime) -> Iterator[UUID]:
    """Every row whose lease is over, in pages by (lease, key)."""
    over = Work.objects.filter(state__in=("claimed", "sending"), lease_until__lt=real).order_by(
        "lease_until", "id"
    )
    yield from _paged(over, "lease_until")


def _late(now: datetime) -> Iterator[UUID]:
    rows = Work.objects.filter(state="pending", due_at__lte=now, not_after__lte=now).order_by("due_at", "id")
    yield from _paged(rows, "due_at")


def _paged(rows: QuerySet[Work], by: str) -> Iterator[UUID]:
    last: tuple[datetime, UUID] | None = None
    while True:
        page = (
            rows
            if last is None
            else rows.filter(Q(**{f"{by}__gt": last[0]}) | Q(**{by: last[0], "pk__gt": last[1]}))
        )
        found = list(page.values_list(by, "pk")[:_PAGE])
        yield from (pk for _, pk in found)
        if len(found) < _PAGE:
            return
        last = found[-1]


@transaction.atomic
def _free(pk: UUID, real: datetime, now: datetime) -> str:
    """Settle one row whose lease is over; the name of what was done, empty if somebody else was quicker."""
    rows = Work.objects.select_for_update(of=("self",), skip_locked=True)
    work = rows.filter(pk=pk, state__in=("claimed", "sending"), lease_until__lt=real).first()
    if work is None:
        return ""
    row = Work.objects.filter(pk=pk)
    if work.queue == Queue.DOCUMENTS.value:
        # Documents are claimed one by one: this very drawing may be what killed its worker.
        return after_crash(work, now)
    if work.state == "claimed":
        # Surely not sent. It lay in a batch with a hundred others, so the crash is not held against it.
        write_end(row, Settlement("pending", "lease_over"))
        outbox.wake_on_commit(work.queue)
        return "pending"
    if work.queue == Queue.ALERTS.value:
        write_end(row, Settlement("pending", "fate_unknown", repeat=True))
        outbox.wake_on_commit(work.queue)
        return "repeated"
    end = Settlement("unknown", "died_while_sending")
    write_end(row, end)
    consequences(work, end, now, "")
    return end.state


@transaction.atomic
def _lapse(pk: UUID, now: datetime) -> str:
    rows = Work.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "occasion", "patient"
    )
    work = rows.filter(pk=pk, state="pending", not_after__lte=now).first()
    if work is None:
        return ""
    end = Settlement("skipped", _pointless(work) or "late")
    write_end(Work.objects.filter(pk=pk), end)
    consequences(work, end, now, "")
    return end.state


def _pointless(work: Work) -> str:
    """Why a late letter would not have gone out in time either; then nobody need hear that it is late."""
    if work.occasion is not None and work.occasion.state in ("answered", "cancelled"):
        return work.occasion.state
    if work.patient is None:
        return ""
    if work.patient.care_state != "in_care":
        return work.patient.care_state
    if NOTICES[work.notice].reminder and work.patient.mail_state != "on":
        return work.patient.mail_state
    return ""
