"""A warm parent that forks workers in a few milliseconds, so that hundreds of them can be killed in a minute.

It reads one order a line from standard input (JSON: role, settings, database, point) and answers with the process id.
A `point` is a place in the program, "module:name", at which the child sends itself a signal the first time it gets
there (or the `turn`th), before or after the call; those places are what an outside observer cannot hit by chance.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID


def _outbox(order: dict[str, Any]) -> None:
    """`manage.py run_outbox`, with short waits."""
    from django.core.management import call_command

    call_command("run_outbox", every=order.get("every", 0.05), tick=order.get("tick", 0.2))


def _sender(order: dict[str, Any]) -> None:
    """Sweep and send without a pause: the busiest worker there can be."""
    from django.db import DatabaseError, connections

    from plans.dispatch import messages
    from plans.domain.notices import Queue
    from plans.services import lease_expiry

    # Small batches, so that a death leaves few claims to wait out their lease: ten for each connection, which is what
    # a connection is opened for.
    batch = 10 * order.get("connections", 1)
    while True:
        try:
            lease_expiry.sweep()
            messages.run(Queue.ALERTS, batch=batch, seconds=1)
            messages.run(Queue.MESSAGES, batch=batch, seconds=2)
        except DatabaseError:
            # Its connection was cut; the next one works.
            connections.close_all()


def _celery(order: dict[str, Any]) -> None:
    """A Celery worker for every queue, with one child."""
    app = _app(order)
    app.worker_main(
        ["worker", "-P", "prefork", "-c", "1", "-Q", "messages,alerts,documents,tick", "-l", "critical",
         "--without-gossip", "--without-mingle", "-n", f"w{os.getpid()}@here"]
    )  # fmt: skip


def _beat(order: dict[str, Any]) -> None:
    """Celery beat, ticking every half second."""
    from datetime import timedelta

    from plans.jobs import schedule

    for entry in schedule.BEAT.values():
        entry["schedule"] = timedelta(seconds=0.5)
    _app(order).Beat(loglevel="CRITICAL", max_interval=0.2, pidfile=None).run()


def _answers(order: dict[str, Any]) -> None:
    """Patients who answer page after page; each answer that was taken is written down, as a browser would show it."""
    from plans.services import links
    from plans.services.checkins import saving, sessions
    from tests.makers_checkins import calm

    with open(order["ledger"], "ab", buffering=0) as ledger:  # noqa: PTH123 - one write a line, nothing held back
        for link_id in order["links"]:
            subject = sessions.for_link(links.by_id(UUID(link_id)))
            page: str | None = order["page"]
            while page is not None:
                posted = calm(subject, page, **order["answers"])
                outcome = saving.save_page(subject, page=page, posted=posted)
                ledger.write(f"{link_id} {page}\n".encode())
                page = outcome.following.code if outcome.following is not None else None


def _app(order: dict[str, Any]) -> Any:
    from taperplan.celery import app

    app.conf.update(broker_url=order["settings"]["REDIS_URL"])
    os.environ["SECRET_KEY"] = os.environ.get("SECRET_KEY", "x" * 50)
    return app


ROLES: dict[str, Callable[[dict[str, Any]], None]] = {
    "outbox": _outbox, "sender": _sender, "celery": _celery, "beat": _beat, "answers": _answers,
}  # fmt: skip


def _strike_at(point: dict[str, Any]) -> None:
    """Replace "module:dotted.name" by itself with a signal before or after its first call."""
    module, _, path = point["at"].partition(":")
    holder: Any = importlib.import_module(module)
    *between, name = path.split(".")
    for part in between:
        holder = getattr(holder, part)
    real, number = getattr(holder, name), signal.Signals[point["signal"]]
    turns = 0

    def struck(*args: Any, **kwargs: Any) -> Any:
        nonlocal turns
        turns += 1
        first = turns == point.get("turn", 1)
        if first and point["when"] == "before":
            os.kill(os.getpid(), number)
        found = real(*args, **kwargs)
        if first and point["when"] == "after":
            os.kill(os.getpid(), number)
        return found

    setattr(holder, name, struck)


def _live(order: dict[str, Any], parent: int) -> None:
    from taperplan.parent import die_with_parent

    os.setpgid(0, 0)
    # Standard output is ours to answer on; whatever a child says goes to the log.
    os.dup2(2, 1)
    die_with_parent(parent, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    from django.conf import settings
    from django.db import connections

    for name, value in order["settings"].items():
        setattr(settings, name, value)
    connections["default"].settings_dict.update(order["database"])
    if order.get("point"):
        _strike_at(order["point"])
    if order.get("longest_file"):
        # A disk that is full: whatever would grow a file past this fails.
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["longest_file"], order["longest_file"]))
    ROLES[order["role"]](order)


def _reap(*_: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def main() -> None:
    """Fork to order until standard input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "taperplan.settings"
    import django

    django.setup()
    from django.template.loader import get_template

    from taperplan import serving

    # Leases here are shorter than an installation may have them that serves people; this one serves nobody.
    serving.problems = lambda **_: iter(())
    importlib.import_module("plans.management.commands.run_outbox")
    importlib.import_module("plans.dispatch.everything")
    importlib.import_module("taperplan.celery")
    # What a worker has at hand after its first message.
    for part in ("subject.txt", "body.txt", "body.html"):
        get_template(f"messages/checkin_invitation/{part}")
    signal.signal(signal.SIGCHLD, _reap)
    parent = os.getpid()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _live(json.loads(line), parent)
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
            finally:
                os._exit(code)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
