"""Carries letters and alerts from claim to settled: claim a batch, compose each, send it, settle it.

Letters are said to be "sending" just before their own conversations, one on each connection: a killed worker leaves at
most one of unknown fate a connection, and the rest of its batch goes back untouched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from plans.channels.email import transports
from plans.channels.email.delivery import Fate, Outcome, Transport, Unreachable, send_together
from plans.channels.email.headers import BadAddress, BadSender
from plans.channels.email.press import Press
from plans.channels.email.rendering import Letter
from plans.dispatch import watch
from plans.dispatch.connections import Ways
from plans.dispatch.counts import Counts
from plans.domain.messages import LetterFacts, Postpone, Skip
from plans.domain.notices import Queue, backoff
from plans.services import delivery, heartbeat, outbox, pausing, rate_limit, restoring
from plans.services import messages as composing
from plans.services.messages import Draft
from plans.services.outbox import Claim, Settlement
from plans.services.pausing import Going

log = logging.getLogger(__name__)

BATCH: Final = 100
# Well inside a worker's time limit, and short enough for a deployment to wait for its end.
SECONDS: Final = 15.0
# Patterns of letters, for as long as the process lives.
_press: Final = Press()


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
    ways = Ways((lambda: transports.named("files")) if filed else transport, filed=filed)
    try:
        while time.monotonic() < ends:
            claims = _claim(queue, going, batch)
            if not claims or not _send_all(list(claims), ways, counts, ends):
                break
        else:
            # Time is up and there may be more: somebody else, or we ourselves, go on at once.
            outbox.notify_workers(queue.value)
    finally:
        ways.close()
    if counts.sent:
        restoring.count_on()
        heartbeat.beat(heartbeat.ACCEPTED)
    return counts


def _going(queue: Queue) -> Going:
    """What becomes of letters now. The clock first: a worker must not compare with before a pause that is over."""
    watch.clocks_agree()
    restoring.is_original_database()
    return pausing.going(queue)


def _claim(queue: Queue, going: Going, batch: int) -> tuple[Claim, ...]:
    """The next letters, if they may still go the way this run began with; else none, and the next run sees to them.

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


def _send_all(claims: list[Claim], ways: Ways, counts: Counts, ends: float) -> bool:
    """Send a batch; False when it is of no use to claim another one, since there is no mail server now."""
    waiting = claims[::-1]
    try:
        try:
            ways.first.open()
        except Unreachable as error:
            log.warning("mail server not reached", extra={"kind": error.reason, "count": len(waiting)})
            heartbeat.mail_fails(error.reason)
            while waiting:
                delivery.later(waiting.pop(), error.reason)
                counts.retried += 1
            return False
        heartbeat.mail_works()
        # Alerts are few, and each is looked at by itself.
        quick = claims[0].queue == Queue.LETTERS.value and not ways.filed
        ahead = composing.drafts(claims) if quick else {}
        steps = _Pace(claims)
        run = _Run(ways.enough_for(1 if steps.kept else len(ahead)), counts)
        while waiting and steps.wait(run, ends) and watch.clocks_agree():
            group = _group(waiting, ahead, run.at_once)
            long_way = run.quickly(group) if group else [waiting.pop()]
            for claim in long_way:
                run.settle_last()
                _send_one(claim, ways, counts)
        run.settle_last()
        return True
    finally:
        # Time is up, the clock jumped, or something went wrong with one: the others were not touched.
        for claim in waiting:
            counts.left += outbox.release(claim)


def _group(waiting: list[Claim], ahead: Mapping[UUID, Draft], most: int) -> list[Draft]:
    """Take the next letters that were composed ahead, one for each connection and never two of one patient."""
    group: list[Draft] = []
    while waiting and len(group) < most:
        draft = ahead.get(waiting[-1].id)
        if draft is None or any(draft.patient_id == other.patient_id for other in group):
            break
        group.append(draft)
        waiting.pop()
    return group


def _at_most(queue: Queue, batch: int) -> int:
    """How many to claim at once: under a provider's limit a second's worth, so that no worker books far ahead."""
    rate = settings.MAIL_PER_SECOND if queue is Queue.LETTERS else 0
    return min(batch, max(1, int(rate))) if rate else batch


class _Pace:
    """Keeps a batch of patients' letters to the provider's limit, which all workers share."""

    def __init__(self, claims: list[Claim]) -> None:
        rate = settings.MAIL_PER_SECOND if claims[0].queue == Queue.LETTERS.value else 0
        self.kept = bool(rate)
        self._apart = 1 / rate if rate else 0.0
        self._next = time.monotonic() + (rate_limit.reserve("mail", len(claims), rate) if rate else 0.0)

    def wait(self, run: _Run, ends: float) -> bool:
        """Wait for the next letter's moment; False if the run's time is up before."""
        now = time.monotonic()
        if not self._apart:
            return now < ends
        moment, self._next = self._next, self._next + self._apart
        if max(moment, now) >= ends:
            return False
        if moment > now:
            # Nothing stays half said while we wait.
            run.settle_last()
            time.sleep(moment - now)
        return True


