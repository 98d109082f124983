"""Signs of life: nobody has to notice silence. A row a loop on real time, read by pages and by outside monitors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from plans.models import Heartbeat, Patient, Work
from plans.services import clock
from plans.services.access import reach_clinic
from plans.services.actors import Actor

TICK: Final = "tick"
PAUSE: Final = "pause"
MAIL: Final = "mail"
SILENT_AFTER: Final = timedelta(seconds=60)
OLD_DUE: Final = timedelta(minutes=5)
SIGN_IN_REFUSED: Final = "sign_in_refused"
# The longest back-off and a little more: a fault that was not met since then says nothing of now.
_FAULT_HOLDS: Final = timedelta(minutes=70)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """What the grey line on the clinic's pages says. `last_run_at` is real time; None: never yet.

    `mail_fault`: why no letter leaves, sign_in_refused or unreachable; empty when they do.
    """

    last_run_at: datetime | None
    sent_today: int
    bounced: int
    behind: bool
    paused: bool
    mail_fault: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """What an outside monitor asks: `faults` are stable codes, empty when all is well."""

    faults: tuple[str, ...]
    last_tick_at: datetime | None
    oldest_due_seconds: int


def beat(name: str, facts: dict[str, Any] | None = None) -> None:
    """Say that the loop `name` ran just now; `facts` are small and hold nothing of anybody."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": clock.real_now(), "facts": facts or {}})


def worker_name(queue: str) -> str:
    """The name under which whoever works on `queue` beats."""
    return f"worker:{queue}"


def worker_alive(queue: str, real: datetime | None = None) -> bool:
    """Whether somebody worked, or looked for work, on this queue within the last minute."""
    since = (real or clock.real_now()) - SILENT_AFTER
    return Heartbeat.objects.filter(name=worker_name(queue), at__gt=since).exists()


def set_paused(paused: bool, *, why: str = "by_hand") -> None:
    """Stop all claiming (by hand, after a backup was restored, after the clock jumped), or go on."""
    beat(PAUSE, {"paused": True, "why": why} if paused else {"paused": False})


def is_paused() -> bool:
    """Whether claiming was stopped."""
    return bool(paused_because())


def paused_because() -> str:
    """Why claiming was stopped: by_hand, restored, clock_jumped; empty if it was not."""
    facts = Heartbeat.objects.filter(name=PAUSE).values_list("facts", flat=True).first()
    return str(facts.get("why", "by_hand")) if facts and facts.get("paused") else ""


def mail_fails(reason: str) -> None:
    """Say that the mail server could not be used just now: a sign-in refused, or not reached."""
    real = clock.real_now()
    known = Heartbeat.objects.filter(name=MAIL).values_list("facts", flat=True).first() or {}
    since = known["since"] if known.get("fault") == reason else real.isoformat()
    beat(MAIL, {"fault": reason, "since": since})


def mail_works() -> None:
    """Say that the mail server let us in."""
    Heartbeat.objects.filter(name=MAIL).exclude(facts={}).update(at=clock.real_now(), facts={})


def mail_fault(real: datetime) -> str:
    """Why no letter leaves: sign_in_refused from the first time on, unreachable once it lasts; empty when they do."""
    row = (
        Heartbeat.objects.filter(name=MAIL, at__gt=real - _FAULT_HOLDS)
        .values_list("facts", flat=True)
        .first()
    )
    if not row or not row.get("fault"):
        return ""
    lasts = real - datetime.fromisoformat(row["since"]) > OLD_DUE
    return str(row["fault"]) if lasts or row["fault"] == SIGN_IN_REFUSED else ""


def _last_tick() -> datetime | None:
    return Heartbeat.objects.filter(name=TICK).values_list("at", flat=True).first()


def _is_behind(real: datetime, last: datetime | None) -> bool:
    return last is None or real - last > SILENT_AFTER


def status(actor: Actor) -> StatusLine:
    """The reminder line of the actor's clinic: when letters last ran, how many went out today, how many bounced."""
    real = clock.real_now()
    clinic = reach_clinic(actor)
    zone = ZoneInfo(clinic.zone)
    day = (real + clock.offset()).astimezone(zone).date()
    midnight = datetime.combine(day, time.min, tzinfo=zone)
    sent = Work.objects.filter(clinic=clinic, queue="letters", state="sent", settled_at__gte=midnight).count()
    bounced = Patient.objects.filter(clinic=clinic, email_state__in=("bounced", "complained")).count()
    last = _last_tick()
    return StatusLine(
        last,
        sent,
        bounced,
        behind=_is_behind(real, last),
        paused=is_paused(),
        mail_fault=mail_fault(real),
    )


def pulse() -> Pulse:
    """All loops of the installation: a silent tick, an old due row, a row that has been sending past its lease."""
    real = clock.real_now()
    now = real + clock.offset()
    faults = []
    last = _last_tick()
    if _is_behind(real, last):
        faults.append("tick_silent")
    oldest = _oldest_due(now, real)
    if oldest > OLD_DUE:
        faults.append("due_row_old")
    if Work.objects.filter(state="sending", lease_until__lt=real - SILENT_AFTER).exists():
        faults.append("sending_row_old")
    if fault := mail_fault(real):
        faults.append(f"mail_{fault}")
    if why := paused_because():
        faults += ["paused", f"paused_{why}"]
    return Pulse(tuple(faults), last, int(oldest.total_seconds()))


def _oldest_due(now: datetime, real: datetime) -> timedelta:
    """How long the oldest due row has waited without a reason; a row in back-off has one until its next try."""
    longest = timedelta(0)
    for queue in ("alerts", "letters", "documents"):
        row = (
            Work.objects.filter(queue=queue, state="pending", due_at__lte=now)
            .exclude(try_at__gt=real)
            .order_by("due_at", "id")
            .values_list("due_at", "try_at")
            .first()
        )
        if row is not None:
            due, again = row
            waited = now - due if again is None else real - again
            longest = max(longest, waited)
    return longest
