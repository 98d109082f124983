"""A warm parent that forks one sender after another: each dies by SIGKILL, the next is there within a millisecond.

Prints the process id of each; ends when told by SIGTERM.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Fork, wait for the death, fork again."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "taperplan.settings"
    import django

    django.setup()
    from django.db import connections

    from plans.dispatch import letters
    from plans.domain.notices import Queue
    from plans.services import sweeping

    connections.close_all()
    while True:
        pid = os.fork()
        if pid == 0:
            while True:
                sweeping.sweep()
                # Small batches, so that a death leaves few claims to wait out their lease.
                letters.run(Queue.LETTERS, batch=10, seconds=2)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
