"""Heartbeats: one row per loop on real time, read by pages and outside monitors, so that silence is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from plans.domain.checkins.states import OccasionState
from plans.domain.json import JsonObject
from plans.domain.notices import Queue
from plans.domain.outbox import WorkState
from plans.domain.people import EmailState
from plans.models import (
    CaseloadCount,
    Clinic,
    Heartbeat,
    Occasion,
    Patient,
    ReplyCode,
    ReviewItem,
    RotaFeed,
    Work,
)
from plans.services import clock, machine_clocks, wall
from plans.services.access import get_clinic_for
from plans.services.actors import Actor
from plans.services.wall import Door

TICK: Final = "tick"
# `manage.py run_outbox`, which polls.
LOOP: Final = "loop"
QUEUES: Final = tuple(queue.value for queue in Queue)
PAUSE: Final = "pause"
MAIL: Final = "mail"
# When a mail server last accepted a message, and when the bounce mailbox was last read.
ACCEPTED: Final = "accepted"
RETURNS: Final = "returns"
SILENT_AFTER: Final = timedelta(seconds=60)
# A worker may be in one long conversation, or drawing.
WORKER_SILENT_AFTER: Final = timedelta(minutes=3)
RETURNS_SILENT_AFTER: Final = timedelta(minutes=30)
OLD_DUE: Final = timedelta(minutes=5)
# A tick may invite tens of thousands at once, which takes minutes.
OLD_CHECK_IN: Final = timedelta(minutes=15)
# Greylisting accepts a message at the second or third try; if nothing is accepted for this long, it is not greylisting.
HELD_UP_AFTER: Final = timedelta(minutes=30)
SIGN_IN_REFUSED: Final = "sign_in_refused"
CLOCK_JUMPED: Final = "clock_jumped"
# The database was restored or lost its last commits; or it is a copy on an unknown host.
RESTORED: Final = "restored"
COPIED: Final = "copied"
PUT_BACK: Final = (RESTORED, COPIED)
# The longest that a pause by hand may hold alerts as well.
ALERTS_HELD_FOR: Final = timedelta(hours=1)
HELD_UP: Final = "held_up"
# One for each clinic: when something that was sent to its staff last came back.
CHAIN: Final = "chain:"
# Whether a row of the audit trail waits too long for its seal, and when the heads of its chain last left the database.
SEALS: Final = "seals"
HEADS: Final = "heads"
# Rounds over all plans, one page per tick, and the longest each may take for every plan to be checked in time.
SUPPLY_ROUND: Final = "supply"
SCHEDULING_ROUND: Final = "laying"
# The comparison of the caseload's rows with what they are made from.
CASELOAD_ROUND: Final = "caseload"
_ROUNDS: Final = {
    SUPPLY_ROUND: timedelta(days=1),
    SCHEDULING_ROUND: timedelta(days=5),
    CASELOAD_ROUND: timedelta(days=1),
}
# A little more than the longest back-off: a fault not seen since then is over.
_FAULT_HOLDS: Final = timedelta(minutes=70)
# Two machines' clocks differ a little. A heartbeat from further ahead came from a wrong clock.
_AHEAD: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """The status line on the clinic's pages.

    `last_run_at` (real time; None: never) is when both the tick and the sender of messages had last run. `behind`: one
    of them is silent, or a due message or alert is waiting. `mail_fault`: why no message is sent (sign_in_refused,
    unreachable or held_up); else empty. `listed`: how many a list of the caseload holds, where one was asked for.
    `tests_failed`: whether a test of somebody's channel did not come back.
    """

    last_run_at: datetime | None
    sent_today: int
    bounced: int
    behind: bool
    paused: bool
    mail_fault: str
    listed: int = 0
    tests_failed: bool = False


@dataclass(frozen=True, slots=True)
class Pulse:
    """What an outside monitor reads: `faults` are stable codes, empty if all is well.

    `polls_outbox`: a loop that does not need Redis does the work. `chain_worked_at`: when something that was sent to
    staff last came back, in the clinic where that is longest ago. `calendars_failing`: how many calendars of rotas
    cannot be read, or name somebody whom nobody could be matched to; their clinics are alarmed, so it is no fault here.
    """

    faults: tuple[str, ...]
    last_tick_at: datetime | None
    oldest_due_seconds: int
    polls_outbox: bool
    chain_worked_at: datetime | None = None
    calendars_failing: int = 0


def beat(name: str, facts: dict[str, object] | None = None) -> None:
    """Record that the loop `name` ran just now; `facts` are small and contain no personal data."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.real_now(), "facts": facts or {}})


