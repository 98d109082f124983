"""Commands of manage.py against the running demo: `python -m taperplan.local.manage demo_clock +7d`."""

from __future__ import annotations

import json
import os
import sys

from taperplan.local.demo import ROOT, VAR

ENVIRONMENT = VAR / "run" / "environment.json"


def main(arguments: list[str]) -> None:
    """Run the command with the settings of the running demo; returns only if no demo is running."""
    try:
        settings: dict[str, str] = json.loads(ENVIRONMENT.read_text())
    except FileNotFoundError:
        sys.exit("The demo is not running here. Start it with: make demo")
    os.chdir(ROOT)
    os.execve(  # noqa: S606 - a command of ours, no shell
        sys.executable, [sys.executable, "manage.py", *arguments], os.environ | settings
    )


if __name__ == "__main__":
    main(sys.argv[1:])
