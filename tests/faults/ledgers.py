"""Three ledgers, compared: the rows, what the receiver took in, and the audit trail.

I1 every due row has an end; I2 no message arrives oftener than its row says; I3 a row "sent" arrived; I4 what arrived
is "sent" or "unknown"; I6 nobody's message holds another's words; I8 the audit trail agrees with the rows.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from plans.models import AuditEvent, Work
from plans.services import clock
from tests.faults.receiver import Receiver

CANARY = re.compile(rb"Canary[a-z]+")
LAST: list[str] = []
"""The last verdict of the rapid kills, which the run ends with."""
# Ends after which nothing may have arrived.
_NOT_SENT = ("rejected", "skipped", "cancelled", "poison")


@dataclass(frozen=True)
class Verdict:
    """What the three ledgers say together. `wrong` names each contradiction; `waiting` are rows in back-off."""

    messages: int
    kills: int
    lost: int
    duplicates: int
    unknown: int
    waiting: int
    wrong: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return (
            f"messages {self.messages} kills {self.kills} lost {self.lost} "
            f"duplicates {self.duplicates} unknown {self.unknown}"
        )

    @property
    def clean(self) -> bool:
        """Nothing lost, no unmarked duplicate, no contradiction."""
        return not (self.lost or self.duplicates or self.wrong)


def check(receiver: Receiver, kills: int = 0, *, queue: str = "messages") -> Verdict:
    """Compare all ledgers for a queue, from the beginning of the test on."""
    rows = {row.pk: row for row in Work.objects.filter(queue=queue).select_related("patient", "user")}
    copies = Counter(kept.work_id for kept in receiver.arrived)
    lost = unknown = waiting = duplicates = 0
    wrong: list[str] = []
    story = _history()
    for pk, row in rows.items():
        came = copies[pk]
        # Each repeat is marked on the row, and allows one copy more.
        duplicates += max(0, came - 1 - row.repeat)
        unknown += row.state == "unknown"
        if row.state == "sent":
            lost += came == 0
        elif row.state in _NOT_SENT and not row.repeat:
            wrong += [f"{pk}: {row.state} but arrived"] * bool(came)
        elif row.state == "pending" and row.try_at is not None and row.try_at > clock.real_now():
            waiting += 1
        elif row.state in ("pending", "claimed", "sending"):
            lost += row.due_at <= clock.now()
        if row.state in ("sent", "unknown", "rejected", "poison") and (
            not story[pk] or story[pk][-1] != f"message.{row.state}"
        ):
            wrong.append(f"{pk}: {row.state}, but the history says {story[pk]}")
        if story[pk].count("message.sent") > 1 + row.repeat:
            wrong.append(f"{pk}: sent more often in the history than on the row")
    known = set(Work.objects.values_list("pk", flat=True))
    strange = {kept.message_id for kept in receiver.arrived if kept.work_id not in known}
    wrong += [f"no row of any queue asked for {name}" for name in strange]
    wrong += _mixed_up(receiver, rows)
    return Verdict(len(rows), kills, lost, duplicates, unknown, waiting, tuple(wrong))


def _history() -> defaultdict[UUID | None, list[str]]:
    found: defaultdict[UUID | None, list[str]] = defaultdict(list)
    events = AuditEvent.objects.filter(act__startswith="message.", subject_kind="work").order_by("id")
    for subject, act in events.values_list("subject_id", "act"):
        found[subject].append(act)
    return found


def _mixed_up(receiver: Receiver, rows: dict[UUID, Work]) -> list[str]:
    """Messages that went to an address which is not their row's, or that hold somebody else's name."""
    wrong = []
    for kept in receiver.arrived:
        row = rows.get(kept.work_id) if kept.work_id else None
        if row is None:
            continue
        to = row.patient.email if row.patient is not None else row.user.email if row.user is not None else ""
        if kept.recipients != (to,):
            wrong.append(f"{row.pk}: went to another address")
        named = {found.decode() for found in CANARY.findall(kept.content)}
        own = {row.patient.preferred_name} if row.patient is not None else set()
        if named - own:
            wrong.append(f"{row.pk}: holds another's name")
    return wrong


def ended(queue: str = "messages", at: datetime | None = None) -> bool:
    """Whether nothing in a queue is under way or due any more."""
    rows = Work.objects.filter(queue=queue, due_at__lte=at or clock.now())
    return not rows.filter(state__in=("pending", "claimed", "sending")).exists()
