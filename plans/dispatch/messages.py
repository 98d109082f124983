"""Carries messages and alerts from claim to settled: claim a batch; then compose, send and settle a few at a time.

As many messages as there are connections are composed together and said to be "sending" just before their own
conversations. A killed worker leaves at most one of unknown fate a connection; the rest of its batch goes back
untouched.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.channels.email import transports
from plans.channels.email.delivery import Fate, Outcome, Transport, Unreachable
from plans.channels.email.headers import BadAddress, BadSender
from plans.channels.email.rendering import OutgoingMessage, write
from plans.dispatch import clock_guard
from plans.dispatch.connections import ConnectionPool
from plans.dispatch.counts import Counts
from plans.domain.messages import MessageFacts, Postpone, Skip
from plans.domain.notices import Queue, backoff
from plans.domain.outbox import WorkState
from plans.services import delivery, heartbeat, messages, outbox, pausing, rate_limit, restoring
from plans.services.messages import Composed, Failed
from plans.services.outbox import Claim, Settlement
from plans.services.pausing import Going

log = logging.getLogger(__name__)

BATCH: Final = 100
# Well inside a worker's time limit, and short enough for a deployment to wait for its end.
SECONDS: Final = 15.0


def run(
    queue: Queue,
    *,
    transport: Callable[[], Transport] = transports.chosen,
    batch: int = BATCH,
    seconds: float = SECONDS,
) -> Counts:
    """Send what is due in a queue until nothing is left or the time is up; safe to run in many places at once."""
    counts = Counts()
    heartbeat.beat(heartbeat.worker_name(queue.value))
    going = _going(queue)
    if going is Going.NOWHERE:
        return counts
    ends = time.monotonic() + seconds
    filed = going is Going.FILES
    pool = ConnectionPool((lambda: transports.named("files")) if filed else transport, filed=filed)
    try:
        while time.monotonic() < ends:
            claims = _claim(queue, going, batch)
            if not claims or not _send_batch(claims, pool, counts, ends):
                break
        else:
            # Time is up and there may be more: somebody else, or we ourselves, go on at once.
            outbox.notify_workers(queue.value)
    finally:
        pool.close()
    if counts.sent:
        restoring.count_on()
        heartbeat.beat(heartbeat.ACCEPTED)
    return counts


def _going(queue: Queue) -> Going:
    """What becomes of messages now. The clock first: a worker must not compare with before a pause that is over."""
    clock_guard.clocks_agree()
    restoring.is_original_database()
    return pausing.going(queue)


def _claim(queue: Queue, going: Going, batch: int) -> tuple[Claim, ...]:
    """The next messages, if they may still go the way this run began with; else none, and the next run sees to them.

    Looked at after the claim, on its connection: it may come from a server that has just taken over.
    """
    if going is Going.MARKED:
        pausing.gather_alerts()
    claims = outbox.claim_batch(queue.value, _at_most(queue, batch))
    if claims and _going(queue) is not going:
        for claim in claims:
            outbox.release(claim)
        outbox.notify_workers(queue.value)
        return ()
    if claims and going is not Going.FILES:
        restoring.count_on()
    return claims


def _send_batch(claims: Sequence[Claim], pool: ConnectionPool, counts: Counts, ends: float) -> bool:
    """Send a batch; False when it is of no use to claim another one, since there is no mail server now."""
    waiting = deque(claims)
    try:
        try:
            pool.first.open()
        except Unreachable as error:
            log.warning("mail server not reached", extra={"kind": error.reason, "count": len(waiting)})
            heartbeat.mail_fails(error.reason)
            while waiting:
                delivery.later(waiting.popleft(), error.reason)
                counts.retried += 1
            return False
        heartbeat.mail_works()
        batch, limit = messages.prepare(claims), _RateLimit(claims)
        connections = pool.enough_for(1 if limit.kept or pool.filed else len(claims))
        accepted: dict[Claim, int | None] = {}
        try:
            while waiting and limit.wait(ends) and clock_guard.clocks_agree():
                group = _next_group(waiting, len(connections))
                # In one commit what the server took and what is begun next: the wait for the disk is shared.
                with transaction.atomic():
                    held = _settle_accepted(accepted)
                    composed = messages.begin(group, batch)
                _count(accepted, held, counts)
                _send_group(group, composed, pool, connections, accepted, counts)
                if limit.kept:
                    _count(accepted, _settle_accepted(accepted), counts)
        finally:
            _count(accepted, _settle_accepted(accepted), counts)
        return True
    finally:
        # Time is up, the clock jumped, or something went wrong with one: the others were not touched.
        for claim in waiting:
            counts.left += outbox.release(claim)


def _next_group(waiting: deque[Claim], most: int) -> list[Claim]:
    """Take the next messages, one for each connection and never two of one patient; whose turn that is, stays first."""
    group: list[Claim] = []
    passed_by: list[Claim] = []
    patients: set[UUID] = set()
    while waiting and len(group) < most:
        claim = waiting.popleft()
        if claim.patient_id is not None and claim.patient_id in patients:
            passed_by.append(claim)
            continue
        group.append(claim)
        if claim.patient_id is not None:
            patients.add(claim.patient_id)
    waiting.extendleft(reversed(passed_by))
    return group


def _at_most(queue: Queue, batch: int) -> int:
    """How many to claim at once: under a provider's limit a second's worth, so that no worker books far ahead."""
    rate = settings.MAIL_PER_SECOND if queue is Queue.MESSAGES else 0
    return min(batch, max(1, int(rate))) if rate else batch


class _RateLimit:
    """Keeps a batch of patients' messages to the provider's limit, which all workers share."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        rate = settings.MAIL_PER_SECOND if claims[0].queue == Queue.MESSAGES.value else 0
        self.kept = bool(rate)
        self._apart = 1 / rate if rate else 0.0
        reserved = rate_limit.reserve("mail", len(claims), rate) if rate else 0.0
        self._next = time.monotonic() + reserved

    def wait(self, ends: float) -> bool:
        """Wait for the next message's moment; False if the run's time is up before."""
        now = time.monotonic()
        if not self._apart:
            return now < ends
        moment, self._next = self._next, self._next + self._apart
        if max(moment, now) >= ends:
            return False
        time.sleep(max(0.0, moment - now))
        return True


