"""`python -m tests.architecture.walk`: print each missing entry of the kinds on a line; status 1 if there is one.

The check of `test_totality.py` without a test run: `test_contributing.py` needs it many times.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Print what is missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
    import django

    from plans.management import catalogue

    catalogue.compile_all()
    django.setup()
    from tests.architecture.kinds import KINDS

    found = 0
    for kind in KINDS:
        # Flushed at once: a later kind may crash on what an earlier one lacks.
        for cell in kind.missing():
            print(cell, flush=True)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
