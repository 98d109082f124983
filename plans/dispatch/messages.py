"""Carries messages and alerts from claim to settled: claims a batch, then composes, sends and settles a few at a time.

One message per connection is composed and marked "sending" just before its conversation. A killed worker leaves at most
one message of unknown fate per connection; the rest of its batch goes back untouched.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction

from plans.channels import short
from plans.channels.email import transports
from plans.channels.email.delivery import Fate, SendResult, Transport, Unreachable
from plans.channels.email.headers import BadAddress, BadSender
from plans.channels.email.rendering import OutgoingMessage, write
from plans.channels.short import ShortMessage
from plans.dispatch import clock_guard
from plans.dispatch.connections import ConnectionPool
from plans.dispatch.counts import Counts
from plans.dispatch.providers import USUAL, Lane, Lanes, Providers
from plans.domain.messages import MessageFacts, Postpone, Skip
from plans.domain.notices import Queue, backoff
from plans.domain.outbox import WorkState
from plans.services import delivery, gathering, heartbeat, messages, outbox, pausing, rate_limit, restoring
from plans.services.messages import Composed, Failed
from plans.services.outbox import Claim, Settlement
from plans.services.pausing import SendingMode

log = logging.getLogger(__name__)

BATCH: Final = 100
# Well within a worker's time limit, and short enough for a deployment to wait for.
SECONDS: Final = 15.0
# How long a run rests while providers have not answered, before it looks for new alerts.
_TURN_SECONDS: Final = 0.2
_Written = TypeVar("_Written", OutgoingMessage, ShortMessage)


def run(
    queue: Queue,
    *,
    transport: Callable[[], Transport] = transports.chosen,
    providers: Providers = USUAL,
    batch: int = BATCH,
    seconds: float = SECONDS,
) -> Counts:
    """Send what is due in a queue until nothing is left or the time is up. May run in several places at once.

    Alerts go by the channel of the person they are for: those by push or text message have threads of their own.
    """
    counts = Counts()
    heartbeat.beat(heartbeat.worker_name(queue.value))
    mode = _sending_mode(queue)
    if mode is SendingMode.NOWHERE:
        return counts
    ends = time.monotonic() + seconds
    filed = mode is SendingMode.FILES
    pool = ConnectionPool((lambda: transports.named("files")) if filed else transport, filed=filed)
    lanes = Lanes(providers, filed=filed)
    try:
        while time.monotonic() < ends:
            # A flood takes seconds to gather, which are not those for sending.
            ends += _gather(queue, mode)
            claims = _claim(queue, mode, batch)
            by_email = lanes.take(claims) if queue is Queue.ALERTS else claims
            answered = _step(lanes, counts, filed=filed)
            if by_email and not _send_batch(by_email, pool, counts, ends):
                break
            if not claims and not lanes.busy and not answered:
                break
            if not claims:
                lanes.rest(_TURN_SECONDS)
        else:
            # Time is up and there may be more: another worker, or this one, continues at once.
            outbox.notify_workers(queue.value)
    finally:
        _finish(lanes, counts, filed=filed)
        pool.close()
    if counts.sent:
        restoring.count_sendings()
        heartbeat.beat(heartbeat.ACCEPTED)
    return counts


def _sending_mode(queue: Queue) -> SendingMode:
    """Where messages go now. The clock is checked first: a worker must not compare with a time before a finished
    pause."""
    clock_guard.clocks_agree()
    restoring.is_original_database()
    return pausing.sending_mode(queue)


def _gather(queue: Queue, mode: SendingMode) -> float:
    """Gather alerts for the same person; returns how many seconds it took."""
    began = time.monotonic()
    if queue is Queue.ALERTS:
        gathering.gather_alerts(in_pause=mode is SendingMode.MARKED)
    return time.monotonic() - began


def _claim(queue: Queue, mode: SendingMode, batch: int) -> tuple[Claim, ...]:
    """Claim the next messages, if the sending mode is still the one that this run began with; else none.

    The mode is read after the claim, on its connection: a database server may just have failed over.
    """
    claims = outbox.claim_batch(queue.value, _at_most(queue, batch))
    if claims and _sending_mode(queue) is not mode:
        for claim in claims:
            outbox.release(claim)
        outbox.notify_workers(queue.value)
        return ()
    if claims and mode is not SendingMode.FILES:
        restoring.count_sendings()
    return claims


def _send_batch(claims: Sequence[Claim], pool: ConnectionPool, counts: Counts, ends: float) -> bool:
    """Send a batch; False if no mail server answers, so that claiming another is pointless."""
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
                # Settle what the server took and begin the next in one commit, to share the wait for the disk.
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
        # Time is up, the clock jumped, or one message failed: the others were not touched.
        for claim in waiting:
            counts.left += outbox.release(claim)


def _step(lanes: Lanes, counts: Counts, *, filed: bool) -> bool:
    """Settle what providers have answered, and hand them what waits. Returns whether any had answered: what was
    refused, or is of unknown fate, is due again at once."""
    answered = False
    for lane in lanes.lanes.values():
        for claim, outcome in lane.done().items():
            _settle_short(claim, outcome, counts, filed=filed)
            answered = True
        while lane.down and lane.waiting:
            delivery.later(lane.waiting.popleft(), lane.down)
            counts.retried += 1
        if claims := lane.next():
            _hand(lane, claims, counts)
    return answered


def _hand(lane: Lane, claims: Sequence[Claim], counts: Counts) -> None:
    """Compose a few short messages, and hand those that may go to their provider."""
    try:
        composed = messages.begin(claims, messages.prepare(claims), lane.kind)
        outgoing = _outgoing(claims, composed, counts, short.write)
    except Exception:
        for claim in claims:
            counts.left += outbox.release(claim)
        raise
    for claim, message in outgoing.items():
        lane.hand(claim, message)


def _settle_short(claim: Claim, outcome: SendResult, counts: Counts, *, filed: bool) -> None:
    if outcome.fate is Fate.SENT and not filed:
        _count({claim: outcome.code}, _settle_accepted({claim: outcome.code}), counts)
    elif not _not_accepted(claim, outcome, "", counts):
        _lost(claim, counts)


def _finish(lanes: Lanes, counts: Counts, *, filed: bool) -> None:
    """Release what waits, and settle what is under way: each is back within its provider's time."""
    for lane in lanes.lanes.values():
        while lane.waiting:
            counts.left += outbox.release(lane.waiting.popleft())
    while lanes.busy:
        lanes.rest(_TURN_SECONDS)
        _step(lanes, counts, filed=filed)
    lanes.close()


