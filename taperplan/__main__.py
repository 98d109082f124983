"""The command `taperplan`, also `python -m taperplan` and `python manage.py`.

taperplan taper REQUEST.json                 # a taper as JSON; no database, no server, no environment variable
taperplan draw REQUEST.json -o OUT.pdf       # a document of it
taperplan check OUT.pdf REQUEST.json         # read the document back and compare it
taperplan check --deploy                     # without a file: Django's own checks of an installation
taperplan help                               # every other command
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line

from taperplan import config_errors


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command of `argv`, by default the process's; unusable settings are explained."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taperplan.settings")
    arguments = _with_our_check(list(sys.argv if argv is None else argv))
    try:
        execute_from_command_line(arguments)
    except Exception as fault:  # noqa: BLE001 - whatever the settings raise; anything else is raised again
        config_errors.explain(arguments, fault)


def _with_our_check(argv: list[str]) -> list[str]:
    """Turn `check` with a PDF into the check of a document; any other `check` is Django's."""
    if argv[1:2] == ["check"] and any(given.lower().endswith(".pdf") for given in argv[2:]):
        return [argv[0], "check_document", *argv[2:]]
    return argv


if __name__ == "__main__":
    main()
