"""How many cells the tables of doors have: `python -m tests.doors`."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")


def main() -> int:
    """Print a line a table."""
    import django

    django.setup()
    from plans.domain.link_policy import LinkAct, allows, every_access
    from tests.web import access_table

    every = list(every_access())
    cells = len(every) * len(LinkAct)
    allowed = sum(allows(one, act) for one in every for act in LinkAct)
    print(f"{access_table.size():,} cells of the access matrix: route, method, kind of visitor")
    print(
        f"{cells:,} cells of the link policy: purpose, origin, strength, state, act; {allowed:,} are allowed"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
