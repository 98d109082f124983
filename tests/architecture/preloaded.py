"""Runs modules of a copy of the tree, each in a fork of a process that has imported what is not ours.

More than half of the time that a fresh Python needs for the smallest check goes into Django, ReportLab and the like,
and `test_contributing.py` needs some hundred checks. Each line of standard input is a JSON list of arguments for
Python (`["-m", "pytest", "-q"]` or `["manage.py", "diagrams"]`), to be run in the current folder; each line of
standard output is `[status, what was said]`.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

NOT_OURS: Final = (
    "allauth", "celery.app", "celery.app.base", "django.core.management", "django.db.backends.postgresql.base",
    "django.db.models", "django.forms", "django.http", "django.template.loader", "django.test", "django.urls",
    "django.views.generic", "icalendar", "kombu", "psycopg", "pypdf", "pytest", "redis", "reportlab.pdfgen.canvas",
    "reportlab.platypus", "yaml",
)  # fmt: skip
SECONDS: Final = 240


def run(arguments: list[str]) -> int:
    """The exit status of Python with these arguments, run in this process."""
    sys.path[0] = str(Path.cwd())
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def in_a_fork(arguments: list[str]) -> tuple[int, str]:
    """Exit status and output of a run; ended after SECONDS."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                signal.alarm(SECONDS)
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                status = run(arguments)
            except BaseException:  # noqa: BLE001 - whatever ended it is what is reported
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return status, said.read().decode("utf-8", "replace")


def main() -> None:
    """Serve until standard input ends."""
    for name in NOT_OURS:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(in_a_fork(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
