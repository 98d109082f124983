"""Runs every `benchmarks/bench_*.py`; each has `run()`, which gives lines. Ends with 1 when a limit is broken.

`python -m benchmarks calendar` runs those whose name contains the word. Each has a process and a database of its own:
what one leaves due is not for another to send.
"""

from __future__ import annotations

import importlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.line import BenchmarkLine

ALONE = "--alone"


def prepare(stack: ExitStack, *, safe: bool = True) -> None:
    """Set up Django on a database of its own, for the benchmarks that need one.

    `safe`: as in production, every commit waits for the disk. A server that skips the wait would flatter us.
    """
    from taperplan.local import postgres, valkey

    options = () if safe else postgres.UNSAFE_AND_FAST
    database = stack.enter_context(postgres.temporary(options=options))
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
    print(f"{'name':<44} {'ours':>14} {'yardstick':>14} {'ratio':>8}", flush=True)
    if len(wanted) == 1:
        return _run(wanted[0])
    codes = [
        subprocess.run([sys.executable, "-m", __package__, ALONE, name], check=False).returncode
        for name in wanted
    ]
    return max(codes)


def _run(name: str) -> int:
    broken = False
    with ExitStack() as stack:
        prepare(stack)
        lines: Iterable[BenchmarkLine] = importlib.import_module(f"benchmarks.{name}").run()
        for line in lines:
            too_slow = line.limit is not None and line.ratio > line.limit
            print(_written(line) + ("  TOO SLOW" if too_slow else ""), flush=True)
            broken |= too_slow
    return int(broken)


if __name__ == "__main__":
    sys.exit(_run(sys.argv[2]) if sys.argv[1:2] == [ALONE] else main(sys.argv[1:]))