class _Run:
    """Letters of a batch, one on each connection: those just sent are settled in the commit that begins the next.

    A worker that dies leaves at most one letter of unknown fate a connection, as if each were settled by itself.
    """

    def __init__(self, ways: Sequence[Transport], counts: Counts) -> None:
        self._ways, self._counts = ways, counts
        self._last: list[tuple[Claim, int | None]] = []

    @property
    def at_once(self) -> int:
        """How many letters go at once."""
        return len(self._ways)

    def quickly(self, drafts: Sequence[Draft]) -> list[Claim]:
        """Send letters that were composed ahead; those that are no longer right, and have to take the long way."""
        counts = self._counts
        written: dict[UUID, Letter] = {}
        for draft in drafts:
            try:
                written[draft.claim.id] = _press.write(draft.facts)
            except Exception:  # noqa: BLE001, S112 - told, counted and settled on the long way, where it happens again
                continue
        begun = self._hand_on([draft for draft in drafts if draft.claim.id in written])
        going = [draft.claim for draft in drafts if draft.claim.id in begun]
        letters = [written[claim.id] for claim in going]
        outcomes = send_together(self._ways, letters, seconds=settings.LEASE_SECONDS / 3)
        for claim, letter, outcome in zip(going, letters, outcomes, strict=True):
            if outcome.fate is Fate.SENT:
                self._last.append((claim, outcome.code))
                counts.sent += 1
            else:
                _settle(claim, outcome, letter.to_address, counts)
        return [draft.claim for draft in drafts if draft.claim.id not in begun]

    def settle_last(self) -> None:
        """Settle what was sent last, with nothing after it."""
        if self._last:
            self._hand_on([])

    def _hand_on(self, drafts: Sequence[Draft]) -> frozenset[UUID]:
        last, self._last = self._last, []
        held, begun = composing.hand_on(last, drafts)
        for claim, _code in last:
            if claim.id not in held:
                self._counts.lost += 1
                _tell_taken_over(claim, Fate.SENT)
        return begun


def _send_one(claim: Claim, ways: Ways, counts: Counts) -> None:
    try:
        facts = composing.begin(claim)
        if facts is None:
            counts.lost += 1
            return
        if not isinstance(facts, LetterFacts):
            _not_now(claim, facts, counts)
            return
        letter = _press.write(facts)
    except BadAddress:
        address = facts.to_address if isinstance(facts, LetterFacts) else ""
        delivery.settle(claim, Settlement("rejected", "address_refused"), to_address=address)
        counts.rejected += 1
        return
    except BadSender:
        log.exception("MAIL_FROM cannot be written to a letter", extra={"row_id": str(claim.id)})
        delivery.later(claim, "sender_refused")
        counts.retried += 1
        return
    except DatabaseError:
        # No fault of this letter, and nothing can be written down now: its lease ends by itself.
        raise
    except Exception:
        log.exception("letter cannot be written", extra={"row_id": str(claim.id), "kind": claim.notice})
        delivery.crashed(claim)
        counts.crashed += 1
        return
    outcome = ways.first.send(letter)
    if ways.filed and outcome.fate is Fate.SENT:
        _not_now(claim, Skip(delivery.TO_FILE), counts)
        return
    _settle(claim, outcome, facts.to_address, counts)


def _not_now(claim: Claim, why: Skip | Postpone, counts: Counts) -> None:
    if isinstance(why, Skip):
        delivery.settle(claim, Settlement("skipped", why.reason))
        counts.skipped += 1
    else:
        delivery.settle(claim, Settlement("pending", why.reason, due_at=why.until))
        counts.retried += 1


def _settle(claim: Claim, outcome: Outcome, to_address: str, counts: Counts) -> None:
    code = outcome.code
    if outcome.fate is Fate.SENT:
        held = delivery.settle(claim, Settlement("sent", "", code))
        counts.sent += 1
    elif outcome.fate is Fate.REJECTED:
        held = delivery.settle(claim, Settlement("rejected", outcome.reason, code), to_address=to_address)
        counts.rejected += 1
    elif outcome.fate is Fate.RETRY:
        held = delivery.later(claim, outcome.reason, code)
        counts.retried += 1
    else:
        held = _unknown(claim, outcome)
        counts.unknown += 1
    if not held:
        counts.lost += 1
        _tell_taken_over(claim, outcome.fate)


def _tell_taken_over(claim: Claim, fate: Fate) -> None:
    log.warning("claim was taken over while sending", extra={"row_id": str(claim.id), "outcome": fate})


def _unknown(claim: Claim, outcome: Outcome) -> bool:
    if claim.queue != Queue.ALERTS.value:
        return delivery.settle(claim, Settlement("unknown", outcome.reason, outcome.code))
    # An alert goes again at once, marked; only one that stays unknown time after time waits a little.
    wait = backoff("dropped", claim.attempts - 2) if claim.attempts > 2 else timedelta(0)
    return delivery.settle(claim, Settlement("pending", outcome.reason, outcome.code, wait=wait, repeat=True))
