"""Messages all due at once, from due rows to sent rows, against Django's `send_messages` without any database.

Two workers of ours, and then four, with MAIL_CONNECTIONS connections each, beside two of the yardstick with the single
connection that `send_messages` uses, all to one receiver in its own process. The yardstick never waits for a disk and
its messages are prepared beforehand: it only hands them over. The limit is for as many workers as docker-compose.yml
starts. MESSAGES=100000 for the long run.
"""

from __future__ import annotations

import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from benchmarks.line import BenchmarkLine
from benchmarks.receiver import CountingReceiver
from plans.domain.outbox import WorkState

MESSAGES = int(os.environ.get("MESSAGES", "5000"))
# Of the yardstick, and of ours: as many, and as many as make up for the cost of composing and settling.
WORKERS = 2
IN_PRODUCTION = 4
TURN_SECONDS = 5.0
# Messages that the yardstick hands over per turn.
SHARE = 2000
DUE_ROWS = int(os.environ.get("DUE_ROWS", "100000"))
# What a worker may use after thousands of messages; it starts at 95 MB.
MEMORY_KB = 160_000
MEMORY_MESSAGES = int(os.environ.get("MEMORY_MESSAGES", "10000"))
# Twice the yardstick's time is the aim, met where commits wait for the disk; where they do not, two processors are busy
# with two workers already, and what the yardstick does not do at all (composing, storing) shows in full.
LIMIT = 3.0


def run() -> Iterator[BenchmarkLine]:
    """The lines of this benchmark."""
    with CountingReceiver() as receiver:
        from django.conf import settings

        from plans.dispatch.messages import SECONDS as RUN_SECONDS

        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", receiver.port
        settings.MAIL_FROM, settings.MAIL_DOMAIN = "Clinic <hello@mail.example.org>", "mail.example.org"
        yardstick, few, many = _Turns(), _Turns(), _Turns()
        _make(2 * MESSAGES)
        # In alternating turns of a few seconds, so that a busy moment hits all; messages are due throughout.
        while few.messages + many.messages < 2 * MESSAGES:
            yardstick.add(_in_processes(_hand_over_prepared, WORKERS), _arrived(receiver))
            for turns, workers in ((few, WORKERS), (many, IN_PRODUCTION)):
                turns.add(_in_processes(_work, workers), _arrived(receiver))
                if not turns.messages:
                    raise SystemExit(f"MESSAGES={MESSAGES} are all sent before each had a turn: ask for more")
        _all_sent()
        beside = yardstick.seconds_for(MESSAGES)
        for turns, workers, limit in ((few, WORKERS, None), (many, IN_PRODUCTION, LIMIT)):
            name = f"{MESSAGES} messages, due rows to sent rows, {workers} workers beside {WORKERS}"
            ours = turns.seconds_for(MESSAGES)
            yield BenchmarkLine(name, ours, beside, ours / beside, limit)
        yield _memory()
    a_run = MESSAGES / many.seconds_for(MESSAGES) * RUN_SECONDS / IN_PRODUCTION
    yield _notifying(min(MESSAGES, a_run))
    yield from _claims()


class _Turns:
    """The turns of some workers: how long they took together, and how many messages arrived."""

    def __init__(self) -> None:
        self.seconds, self.messages = 0.0, 0

    def add(self, seconds: float, messages: int) -> None:
        """Count one more turn."""
        self.seconds += seconds
        self.messages += messages

    def seconds_for(self, messages: int) -> float:
        """How long so many messages take at this pace."""
        return self.seconds / self.messages * messages


def _make(count: int) -> None:
    from django.db import connection

    from tests.makers import make_clinic
    from tests.makers_messages import make_invitations

    clinic = make_clinic()
    for first in range(0, count, 2000):
        make_invitations(clinic, min(2000, count - first), first=first, whole=False)
    with connection.cursor() as cursor:
        # PostgreSQL does this by itself in production; autovacuum is off here.
        cursor.execute("VACUUM ANALYZE")


def _in_processes(work: Callable[[int], Any], workers: int) -> float:
    """Fork the workers, let them prepare, start the clock and wait for all; return the seconds."""
    from django.db import connections

    connections.close_all()
    go, ready = os.pipe(), os.pipe()
    children = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                task: Any = work(number)
                os.write(ready[1], b"r")
                os.read(go[0], 1)
                task()
                code = 0
            except Exception:
                traceback.print_exc()
                raise
            finally:
                sys.stdout.flush()
                os._exit(code)
        children.append(pid)
    for _ in children:
        os.read(ready[0], 1)
    began = perf_counter()
    os.write(go[1], b"g" * workers)
    ended = [os.waitpid(pid, 0)[1] for pid in children]
    took = perf_counter() - began
    if any(ended):
        raise RuntimeError("a worker of the benchmark failed")
    return took


