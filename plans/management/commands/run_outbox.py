"""`manage.py run_outbox`: process the outbox without Redis or Celery, in its own loops."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections, connections

from plans.dispatch import bounces, clock_guard, documents, everything, messages, rota_feeds, upkeep
from plans.domain.notices import Queue
from plans.services import heartbeat, outbox

log = logging.getLogger(__name__)

# Short runs, so that stopping takes effect soon.
_TURN_SECONDS = 5.0
# Nobody waits for bounce reports.
_SELDOM_SECONDS = 300.0
_OFTEN_SECONDS = 60.0


class Loop(threading.Thread):
    """Repeats one kind of work until told to stop. A thread each, so that alerts never wait behind messages."""

    def __init__(self, name: str, act: Callable[[], object], every: float, stop: threading.Event) -> None:
        super().__init__(name=name)
        self._act = act
        self._every = every
        self._end = stop

    def run(self) -> None:
        """Work, rest, and drop a broken database connection."""
        while not self._end.is_set():
            try:
                self._act()
            except Exception:
                # The database or the mail server may be unreachable for a while.
                log.exception("turn failed", extra={"kind": self.name})
            finally:
                close_old_connections()
            self._end.wait(self._every)
        connections.close_all()


def _tick() -> None:
    heartbeat.beat(heartbeat.LOOP)
    upkeep.run()


class Command(BaseCommand):
    """`manage.py run_outbox`; any number may run, beside Celery or instead of it."""

    help = "Send messages and alerts, draw documents and do what the clock brings about; needs no Redis."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--once", action="store_true", help="one turn over everything, then end")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks at a queue")
        parser.add_argument(
            "--tick", type=float, default=15.0, help="seconds between two turns of the clock's work"
        )

    # Any: options as argparse read them.
    def handle(self, *args: object, **options: Any) -> None:
        """Loop until SIGTERM or SIGINT, finishing what is under way.

        Raises CommandError for an installation that may not serve people: its links would lead nowhere.
        """
        found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
        if serious := [fault for fault in found if fault.is_serious()]:
            raise CommandError("\n".join(f"{fault.id} {fault.msg} {fault.hint or ''}" for fault in serious))
        if options["once"]:
            upkeep.run()
            everything.drain()
            bounces.run()
            rota_feeds.run()
            return
        # These loops poll; notifying through a Redis that may not exist would only cost time.
        outbox.set_notifier(None)
        clock_guard.start()
        every = max(0.05, options["every"])
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: stop.set())
        loops = [
            Loop("tick", _tick, max(every, options["tick"]), stop),
            Loop("alerts", lambda: messages.run(Queue.ALERTS, seconds=_TURN_SECONDS), every, stop),
            Loop("messages", lambda: messages.run(Queue.MESSAGES, seconds=_TURN_SECONDS), every, stop),
            Loop("documents", lambda: documents.run(seconds=_TURN_SECONDS), every, stop),
            Loop("returns", bounces.run, _SELDOM_SECONDS, stop),
            Loop("rotas", rota_feeds.run, _OFTEN_SECONDS, stop),
        ]
        for loop in loops:
            loop.start()
        for loop in loops:
            while loop.is_alive():
                # Wait in small pieces, between which a signal's handler can run.
                loop.join(1.0)
