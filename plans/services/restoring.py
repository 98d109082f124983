"""A database that was restored, or lost its last commits, does not know what was sent: no message goes to a patient
until somebody says so.

Two signs are checked before the first message of every batch. The database's identity (its cluster, timeline and
number) is stored in a row: a restored dump, a point-in-time recovery and a promoted replica differ from it. And a count
of sendings is kept outside the database too (`witness`): a restored disk has a lower count than outside.

A database unknown to any witness is a copy on another host, perhaps for a drill: its messages are written to files.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.models import QuerySet

from plans.domain.checkins.states import OccasionState
from plans.domain.json import JsonObject
from plans.domain.notices import LONGEST_BACKOFF
from plans.domain.outbox import LEASED, UNFINISHED, WorkState
from plans.models import Heartbeat, Occasion, Work
from plans.services import clock, heartbeat, pausing, reminders, witness
from plans.services.checkins import occasions
from plans.services.delivery import TO_FILE, consequences
from plans.services.outbox import Settlement
from plans.services.outbox.claiming import write_end

log = logging.getLogger(__name__)

_PLACE: Final = "place"
_COUNT: Final = "sendings"
_PAGE: Final = 200
_UNSEEN: Final = "0"
# The timeline being written now. The control file's is that of the last checkpoint: for minutes after a promotion it is
# still the old one, and every message of the lost commits would be sent a second time.
_REST: Final = """
       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int,
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_FULL: Final = f"SELECT (SELECT system_identifier FROM pg_control_system()), {_REST}"  # noqa: S608 - constants
# For a role that may not read the control file, or while the server cannot: the other parts are still compared. Zero
# means unknown.
_BARE: Final = f"SELECT 0, {_REST}"


@dataclass(frozen=True, slots=True)
class MayHaveGone:
    """Messages that were due before the restore was noticed: how many of each kind, and since when."""

    messages: dict[str, int]
    alerts: int
    check_ins: int
    oldest: datetime | None


def place() -> str:
    """The identity of this database."""
    for query in (_FULL, _BARE):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(query)
                return "/".join(str(part) for part in cursor.fetchone())
        except ProgrammingError:
            continue
    return ""


def _may_be_same(before: str, here: str) -> bool:
    """Whether no part that is known in both differs.

    An unreadable part is no sign of another database: all mail once stopped because the server could not read a parent
    folder for a moment.
    """
    parts = zip(before.split("/"), here.split("/"), strict=False)
    return here != "" and all(a == b or _UNSEEN in (a, b) for a, b in parts)


def is_original_database() -> bool:
    """Whether the database is the original one and knows everything that was sent. If not, sending is paused until
    `resume`. The first call ever stores its identity."""
    why = heartbeat.paused_because()
    if why == heartbeat.COPIED:
        return False
    here, known = place(), _known()
    outside = witness.look(known["id"])
    # Read after the witnesses, which are written after it: a higher count outside is a loss, not a race.
    inside = _sendings()
    if outside.known is False and known.get("marked"):
        log.error("nothing outside knows this database: all that leaves goes into files until resume_sending")
        pausing.pause(heartbeat.COPIED)
        return False
    if why == heartbeat.RESTORED:
        return False
    before = str(known.get("place") or here)
    if _may_be_same(before, here) and outside.count <= inside:
        if "place" not in known or (_UNSEEN in before.split("/") and _UNSEEN not in here.split("/")):
            _remember(place=here)
        return True
    log.error(
        "database was restored or moved: sending to patients is paused until manage.py resume_sending",
        extra={"kind": f"{before} {inside} -> {here} {outside.count}"},
    )
    pausing.pause(heartbeat.RESTORED)
    return False


def count_sendings() -> None:
    """Raise the count of sendings, inside and outside, before and after messages are sent."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"name": _COUNT, "at": clock.real_now()})
        count = int(cursor.fetchone()[0])
    known = _known()
    accepted = witness.record(known["id"], count)
    marks = {"marked": bool(known.get("marked")) or accepted.documents, "counted": accepted.anybody}
    if any(known.get(name) != value for name, value in marks.items()):
        _remember(**marks)


_NEXT: Final = """
INSERT INTO plans_heartbeat (name, at, facts) VALUES (%(name)s, %(at)s, '{"count": 1}'::jsonb)
ON CONFLICT (name) DO UPDATE SET at = excluded.at,
    facts = jsonb_build_object('count', (plans_heartbeat.facts->>'count')::bigint + 1)
