"""Runs every `benchmarks/bench_*.py`; each has `run()`, which gives lines. Ends with 1 when a limit is broken.

`python -m benchmarks calendar` runs those whose name contains the word.
"""

from __future__ import annotations

import importlib
import os
import secrets
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.line import BenchmarkLine


def prepare(stack: ExitStack) -> None:
    """Set up Django on a database of its own, for the benchmarks that need one."""
    from taperplan.local import postgres, valkey

    # As in production: every commit waits for the disk. A server that skips the wait would flatter us.
    database = stack.enter_context(postgres.temporary(options=()))
    broker = stack.enter_context(valkey.temporary())
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "taperplan.settings",
        "DATABASE_URL": database.url(),
        "REDIS_URL": broker.url,
        "STATIC_PLAIN": "1",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "LINK_KEY": secrets.token_urlsafe(48),
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("prepare_database", verbosity=0)


def _written(line: BenchmarkLine) -> str:
    limit = "" if line.limit is None else f"limit {line.limit:g}"
    return (
        f"{line.name:<44} {line.ours:>12.6f} {line.unit} {line.yardstick:>12.6f} {line.unit} {line.ratio:>8.2f}  "
        f"{limit}".rstrip()
    )


def main(arguments: list[str]) -> int:
    """Print one line per measurement."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    wanted = [name for name in found if not arguments or any(word in name for word in arguments)]
    if not wanted:
        print(f"No such benchmark. There are: {', '.join(found) or 'none'}")
        return 2
    broken = 0
    print(f"{'name':<44} {'ours':>14} {'yardstick':>14} {'ratio':>8}")
    with ExitStack() as stack:
        prepare(stack)
        for name in wanted:
            lines: Iterable[BenchmarkLine] = importlib.import_module(f"benchmarks.{name}").run()
            for line in lines:
                too_slow = line.limit is not None and line.ratio > line.limit
                print(_written(line) + ("  TOO SLOW" if too_slow else ""), flush=True)
                broken += too_slow
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
