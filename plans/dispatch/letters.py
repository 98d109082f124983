"""Carries letters and alerts from claim to settled: claim a batch, compose each, send it, settle it.

Each letter is said to be "sending" just before its own conversation: a killed worker leaves at most one of unknown fate
a connection, and the rest of its batch goes back untouched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError

from plans.dispatch import watch
from plans.dispatch.counts import Counts
from plans.domain.letters import LetterFacts, Postpone, Skip
from plans.domain.notices import Queue, backoff
from plans.mail import transports
from plans.mail.delivery import Fate, Outcome, Transport, Unreachable
from plans.mail.headers import BadAddress, BadSender
from plans.mail.press import Press
from plans.services import delivery, heartbeat, outbox, pace, restoring
from plans.services import letters as composing
from plans.services.letters import Draft
from plans.services.outbox import Claim, Settlement

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
    if heartbeat.is_paused() or not restoring.at_home():
        return counts
    ends = time.monotonic() + seconds
    way = transport()
    try:
        while time.monotonic() < ends:
            if not watch.clocks_agree():
                break
            claims = outbox.claim_batch(queue.value, _at_most(queue, batch))
            if not claims or not _send_all(list(claims), way, counts, ends):
                break
        else:
            # Time is up and there may be more: somebody else, or we ourselves, go on at once.
            outbox.ring(queue.value)
    finally:
        way.close()
    if counts.sent:
        heartbeat.beat(heartbeat.ACCEPTED)
    return counts


def _send_all(claims: list[Claim], way: Transport, counts: Counts, ends: float) -> bool:
    """Send a batch; False when it is of no use to claim another one, since there is no mail server now."""
    waiting = claims[::-1]
    run = _Run(way, counts)
    try:
        try:
            way.open()
        except Unreachable as error:
            log.warning("mail server not reached", extra={"kind": error.reason, "count": len(waiting)})
            heartbeat.mail_fails(error.reason)
            while waiting:
                delivery.later(waiting.pop(), error.reason)
                counts.retried += 1
            return False
        heartbeat.mail_works()
        # Alerts are few, and each is looked at by itself.
        ahead = composing.drafts(claims) if claims[0].queue == Queue.LETTERS.value else {}
        steps = _Pace(claims)
        while waiting and steps.wait(run, ends):
            claim = waiting.pop()
            draft = ahead.get(claim.id)
            if draft is None or not run.quickly(draft):
                run.settle_last()
                _send_one(claim, way, counts)
        run.settle_last()
        return True
    finally:
        # Time is up, or something went wrong with one: the others were not touched.
        for claim in waiting:
            counts.left += outbox.release(claim)


def _at_most(queue: Queue, batch: int) -> int:
    """How many to claim at once: under a provider's limit a second's worth, so that no worker books far ahead."""
    rate = settings.MAIL_PER_SECOND if queue is Queue.LETTERS else 0
    return min(batch, max(1, int(rate))) if rate else batch


class _Pace:
    """Keeps a batch of patients' letters to the provider's limit, which all workers share."""

    def __init__(self, claims: list[Claim]) -> None:
        rate = settings.MAIL_PER_SECOND if claims[0].queue == Queue.LETTERS.value else 0
        self._apart = 1 / rate if rate else 0.0
        self._next = time.monotonic() + (pace.reserve("mail", len(claims), rate) if rate else 0.0)

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
    """Letters of a batch over one connection: the one just sent is settled in the commit that begins the next.

    A worker that dies leaves one letter of unknown fate, as it would if each were settled by itself.
    """

    def __init__(self, way: Transport, counts: Counts) -> None:
        self._way, self._counts = way, counts
        self._last: tuple[Claim, int | None] | None = None

    def quickly(self, draft: Draft) -> bool:
        """Send a letter that was composed ahead; False if it is no longer right and takes the long way."""
        claim, counts = draft.claim, self._counts
        try:
            letter = _press.write(draft.facts)
        except Exception:  # noqa: BLE001 - told, counted and settled on the long way, where it happens again
            return False
        if not self._hand_on(draft):
            return False
        outcome = self._way.send(letter)
        if outcome.fate is Fate.SENT:
            self._last = (claim, outcome.code)
            counts.sent += 1
        else:
            _settle(claim, outcome, letter.to_address, counts)
        return True

    def settle_last(self) -> None:
        """Settle what was sent last, with nothing after it."""
        if self._last is not None:
            self._hand_on(None)

    def _hand_on(self, draft: Draft | None) -> bool:
        (last, code), self._last = self._last or (None, None), None
        held, begun = composing.hand_on(last, code, draft)
        if last is not None and not held:
            self._counts.lost += 1
            _tell_taken_over(last, Fate.SENT)
        return begun


def _send_one(claim: Claim, way: Transport, counts: Counts) -> None:
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
    _settle(claim, way.send(letter), facts.to_address, counts)


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
