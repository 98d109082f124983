"""Many kills in a row, from a seed: whatever is struck, no message is lost and none goes twice unmarked."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest
from django.db.models import Count

from plans.models import Work
from plans.services import clock
from tests.faults.harness import Crew, Worker, cut_connections, pauses, wait_for
from tests.faults.ledgers import LAST, check, ended
from tests.faults.receiver import Receiver, moody
from tests.makers import ClinicMade
from tests.makers_messages import make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

# The short form; `make faults` asks for more.
SEED = int(os.environ.get("FAULT_SEED", "20261122"))
MESSAGES = int(os.environ.get("FAULT_MESSAGES", "200"))
KILLS = int(os.environ.get("FAULT_KILLS", "40"))
ROUND = 200
LEASE_SECONDS = 1
# How many connections a worker has to the mail server, and so messages in hand: few, or as many as in production.
CONNECTIONS = (1, 2, 4, 8)


class Nemesis:
    """Strikes at workers from a seed: mostly kills, now and then a cut connection or a sleep past the lease.

    `in_hand`: how many messages the killed workers had in hand at most, one for each of their connections; `most`: the
    most that one was seen with just after a strike.
    """

    def __init__(self, crew: Crew, seed: int, *, at_once: int = 2) -> None:
        self.crew, self.kills, self.cuts, self.sleeps = crew, 0, 0, 0
        self.in_hand, self.most, self.at_once = 0, 0, at_once
        self.chance = random.Random(seed)
        self.pauses = pauses(seed)
        self.held: dict[int, int] = {}
        self.victims = [self.sender() for _ in range(at_once)]
        self.asleep: list[tuple[float, Worker]] = []

    def sender(self) -> Worker:
        """One more worker to kill, with a random number of connections."""
        connections = self.chance.choice(CONNECTIONS)
        worker = self.crew.start("sender", connections=connections, settings={"LEASE_SECONDS": LEASE_SECONDS})
        self.held[worker.pid] = connections
        return worker

    def strike(self) -> None:
        """Wait a little, then do one bad thing."""
        time.sleep(next(self.pauses))
        self._wake()
        at = self.chance.randrange(len(self.victims))
        what = self.chance.random()
        if what < 0.05 and cut_connections(self.chance):
            self.cuts += 1
            # Whose it was is not known.
            self.in_hand += max(CONNECTIONS)
        elif what < 0.07 and not self.asleep:
            self.sleeps += 1
            self.in_hand += self.held[self.victims[at].pid]
            self.victims[at].signal(signal.SIGSTOP)
            self.asleep.append((time.monotonic() + LEASE_SECONDS * 1.5, self.victims[at]))
            self.victims[at] = self.sender()
        else:
            # Not waited for: the next one is there at once, as a supervisor would have it.
            self.victims[at].signal(signal.SIGKILL)
            self.kills += 1
            self.in_hand += self.held[self.victims[at].pid]
            if len(self.victims) > self.at_once:
                # One that woke up is there besides.
                del self.victims[at]
            else:
                self.victims[at] = self.sender()
        self.most = max(self.most, _most_in_hand())

    def _wake(self) -> None:
        for due, worker in self.asleep[:]:
            if due < time.monotonic():
                worker.signal(signal.SIGCONT)
                self.asleep.remove((due, worker))
                self.victims.append(worker)

    def rest(self) -> None:
        """Stop killing; the last workers finish their work."""
        for _, worker in self.asleep:
            worker.signal(signal.SIGCONT)
        self.asleep.clear()


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{line}")
        sys.stdout.flush()


@pytest.mark.timeout(3600)
def test_senders_killed_every_few_hundredths_of_a_second_lose_nothing_and_double_nothing(
    clinic: ClinicMade, receiver: Receiver, crew: Crew, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.script.slow = 0.015
    receiver.script.mood = moody(
        SEED, mail_421=0.005, rcpt_451=0.005, rcpt_drop=0.01, dot_452=0.005, dot_drop=0.005
    )
    nemesis = Nemesis(crew, SEED)
    messages = 0
    while messages < MESSAGES or nemesis.kills < KILLS:
        make_invitations(clinic, ROUND, first=messages)
        messages += ROUND
        while _due():
            nemesis.strike()
        # A quiet time after each round, then all three ledgers.
        nemesis.rest()
        wait_for(_settled, 120)
        verdict = check(receiver, nemesis.kills)
        say(
            capsys,
            f"{verdict} (cuts {nemesis.cuts}, sleeps {nemesis.sleeps}, most in one hand {nemesis.most}, seed {SEED})",
        )
        assert verdict.clean, verdict.wrong
        assert nemesis.most <= max(CONNECTIONS)
        # At most one for each connection of whoever was struck, and what the moody server itself left open.
        assert verdict.unknown <= nemesis.in_hand + messages // 50
    LAST[:] = [str(verdict)]


def _most_in_hand() -> int:
    """The most messages that one claim has said "sending" of."""
    found = Work.objects.filter(state="sending").values_list("token").annotate(count=Count("pk"))
    return max((count for _, count in found), default=0)


def _due() -> bool:
    """Whether anything may be tried now; what a moody server put off is not waited for."""
    waiting = Work.objects.filter(state="pending", due_at__lte=clock.now())
    return (
        waiting.exclude(try_at__gt=clock.real_now()).exists()
        or Work.objects.filter(state__in=("claimed", "sending")).exists()
    )


def _settled() -> bool:
    """Whether all has an end; nobody waits five minutes for a greylist that is not there."""
    Work.objects.filter(state="pending").update(try_at=None)
    return ended()
