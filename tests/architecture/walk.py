"""`python -m tests.architecture.walk`: each missing cell of the kinds, a line each; status 1 where there is one.

What `test_totality.py` asks, without a test run around it: `test_contributing.py` asks it many times over.
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
        # At once: a later kind may break on what an earlier one misses.
        for cell in kind.missing():
            print(cell, flush=True)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