def facts_of(name: str) -> JsonObject:
    """The facts with which the loop `name` last ran; empty if it never did."""
    facts: JsonObject = Heartbeat.objects.filter(name=name).values_list("facts", flat=True).first() or {}
    return facts


def chain_works(clinic_id: UUID) -> None:
    """Record that something sent to a clinic's staff came back just now: the whole chain works."""
    beat(f"{CHAIN}{clinic_id.hex}")


def chain_worked_at(clinic_id: UUID | None = None) -> datetime | None:
    """When a clinic's chain was last seen working, in real time; without a clinic, where that is longest ago."""
    chains = Heartbeat.objects.filter(name__startswith=CHAIN)
    if clinic_id is not None:
        chains = chains.filter(name=f"{CHAIN}{clinic_id.hex}")
    return chains.order_by("at").values_list("at", flat=True).first()


def worker_name(queue: str) -> str:
    """The heartbeat name of the workers of `queue`."""
    return f"worker:{queue}"


def worker_alive(queue: str, real: datetime | None = None) -> bool:
    """Whether a worker served, or polled, this queue within the last minute."""
    return not _silent(worker_name(queue), real or clock.real_now(), SILENT_AFTER)


def set_paused(paused: bool, *, why: str = "by_hand", hold_alerts: bool = False) -> None:
    """Pause messages to patients (by hand, after a restored backup, after a clock jump), or resume them.

    Alerts to clinicians go on in every pause. `hold_alerts`, only for a pause by hand, holds them for an hour at most.
    """
    facts: JsonObject = {"paused": paused}
    if paused:
        facts["why"] = why
        if hold_alerts:
            facts["alerts_held_until"] = (clock.real_now() + ALERTS_HELD_FOR).isoformat()
    beat(PAUSE, facts)


def alerts_held(real: datetime) -> bool:
    """Whether a pause by hand holds alerts at `real`; the hold ends by itself."""
    facts = Heartbeat.objects.filter(name=PAUSE).values_list("facts", flat=True).first() or {}
    until = str(facts.get("alerts_held_until", ""))
    # A clock that was put back must not extend the hour.
    return bool(until) and timedelta(0) < datetime.fromisoformat(until) - real <= ALERTS_HELD_FOR


def is_paused() -> bool:
    """Whether sending is paused."""
    return bool(paused_because())


def paused_because() -> str:
    """Why sending is paused: by_hand, restored, copied or clock_jumped; else empty."""
    return _paused_because(_beats(PAUSE).get(PAUSE))


def _paused_because(pause: Heartbeat | None) -> str:
    facts = pause.facts if pause is not None else {}
    return str(facts.get("why", "by_hand")) if facts.get("paused") else ""


def paused_at() -> datetime | None:
    """When the pause began, in real time; None if there is none."""
    return Heartbeat.objects.filter(name=PAUSE, facts__paused=True).values_list("at", flat=True).first()


def resumed_at() -> datetime | None:
    """When sending was last resumed, in real time; None if it is paused or never was."""
    return Heartbeat.objects.filter(name=PAUSE, facts__paused=False).values_list("at", flat=True).first()


def mail_fails(reason: str) -> None:
    """Record that the mail server could not be used: sign-in refused, or not reached."""
    real = clock.real_now()
    known = Heartbeat.objects.filter(name=MAIL).values_list("facts", flat=True).first() or {}
    since = known["since"] if known.get("fault") == reason else real.isoformat()
    beat(MAIL, {"fault": reason, "since": since})


def mail_works() -> None:
    """Record that the mail server accepted a connection."""
    Heartbeat.objects.filter(name=MAIL).exclude(facts={}).update(at=clock.real_now(), facts={})


def mail_fault(real: datetime) -> str:
    """Why no message is sent: sign_in_refused at once, unreachable once it lasts, held_up if messages are deferred and
    none was accepted for half an hour; else empty."""
    return _mail_fault(real, _beats(MAIL, ACCEPTED))


