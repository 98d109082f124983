"""Many kills in a row, from a seed: whatever is struck, no letter is lost and none goes twice unmarked."""

from __future__ import annotations

import os
import random
import signal
import sys
import time

import pytest

from plans.models import Work
from plans.services import clock
from tests.faults.harness import LEASE_SECONDS, Crew, Worker, cut_connections, pauses, wait_for
from tests.faults.ledgers import LAST, check, ended
from tests.faults.receiver import Receiver, moody
from tests.makers import ClinicMade
from tests.makers_letters import make_invitations

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

# The short form; `make faults` asks for more.
SEED = int(os.environ.get("FAULT_SEED", "20261122"))
LETTERS = int(os.environ.get("FAULT_LETTERS", "200"))
KILLS = int(os.environ.get("FAULT_KILLS", "40"))
ROUND = 200


class Nemesis:
    """Strikes at workers from a seed: mostly kills, now and then a cut connection or a sleep past the lease."""

    def __init__(self, crew: Crew, seed: int, *, at_once: int = 2) -> None:
        self.crew, self.kills, self.cuts, self.sleeps = crew, 0, 0, 0
        self.at_once = at_once
        self.chance = random.Random(seed)
        self.pauses = pauses(seed)
        self.victims = [crew.start("sender") for _ in range(at_once)]
        self.asleep: list[tuple[float, Worker]] = []

    def strike(self) -> None:
        """Wait a little, then do one bad thing."""
        time.sleep(next(self.pauses))
        self._wake()
        at = self.chance.randrange(len(self.victims))
        what = self.chance.random()
        if what < 0.05 and cut_connections(self.chance):
            self.cuts += 1
        elif what < 0.07 and not self.asleep:
            self.sleeps += 1
            self.victims[at].signal(signal.SIGSTOP)
            self.asleep.append((time.monotonic() + LEASE_SECONDS * 1.5, self.victims[at]))
            self.victims[at] = self.crew.start("sender")
        else:
            # Not waited for: the next one is there at once, as a supervisor would have it.
            self.victims[at].signal(signal.SIGKILL)
            self.kills += 1
            if len(self.victims) > self.at_once:
                # One that woke up is there besides.
                del self.victims[at]
            else:
                self.victims[at] = self.crew.start("sender")

    def _wake(self) -> None:
        for due, worker in self.asleep[:]:
            if due < time.monotonic():
                worker.signal(signal.SIGCONT)
                self.asleep.remove((due, worker))
                self.victims.append(worker)

    def rest(self) -> None:
        """Nobody is struck any more; the last victims work to the end."""
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
    receiver.script.slow = 0.004
    receiver.script.mood = moody(
        SEED, mail_421=0.005, rcpt_451=0.005, rcpt_drop=0.01, dot_452=0.005, dot_drop=0.005
    )
    nemesis = Nemesis(crew, SEED)
    letters = 0
    while letters < LETTERS or nemesis.kills < KILLS:
        make_invitations(clinic, ROUND, first=letters)
        letters += ROUND
        while _due():
            nemesis.strike()
        # A quiet time after each round, then all three ledgers.
        nemesis.rest()
        wait_for(_settled, 120)
        verdict = check(receiver, nemesis.kills)
        say(capsys, f"{verdict} (cuts {nemesis.cuts}, sleeps {nemesis.sleeps}, seed {SEED})")
        assert verdict.clean, verdict.wrong
        # At most one a connection that was cut, ours (every second worker has two) or the server's.
        assert verdict.unknown <= 2 * (nemesis.kills + nemesis.cuts + nemesis.sleeps) + letters // 50
    LAST[:] = [str(verdict)]


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