def _hand_over_prepared(number: int) -> Any:
    """The yardstick: send one worker's share of messages from memory over one connection."""
    from django.core.mail import EmailMultiAlternatives, get_connection

    from tests.makers_messages import canary

    messages = []
    for n in range(SHARE // WORKERS):
        name = canary(n * WORKERS + number)
        text = f"Hello {name},\n\n" + "Your check-in is ready. It takes about 4 minutes.\n" * 8
        message = EmailMultiAlternatives(
            "Your check-in is ready", text, "hello@mail.example.org", [f"{name.lower()}@mail.example.org"]
        )
        message.attach_alternative("<p>" + "</p><p>".join(text.splitlines()) + "</p>", "text/html")
        messages.append(message)
    way = get_connection("django.core.mail.backends.smtp.EmailBackend")
    return lambda: way.send_messages(messages)


def _work(number: int) -> Any:
    """Run one of our workers for a turn, or until nothing is left."""
    from plans.dispatch import messages
    from plans.domain.notices import Queue

    def work() -> None:
        # The process is a fork of the benchmark's, which may have drawn documents before.
        inherited = _memory_kb()
        messages.run(Queue.MESSAGES, seconds=TURN_SECONDS)
        # The worker of each turn has sent thousands of messages: this is its peak memory.
        if number == 0 and (more := _memory_kb() - inherited) > MEMORY_KB:
            raise RuntimeError(f"a worker needed {more} kB more")

    return work


def _memory() -> BenchmarkLine:
    """Kilobytes that one worker uses after many messages, and after its first batches."""
    from django.db import connections

    from plans.dispatch import messages
    from plans.domain.notices import Queue

    _make(MEMORY_MESSAGES)
    _make_due(0)
    connections.close_all()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _make_due(MEMORY_MESSAGES // 10)
            early = messages.run(Queue.MESSAGES, seconds=600).sent
            before = _memory_kb()
            _make_due(MEMORY_MESSAGES)
            late = messages.run(Queue.MESSAGES, seconds=600).sent
            os.write(write, f"{before} {_memory_kb()} {early + late}".encode())
            code = 0
        finally:
            os._exit(code)
    os.waitpid(pid, 0)
    before, after, sent = (int(part) for part in os.read(read, 100).split())
    if sent != MEMORY_MESSAGES:
        raise RuntimeError("not all messages of the measurement of memory were sent")
    return BenchmarkLine(
        f"memory after {MEMORY_MESSAGES} messages and a tenth", after, before, after / before, 1.1, "kB"
    )


def _make_due(count: int) -> None:
    """Make `count` of the unsent messages due."""
    from datetime import timedelta

    from plans.models import Work
    from plans.services import clock

    now = clock.real_now()
    waiting = Work.objects.filter(queue="messages", state=WorkState.PENDING)
    waiting.update(due_at=now + timedelta(hours=1))
    due = list(waiting.order_by("id").values_list("id", flat=True)[:count])
    Work.objects.filter(pk__in=due).update(due_at=now)


def _memory_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _arrived(receiver: CountingReceiver) -> int:
    """How many messages arrived in this turn; each must be its recipient's own, and none a duplicate."""
    messages, strange, twice = receiver.arrived()
    if strange or twice:
        raise RuntimeError(f"{strange} messages are not the recipient's own, {twice} came a second time")
    return messages


def _all_sent() -> None:
    from plans.models import Work

    left = Work.objects.filter(queue="messages").exclude(state=WorkState.SENT).count()
    if left:
        raise RuntimeError(f"{left} rows are not sent")


def _notifying(messages_a_run: float) -> BenchmarkLine:
    """Share of notifying workers in the cost of a message: one notification per run, and a run sends until nothing is
    due or its time is up."""
    from plans.jobs import notifier

    turns = 200
    notifier.notify_workers("messages")
    began = perf_counter()
    for _ in range(turns):
        notifier.notify_workers("messages")
    once = (perf_counter() - began) / turns
    share = once / messages_a_run
    return BenchmarkLine("Celery and Redis, a message (limit: 10 µs)", share, 10e-6, share / 10e-6, 1.0)


def _claims() -> Iterator[BenchmarkLine]:
    """Claiming, beginning and settling a hundred entries out of a few rows and out of very many. Both walk the same
    index from its beginning; every other statement goes by key."""
    few, few_ends = _claim_seconds(1_000)
    many, many_ends = _claim_seconds(DUE_ROWS)
    yield BenchmarkLine(
        f"claim of 100 out of {DUE_ROWS} due rows and out of 1000", many, few, many / few, 2.0
    )
    name = f"claim, begin and settle a message, {DUE_ROWS} due rows and 1000"
    yield BenchmarkLine(name, many_ends, few_ends, many_ends / few_ends, 2.0)


def _due_rows(rows: int) -> None:
    """Make due rows by COPY: a million take about ten seconds."""
    import uuid
    from datetime import timedelta

    from django.db import connection

    from plans.models import Clinic
    from plans.services import clock

    clinic, now = Clinic.objects.values_list("pk", flat=True)[0], clock.real_now()
    columns = (
        "id, clinic_id, queue, notice, key, rung, facts, state, reason, token, attempts, crashes, repeat, due_at,"
        " message_id, created_at"
    )
    connection.ensure_connection()
    raw = connection.connection
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE plans_work CASCADE")
        with raw.cursor().copy(f"COPY plans_work ({columns}) FROM STDIN") as copy:
            for n in range(rows):
                due = now - timedelta(hours=1) + timedelta(milliseconds=n % 3_000_000)
                copy.write_row(
                    (uuid.uuid4(), clinic, "messages", "checkin_invitation", f"n{n}", 0, "{}", "pending", "", "", 0,
                     0, 0, due, "", now)
                )  # fmt: skip
        cursor.execute("VACUUM ANALYZE plans_work")


def _claim_seconds(rows: int) -> tuple[float, float]:
    """Seconds to claim a hundred, and per message to claim, begin and settle."""
    from plans.services import outbox
    from plans.services.outbox import Settlement

    _due_rows(rows)
    best = whole = float("inf")
    for _ in range(8):
        began = perf_counter()
        claimed = outbox.claim_batch("messages", 100)
        best = min(best, perf_counter() - began)
        if len(claimed) != 100:
            raise RuntimeError("not a full batch")
        for claim in claimed:
            if not (outbox.mark_sending({claim: ""}) and outbox.settle(claim, Settlement(WorkState.SENT))):
                raise RuntimeError("a claim was lost")
        whole = min(whole, (perf_counter() - began) / 100)
    return best, whole