RETURNING facts->>'count'
"""


def _sendings() -> int:
    facts = Heartbeat.objects.filter(name=_COUNT).values_list("facts", flat=True).first()
    return int(facts["count"]) if facts else 0


def _known() -> JsonObject:
    """The stored identity of this installation; its name is made at the first call."""
    facts: JsonObject = Heartbeat.objects.filter(name=_PLACE).values_list("facts", flat=True).first() or {}
    return facts if facts.get("id") else _remember()


@transaction.atomic
def _remember(**more: object) -> JsonObject:
    Heartbeat.objects.get_or_create(name=_PLACE, defaults={"at": clock.real_now()})
    row = Heartbeat.objects.select_for_update(no_key=True).get(name=_PLACE)
    row.facts = {"id": uuid.uuid4().hex, **row.facts, **more}
    row.save(update_fields=["facts"])
    found: JsonObject = row.facts
    return found


def may_have_gone() -> MayHaveGone:
    """What the outbox would send now although it may have been sent already; changes nothing."""
    found_at = _found_at()
    kinds: Counter[str] = Counter()
    oldest: datetime | None = None
    for work in _due_before(found_at, "messages"):
        kinds[work.notice] += 1
        oldest = min(oldest or work.due_at, work.due_at)
    asked = Occasion.objects.filter(state=OccasionState.PLANNED, due_at__lte=found_at)
    first = asked.order_by("due_at").values_list("due_at", flat=True).first()
    return MayHaveGone(
        messages=dict(kinds),
        alerts=sum(1 for _ in _due_before(found_at, "alerts")),
        check_ins=asked.count(),
        oldest=min(oldest or first, first) if first else oldest,
    )


def resume() -> int:
    """Resume after a restored backup or any other pause; returns how many messages are now listed as unknown.

    Whatever was due before the pause and may have been sent is not sent automatically: patients' messages become
    unknown, for the clinic to decide; clinicians' alerts are sent again, marked. May be interrupted and run again.
    """
    unknown = 0
    why = heartbeat.paused_because()
    if why == heartbeat.CLOCK_JUMPED:
        clear_times_of_a_wrong_clock(clock.real_now())
    if why in heartbeat.PUT_BACK:
        found_at = _found_at()
        now = clock.now()
        # Messages that a copy wrote to files reached nobody.
        Work.objects.filter(state=WorkState.SKIPPED, reason=TO_FILE).update(
            state=WorkState.PENDING, reason="", settled_at=None
        )
        # Check-ins that fell due meanwhile get their rows, so that they are listed and not invited again.
        while (did := reminders.tick(now)).invited or did.missed:
            pass
        for work in _due_before(found_at, "messages"):
            unknown += _give_up(work, now)
        for work in _due_before(found_at, "alerts"):
            write_end(
                Work.objects.filter(pk=work.pk), Settlement(WorkState.PENDING, "fate_unknown", repeat=True)
            )
        _accept_this_database()
    heartbeat.set_paused(False)
    return unknown


def _accept_this_database() -> None:
    """Store this database's identity, and raise its count to that of the witnesses."""
    known = _remember(place=place())
    at_least = witness.look(known["id"]).count
    heartbeat.beat(_COUNT, {"count": max(_sendings(), at_least)})
    count_sendings()


def clear_times_of_a_wrong_clock(real: datetime) -> None:
    """Clear leases and waits that lie further ahead than any can: a wrong clock wrote them, and their rows would be
    stuck until then."""
    lease = timedelta(seconds=settings.LEASE_SECONDS)
    held = Work.objects.filter(state__in=LEASED, lease_until__gt=real + 2 * lease)
    held.update(lease_until=real + lease)
    Work.objects.filter(state=WorkState.PENDING, try_at__gt=real + LONGEST_BACKOFF).update(try_at=None)


@transaction.atomic
def _give_up(work: Work, now: datetime) -> bool:
    row = Work.objects.filter(pk=work.pk, state__in=UNFINISHED)
    end = Settlement(WorkState.UNKNOWN, heartbeat.RESTORED)
    if not write_end(row, end):
        return False
    consequences(work, end, now, "")
    return True


def _found_at() -> datetime:
    """When the restore was noticed, in clinic time: what fell due later cannot have been sent."""
    return (heartbeat.paused_at() or clock.real_now()) + clock.offset()


def _due_before(found_at: datetime, queue: str) -> Iterator[Work]:
    """Unsent entries that were due by then, in pages; a check-in's message by its original time."""
    rows: QuerySet[Work] = Work.objects.filter(queue=queue, state__in=UNFINISHED)
    rows = rows.select_related("occasion", "patient", "plan", "clinic").order_by("pk")
    last = None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last))[:_PAGE])
        yield from (work for work in page if _meant_for(work) <= found_at)
        if len(page) < _PAGE:
            return
        last = page[-1].pk


def _meant_for(work: Work) -> datetime:
    """When a message was originally due: one queued only now, or postponed, may have been sent at its own time
    before."""
    occasion = work.occasion
    if occasion is None or work.repeat:
        return work.due_at
    apart = occasions.cadence_of(work.clinic).ladder.apart_days
    return min(work.due_at, occasion.due_at + timedelta(days=work.rung * apart))