def _mail_fault(real: datetime, beats: Mapping[str, Heartbeat]) -> str:
    mail = beats.get(MAIL)
    if mail is not None and mail.at > real - _FAULT_HOLDS and mail.facts.get("fault"):
        lasts = real - datetime.fromisoformat(mail.facts["since"]) > OLD_DUE
        if lasts or mail.facts["fault"] == SIGN_IN_REFUSED:
            return str(mail.facts["fault"])
    return HELD_UP if _held_up(real, beats) else ""


def _held_up(real: datetime, beats: Mapping[str, Heartbeat]) -> bool:
    """Whether the server answers, but defers or refuses everything."""
    if not _is_silent(beats.get(ACCEPTED), real, HELD_UP_AFTER):
        return False
    due = real + clock.offset() - HELD_UP_AFTER
    return Work.objects.filter(
        queue__in=(Queue.ALERTS, Queue.MESSAGES), state=WorkState.PENDING, try_at__gt=real, due_at__lte=due
    ).exists()


def _beats(*names: str) -> dict[str, Heartbeat]:
    return Heartbeat.objects.in_bulk(names)


def _silent(name: str, real: datetime, after: timedelta) -> bool:
    return _is_silent(_beats(name).get(name), real, after)


def _is_silent(beat: Heartbeat | None, real: datetime, after: timedelta) -> bool:
    return beat is None or not -_AHEAD <= real - beat.at <= after


def status(actor: Actor) -> StatusLine:
    """The status line of the actor's clinic: when reminders last ran, how many were sent today, how many bounced."""
    return status_of(get_clinic_for(actor))


def status_of(clinic: Clinic, *, listed: UUID | None = None) -> StatusLine:
    """The same, of a clinic's row. `listed`: the key of a list of the caseload that is counted in the same query."""
    real, sender = clock.real_now(), worker_name("messages")
    zone = ZoneInfo(clinic.zone)
    day = (real + clock.offset()).astimezone(zone).date()
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    sent = Work.objects.filter(
        clinic=OuterRef("pk"), queue=Queue.MESSAGES, state=WorkState.SENT, settled_at__gte=midnight
    )
    bounced = Patient.objects.filter(
        clinic=OuterRef("pk"), email_state__in=(EmailState.BOUNCED, EmailState.COMPLAINED)
    )
    pieces = CaseloadCount.objects.filter(list_key=listed or UUID(int=0)).order_by().values("list_key")
    held = Coalesce(Subquery(pieces.annotate(number=Sum("n")).values("number")), 0)
    unanswered = ReplyCode.objects.filter(clinic=OuterRef("pk"), failed_at__isnull=False, cleared_at=None)
    # Every page shows them all: one query.
    numbers = Clinic.objects.filter(pk=clinic.pk).values_list(
        _number_of(sent), _number_of(bounced), held, Exists(unanswered)
    )
    sent_today, returned, in_list, tests_failed = numbers.get()
    beats = _beats(TICK, sender, PAUSE, MAIL, ACCEPTED)
    ran = [beats[name].at for name in (TICK, sender) if name in beats]
    late = _is_silent(beats.get(TICK), real, SILENT_AFTER) or _is_silent(
        beats.get(sender), real, WORKER_SILENT_AFTER
    )
    return StatusLine(
        min(ran) if len(ran) == 2 else None,
        sent_today,
        returned,
        behind=late or _oldest_due(real + clock.offset(), real, ("alerts", "messages")) > OLD_DUE,
        paused=bool(_paused_because(beats.get(PAUSE))),
        mail_fault=_mail_fault(real, beats),
        listed=in_list,
        tests_failed=tests_failed,
    )