def _next_group(waiting: deque[Claim], most: int) -> list[Claim]:
    """Take the next messages, one per connection and never two to one person; those passed over stay first in line."""
    group: list[Claim] = []
    passed_by: list[Claim] = []
    people: set[UUID] = set()
    while waiting and len(group) < most:
        claim = waiting.popleft()
        person = claim.patient_id or claim.user_id
        if person is not None and person in people:
            passed_by.append(claim)
            continue
        group.append(claim)
        if person is not None:
            people.add(person)
    waiting.extendleft(reversed(passed_by))
    return group


def _at_most(queue: Queue, batch: int) -> int:
    """How many to claim at once: under a rate limit one second's worth, so that no worker reserves far ahead."""
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
        """Wait for the next message's slot; False if the run's time is up before."""
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
    """Hand over those of a few messages that may go, and settle each by its result.

    Accepted messages are added to `accepted` with the server's code, for the caller to settle; while others are still
    being handed over they are settled here.
    """
    outgoing = _outgoing(claims, composed, counts, write)
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
    """Settle them; returns the keys of those that were still ours."""
    return delivery.settle_sent(accepted) if accepted else frozenset()


def _count(accepted: dict[Claim, int | None], held: frozenset[UUID], counts: Counts) -> None:
    """Count the accepted messages; those not `held` until they were settled count as lost. Empties `accepted`."""
    counts.sent += len(accepted)
    for claim in accepted:
        if claim.id not in held:
            _lost(claim, counts)
    accepted.clear()


def _lost(claim: Claim, counts: Counts) -> None:
    log.warning("claim was taken over while sending", extra={"row_id": str(claim.id)})
    counts.lost += 1


def _outgoing(
    claims: Sequence[Claim],
    composed: Mapping[UUID, Composed],
    counts: Counts,
    render: Callable[[MessageFacts], _Written],
) -> dict[Claim, _Written]:
    """The messages to hand over; every other claim is settled or released."""
    outgoing: dict[Claim, _Written] = {}
    for claim in claims:
        found = composed.get(claim.id)
        if isinstance(found, MessageFacts):
            if (rendered := _render(claim, found, counts, render)) is not None:
                outgoing[claim] = rendered
        elif isinstance(found, Failed):
            delivery.crashed(claim)
            counts.crashed += 1
        elif found is not None:
            _not_now(claim, found, counts)
        elif outbox.release(claim):
            # Another transaction is changing its row, or it goes by another channel now: it will be claimed again.
            counts.left += 1
        else:
            counts.lost += 1
    return outgoing


def _render(
    claim: Claim, facts: MessageFacts, counts: Counts, render: Callable[[MessageFacts], _Written]
) -> _Written | None:
    """Render the message; None if that failed and the claim was settled."""
    try:
        return render(facts)
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


def _not_accepted(claim: Claim, outcome: SendResult, to_address: str, counts: Counts) -> bool:
    """Settle a message that the server did not accept; False if the claim was no longer ours."""
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


def _unknown(claim: Claim, outcome: SendResult) -> bool:
    if claim.queue != Queue.ALERTS.value:
        return delivery.settle(claim, Settlement(WorkState.UNKNOWN, outcome.reason, outcome.code))
    # An alert is sent again at once, marked as a repeat; only one that is unknown again and again waits a little.
    wait = backoff("dropped", claim.attempts - 2) if claim.attempts > 2 else timedelta(0)
    end = Settlement(WorkState.PENDING, outcome.reason, outcome.code, wait=wait, repeat=True)
    return delivery.settle(claim, end)
