"""A database that was restored from a backup does not know what went out since: nothing is sent until a person says so.

The place of the database (its cluster, its time line, its number) stands in a row. A dump that was read in, a recovery
to a point in time and a promoted replica all have another place than their row says. A copy of the data folder as it
stood has the same place: `manage.py resume_sending --pause` before its first start is the way there.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet

from plans.domain.notices import LONGEST_BACKOFF
from plans.models import Heartbeat, Occasion, Work
from plans.services import clock, heartbeat, reminders
from plans.services.checkins import occasions
from plans.services.delivery import consequences
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

log = logging.getLogger(__name__)

RESTORED: Final = "restored"
_PLACE: Final = "place"
_PAGE: Final = 200
_UNSEEN: Final = "0"
_FULL: Final = """
SELECT (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# For a role that may not look into the control file, and for a moment in which the server itself may not: a dump that
# was read in is noticed still. The zeros stand for what was not seen.
_BARE: Final = "SELECT 0, 0, (SELECT oid FROM pg_database WHERE datname = current_database())"


@dataclass(frozen=True, slots=True)
class MayHaveGone:
    """Letters that were due before the restored database was noticed: how many of each kind, and since when."""

    letters: dict[str, int]
    alerts: int
    check_ins: int
    oldest: datetime | None


def place() -> str:
    """Where this database is."""
    for query in (_FULL, _BARE):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(query)
                return "/".join(str(part) for part in cursor.fetchone())
        except ProgrammingError:
            continue
    return ""


def _may_be_same(before: str, here: str) -> bool:
    """Whether nothing that was seen both times differs.

    A part that could not be read is no sign of another place: all mail once stood still because a folder above the data
    was closed to the server for a moment.
    """
    parts = zip(before.split("/"), here.split("/"), strict=False)
    return here != "" and all(a == b or _UNSEEN in (a, b) for a, b in parts)


def at_home() -> bool:
    """Whether the database is where it was. The first look writes that down; a look that finds it moved pauses."""
    here = place()
    known = Heartbeat.objects.filter(name=_PLACE).values_list("facts", flat=True).first()
    if known is None:
        heartbeat.beat(_PLACE, {"place": here})
        return True
    before = str(known.get("place", ""))
    if _may_be_same(before, here):
        if _UNSEEN in before.split("/") and _UNSEEN not in here.split("/"):
            heartbeat.beat(_PLACE, {"place": here})
        return True
    if heartbeat.paused_because() != RESTORED:
        log.error(
            "database was restored or moved: sending is paused until manage.py resume_sending",
            extra={"kind": f"{before} -> {here}"},
        )
        heartbeat.set_paused(True, why=RESTORED)
    return False


def may_have_gone() -> MayHaveGone:
    """What the outbox would send now although it may have gone out already; changes nothing."""
    found_at = _found_at()
    kinds: Counter[str] = Counter()
    oldest: datetime | None = None
    for work in _due_before(found_at, "letters"):
        kinds[work.notice] += 1
        oldest = min(oldest or work.due_at, work.due_at)
    asked = Occasion.objects.filter(state="planned", due_at__lte=found_at)
    first = asked.order_by("due_at").values_list("due_at", flat=True).first()
    return MayHaveGone(
        letters=dict(kinds),
        alerts=sum(1 for _ in _due_before(found_at, "alerts")),
        check_ins=asked.count(),
        oldest=min(oldest or first, first) if first else oldest,
    )


def resume() -> int:
    """Go on after a restored backup, or after any pause; returns how many letters are now listed as unknown.

    Whatever was due before the pause and may have gone is never sent by itself: patients' letters stand as unknown,
    with the clinic's choice; clinicians' alerts go again, marked. May be cut short and run again.
    """
    unknown = 0
    why = heartbeat.paused_because()
    if why == heartbeat.CLOCK_JUMPED:
        _forget_what_a_wrong_clock_said(clock.real_now())
    if why == RESTORED:
        found_at = _found_at()
        now = clock.now()
        # Check-ins that fell due meanwhile get their rows, so that these can be listed and are not invited anew.
        while (did := reminders.tick(now)).invited or did.missed:
            pass
        for work in _due_before(found_at, "letters"):
            unknown += _give_up(work, now)
        for work in _due_before(found_at, "alerts"):
            write_end(Work.objects.filter(pk=work.pk), Settlement("pending", "fate_unknown", repeat=True))
        heartbeat.beat(_PLACE, {"place": place()})
    heartbeat.set_paused(False)
    return unknown


def _forget_what_a_wrong_clock_said(real: datetime) -> None:
    """Leases and waits on real time that reach further ahead than any does were written while the clock was wrong: the
    rows would stand still until then."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    held = Work.objects.filter(state__in=("claimed", "sending"), lease_until__gt=real + 2 * lease)
    held.update(lease_until=real + lease)
    Work.objects.filter(state="pending", try_at__gt=real + LONGEST_BACKOFF).update(try_at=None)


@transaction.atomic
def _give_up(work: Work, now: datetime) -> bool:
    row = Work.objects.filter(pk=work.pk, state__in=("pending", "claimed", "sending"))
    end = Settlement("unknown", RESTORED)
    if not write_end(row, end):
        return False
    consequences(work, end, now, "")
    return True


def _found_at() -> datetime:
    """When it was noticed, in clinic time: what fell due later cannot have gone."""
    at = Heartbeat.objects.filter(name=heartbeat.PAUSE).values_list("at", flat=True).first()
    return (at or clock.real_now()) + clock.offset()


def _due_before(found_at: datetime, queue: str) -> Iterator[Work]:
    """Unsent work that was due by then, in pages; a check-in's letter by the day it was meant for."""
    rows: QuerySet[Work] = Work.objects.filter(queue=queue, state__in=("pending", "claimed", "sending"))
    rows = rows.select_related("occasion", "patient", "plan", "clinic").order_by("pk")
    last = None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last))[:_PAGE])
        yield from (work for work in page if _meant_for(work) <= found_at)
        if len(page) < _PAGE:
            return
        last = page[-1].pk


def _meant_for(work: Work) -> datetime:
    """When a letter was to go out: what is asked only now, or was put off, may have gone at its own hour before."""
    occasion = work.occasion
    if occasion is None or work.repeat:
        return work.due_at
    apart = occasions.cadence_of(work.clinic).ladder.apart_days
    return min(work.due_at, occasion.due_at + timedelta(days=work.rung * apart))
