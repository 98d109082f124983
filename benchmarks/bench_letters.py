"""Letters all due at once, from due rows to sent rows, against Django's `send_messages` without any database.

Two workers of ours and two of the yardstick, each with one connection to one receiver in a process of its own. The
yardstick's messages are prepared beforehand: it does nothing but hand them over. LETTERS=100000 for the long run.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from benchmarks.line import Line
from benchmarks.receiver import Receiver

LETTERS = int(os.environ.get("LETTERS", "5000"))
WORKERS = 2
TURN_SECONDS = 5.0
# What the yardstick hands over in a turn.
SHARE = 2000
DUE_ROWS = int(os.environ.get("DUE_ROWS", "100000"))
# What a worker needs after thousands of letters; it is 95 MB as it starts.
MEMORY_KB = 160_000
# Twice the yardstick's time at most.
LIMIT = 2.0


def run() -> Iterator[Line]:
    """The lines of this benchmark."""
    with Receiver() as receiver:
        from django.conf import settings

        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", receiver.port
        settings.MAIL_FROM, settings.MAIL_DOMAIN = "Clinic <hello@mail.example.org>", "mail.example.org"
        _make(LETTERS)
        # In turns of a few seconds, so that a busy moment hits both alike; all letters are due throughout.
        ours = yardstick = 0.0
        sent = handed = 0
        while sent < LETTERS:
            yardstick += _in_processes(_hand_over_prepared)
            handed += _came(receiver)
            ours += _in_processes(_work)
            sent += _came(receiver)
        _all_sent()
        name = f"{LETTERS} letters, due rows to sent rows, two workers"
        beside = yardstick / handed * LETTERS
        yield Line(name, ours, beside, ours / beside, LIMIT)
    yield _bell()
    yield from _claims()


def _make(count: int) -> None:
    from django.db import connection

    from tests.makers import make_clinic
    from tests.makers_letters import make_invitations

    clinic = make_clinic()
    for first in range(0, count, 2000):
        make_invitations(clinic, min(2000, count - first), first=first, whole=False)
    with connection.cursor() as cursor:
        # What PostgreSQL does by itself in life; in this one autovacuum is off.
        cursor.execute("VACUUM ANALYZE")


def _in_processes(work: Callable[[int], Any]) -> float:
    """Fork the workers, let them prepare, start the clock, and wait for all; seconds."""
    from django.db import connections

    connections.close_all()
    go, ready = os.pipe(), os.pipe()
    children = []
    for number in range(WORKERS):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                task: Any = work(number)
                os.write(ready[1], b"r")
                os.read(go[0], 1)
                task()
                code = 0
            finally:
                sys.stdout.flush()
                os._exit(code)
        children.append(pid)
    for _ in children:
        os.read(ready[0], 1)
    began = perf_counter()
    os.write(go[1], b"g" * WORKERS)
    ended = [os.waitpid(pid, 0)[1] for pid in children]
    took = perf_counter() - began
    if any(ended):
        raise RuntimeError("a worker of the benchmark failed")
    return took


def _hand_over_prepared(number: int) -> Any:
    """The yardstick: as many messages as a worker sends, in memory, over one connection."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    from tests.makers_letters import canary

    messages = []
    for n in range(SHARE // WORKERS):
        name = canary(n * WORKERS + number)
        text = f"Hello {name},\n\n" + "Your check-in is ready. It takes about 3 minutes.\n" * 8
        message = EmailMultiAlternatives(
            "Your check-in is ready", text, "hello@mail.example.org", [f"{name.lower()}@mail.example.org"]
        )
        message.attach_alternative("<p>" + "</p><p>".join(text.splitlines()) + "</p>", "text/html")
        messages.append(message)
    way = get_connection("django.core.mail.backends.smtp.EmailBackend")
    return lambda: way.send_messages(messages)


def _work(number: int) -> Any:
    """A worker of ours for a turn, or until nothing is left."""
    from plans.dispatch import letters
    from plans.domain.notices import Queue

    def work() -> None:
        letters.run(Queue.LETTERS, seconds=TURN_SECONDS)
        # Each turn's worker has sent thousands: what it needed at most stands here.
        if number == 0 and (height := _memory_kb()) > MEMORY_KB:
            raise RuntimeError(f"a worker needed {height} kB")

    return work


def _memory_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _came(receiver: Receiver) -> int:
    """How many letters came in this turn; each must be its recipient's own, and none a second copy."""
    letters, strange, twice = receiver.came()
    if strange or twice:
        raise RuntimeError(f"{strange} letters are not the recipient's own, {twice} came a second time")
    return letters


def _all_sent() -> None:
    from plans.models import Work

    left = Work.objects.filter(queue="letters").exclude(state="sent").count()
    if left:
        raise RuntimeError(f"{left} rows are not sent")


def _bell() -> Line:
    """What ringing for work costs a letter: one message a run, and a run sends until its time is up."""
    from plans.jobs import wake

    turns = 200
    wake.ring("letters")
    began = perf_counter()
    for _ in range(turns):
        wake.ring("letters")
    once = (perf_counter() - began) / turns
    # Even the shortest useful run is one batch of a hundred.
    return Line("Celery and Redis, a letter (limit: 10 µs)", once / 100, 10e-6, once / 100 / 10e-6, 1.0)


def _claims() -> Iterator[Line]:
    """Claiming a hundred out of a few rows and out of very many: the same index is walked from its beginning."""
    few = _claim_seconds(1_000)
    many = _claim_seconds(DUE_ROWS)
    yield Line(f"claim of 100 out of {DUE_ROWS} due rows and out of 1000", many, few, many / few, 2.0)


def _claim_seconds(rows: int) -> float:
    from django.db import connection

    from plans.models import Clinic, Work
    from plans.services import outbox

    Work.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plans_work (id, clinic_id, queue, notice, key, rung, facts, state, reason, token, attempts,"
            " crashes, repeat, due_at, message_id, created_at) SELECT gen_random_uuid(), %s, 'letters',"
            " 'checkin_invitation', 'n' || n, 0, '{}', 'pending', '', '', 0, 0, 0,"
            " now() - interval '1 hour' + n * interval '1 ms', '', now() FROM generate_series(1, %s) n",
            [Clinic.objects.values_list("pk", flat=True)[0], rows],
        )
        cursor.execute("ANALYZE plans_work")
    best = float("inf")
    for _ in range(8):
        began = perf_counter()
        claimed = outbox.claim_batch("letters", 100)
        best = min(best, perf_counter() - began)
        if len(claimed) != 100:
            raise RuntimeError("not a full batch")
    return best
