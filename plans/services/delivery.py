"""What happens after: settling a claim together with its consequences, and sweeping what workers left behind.

A patient's letter of unknown fate is listed and never guessed. A clinician's alert of unknown fate goes again at once,
marked as a repeat. A refused address stops letters and becomes an item; so does work that crashed too often, and a
letter that came too late.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from plans.domain.errors import Refused, Stale
from plans.domain.notices import CRASHES_ALLOWED, NOTICES, Audience, Queue, backoff
from plans.models import LIVE_STATES, Document, Patient, Plan, ReviewItem, Work
from plans.services import audit, clock, outbox
from plans.services.access import reach_work
from plans.services.actors import SYSTEM, Actor, May
from plans.services.outbox import Claim, Settlement
from plans.services.outbox.claiming import write_end
from plans.services.review.raising import raise_item

log = logging.getLogger(__name__)

_PAGE: Final = 200
# The newest a letter that was sent again by choice may go out.
ONCE_MORE_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    freed: int = 0
    unknown: int = 0
    repeated: int = 0
    poison: int = 0
    late: int = 0


def settle(claim: Claim, end: Settlement, *, to_address: str = "") -> bool:
    """Settle a claim and everything that follows from it, in one transaction; False if it was no longer ours.

    `to_address` is where the letter was sent: an address that was changed meanwhile is not called bounced.
    """
    with transaction.atomic():
        if not outbox.settle(claim, end):
            return False
        if end.state != "pending":
            work = Work.objects.select_related("patient", "plan").get(pk=claim.id)
            _consequences(work, end, clock.now(), to_address)
    return True


def crashed(claim: Claim) -> bool:
    """Settle a claim whose work failed by our own fault: again later, or set aside after five times."""
    with transaction.atomic():
        held = Work.objects.select_for_update().filter(
            pk=claim.id, token=claim.token, state__in=("claimed", "sending")
        )
        work = held.first()
        if work is None:
            return False
        _after_crash(work, clock.now())
    return True


def later(claim: Claim, reason: str, code: int | None = None) -> bool:
    """Settle a claim that an outside cause kept from going out: again after a wait that suits the cause."""
    return settle(claim, Settlement("pending", reason, code, wait=backoff(reason, max(1, claim.attempts))))


def _after_crash(work: Work, now: datetime) -> str:
    """Count the crash on the locked row and settle it; returns the new state."""
    crashes = int(work.facts.get("crashes", 0)) + 1
    Work.objects.filter(pk=work.pk).update(facts={**work.facts, "crashes": crashes})
    row = Work.objects.filter(pk=work.pk)
    if crashes >= CRASHES_ALLOWED:
        end = Settlement("poison", "crashed")
        write_end(row, end)
        _consequences(work, end, now, "")
        return end.state
    write_end(row, Settlement("pending", "crashed", wait=backoff("crash", crashes)))
    return "pending"


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
        return _after_crash(work, now)
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
    _consequences(work, end, now, "")
    return end.state


@transaction.atomic
def _lapse(pk: UUID, now: datetime) -> str:
    rows = Work.objects.select_for_update(of=("self",), skip_locked=True)
    work = rows.filter(pk=pk, state="pending", not_after__lte=now).first()
    if work is None:
        return ""
    end = Settlement("skipped", "late")
    write_end(Work.objects.filter(pk=pk), end)
    _consequences(work, end, now, "")
    return end.state


def _consequences(work: Work, end: Settlement, now: datetime, to_address: str) -> None:
    """The trail, and what people must hear of."""
    kind = "document" if work.queue == Queue.DOCUMENTS.value else "letter"
    _trail(work, f"{kind}.{end.state}", SYSTEM, {"notice": work.notice, "reason": end.reason})
    if end.state == "rejected":
        _rejected(work, end, now, to_address)
    elif end.state == "poison" and work.document is not None:
        Document.objects.filter(pk=work.document.pk).exclude(state="replaced").update(
            state="failed", fault=end.reason
        )
        item(
            work,
            now,
            "document",
            f"document:{work.plan_id}",
            "high",
            {"code": "document_failed", "fault": end.reason},
        )
    elif end.state == "poison":
        item(
            work,
            now,
            "mail",
            f"letter_poison:{work.patient_id or work.user_id}",
            "high",
            {"code": "letter_set_aside"},
        )
    elif end.state == "skipped" and end.reason == "late":
        facts = {"code": "letters_late", "notice": work.notice}
        item(work, now, "mail", f"letters_late:{work.patient_id or work.user_id}", "routine", facts)


def _rejected(work: Work, end: Settlement, now: datetime, to_address: str) -> None:
    facts = {"code": end.reason, "smtp": end.smtp_code, "notice": work.notice}
    if NOTICES[work.notice].audience is Audience.STAFF:
        # Not urgent as such: the item it spoke of goes on to the next person by itself.
        item(work, now, "mail", f"alert_refused:{work.user_id}", "high", {**facts, "code": "alert_refused"})
        return
    patient = work.patient
    if patient is None:
        return
    if end.reason == "address_refused":
        same = Patient.objects.filter(
            pk=patient.pk, email=to_address, email_state__in=("confirmed", "unconfirmed")
        )
        if not same.update(email_state="bounced"):
            return
        _trail(work, "patient.mail_bounced", SYSTEM, {"smtp": end.smtp_code})
    severity = "high" if patient.close_watch else "routine"
    item(work, now, "mail", f"{end.reason}:{patient.pk}", severity, facts)


def item(
    work: Work, now: datetime, source: str, key: str, severity: str, facts: dict[str, Any]
) -> ReviewItem:
    """Put something on the queue on behalf of a piece of work."""
    patient = work.patient
    plan = (
        work.plan or Plan.objects.filter(patient=patient, state__in=LIVE_STATES).first() if patient else None
    )
    return raise_item(
        clinic_id=work.clinic_id,
        patient=patient,
        plan=plan,
        source=source,
        source_key=key,
        severity=severity,
        facts=facts,
        now=now,
    )


def _trail(work: Work, act: str, by: Actor, facts: dict[str, Any]) -> None:
    audit.record(
        by=by,
        act=act,
        subject_kind="work",
        subject_id=work.pk,
        clinic_id=work.clinic_id,
        patient_id=work.patient_id,
        plan_id=work.plan_id,
        facts=facts,
    )


def leave(*, by: Actor, work_id: UUID) -> None:
    """The clinic looked at a letter of unknown fate and leaves it: it is no longer listed as waiting for a choice.

    Raises Stale if somebody else chose meanwhile.
    """
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "unknown" or work.reason == "left":
            raise Stale(what="letter")
        Work.objects.filter(pk=work.pk).update(reason="left")
        _trail(work, "letter.left", by, {"notice": work.notice})


def send_once_more(*, by: Actor, work_id: UUID) -> None:
    """Send a letter of unknown fate once more: the same Message-ID and the same link. Only once.

    Whether it is still right is decided when it is sent. Raises Stale if somebody else chose meanwhile, and
    Refused("sent_once_more_already").
    """
    now = clock.now()
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "unknown":
            raise Stale(what="letter")
        if work.repeat:
            raise Refused(reason="sent_once_more_already")
        Work.objects.filter(pk=work.pk).update(
            not_after=max(work.not_after or now, now + ONCE_MORE_FOR), settled_at=None
        )
        write_end(Work.objects.filter(pk=work.pk), Settlement("pending", "once_more", repeat=True))
        _trail(work, "letter.once_more", by, {"notice": work.notice})
        outbox.wake_on_commit(work.queue)


def try_again(*, by: Actor, work_id: UUID) -> None:
    """Take work that was set aside out of its corner, after the cause was mended. Raises Stale."""
    with transaction.atomic():
        work = reach_work(by, work_id, May.EDIT_PATIENT, lock=True)
        if work.state != "poison":
            raise Stale(what="letter")
        facts = {name: value for name, value in work.facts.items() if name != "crashes"}
        Work.objects.filter(pk=work.pk).update(facts=facts, settled_at=None)
        write_end(Work.objects.filter(pk=work.pk), Settlement("pending", "tried_again"))
        _trail(work, "letter.tried_again", by, {"notice": work.notice})
        outbox.wake_on_commit(work.queue)