# Any: rows of any model, of a clinic of the query around.
def _number_of(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("clinic").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def pulse() -> Pulse:
    """The health of the installation: silent loops, rows that wait too long, and repeated failures."""
    with wall.through(Door.INSTALLATION):
        return _pulse()


def _pulse() -> Pulse:
    real = clock.real_now()
    now = real + clock.offset()
    last = Heartbeat.objects.filter(name=TICK).first()
    oldest = _oldest_due(now, real, QUEUES)
    faults = [*_silent_loops(real), *_waiting_rows(now, real, oldest)]
    faults += [f"round_late_{name}" for name, longest in _ROUNDS.items() if _round_took(name, real) > longest]
    faults += [f"failing_{step}" for step in (last.facts.get("failing", ()) if last else ())]
    faults += _sending_faults(real)
    alone = not _silent(LOOP, real, WORKER_SILENT_AFTER)
    calendars = RotaFeed.objects.filter(ended_at=None).exclude(problem="", unmatched={})
    return Pulse(
        faults=tuple(faults),
        last_tick_at=last.at if last else None,
        oldest_due_seconds=int(oldest.total_seconds()),
        polls_outbox=alone,
        chain_worked_at=chain_worked_at(),
        calendars_failing=calendars.count(),
    )


def _silent_loops(real: datetime) -> Iterator[str]:
    """Loops silent for too long, and machines with deviating clocks."""
    if _silent(TICK, real, SILENT_AFTER):
        yield "tick_silent"
    for queue in QUEUES:
        if _silent(worker_name(queue), real, WORKER_SILENT_AFTER):
            yield f"{queue}_silent"
    if settings.BOUNCE_MAILBOX:
        if _silent(RETURNS, real, RETURNS_SILENT_AFTER):
            yield "returns_silent"
        elif Heartbeat.objects.filter(name=RETURNS, facts__failed__gt=0).exists():
            yield "failing_returns"
    if machine_clocks.differ(real - WORKER_SILENT_AFTER):
        yield "clocks_differ"


def _waiting_rows(now: datetime, real: datetime, oldest: timedelta) -> Iterator[str]:
    """Faults of rows waiting too long; `oldest` is how long the oldest due one has waited."""
    if oldest > OLD_DUE:
        yield "due_row_old"
    if Work.objects.filter(state=WorkState.SENDING, lease_until__lt=real - SILENT_AFTER).exists():
        yield "sending_row_old"
    if _old_check_in(now):
        yield "check_in_old"
    if Heartbeat.objects.filter(name=CASELOAD_ROUND, facts__differing__gt=0).exists():
        yield "caseload_differed"
    if ReviewItem.objects.filter(escalate_at__lt=now - OLD_DUE).exists():
        yield "escalation_old"
    if Heartbeat.objects.filter(name=SEALS, facts__late=True).exists():
        yield "trail_unsealed"
    if Heartbeat.objects.filter(name=HEADS, facts__failing=True).exists():
        yield "trail_heads_not_kept"


def _sending_faults(real: datetime) -> Iterator[str]:
    """What keeps messages or alerts from going out."""
    if fault := mail_fault(real):
        yield f"mail_{fault}"
    if why := paused_because():
        yield "paused"
        yield f"paused_{why}"
        if alerts_held(real):
            yield "alerts_held"


def _round_took(name: str, real: datetime) -> timedelta:
    """How long an unfinished round has taken."""
    facts = Heartbeat.objects.filter(name=name).values_list("facts", flat=True).first() or {}
    if facts.get("after", "end") == "end" or not facts.get("began"):
        return timedelta(0)
    return real - datetime.fromisoformat(facts["began"])


def _old_check_in(now: datetime) -> bool:
    """Whether some check-in should have been opened or closed long ago."""
    old = now - OLD_CHECK_IN
    asking = Occasion.objects.filter(state=OccasionState.PLANNED, due_at__lt=old)
    return asking.exists() or Occasion.objects.filter(state=OccasionState.INVITED, closes_at__lt=old).exists()


def _oldest_due(now: datetime, real: datetime, queues: Sequence[str]) -> timedelta:
    """How long the oldest due row has waited, not counting rows in back-off."""
    longest = timedelta(0)
    for queue in queues:
        due = Work.objects.filter(queue=queue, state=WorkState.PENDING, due_at__lte=now)
        # Separately per state: a row that is retried must not hide one that nobody claims.
        first = due.filter(try_at=None).order_by("due_at").values_list("due_at", flat=True).first()
        again = due.filter(try_at__lte=real).aggregate(at=Min("try_at"))["at"]
        longest = max(
            longest,
            now - first if first is not None else longest,
            real - again if again is not None else longest,
        )
    return longest
