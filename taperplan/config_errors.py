"""What a command prints if the settings are unusable: a sentence or one JSON object, never a traceback."""

from __future__ import annotations

import json
import sys
from typing import Final, NoReturn

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from plans.domain.taper.answer import refusal
from plans.domain.taper.refusals import UnusableSettings

JSON_COMMANDS: Final = frozenset({"taper", "draw", "check_document"})
"""Commands that print every refusal as a JSON object on standard error with exit status 2 (docs/taper-json.md)."""


def explain(argv: list[str], fault: Exception) -> NoReturn:
    """Print why the settings are unusable, in the command's own format, and exit.

    Re-raises `fault` if it is about something else: the settings were loaded, or their code is broken.
    """
    if apps.ready:
        raise fault
    command = argv[1] if len(argv) > 1 else ""
    if command in JSON_COMMANDS:
        print(json.dumps(_as_json(fault)), file=sys.stderr)
        sys.exit(2)
    if not isinstance(fault, (ImproperlyConfigured, ImportError)):
        raise fault
    print(f"The settings cannot be used: {fault}", file=sys.stderr)
    sys.exit(1)


def _as_json(fault: Exception) -> dict[str, object]:
    # Sentences need some settings; these contain nothing of an installation.
    if not settings.configured:
        settings.configure()
    settings.USE_I18N = False
    from plans.wording.taper import says  # noqa: PLC0415 - its sentences need the settings above

    return refusal(UnusableSettings(message=str(fault).removesuffix(".")), says=says)