def _send_group(
    claims: Sequence[Claim],
    composed: Mapping[UUID, Composed],
    pool: ConnectionPool,
    connections: Sequence[Transport],
    accepted: dict[Claim, int | None],
    counts: Counts,
) -> None:
    """Hand over those of a few messages that may go, and settle each by what became of it.

    What the server took stands in `accepted`, with its code, for the caller to settle; while others are still being
    handed over, it is settled here.
    """
    outgoing = _outgoing(claims, composed, counts)
    under_way = len(outgoing)
    for outcomes in pool.send(connections, outgoing):
        under_way -= len(outcomes)
        for claim, outcome in outcomes.items():
            if outcome.fate is Fate.SENT and not pool.filed:
                accepted[claim] = outcome.code
            elif not _not_accepted(claim, outcome, outgoing[claim].to_address, counts):
                _lost(claim, counts)
        if under_way:
            _count(accepted, _settle_accepted(accepted), counts)


def _settle_accepted(accepted: Mapping[Claim, int | None]) -> frozenset[UUID]:
    """The keys of those that were still ours."""
    return delivery.settle_sent(accepted) if accepted else frozenset()


def _count(accepted: dict[Claim, int | None], held: frozenset[UUID], counts: Counts) -> None:
    """Count what the server took and what of it was `held` until it was settled; nothing is left to be settled."""
    counts.sent += len(accepted)
    for claim in accepted:
        if claim.id not in held:
            _lost(claim, counts)
    accepted.clear()


def _lost(claim: Claim, counts: Counts) -> None:
    log.warning("claim was taken over while sending", extra={"row_id": str(claim.id)})
    counts.lost += 1


def _outgoing(
    claims: Sequence[Claim], composed: Mapping[UUID, Composed], counts: Counts
) -> dict[Claim, OutgoingMessage]:
    """The messages to hand over; every other claim is settled or given back."""
    outgoing: dict[Claim, OutgoingMessage] = {}
    for claim in claims:
        found = composed.get(claim.id)
        if isinstance(found, MessageFacts):
            if (rendered := _render(claim, found, counts)) is not None:
                outgoing[claim] = rendered
        elif isinstance(found, Failed):
            delivery.crashed(claim)
            counts.crashed += 1
        elif found is not None:
            _not_now(claim, found, counts)
        elif outbox.release(claim):
            # Somebody is changing its row just now: it is claimed and decided anew.
            counts.left += 1
        else:
            counts.lost += 1
    return outgoing


def _render(claim: Claim, facts: MessageFacts, counts: Counts) -> OutgoingMessage | None:
    """The message to hand over, or None: then it is settled."""
    try:
        return write(facts)
    except BadAddress:
        end = Settlement(WorkState.REJECTED, "address_refused")
        delivery.settle(claim, end, to_address=facts.to_address)
        counts.rejected += 1
    except BadSender:
        log.exception("MAIL_FROM cannot be written to a message", extra={"row_id": str(claim.id)})
        delivery.later(claim, "sender_refused")
        counts.retried += 1
    except Exception:
        log.exception("message cannot be rendered", extra={"row_id": str(claim.id), "kind": claim.notice})
        delivery.crashed(claim)
        counts.crashed += 1
    return None


def _not_now(claim: Claim, why: Skip | Postpone, counts: Counts) -> None:
    if isinstance(why, Skip):
        delivery.settle(claim, Settlement(WorkState.SKIPPED, why.reason))
        counts.skipped += 1
    else:
        delivery.settle(claim, Settlement(WorkState.PENDING, why.reason, due_at=why.until))
        counts.retried += 1


def _not_accepted(claim: Claim, outcome: Outcome, to_address: str, counts: Counts) -> bool:
    """Settle a message that no server took; False if the claim was no longer ours."""
    if outcome.fate is Fate.SENT:
        counts.skipped += 1
        return delivery.settle(claim, Settlement(WorkState.SKIPPED, delivery.TO_FILE))
    if outcome.fate is Fate.REJECTED:
        counts.rejected += 1
        end = Settlement(WorkState.REJECTED, outcome.reason, outcome.code)
        return delivery.settle(claim, end, to_address=to_address)
    if outcome.fate is Fate.RETRY:
        counts.retried += 1
        return delivery.later(claim, outcome.reason, outcome.code)
    counts.unknown += 1
    return _unknown(claim, outcome)


def _unknown(claim: Claim, outcome: Outcome) -> bool:
    if claim.queue != Queue.ALERTS.value:
        return delivery.settle(claim, Settlement(WorkState.UNKNOWN, outcome.reason, outcome.code))
    # An alert goes again at once, marked; only one that stays unknown time after time waits a little.
    wait = backoff("dropped", claim.attempts - 2) if claim.attempts > 2 else timedelta(0)
    end = Settlement(WorkState.PENDING, outcome.reason, outcome.code, wait=wait, repeat=True)
    return delivery.settle(claim, end)
